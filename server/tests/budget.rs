//! The bytes of all requests and answers together, and what an error repeats of a request.

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::header;
use common::{engine, get, post, request, send};
use frontdesk_server::{ServerOptions, app, serve};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

const ANALYZE: &str = "/api/v1/support/analyze";

async fn start(options: ServerOptions) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, engine(), options, std::future::pending()));
    address
}

/// A request whose body is as long as is said, of which only a part is sent.
async fn begin(address: SocketAddr, length: usize, sent: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {ANALYZE} HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A service that refuses the request reads no more of it.
    let _ = stream.write_all(&vec![b' '; sent]).await;
    stream
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_sent_in_part_have_one_budget() {
    let options = ServerOptions { max_buffered_bytes: 1 << 20, ..ServerOptions::default() };
    let address = start(ServerOptions { timeout: Duration::from_mins(10), ..options }).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(begin(address, 1 << 20, 400 << 10).await);
    }
    let [first, second, third] = &mut open[..] else { unreachable!() };
    // Two of them fit; which is the one too many depends on who was read first.
    let refused = tokio::select! {
        answer = answer(first) => answer,
        answer = answer(second) => answer,
        answer = answer(third) => answer,
    };
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains("\"overloaded\"") && refused.contains("retry-after: "), "{refused}");
    let mut short = begin(address, 20, 0).await;
    short.write_all(b"{\"text\":   \"a word\"}\n").await.unwrap();
    let short = answer(&mut short).await;
    assert!(short.starts_with("HTTP/1.1 200"), "short requests have room: {short}");
    // Clients that hang up give their bytes back.
    drop(open);
    loop {
        let mut long = begin(address, 900 << 10, (900 << 10) - 4).await;
        let _ = long.write_all(b"\"hi\"").await;
        let answer = answer(&mut long).await;
        if !answer.starts_with("HTTP/1.1 429") && !answer.is_empty() {
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn answers_count_until_they_are_taken() {
    let batch = || request("/api/v1/support/analyze/batch", json!({ "tickets": vec![""; 600] }).to_string());
    let length = send(&common::service(), batch()).await.text.len();
    let options = ServerOptions { max_buffered_bytes: length + length / 2, ..ServerOptions::default() };
    let service = app(engine(), options);
    let first = service.clone().oneshot(batch()).await.unwrap();
    assert_eq!(first.status(), 200);
    let second = send(&service, batch()).await;
    second.problem(429, "overloaded");
    assert!(second.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(get(&service, "/api/openapi.json").await.status, 200, "what is only fetched is not refused");
    assert_eq!(first.into_body().collect().await.unwrap().to_bytes().len(), length);
    assert_eq!(send(&service, batch()).await.status, 200);
}

#[tokio::test]
async fn what_grows_when_it_is_read_counts_as_what_it_becomes() {
    let options = ServerOptions { max_buffered_bytes: 1 << 20, ..ServerOptions::default() };
    let service = app(engine(), options);
    let asked = |issues: usize| {
        json!({ "text": "hello", "customerHistory": { "previousIssues": vec![""; issues] } }).to_string()
    };
    assert_eq!(post(&service, ANALYZE, asked(1000)).await.status, 200);
    post(&service, ANALYZE, asked(200_000)).await.problem(429, "overloaded");
}

#[tokio::test]
async fn an_error_repeats_the_beginning_of_what_it_is_about() {
    let service = app(engine(), ServerOptions::default());
    let long = "n".repeat(1 << 20);
    for (path, body) in [
        (ANALYZE, json!({ long.as_str(): 1 })),
        (ANALYZE, json!({ "text": "a", "urgency": long })),
        (ANALYZE, json!({ "text": "a", "customerHistory": long })),
        (ANALYZE, json!({ "text": "a", "customerHistory": { "preferredChannel": long } })),
        (ANALYZE, json!({ "text": "a", "customerHistory": { long.as_str(): [] } })),
        ("/api/v1/support/route", json!({ "issue": "a", "context": { "now": long } })),
        ("/api/v1/support/route", json!({ "issue": "a", "context": { "agents": { long.as_str(): 1 } } })),
        ("/api/v1/support/route", json!({ "issue": "a", "context": { "shares": { "live-chat": long } } })),
        ("/api/v1/support/analyze/batch", json!({ "tickets": long })),
        ("/api/v1/support/analyze/batch", json!({ "tickets": [{ long.as_str(): 1 }] })),
        ("/api/v1/support/sentiment", json!({ "text": { long.as_str(): 1 } })),
    ] {
        let reply = post(&service, path, body.to_string()).await;
        reply.problem(400, "invalid-input");
        assert!(reply.text.len() < 1500, "{path}: {}", &reply.text[..1500]);
    }
    let reply = post(&service, ANALYZE, json!({ "mo\u{f6}d".repeat(40): 1 }).to_string()).await;
    let problem = reply.problem(400, "invalid-input");
    let cut = format!("{}…", "mo\u{f6}d".repeat(20));
    assert_eq!(problem["field"], cut);
    assert!(problem["message"].as_str().unwrap().contains(&format!("unknown field `{cut}`, expected")));
}
