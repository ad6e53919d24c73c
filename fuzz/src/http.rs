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
        let statuses = statuses(&answers);
        assert!(!statuses.contains(&500), "{}", String::from_utf8_lossy(&answers));
    });
}

/// The statuses of answers that follow each other, as far as their lengths are told: a body may repeat what a
/// client sent, a status line too.
fn statuses(mut answers: &[u8]) -> Vec<u16> {
    let mut found = Vec::new();
    while let Some(end) = answers.windows(4).position(|at| at == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&answers[..end]).to_lowercase();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let length =
            lines.find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let (Some(status), Some(length)) = (status, length) else { break };
        found.push(status);
        answers = &answers[answers.len().min(end + 4 + length)..];
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_status_line_in_a_body_is_none() {
        let answers = b"HTTP/1.1 415 No\r\nContent-Length: 14\r\n\r\n{HTTP/1.1 500}HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(super::statuses(answers), [415, 400]);
    }
}
