//! HTTP itself: what is refused before any path sees it has the form of every other error.

mod common;

use std::net::SocketAddr;

use common::engine;
use frontdesk_server::{ServerOptions, serve};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, engine(), ServerOptions::default(), std::future::pending()));
    address
}

/// What a connection gives until the service ends it.
async fn exchange(address: SocketAddr, said: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut from, mut to) = stream.split();
    let mut answer = Vec::new();
    let tell = async {
        // The service may answer and close before all of it is sent.
        let _ = to.write_all(said.as_bytes()).await;
    };
    let hear = async {
        let _ = from.read_to_end(&mut answer).await;
    };
    tokio::join!(tell, hear);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").or_else(|| answer.strip_prefix("HTTP/1.0 "));
    status.unwrap_or_else(|| panic!("no answer: {answer}"))[..3].parse().unwrap()
}

/// Checks that the answer is a problem of one of these statuses that says `part`.
fn problem(answer: &str, statuses: &[u16], part: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
    assert!(statuses.contains(&status(answer)), "{answer}");
    assert!(head.contains("content-type: application/problem+json\r\n"), "{answer}");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
    let problem: Value = serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {answer}"));
    assert_eq!(problem["status"], status(answer), "{answer}");
    assert!(problem["message"].as_str().unwrap().contains(part), "{answer}");
}

fn live(headers: &str) -> String {
    format!("GET /health/live HTTP/1.1\r\n{headers}connection: close\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_one_host() {
    let address = start().await;
    for (headers, part) in [
        ("", "missing"),
        ("host: here\r\nhost: here\r\n", "more than once"),
        ("host: here there\r\n", "no host"),
        ("host: me@here\r\n", "no host"),
    ] {
        problem(&exchange(address, &live(headers)).await, &[400], part);
    }
    for headers in ["host: here\r\n", "Host: [::1]:8080\r\n", "host:\r\n"] {
        assert_eq!(status(&exchange(address, &live(headers)).await), 200, "{headers}");
    }
    assert_eq!(status(&exchange(address, "GET /health/live HTTP/1.0\r\n\r\n").await), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_parser_refuses_is_a_problem_too() {
    let address = start().await;
    let many: String = (0..200).map(|place| format!("x-{place}: y\r\n")).collect();
    let large = format!("x: {}\r\n", "y".repeat(200_000));
    let between = format!("x: {}\r\n", "y".repeat(70_000));
    let path = format!("GET /{} HTTP/1.1\r\nhost: here\r\n\r\n", "y".repeat(65_535));
    for (said, statuses) in [
        ("hello there\r\n\r\n".to_owned(), &[400][..]),
        ("GET /health/live HTTP/1.1\r\nhost here\r\n\r\n".to_owned(), &[400]),
        ("GET /health/live HTTP/7.1\r\nhost: here\r\n\r\n".to_owned(), &[400]),
        (live(&format!("host: here\r\n{many}")), &[431]),
        (live(&format!("host: here\r\n{large}")), &[431]),
        // More than the limit, less than the parser's buffer.
        (live(&format!("host: here\r\n{between}")), &[431]),
        (path, &[414, 431]),
    ] {
        let answer = exchange(address, &said).await;
        problem(&answer, statuses, "");
    }
    // No path was known of any of them.
    let metrics = exchange(address, "GET /metrics HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await;
    let counted = |status: u16| {
        let name = format!("frontdesk_requests_total{{path=\"other\",status=\"{status}\"}} ");
        metrics.lines().filter_map(|line| line.strip_prefix(&name)?.parse::<u32>().ok()).sum::<u32>()
    };
    // One has a path: its headers are read, and too long for the service.
    assert_eq!([400, 414, 431].map(counted).iter().sum::<u32>(), 6, "{metrics}");
    assert_eq!(counted(400), 3, "{metrics}");
}

fn post(headers: &str, body: &str) -> String {
    format!(
        "POST /api/v1/support/analyze HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n\
         connection: close\r\n{headers}\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_what_its_headers_say_is_refused() {
    let address = start().await;
    for (said, statuses, part) in [
        (post("content-length: 1\r\ncontent-length: 2\r\n", "{}"), &[400][..], ""),
        (post("content-length: many\r\n", "{}"), &[400], ""),
        (post("transfer-encoding: gzip\r\n", "{}"), &[400], ""),
        (post("transfer-encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"), &[400], "ended early"),
        (post("content-encoding: gzip\r\ncontent-length: 2\r\n", "{}"), &[415], "gzip"),
    ] {
        problem(&exchange(address, &said).await, statuses, part);
    }
    let trailers: String = (0..100).map(|place| format!("x-{place}: {}\r\n", "y".repeat(1000))).collect();
    let said =
        post("transfer-encoding: chunked\r\n", &format!("e\r\n{{\"text\": \"hi\"}}\r\n0\r\n{trailers}\r\n"));
    problem(&exchange(address, &said).await, &[400], "ended early");
    let said = post("transfer-encoding: chunked\r\n", "e\r\n{\"text\": \"hi\"}\r\n0\r\nx: y\r\n\r\n");
    assert_eq!(status(&exchange(address, &said).await), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_sent_together_are_answered_in_their_order() {
    let address = start().await;
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n");
    let said = format!("{}{}nonsense\r\n\r\n", ask("/health/live"), ask("/nowhere"));
    let answer = exchange(address, &said).await;
    let found: Vec<u16> = answer.split("HTTP/1.1 ").skip(1).map(|rest| rest[..3].parse().unwrap()).collect();
    assert_eq!(found, [200, 404, 400], "{answer}");
    assert_eq!(answer.matches("application/problem+json").count(), 2, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_and_paths_that_are_not_there_are_problems() {
    let address = start().await;
    for (line, statuses) in [
        ("BREW /health/live", &[405][..]),
        ("DELETE /api/v1/support/analyze", &[405]),
        ("OPTIONS *", &[404]),
        ("POST /api/v1/support/analyze/", &[404]),
        ("GET /%ff", &[404]),
    ] {
        let answer =
            exchange(address, &format!("{line} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")).await;
        problem(&answer, statuses, "");
        assert_eq!(answer.contains("\r\nallow: "), statuses == [405], "{answer}");
    }
}
