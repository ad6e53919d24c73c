//! The service through its router: requests that are refused, and the answers to them.

mod common;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::{Reply, engine, get, post, send};
use frontdesk::{AnalyzeOptions, Engine, EngineOptions, ErrorKind, Ticket};
use frontdesk_server::{Keys, ServerOptions, app};
use serde_json::json;

#[tokio::test]
async fn broken_requests_say_what_is_wrong_and_where() {
    let mut options = ServerOptions::default();
    (options.max_body_bytes, options.max_tickets) = (2000, 3);
    let service = app(engine(), options);
    let analyze = "/api/v1/support/analyze";
    let says = |reply: &Reply, code: u16, parts: &[&str]| {
        let kind = if code == 413 { "too-large" } else { "invalid-input" };
        let problem = reply.problem(code, kind);
        for part in parts {
            assert!(problem["message"].as_str().unwrap().contains(part), "{part}: {problem}");
        }
    };
    says(&post(&service, analyze, "{\"text\":\n  oops}").await, 400, &["line 2"]);
    says(&post(&service, analyze, "").await, 400, &["EOF"]);
    says(&post(&service, analyze, "{\"text\": \"a\"} {}").await, 400, &["trailing"]);
    says(&post(&service, analyze, "{\"text\": \"\\ud800\"}").await, 400, &["escape"]);
    says(&post(&service, analyze, &b"{\"text\": \"\xff\"}"[..]).await, 400, &[]);
    says(
        &post(&service, "/api/v1/support/route", "{\"issue\": \"a\", \"mood\": 1}").await,
        400,
        &["mood", "issue"],
    );
    says(&post(&service, "/api/v1/support/route", "{\"text\": \"a\"}").await, 400, &["text"]);
    says(&post(&service, "/api/v1/support/sentiment", "{}").await, 400, &["text"]);
    says(&post(&service, analyze, json!({ "text": "x".repeat(2000) }).to_string()).await, 413, &["2000"]);
    let four = json!({ "tickets": ["a", "b", "c", "d"] }).to_string();
    says(&post(&service, "/api/v1/support/analyze/batch", four).await, 413, &["4 tickets", "3"]);
    let chunked = Body::from_stream(chunks(5000));
    says(&post(&service, analyze, chunked).await, 413, &["2000"]);
    let text = Request::post(analyze).header(header::CONTENT_TYPE, "text/plain").body(Body::from("hello"));
    says(&send(&service, text.unwrap()).await, 415, &["text/plain", "application/json"]);
    says(&get(&service, "/api/v1/nothing").await, 404, &[]);
    says(&get(&service, analyze).await, 405, &[]);
}

/// A body of unknown length.
fn chunks(bytes: usize) -> impl futures_core::Stream<Item = Result<Vec<u8>, std::io::Error>> {
    tokio_stream::iter((0..bytes / 100).map(|_| Ok(vec![b' '; 100])))
}

#[tokio::test]
async fn only_who_has_a_key_is_served_and_no_key_is_shown() {
    let options = ServerOptions {
        keys: Some(Keys::parse("first-key\n\n second-key \n").unwrap()),
        ..ServerOptions::default()
    };
    assert!(!format!("{options:?}").contains("first"), "{options:?}");
    let service = app(engine(), options);
    let with = |value: &'static str| {
        let request = Request::get("/api/v1/info").header(header::AUTHORIZATION, value);
        let service = service.clone();
        async move { send(&service, request.body(Body::empty()).unwrap()).await }
    };
    assert_eq!(with("Bearer first-key").await.status, StatusCode::OK);
    assert_eq!(with("bearer second-key").await.status, StatusCode::OK);
    for wrong in ["Bearer third-key", "Bearer first-key2", "Bearer ", "first-key", "Basic first-key"] {
        let reply = with(wrong).await;
        reply.problem(401, "invalid-input");
        assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    get(&service, "/api/v1/info").await.problem(401, "invalid-input");
    assert_eq!(get(&service, "/health/live").await.status, StatusCode::OK, "probes have no key");
    for bad in ["", " \n", "ok\nke\u{e9}y"] {
        assert_eq!(Keys::parse(bad).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn a_full_queue_and_a_late_answer_have_their_codes() {
    let mut options = EngineOptions::default();
    (options.threads, options.queue) = (Some(1), Some(1));
    let engine = Engine::open(options).unwrap();
    let limits = ServerOptions { timeout: Duration::from_millis(60), ..ServerOptions::default() };
    let service = app(engine.clone(), limits);
    let long =
        vec![Ticket::new("the proof shows the wrong blue and the press is waiting ".repeat(6)); 20_000];
    let busy = engine.submit(long, &AnalyzeOptions::default());
    let body = json!({ "text": "hello" }).to_string();
    let reply = post(&service, "/api/v1/support/analyze", body.clone()).await;
    reply.problem(429, "overloaded");
    let after = reply.headers[header::RETRY_AFTER].to_str().unwrap();
    assert!(after.parse::<u32>().unwrap() >= 1, "{after}");
    drop(busy);
    // A text that is being tokenized at this moment frees its place when its turn ends.
    while engine.metrics().unwrap().queue_depth > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let long: Vec<String> = vec!["the proof shows the wrong blue and the press is waiting ".repeat(6); 1000];
    let late = post(&service, "/api/v1/support/analyze/batch", json!({ "tickets": long }).to_string()).await;
    late.problem(504, "timeout");
    while engine.metrics().unwrap().queue_depth > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let metrics = get(&service, "/metrics").await.text;
    assert!(metrics.contains("frontdesk_overloaded_total 1\n"), "{metrics}");
    assert!(metrics.contains("frontdesk_queue_depth 0\n"), "{metrics}");
    assert!(engine.metrics().unwrap().tickets < 1000, "the late request left its place");
}

#[cfg(unix)]
#[test]
fn keys_are_read_from_a_small_regular_file() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let refused = |name: &str, kind: ErrorKind| {
        let (send, ended) = std::sync::mpsc::channel();
        let path = at(name);
        std::thread::spawn(move || send.send(Keys::read(&path).map(drop)));
        let error = ended.recv_timeout(Duration::from_mins(2)).expect("it waits").unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(name), "{error}");
    };
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", at("device")).unwrap();
    std::fs::create_dir(at("directory")).unwrap();
    std::fs::write(at("large"), "key\n".repeat(1 << 19)).unwrap();
    std::fs::write(at("noise"), b"\xff\xfe").unwrap();
    for name in ["pipe", "device", "directory"] {
        refused(name, ErrorKind::InvalidInput);
    }
    refused("large", ErrorKind::TooLarge);
    refused("noise", ErrorKind::DataInvalid);
    refused("missing", ErrorKind::Io);
    std::fs::write(at("keys"), "one\n\ntwo\n").unwrap();
    assert_eq!(format!("{:?}", Keys::read(&at("keys")).unwrap()), "2 keys");
}
