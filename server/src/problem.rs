//! Errors as `application/problem+json` (RFC 9457), each of a kind of the contract.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk::{Error, ErrorKind};
use serde::Serialize;
use utoipa::ToSchema;

/// An error, as clients see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of error in a person's words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The kind of error: a stable code.
    code: &'static str,
    /// The fault, and where it is.
    message: String,
    /// The field at fault, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The time after which the call would be accepted, as things stand.
    #[serde(skip)]
    retry_after: Option<Duration>,
}

/// The status of each kind.
pub fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::InvalidInput | ErrorKind::DataInvalid => StatusCode::BAD_REQUEST,
        ErrorKind::TooLong => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Overloaded => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Cancelled | ErrorKind::DeviceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Network => StatusCode::BAD_GATEWAY,
        ErrorKind::ModelNotFound | ErrorKind::ModelInvalid | ErrorKind::Io | ErrorKind::Internal => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

impl Problem {
    /// A problem of the protocol, which the engine never saw.
    pub(crate) fn of(status: StatusCode, kind: ErrorKind, message: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            title,
            status: status.as_u16(),
            code: kind.code(),
            message: message.into(),
            field: None,
            retry_after: None,
        }
    }

    /// Names a field as the request calls it.
    pub(crate) fn renamed(mut self, field: &str, request: &str) -> Self {
        if self.field.as_deref() == Some(field) {
            self.field = Some(request.to_owned());
        }
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let field = error.field().map(str::to_owned);
        Self {
            field,
            retry_after: error.retry_after(),
            ..Self::of(status(error.kind()), error.kind(), error.message())
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Whole seconds, and one where the time is not known.
        let seconds = self.retry_after.map_or(1.0, |time| time.as_secs_f64().ceil().max(1.0)) as u64;
        let mut response = (status, axum::Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
