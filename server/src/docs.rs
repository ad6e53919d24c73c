//! The OpenAPI document, made from the types, and a page that shows it without asking the network.

use axum::Json;
use axum::response::Html;
use utoipa::openapi::RefOr;
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
    modifiers(&Keys, &Problems),
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

/// Errors have a type of their own.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let paths = document.paths.paths.values_mut();
        for operation in paths.flat_map(|path| path.get.iter_mut().chain(path.post.iter_mut())) {
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response
                    && status.starts_with(['4', '5'])
                    && let Some(content) = response.content.shift_remove("application/json")
                {
                    response.content.insert("application/problem+json".to_owned(), content);
                }
            }
        }
    }
}

pub(crate) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

pub(crate) async fn page() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
