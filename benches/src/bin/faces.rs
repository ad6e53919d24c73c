//! The engine and its HTTP face, to be timed on command beside the other faces: `benches/faces/run`.
//!
//! Reads lines of a face, a kind of work and a number, and answers each with one of seconds:
//! `engine single 50` (the median of so many calls on one message), `http batch 256` (one call of so many
//! tickets), `engine threads 4` (calls a second of so many threads, each calling on one message after the
//! other for two seconds).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use frontdesk::{AnalyzeOptions, Engine, EngineOptions, ModelSource, Ticket};
use frontdesk_server::ServerOptions;

type Failed = Box<dyn std::error::Error>;

const TEXT: &str = "Need to approve this proof ASAP";

fn main() -> Result<(), Failed> {
    let mut args = std::env::args().skip(1);
    let (Some(model), Some(texts)) = (args.next(), args.next()) else {
        return Err("usage: faces MODEL TEXTS.json".into());
    };
    let texts: Vec<String> = serde_json::from_slice(&std::fs::read(texts)?)?;
    let options = EngineOptions { model: ModelSource::Named(model), ..EngineOptions::default() };
    let engine = Engine::open(options)?;
    let (told, address) = mpsc::channel();
    let serving = engine.clone();
    std::thread::spawn(move || {
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let options = ServerOptions { timeout: Duration::from_mins(10), ..ServerOptions::default() };
        frontdesk_server::run(listen, serving, options, |address| told.send(address).unwrap_or(()))
    });
    let address = address.recv()?;
    // An idle connection is closed by the service, so that each line has one of its own.
    let connect = || -> Result<_, Failed> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(BufReader::new(stream))
    };
    for line in std::io::stdin().lines() {
        let line = line?;
        let [face, work, number] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("{line}: a face, a work and a number are expected").into());
        };
        let number: usize = number.parse()?;
        let found = match (face, work) {
            ("engine", "single") => median(number, || engine.analyze(&Ticket::new(TEXT)))?,
            ("http", "single") => {
                let body = serde_json::json!({ "text": TEXT }).to_string();
                let mut stream = connect()?;
                median(number, || post(&mut stream, "analyze", &body))?
            }
            ("engine", "batch") => {
                let tickets: Vec<_> = texts.iter().take(number).map(Ticket::new).collect();
                timed(|| engine.analyze_batch(&tickets, &AnalyzeOptions::default()))?
            }
            ("http", "batch") => {
                let body = serde_json::json!({ "tickets": &texts[..number] }).to_string();
                let mut stream = connect()?;
                timed(|| post(&mut stream, "analyze/batch", &body))?
            }
            ("engine", "threads") => threads(&engine, number)?,
            _ => return Err(format!("{line}: not known").into()),
        };
        println!("{found}");
    }
    Ok(())
}

fn timed<T, E: Into<Failed>>(work: impl FnOnce() -> Result<T, E>) -> Result<f64, Failed> {
    let start = Instant::now();
    work().map_err(Into::into)?;
    Ok(start.elapsed().as_secs_f64())
}

fn median<T, E: Into<Failed>>(times: usize, mut work: impl FnMut() -> Result<T, E>) -> Result<f64, Failed> {
    let mut samples = (0..times).map(|_| timed(&mut work)).collect::<Result<Vec<_>, _>>()?;
    samples.sort_by(f64::total_cmp);
    Ok(samples[samples.len() / 2])
}

fn threads(engine: &Engine, count: usize) -> Result<f64, Failed> {
    let start = Instant::now();
    let call = || {
        let mut calls = 0u32;
        while start.elapsed() < Duration::from_secs(2) {
            engine.analyze(&Ticket::new(TEXT))?;
            calls += 1;
        }
        Ok::<_, frontdesk::Error>(calls)
    };
    let calls = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(call)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(Ok(0))).sum::<Result<u32, _>>()
    })?;
    Ok(f64::from(calls) / start.elapsed().as_secs_f64())
}

fn post(stream: &mut BufReader<TcpStream>, path: &str, body: &str) -> Result<(), Failed> {
    let request = format!(
        "POST /api/v1/support/{path} HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.get_mut().write_all(request.as_bytes())?;
    let mut length = 0;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        if stream.read_line(&mut head)? == 0 {
            return Err("the service closed the connection".into());
        }
        if let Some(value) = head[start..].to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    if head.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(String::from_utf8_lossy(&answer).into()) }
}
