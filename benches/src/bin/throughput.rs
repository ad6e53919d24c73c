//! Texts per second and latency of an engine, end to end, over a JSON array of texts.
//!
//!     cargo run --release -p frontdesk-benches --bin throughput -- MODEL TEXTS.json [THREADS [PRECISION]]
//!     cargo run --release -p frontdesk-benches --bin throughput -- MODEL TEXTS.json THREADS PRECISION serve
//!
//! The first form prints one JSON line for each of two passes over all texts, and for single calls at three
//! lengths. The second, for `benches/peers/run`, prints a line when the model is loaded, and then answers
//! each line of its input with one: `pass`, `single WORDS CALLS` (calls on the first so many words of the
//! longest text, one after the other), `scores TEXTS` (the probability of the label POSITIVE for the first so
//! many texts).

use std::time::Instant;

use frontdesk::{AnalyzeOptions, Engine, EngineOptions, ModelSource, Ticket};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

/// Calls that are made before those that are timed.
const WARM_UP: usize = 5;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, texts, rest @ ..] = args.as_slice() else {
        return Err("usage: throughput MODEL TEXTS.json [THREADS [PRECISION [serve]]]".into());
    };
    let options = EngineOptions {
        model: ModelSource::Named(model.clone()),
        threads: rest.first().map(|n| n.parse()).transpose()?,
        precision: rest.get(1).map(|name| name.parse()).transpose()?.unwrap_or_default(),
        ..EngineOptions::default()
    };
    let texts = std::fs::read(texts).map_err(|error| format!("{texts}: {error}"))?;
    let bench = Bench { engine: Engine::open(options)?, texts: serde_json::from_slice(&texts)? };
    match rest.get(2).map(String::as_str) {
        Some("serve") => bench.serve(),
        Some(other) => Err(format!("`{other}` is not known; `serve` is").into()),
        None => {
            println!("{}", bench.info());
            for command in ["pass", "pass", "single 10 30", "single 24 30", "single 90 30"] {
                println!("{}", bench.answer(command)?);
            }
            Ok(())
        }
    }
}

struct Bench {
    engine: Engine,
    texts: Vec<String>,
}

impl Bench {
    fn serve(&self) -> Result<(), Failure> {
        println!("{}", self.info());
        for line in std::io::stdin().lines() {
            let answer = self.answer(&line?);
            println!("{}", answer.unwrap_or_else(|error| json!({ "error": error.to_string() })));
        }
        Ok(())
    }

    fn info(&self) -> Value {
        let info = self.engine.info();
        json!({ "version": info.version, "precision": info.precision, "threads": info.threads })
    }

    fn answer(&self, command: &str) -> Result<Value, Failure> {
        match command.split_whitespace().collect::<Vec<_>>()[..] {
            ["pass"] => self.pass(),
            ["single", words, calls] => self.single(words.parse()?, calls.parse()?),
            ["scores", count] => self.scores(count.parse()?),
            _ => Err(format!("`{command}` is none of pass, single WORDS CALLS, scores TEXTS").into()),
        }
    }

    /// All texts in one call.
    fn pass(&self) -> Result<Value, Failure> {
        let tickets: Vec<Ticket> = self.texts.iter().map(Ticket::new).collect();
        self.engine.analyze_batch(&tickets[..tickets.len().min(8)], &AnalyzeOptions::default())?;
        let start = Instant::now();
        let analyses = self.engine.analyze_batch(&tickets, &AnalyzeOptions::default())?;
        let seconds = start.elapsed().as_secs_f64();
        let tokens: usize = analyses.iter().map(|analysis| analysis.usage.tokens).sum();
        let rate = (tickets.len() as f64 / seconds * 10.0).round() / 10.0;
        Ok(json!({ "texts_per_s": rate, "seconds": seconds, "tokens": tokens }))
    }

    /// The median of single calls.
    fn single(&self, words: usize, calls: usize) -> Result<Value, Failure> {
        let longest = self.texts.iter().max_by_key(|text| text.len()).ok_or("no text")?;
        let ticket = Ticket::new(longest.split_whitespace().take(words).collect::<Vec<_>>().join(" "));
        let mut samples = Vec::with_capacity(calls);
        let mut tokens = 0;
        for call in 0..WARM_UP + calls {
            let start = Instant::now();
            tokens = self.engine.analyze(&ticket)?.usage.tokens;
            if call >= WARM_UP {
                samples.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        samples.sort_by(f64::total_cmp);
        let median = samples.get(calls / 2).ok_or("at least one call is needed")?;
        Ok(json!({ "tokens": tokens, "ms": (median * 1e3).round() / 1e3 }))
    }

    fn scores(&self, count: usize) -> Result<Value, Failure> {
        let tickets: Vec<Ticket> = self.texts.iter().take(count).map(Ticket::new).collect();
        let analyses = self.engine.analyze_batch(&tickets, &AnalyzeOptions::default())?;
        let positive = analyses.iter().map(|analysis| {
            let mut labels = analysis.tasks.iter().flat_map(|task| &task.result.labels);
            labels.find(|label| label.label == "POSITIVE").map(|label| label.score)
        });
        let scores: Option<Vec<f32>> = positive.collect();
        Ok(json!({ "scores": scores.ok_or("the model has no label POSITIVE")? }))
    }
}
