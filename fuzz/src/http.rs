//! The bytes that a client sends over a connection.

use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use frontdesk::Engine;
use frontdesk_server::{ServerOptions, app};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

use crate::model;

struct Service {
    runtime: Runtime,
    router: Router,
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    model::checkpoint(folder.path(), None);
    let engine = Engine::open(model::options(folder.path())).expect("the checkpoint as it is");
    let options = ServerOptions { timeout: Duration::from_secs(5), ..ServerOptions::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    Service { runtime, router: app(engine, options) }
});

/// Serves one connection on which these bytes arrive and nothing more: no answer is a fault of the service.
pub fn http(data: &[u8]) {
    let Service { runtime, router } = &*SERVICE;
    runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let service = TowerToHyperService::new(router.clone());
        let connection = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new())
            .http1_only()
            .serve_connection(TokioIo::new(server), service)
            .into_owned();
        let served = tokio::spawn(connection);
        let mut answers = Vec::new();
        // A peer that hangs up early is as good as another.
        let _ = client.write_all(data).await;
        let _ = client.shutdown().await;
        let _ = client.read_to_end(&mut answers).await;
        // A connection that ends in an error of the protocol is one that was refused.
        let _ = served.await.expect("the connection does not panic");
        let faults = answers.windows(12).filter(|at| at.starts_with(b"HTTP/1.1 500"));
        assert_eq!(faults.count(), 0, "{}", String::from_utf8_lossy(&answers));
    });
}
