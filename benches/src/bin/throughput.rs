//! Texts per second and latency of an engine, end to end, over a JSON array of texts.
//!
//!     cargo run --release -p frontdesk-benches --bin throughput -- MODEL TEXTS.json [THREADS [PRECISION]]
//!
//! Prints one JSON line: the best of two passes over the first 256 texts in one call, and the median of 30 single calls at
//! three lengths.

use std::time::Instant;

use frontdesk::{AnalyzeOptions, Engine, EngineOptions, ModelSource, Ticket};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, texts, rest @ ..] = args.as_slice() else {
        return Err("usage: throughput MODEL TEXTS.json [THREADS [PRECISION]]".into());
    };
    let texts: Vec<String> = serde_json::from_slice(&std::fs::read(texts)?)?;
    let mut options = EngineOptions::default();
    options.model = ModelSource::Named(model.clone());
    options.threads = rest.first().map(|n| n.parse()).transpose()?;
    options.precision = rest.get(1).map(|name| name.parse()).transpose()?.unwrap_or_default();
    let engine = Engine::open(options)?;
    let tickets: Vec<Ticket> = texts.iter().take(256).map(Ticket::new).collect();
    engine.analyze_batch(&tickets[..tickets.len().min(8)], &AnalyzeOptions::default())?;

    let mut best = f64::INFINITY;
    for _ in 0..2 {
        let start = Instant::now();
        engine.analyze_batch(&tickets, &AnalyzeOptions::default())?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    let longest = texts.iter().max_by_key(|text| text.len()).ok_or("no text")?;
    let mut latency = Vec::new();
    for words in [10, 24, 90] {
        let ticket = Ticket::new(longest.split_whitespace().take(words).collect::<Vec<_>>().join(" "));
        let tokens = engine.analyze(&ticket)?.usage.tokens;
        let mut samples = Vec::new();
        for _ in 0..30 {
            let start = Instant::now();
            engine.analyze(&ticket)?;
            samples.push(start.elapsed().as_secs_f64() * 1e3);
        }
        samples.sort_by(f64::total_cmp);
        latency.push(serde_json::json!({ "tokens": tokens, "ms": (samples[15] * 100.0).round() / 100.0 }));
    }
    let info = engine.info();
    let line = serde_json::json!({
        "engine": "frontdesk", "model": info.model.name, "precision": info.precision, "threads": info.threads,
        "texts_per_s": (tickets.len() as f64 / best * 10.0).round() / 10.0, "latency": latency,
    });
    println!("{line}");
    Ok(())
}
