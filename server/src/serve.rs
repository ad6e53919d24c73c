//! Runs the router on a socket: slow clients are cut, and a signal ends it cleanly.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use frontdesk::{Engine, Error, ErrorKind, Result};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

use crate::request::MAX_HEADER_BYTES;
use crate::socket::Socket;
use crate::{App, ServerOptions, router};

/// Serves on `listener` until `shutdown` is ready, then finishes the open requests within the drain time.
///
/// # Errors
/// The socket's error.
pub async fn serve(
    listener: TcpListener,
    engine: Engine,
    options: ServerOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (header_timeout, write_timeout) = (options.header_timeout, options.write_timeout);
    let drain_timeout = options.drain_timeout;
    let places = Arc::new(Semaphore::new(options.max_connections.min(Semaphore::MAX_PERMITS)));
    let app = App::new(engine, options);
    let service = TowerToHyperService::new(router(&app));
    let mut builder = Builder::new(hyper_util::rt::TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEADER_BYTES);
    let builder = Arc::new(builder);
    let open = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accept = async {
            // Nobody closes the places.
            let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((listener.accept().await?.0, place))
        };
        let (stream, place) = tokio::select! {
            accepted = accept => match accepted {
                Ok(accepted) => accepted,
                // Out of descriptors, or a client that went away: neither ends the service.
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Answers are small: waiting to fill a packet only adds delay.
        let _ = stream.set_nodelay(true);
        let (builder, service) = (Arc::clone(&builder), service.clone());
        let (watcher, app) = (open.watcher(), Arc::clone(&app));
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(write_timeout));
        tokio::spawn(async move {
            let _place = place;
            let socket = Socket::new(Box::pin(stream), app);
            let connection = builder.serve_connection(TokioIo::new(socket), service);
            if let Err(error) = watcher.watch(connection.into_owned()).await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
    drop(listener);
    app.drain();
    if tokio::time::timeout(drain_timeout, open.shutdown()).await.is_err() {
        tracing::warn!("requests were cut: they did not end within the drain time");
    }
    Ok(())
}

/// Listens on `address` and serves until SIGTERM, SIGHUP, SIGQUIT or Ctrl-C; `ready` is called with the
/// address, whose port may have been 0.
///
/// # Errors
/// `io` where the address cannot be listened on.
pub fn run(
    address: SocketAddr,
    engine: Engine,
    options: ServerOptions,
    ready: impl FnOnce(SocketAddr),
) -> Result<()> {
    let io = |error: io::Error| Error::new(ErrorKind::Io, format!("{address}: {error}")).with_source(error);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(io)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(io)?;
        let shutdown = ended().map_err(io)?;
        ready(listener.local_addr().map_err(io)?);
        serve(listener, engine, options, shutdown).await.map_err(io)
    })
}

/// Ready once somebody asks the process to end. A terminal that closes asks, too, unless the process was
/// started to outlive it (`nohup`).
#[cfg(unix)]
fn ended() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut quit = signal(SignalKind::quit())?;
    let mut hangup = if outlives_its_terminal() { None } else { Some(signal(SignalKind::hangup())?) };
    Ok(async move {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = quit.recv() => {}
            _ = hung_up => {}
        }
    })
}

/// Whether SIGHUP is ignored, as `nohup` has it. Only Linux says so without a call that is not safe:
/// elsewhere it is true, and a hangup is left to do what it does to any process.
pub fn outlives_its_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // Signal 1 is the lowest bit.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 == 1)
}

/// Ready once somebody asks the process to end.
#[cfg(not(unix))]
fn ended() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a signal handler the process ends as it always does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
