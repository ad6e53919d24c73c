//! The handling of every request: its key, its time, its log line; and how a body is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::to_bytes;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use frontdesk::{Error, ErrorKind, from_json};
use serde::de::DeserializeOwned;

use crate::metrics::OTHER;
use crate::{App, Problem};

/// Numbers the requests of this process, for the log.
static REQUESTS: AtomicU64 = AtomicU64::new(1);

/// The status, in the log and the metrics, of a client that did not wait for its answer.
const HUNG_UP: u16 = 499;

/// Checks the key, bounds the time, counts and logs. Nothing of a message and no key is ever in a log.
pub(crate) async fn watch(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let path = matched.map_or(OTHER, MatchedPath::as_str).to_owned();
    let open = path.starts_with("/health/");
    let mut seen = Seen {
        app: Arc::clone(&app),
        path,
        method: request.method().clone(),
        start: Instant::now(),
        status: HUNG_UP,
    };
    let response = if open || allowed(&app, request.headers()) {
        let answered = tokio::time::timeout(app.options.timeout, next.run(request)).await;
        answered.unwrap_or_else(|_| late().into_response())
    } else {
        let message = "this service needs a key: Authorization: Bearer KEY";
        Problem::of(StatusCode::UNAUTHORIZED, ErrorKind::InvalidInput, message).into_response()
    };
    seen.status = response.status().as_u16();
    response
}

/// A request that is counted and logged when it ends, be it with an answer or with a client that hangs up.
struct Seen {
    app: Arc<App>,
    path: String,
    method: Method,
    start: Instant,
    status: u16,
}

impl Drop for Seen {
    fn drop(&mut self) {
        let Self { app, path, method, start, status } = self;
        let time = start.elapsed();
        app.metrics.observe(path, *status, time);
        tracing::info!(
            request = REQUESTS.fetch_add(1, Ordering::Relaxed),
            %method,
            path,
            status,
            seconds = time.as_secs_f64(),
            "request"
        );
    }
}

fn late() -> Problem {
    Error::new(ErrorKind::Timeout, "the request took too long").into()
}

fn allowed(app: &App, headers: &HeaderMap) -> bool {
    let Some(keys) = &app.options.keys else { return true };
    let value = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    // The scheme's name is in any case (RFC 9110).
    let (scheme, key) = value.split_at(value.len().min(7));
    scheme.eq_ignore_ascii_case(b"bearer ") && keys.allow(key)
}

/// Reads a JSON body within the limits.
pub(crate) async fn body<T: DeserializeOwned>(app: &App, request: Request) -> Result<T, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let kind = kind.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    if !kind.eq_ignore_ascii_case(b"application/json") {
        let message = format!("the body is `{}`; this takes application/json", String::from_utf8_lossy(kind));
        return Err(Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::InvalidInput, message));
    }
    let limit = app.options.max_body_bytes;
    let too_large = |bytes: String| {
        Error::new(ErrorKind::TooLarge, format!("the body has {bytes} bytes; at most {limit}"))
    };
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if let Some(length) = declared.and_then(|length| length.parse::<u64>().ok())
        && length > limit as u64
    {
        return Err(too_large(length.to_string()).into());
    }
    let bytes = to_bytes(request.into_body(), limit).await.map_err(|error| {
        // Any other error is a client that stopped sending, which will not read this.
        let source = std::error::Error::source(&error);
        if source.is_some_and(|source| source.to_string().contains("length limit")) {
            too_large("more".to_owned())
        } else {
            Error::new(ErrorKind::InvalidInput, format!("the body ended early: {error}"))
        }
    })?;
    Ok(from_json(&bytes)?)
}
