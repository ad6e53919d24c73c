//! The handling of every request: its key, its time, its log line; and how a body is read.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::{HttpBody, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use frontdesk::{Error, ErrorKind, from_json};
use serde::de::DeserializeOwned;

use crate::budget::{Share, UNCOUNTED};
use crate::buffer::Buffer;
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
        match tokio::time::timeout(app.options.timeout, next.run(request)).await {
            Ok(response) => counted(&app, &seen.method, response).await,
            Err(_) => late().into_response(),
        }
    } else {
        let message = "this service needs a key: Authorization: Bearer KEY";
        Problem::of(StatusCode::UNAUTHORIZED, ErrorKind::InvalidInput, message).into_response()
    };
    seen.status = response.status().as_u16();
    response
}

/// An answer that counts until its client has taken it. What can only be fetched is not refused: no client
/// makes it long, and metrics are looked at when there is no room.
async fn counted(app: &App, method: &Method, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    // Every answer is whole: there is nothing to wait for, and nothing to copy.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Problem::from(Error::new(ErrorKind::Internal, "an answer broke off")).into_response();
    };
    if bytes.len() <= UNCOUNTED {
        return Response::from_parts(parts, bytes.into());
    }
    let mut share = app.budget.share();
    match share.grow(bytes.len()) {
        Ok(()) => Response::from_parts(parts, share.around(bytes).into()),
        Err(_) if method != Method::POST => Response::from_parts(parts, bytes.into()),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// Bytes of a request's headers.
pub(crate) const MAX_HEADER_BYTES: usize = 64 << 10;

/// Refuses a request of HTTP/1.1 that does not name one host, as RFC 9112 asks, and one whose headers are
/// longer than the parser, which reads them by the buffer, may have let through.
pub(crate) async fn addressed(request: Request, next: Next) -> Response {
    let lengths = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    if lengths.sum::<usize>() > MAX_HEADER_BYTES {
        let message = format!("the headers have more than {MAX_HEADER_BYTES} bytes");
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Problem::of(status, ErrorKind::TooLarge, message).into_response();
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let message = match (hosts.next(), hosts.next()) {
        (None, _) if request.version() < Version::HTTP_11 => return next.run(request).await,
        (None, _) => "a request names its host: the header Host is missing",
        (Some(host), None) if is_host(host) => return next.run(request).await,
        (Some(_), None) => "the header Host is no host",
        (Some(_), Some(_)) => "the header Host is there more than once",
    };
    Problem::of(StatusCode::BAD_REQUEST, ErrorKind::InvalidInput, message).into_response()
}

/// A host with or without a port; none at all where the address has none.
fn is_host(value: &HeaderValue) -> bool {
    value.is_empty() || Authority::try_from(value.as_bytes()).is_ok_and(|host| !host.as_str().contains('@'))
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

/// Counts and logs a request that the HTTP parser has refused, of which no more is known.
pub(crate) fn refused(app: &App, status: u16) {
    app.metrics.count(OTHER, status);
    let request = REQUESTS.fetch_add(1, Ordering::Relaxed);
    tracing::info!(request, path = OTHER, status, "a request that is no HTTP was refused");
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

/// Reads a JSON body within the limits. What it holds counts as long as the share is kept.
pub(crate) async fn body<T: DeserializeOwned>(app: &App, request: Request) -> Result<(T, Share), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let kind = kind.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    if !kind.eq_ignore_ascii_case(b"application/json") {
        let kind = String::from_utf8_lossy(&kind[..kind.len().min(80)]);
        let message = format!("the body is `{kind}`; this takes application/json");
        return Err(Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::InvalidInput, message));
    }
    let packed =
        request.headers().get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
    if !packed.is_empty() && !packed.eq_ignore_ascii_case(b"identity") {
        let packed = String::from_utf8_lossy(&packed[..packed.len().min(80)]);
        let message = format!("the body is packed with `{packed}`; this takes bodies that are not packed");
        return Err(Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::InvalidInput, message));
    }
    let limit = app.options.max_body_bytes.min(app.options.max_buffered_bytes);
    let too_large = |bytes: String| {
        Error::new(ErrorKind::TooLarge, format!("the body has {bytes} bytes; at most {limit}"))
    };
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if let Some(length) = declared.and_then(|length| length.parse::<u64>().ok())
        && length > limit as u64
    {
        return Err(too_large(length.to_string()).into());
    }
    let mut share = app.budget.share();
    let mut buffer = Buffer::new();
    let mut body = request.into_body();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        // An error is a client that stopped sending, which will not read this, or one that breaks the form.
        let broken = |e| Error::new(ErrorKind::InvalidInput, format!("the body ended early: {e}"));
        // Trailers say nothing here.
        let Ok(part) = frame.map_err(broken)?.into_data() else { continue };
        if part.len() > limit - buffer.bytes().len() {
            return Err(too_large("more".to_owned()).into());
        }
        share.grow(part.len())?;
        let full = |e| Error::new(ErrorKind::Overloaded, format!("there is no memory for the body: {e}"));
        buffer.extend(&part).map_err(full)?;
    }
    Ok((from_json(buffer.bytes())?, share))
}
