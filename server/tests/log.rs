//! The log of requests. Alone in its file: the events that a subscriber of one thread gets depend on what
//! other threads' tests did first.

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use common::{answer, request};
use frontdesk::{Engine, EngineOptions};
use frontdesk_server::{Keys, ServerOptions, app};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

fn engine() -> Engine {
    let options = EngineOptions { threads: Some(1), ..EngineOptions::default() };
    Engine::open(options).unwrap()
}

fn long(tickets: usize) -> String {
    let text = "the proof shows the wrong blue and the press is waiting ".repeat(6);
    json!({ "tickets": vec![text; tickets] }).to_string()
}

/// The text that was written to a log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_a_line_a_request_and_neither_a_text_nor_a_key() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let options =
        ServerOptions { keys: Some(Keys::parse("secret-key").unwrap()), ..ServerOptions::default() };
    let service = app(engine(), options);
    let analyze = "/api/v1/support/analyze";
    assert_eq!(answer(&service, analyze, "{\"text\": \"my private words\"}").await.0, 200);
    assert_eq!(answer(&service, analyze, "{\"private\": \"my private words\"}").await.0, 400);
    let wrong = Request::get("/private?key=private").header(header::AUTHORIZATION, "Bearer private-guess");
    let wrong = service.clone().oneshot(wrong.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(wrong.status().as_u16(), 401);
    // A client that hangs up drops the request that is being answered.
    let open = service.clone().oneshot(request("/api/v1/support/analyze/batch", long(1000)));
    assert!(tokio::time::timeout(Duration::from_millis(100), open).await.is_err());
    drop(guard);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!log.contains("private") && !log.contains("secret-key") && !log.contains("proof"), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<&Value> =
        lines.iter().map(|line| &line["fields"]).filter(|line| line["message"] == "request").collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["method"].as_str().unwrap(), line["path"].as_str().unwrap(), &line["status"]))
        .collect();
    assert_eq!(
        told,
        [
            ("POST", analyze, &json!(200)),
            ("POST", analyze, &json!(400)),
            ("GET", "other", &json!(401)),
            ("POST", "/api/v1/support/analyze/batch", &json!(499)),
        ]
    );
    let numbers: Vec<_> = lines.iter().map(|line| line["request"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    assert!(lines.iter().all(|line| line["seconds"].as_f64().unwrap() >= 0.0));

    let metrics = Request::get("/metrics").header(header::AUTHORIZATION, "Bearer secret-key");
    let metrics = service.oneshot(metrics.body(Body::empty()).unwrap()).await.unwrap();
    let metrics = metrics.into_body().collect().await.unwrap().to_bytes();
    let metrics = String::from_utf8(metrics.to_vec()).unwrap();
    let gone = "frontdesk_requests_total{path=\"/api/v1/support/analyze/batch\",status=\"499\"} 1\n";
    assert!(metrics.contains(gone), "{metrics}");
}
