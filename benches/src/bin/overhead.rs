//! What a face adds to one call: HTTP on loopback against the engine itself, one client, calls in turn.
//!
//!     cargo run --release -p frontdesk-benches --bin overhead -- [MODEL] [CALLS]
//!
//! Prints one JSON line: medians in milliseconds, and the median of the differences of calls made one after the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Instant;

use frontdesk::{Engine, EngineOptions, ModelSource, Ticket};
use frontdesk_server::ServerOptions;

type Failed = Box<dyn std::error::Error>;

const TEXT: &str = "Need to approve this proof ASAP";

fn main() -> Result<(), Failed> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut options = EngineOptions::default();
    options.model = args.first().map_or(ModelSource::Default, |model| model.as_str().into());
    let calls: usize = args.get(1).map_or(Ok(300), |n| n.parse())?;
    let engine = Engine::open(options)?;
    let (told, address) = mpsc::channel();
    let serving = engine.clone();
    std::thread::spawn(move || {
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        frontdesk_server::run(listen, serving, ServerOptions::default(), |address| {
            told.send(address).unwrap_or(());
        })
    });
    let mut stream = BufReader::new(TcpStream::connect(address.recv()?)?);
    stream.get_ref().set_nodelay(true)?;
    let ticket = Ticket::new(TEXT);
    let (mut direct, mut http, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for call in 0..calls + 20 {
        let start = Instant::now();
        engine.analyze(&ticket)?;
        let first = start.elapsed().as_secs_f64() * 1e3;
        let start = Instant::now();
        post(&mut stream)?;
        let second = start.elapsed().as_secs_f64() * 1e3;
        // The first ones warm caches and the connection.
        if call >= 20 {
            direct.push(first);
            http.push(second);
            added.push(second - first);
        }
    }
    let line = serde_json::json!({
        "model": engine.info().model.name, "threads": engine.info().threads, "calls": calls,
        "engine_ms": median(&mut direct), "http_ms": median(&mut http), "http_adds_ms": median(&mut added),
    });
    println!("{line}");
    Ok(())
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    (samples[samples.len() / 2] * 1e3).round() / 1e3
}

fn post(stream: &mut BufReader<TcpStream>) -> Result<(), Failed> {
    let body = serde_json::json!({ "text": TEXT }).to_string();
    let request = format!(
        "POST /api/v1/support/analyze HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.get_mut().write_all(request.as_bytes())?;
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    if answer.starts_with(b"{\"sentiment\"") { Ok(()) } else { Err(String::from_utf8_lossy(&answer).into()) }
}
