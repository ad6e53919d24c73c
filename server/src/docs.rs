//! The OpenAPI document, made from the types, and a page that shows it without asking the network.

use axum::Json;
use axum::response::Html;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::handlers;

/// The service's OpenAPI document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Frontdesk",
        description = "Reads support messages on the machine where they arrive: how the customer feels, what the sender wants, and \
                       which channel should take it.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        handlers::route,
        handlers::sentiment,
        handlers::category,
        handlers::analyze,
        handlers::batch,
        handlers::info,
        handlers::live,
        handlers::ready,
        handlers::metrics
    ),
    modifiers(&Keys),
    security((), ("key" = []))
)]
struct Document;

/// The key that a service may ask for.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let key = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("key", key);
    }
}

pub(crate) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

pub(crate) async fn page() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
