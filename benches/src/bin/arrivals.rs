//! Latency under load: single messages that arrive at random, at a share of the rate that the engine can do.
//!
//!     cargo run --release -p frontdesk-benches --bin arrivals --
//!         MODEL TEXTS.json [THREADS [PRECISION [SECONDS]]]
//!
//! Prints JSON lines. First the rate of one call with all texts; then, for each share of it, messages a
//! second that arrived (as a Poisson process) and were answered, and how long an answer took, from arrival,
//! in milliseconds.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use frontdesk::{AnalyzeOptions, Engine, EngineOptions, ModelSource, Ticket};

const SHARES: [f64; 6] = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9];

/// When a call ended.
#[derive(Default)]
struct Stamp(OnceLock<Instant>);

impl Wake for Stamp {
    fn wake(self: Arc<Self>) {
        self.0.get_or_init(Instant::now);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, texts, rest @ ..] = args.as_slice() else {
        return Err("usage: arrivals MODEL TEXTS.json [THREADS [PRECISION [SECONDS]]]".into());
    };
    let texts: Vec<String> = serde_json::from_slice(&std::fs::read(texts)?)?;
    let options = EngineOptions {
        model: ModelSource::Named(model.clone()),
        threads: rest.first().map(|n| n.parse()).transpose()?,
        precision: rest.get(1).map(|name| name.parse()).transpose()?.unwrap_or_default(),
        ..EngineOptions::default()
    };
    let seconds: f64 = rest.get(2).map_or(Ok(20.0), |n| n.parse())?;
    let engine = Engine::open(options)?;
    let tickets: Vec<Ticket> = texts.iter().map(Ticket::new).collect();

    let start = Instant::now();
    engine.analyze_batch(&tickets, &AnalyzeOptions::default())?;
    let rate = tickets.len() as f64 / start.elapsed().as_secs_f64();
    println!("{}", serde_json::json!({ "at_once_per_s": tenth(rate), "precision": engine.info().precision }));
    for share in SHARES {
        println!("{}", arrive(&engine, &tickets, rate * share, share, seconds)?);
    }
    Ok(())
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn arrive(
    engine: &Engine,
    tickets: &[Ticket],
    rate: f64,
    share: f64,
    seconds: f64,
) -> Result<serde_json::Value, Box<dyn std::error::Error>> {
    let mut state = 1u32;
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state >> 8) + 0.5) / f64::from(1u32 << 24)
    };
    let begin = Instant::now();
    let mut due = 0.0;
    let mut calls = Vec::new();
    for at in 0.. {
        due += -uniform().ln() / rate;
        if due > seconds {
            break;
        }
        let arrival = begin + Duration::from_secs_f64(due);
        thread::sleep(arrival.saturating_duration_since(Instant::now()));
        let mut pending =
            engine.submit(vec![tickets[(at * 7) % tickets.len()].clone()], &AnalyzeOptions::default());
        let stamp = Arc::new(Stamp::default());
        let waker = Waker::from(Arc::clone(&stamp));
        if let Poll::Ready(result) = Pin::new(&mut pending).poll(&mut Context::from_waker(&waker)) {
            stamp.0.get_or_init(Instant::now);
            pending = result.into();
        }
        calls.push((arrival, stamp, pending));
    }
    let count = calls.len();
    let mut times = Vec::with_capacity(count);
    let mut last = begin;
    for (arrival, stamp, pending) in calls {
        pending.wait()?;
        let ended = *stamp.0.get_or_init(Instant::now);
        last = last.max(ended);
        times.push((ended - arrival).as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| tenth(times[((count - 1) as f64 * share) as usize]);
    Ok(serde_json::json!({
        "load": share, "arrived_per_s": tenth(count as f64 / seconds),
        "answered_per_s": tenth(count as f64 / (last - begin).as_secs_f64()),
        "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99),
    }))
}
