//! The HTTP face of Frontdesk: a router over an engine, and a service that runs it.
//!
//! Every answer and every error is the engine's own; this crate adds the limits, the headers and the names of
//! HTTP.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod budget;
mod buffer;
mod docs;
mod handlers;
mod input;
mod metrics;
mod options;
mod problem;
mod request;
mod schema;
mod serve;
mod several;
mod socket;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use frontdesk::{Engine, ErrorKind};

pub use options::{Keys, ServerOptions};
pub use problem::{Problem, status};
pub use serve::{outlives_its_terminal, run, serve};

use budget::Budget;
use metrics::Metrics;

/// The state that all requests share.
#[derive(Debug)]
struct App {
    engine: Engine,
    options: ServerOptions,
    metrics: Metrics,
    budget: Budget,
    draining: AtomicBool,
}

impl App {
    fn new(engine: Engine, options: ServerOptions) -> Arc<Self> {
        let metrics = Metrics::new(engine.clone(), &handlers::PATHS);
        let budget = Budget::new(options.max_buffered_bytes);
        Arc::new(Self { engine, options, metrics, budget, draining: AtomicBool::new(false) })
    }

    fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

/// The service as a router, to be run or to be nested in another one.
pub fn app(engine: Engine, options: ServerOptions) -> Router {
    let app = App::new(engine, options);
    watched(&app, routes(&app))
}

/// The service as it is on a socket of its own, where requests name their host.
fn router(app: &Arc<App>) -> Router {
    watched(app, routes(app).layer(from_fn(request::addressed)))
}

/// With each request's key, time and log line.
fn watched(app: &Arc<App>, routes: Router) -> Router {
    routes.layer(from_fn_with_state(Arc::clone(app), request::watch))
}

fn routes(app: &Arc<App>) -> Router {
    use handlers as at;
    let [route, sentiment, category, analyze, batch, info, openapi, docs, live, ready, metrics] =
        handlers::PATHS;
    let wrong_method = || async {
        Problem::of(StatusCode::METHOD_NOT_ALLOWED, ErrorKind::InvalidInput, "the path has another method")
    };
    Router::new()
        .route(route, post(at::route))
        .route(sentiment, post(at::sentiment))
        .route(category, post(at::category))
        .route(analyze, post(at::analyze))
        .route(batch, post(at::batch))
        .route(info, get(at::info))
        .route(openapi, get(docs::openapi))
        .route(docs, get(docs::page))
        .route(live, get(at::live))
        .route(ready, get(at::ready))
        .route(metrics, get(at::metrics))
        .method_not_allowed_fallback(wrong_method)
        .fallback(|| async {
            Problem::of(StatusCode::NOT_FOUND, ErrorKind::InvalidInput, "there is no such path")
        })
        .with_state(Arc::clone(app))
}

#[cfg(test)]
mod tests {
    use super::{App, ServerOptions, router};
    use axum::body::Body;
    use axum::http::Request;
    use frontdesk::{Engine, EngineOptions};
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_service_that_drains_is_alive_and_not_ready() {
        let app = App::new(Engine::open(EngineOptions::default()).unwrap(), ServerOptions::default());
        let ask = |path: &'static str| {
            let request = Request::get(path).header("host", "here").body(Body::empty()).unwrap();
            let service = router(&app);
            async move { service.oneshot(request).await.unwrap().status().as_u16() }
        };
        assert_eq!((ask("/health/live").await, ask("/health/ready").await), (200, 200));
        app.drain();
        assert_eq!((ask("/health/live").await, ask("/health/ready").await), (200, 503));
    }
}
