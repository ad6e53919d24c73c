//! One engine for the tests of a file, and requests to a router.
#![allow(
    dead_code,
    unreachable_pub,
    missing_debug_implementations,
    reason = "each test file uses some of it"
)]

use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use frontdesk::{Engine, EngineOptions};
use frontdesk_server::{ServerOptions, app};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

pub fn engine() -> Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::open(EngineOptions::default()).unwrap()).clone()
}

pub fn service() -> Router {
    app(engine(), ServerOptions::default())
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// Checks that this is a problem, and gives it.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!((self.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["message"].is_string());
        problem
    }
}

pub async fn send(service: &Router, request: Request<Body>) -> Reply {
    let response = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Reply { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

pub async fn get(service: &Router, path: &str) -> Reply {
    send(service, Request::get(path).body(Body::empty()).unwrap()).await
}

pub async fn post(service: &Router, path: &str, body: impl Into<Body>) -> Reply {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    send(service, request.body(body.into()).unwrap()).await
}

/// A request with a key.
pub fn request(path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    request.header(header::AUTHORIZATION, "Bearer secret-key").body(body.into()).unwrap()
}

/// The status and the body of the answer to a request with a key.
pub async fn answer(service: &Router, path: &str, body: impl Into<Body>) -> (u16, Value) {
    let reply = send(service, request(path, body)).await;
    (reply.status.as_u16(), reply.json())
}
