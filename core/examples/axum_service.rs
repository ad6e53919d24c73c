//! An engine in a web service of your own: a handler that awaits, with errors as status codes.
//!
//! ```sh
//! cargo run --release -p frontdesk --example axum_service             # serves until it is ended
//! cargo run --release -p frontdesk --example axum_service -- --once   # sends itself one request, and ends
//! curl localhost:8080/analyze -H 'content-type: application/json' -d '{"text": "Where is my proof?"}'
//! ```
//!
//! The crate `frontdesk-server` is such a service made whole: limits, keys, metrics, an OpenAPI description.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use frontdesk::{Analysis, AnalyzeOptions, Engine, EngineOptions, ErrorKind, Ticket};

async fn analyze(
    State(engine): State<Engine>,
    Json(ticket): Json<Ticket>,
) -> Result<Json<Vec<Analysis>>, (StatusCode, String)> {
    let call = AnalyzeOptions { timeout: Some(Duration::from_secs(30)), ..AnalyzeOptions::default() };
    // Nothing blocks: the engine has threads of its own. A client that hangs up drops this future, and with
    // it what has not begun.
    engine.submit(vec![ticket], &call).await.map(Json).map_err(|error| {
        let status = match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::TooLong => StatusCode::BAD_REQUEST,
            ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::Overloaded => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, error.to_string())
    })
}

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    run(std::env::args().any(|argument| argument == "--once"))
}

pub fn run(once: bool) -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Runtime::new()?.block_on(serve(once))
}

async fn serve(once: bool) -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::open(EngineOptions::default())?;
    let app = Router::new().route("/analyze", post(analyze)).with_state(engine);
    let listener = tokio::net::TcpListener::bind(if once { "127.0.0.1:0" } else { "127.0.0.1:8080" }).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}/analyze");
    if !once {
        return Ok(axum::serve(listener, app).await?);
    }
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let answer = tokio::task::spawn_blocking(move || ask(address)).await??;
    server.abort();
    println!("{answer}");
    answer
        .starts_with("HTTP/1.1 200")
        .then_some(())
        .ok_or_else(|| "the service refused its own request".into())
}

/// A client in a few lines, so that the example needs no other crate.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let body = r#"{"text": "Need to approve this proof ASAP"}"#;
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /analyze HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    std::io::read_to_string(stream)
}
