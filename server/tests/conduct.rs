//! How the service behaves towards those who watch it, and towards clients that do not behave.

mod common;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use common::answer;
use frontdesk::{Engine, EngineOptions, MAX_TICKETS};
use frontdesk_server::{ServerOptions, app, serve};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn engine() -> Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let options = EngineOptions { threads: Some(1), ..EngineOptions::default() };
    ENGINE.get_or_init(|| Engine::open(options).unwrap()).clone()
}

#[tokio::test]
async fn the_route_endpoint_speaks_of_its_own_fields() {
    let service = app(engine(), ServerOptions::default());
    let path = "/api/v1/support/route";
    let (status, problem) =
        answer(&service, path, json!({ "issue": "a ".repeat(1 << 20) }).to_string()).await;
    assert_eq!((status, &problem["code"], &problem["field"]), (413, &json!("too-large"), &json!("issue")));
    let (status, problem) = answer(&service, path, "{}").await;
    assert_eq!((status, &problem["field"]), (400, &json!("issue")));
    let history = json!({ "preferredChannel": "video-call" });
    let (_, camel) =
        answer(&service, path, json!({ "issue": "a", "customerHistory": history }).to_string()).await;
    let (_, snake) =
        answer(&service, path, json!({ "issue": "a", "customer_history": history }).to_string()).await;
    assert!(camel["recommendedRoute"].is_string(), "{camel}");
    assert_eq!(camel, snake);
}

#[tokio::test]
async fn a_list_is_never_cut_short_whatever_the_limit() {
    let options = ServerOptions { max_tickets: usize::MAX, ..ServerOptions::default() };
    let service = app(engine(), options);
    let body = format!("{{\"tickets\":[{}]}}", vec!["\"\""; MAX_TICKETS + 5].join(","));
    let (status, problem) = answer(&service, "/api/v1/support/analyze/batch", body).await;
    assert_eq!((status, &problem["field"]), (413, &json!("tickets")));
    assert!(problem["message"].as_str().unwrap().contains("100005 tickets"), "{problem}");
}

async fn send(address: std::net::SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_cut_before_the_first_request_and_after_it() {
    let options = ServerOptions { header_timeout: Duration::from_secs(1), ..ServerOptions::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(serve(listener, engine(), options, std::future::pending()));
    for said in ["", "GET /health/live HTTP/1.1\r\nhost: here\r\n\r\n"] {
        let start = Instant::now();
        let answer = tokio::time::timeout(Duration::from_mins(10), send(address, said)).await;
        let answer = answer.expect("a silent connection stays open");
        assert_eq!(answer.contains("200 OK"), !said.is_empty(), "{answer}");
        assert!(start.elapsed() >= Duration::from_millis(950), "cut too early");
    }
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_outlasts_the_drain_time_is_cut() {
    let options = ServerOptions { drain_timeout: Duration::from_millis(100), ..ServerOptions::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(serve(listener, engine(), options, async { ended.await.unwrap_or(()) }));
    // Its body never comes: the request is open for as long as its own limit lets it.
    let head = "POST /api/v1/support/analyze HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n";
    let mut open = TcpStream::connect(address).await.unwrap();
    open.write_all(head.as_bytes()).await.unwrap();
    // The service asks for the body: it is reading the request.
    let mut asked = [0; 12];
    open.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100");
    let start = Instant::now();
    end.send(()).unwrap();
    task.await.unwrap().unwrap();
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(90) && took < Duration::from_mins(5), "{took:?}");
    drop(open);
}
