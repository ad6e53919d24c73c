//! The service on a real socket: clients that hang up, stop or dawdle, and an end that is asked for.

use std::net::SocketAddr;
use std::time::Duration;

use frontdesk::{Engine, EngineOptions};
use frontdesk_server::{ServerOptions, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Service {
    address: SocketAddr,
    engine: Engine,
    end: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

async fn start(options: ServerOptions) -> Service {
    let engine = EngineOptions { threads: Some(1), ..EngineOptions::default() };
    let engine = Engine::open(engine).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel();
    let task = tokio::spawn(serve(listener, engine.clone(), options, async { ended.await.unwrap_or(()) }));
    Service { address, engine, end, task }
}

fn request(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /api/v1/support/analyze/batch HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

fn long(tickets: usize) -> String {
    let text = "the proof shows the wrong blue and the press is waiting ".repeat(6);
    serde_json::json!({ "tickets": vec![text; tickets] }).to_string()
}

async fn exchange(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn busy(engine: &Engine) {
    while engine.metrics().unwrap().calls == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_frees_its_work() {
    let service = start(ServerOptions::default()).await;
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(request(&long(1000)).as_bytes()).await.unwrap();
    busy(&service.engine).await;
    assert!(service.engine.metrics().unwrap().queue_depth > 0);
    drop(stream);
    while service.engine.metrics().unwrap().queue_depth > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(service.engine.metrics().unwrap().tickets < 1000, "the work of a client that is gone went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_asked_for_finishes_open_requests() {
    let service = start(ServerOptions::default()).await;
    let open = tokio::spawn({
        let address = service.address;
        async move { exchange(address, &request(&long(12))).await }
    });
    busy(&service.engine).await;
    service.end.send(()).unwrap();
    service.task.await.unwrap().unwrap();
    let answer = open.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{}", &answer[..answer.len().min(200)]);
    assert!(TcpStream::connect(service.address).await.is_err(), "nothing more is accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_dawdle_are_cut() {
    let mut options = ServerOptions::default();
    (options.header_timeout, options.timeout) = (Duration::from_secs(2), Duration::from_secs(4));
    let service = start(options).await;
    let slow_headers = exchange(service.address, "POST /api/v1/support/analyze HTTP/1.1\r\nhost:").await;
    assert!(slow_headers.is_empty() || slow_headers.starts_with("HTTP/1.1 408"), "{slow_headers}");
    let half = &request(&long(1))[..300];
    let slow_body = exchange(service.address, half).await;
    assert!(slow_body.starts_with("HTTP/1.1 504") && slow_body.contains("\"timeout\""), "{slow_body}");
    let huge = format!("GET /health/live HTTP/1.1\r\nhost: here\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    // The service may answer and close before all of it is sent.
    let _ = stream.write_all(huge.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let service = start(ServerOptions::default()).await;
    assert!(
        exchange(service.address, "GET /health/live HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 200")
    );
}

/// Sends requests, reads no answer, and returns whether the service ends that.
async fn is_cut(options: ServerOptions) -> bool {
    let service = start(options).await;
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    // Answers of more bytes than the socket holds for its reader.
    let ask = request(&serde_json::json!({ "tickets": vec![""; 1000] }).to_string())
        .replace("connection: close\r\n", "");
    loop {
        match tokio::time::timeout(Duration::from_mins(10), stream.write_all(ask.as_bytes())).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return true,
            Err(_) => return false,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_its_answer_is_cut() {
    let write_timeout = Duration::from_millis(200);
    assert!(is_cut(ServerOptions { write_timeout, ..ServerOptions::default() }).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_to_be_taken_whole_in_its_time() {
    // A client that takes a little now and then is never late with a part.
    let (write_timeout, answer_timeout) = (Duration::from_hours(1), Duration::from_millis(200));
    assert!(is_cut(ServerOptions { write_timeout, answer_timeout, ..ServerOptions::default() }).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_the_limit_wait_for_a_place() {
    let options = ServerOptions { max_connections: 2, ..ServerOptions::default() };
    let service = start(options).await;
    let idle = [
        TcpStream::connect(service.address).await.unwrap(),
        TcpStream::connect(service.address).await.unwrap(),
    ];
    let live = "GET /health/live HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
    let third = exchange(service.address, live);
    let mut third = std::pin::pin!(third);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), &mut third).await.is_err(),
        "there was no place"
    );
    drop(idle);
    assert!(third.await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_answered_or_told_to_come_back() {
    let service = start(ServerOptions::default()).await;
    let body = request(&serde_json::json!({ "tickets": ["the proof shows the wrong blue"] }).to_string());
    let calls: Vec<_> = (0..300)
        .map(|_| {
            let (address, body) = (service.address, body.clone());
            tokio::spawn(async move { exchange(address, &body).await })
        })
        .collect();
    for call in calls {
        let answer = call.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 429"), "{answer}");
    }
}
