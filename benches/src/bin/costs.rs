//! The cost of an engine beside its texts: to open it, the memory it keeps, and its heads beside its trunk.
//!
//!     cargo run --release -p frontdesk-benches --bin costs -- open MODEL [PRECISION]
//!     cargo run --release -p frontdesk-benches --bin costs -- memory MODEL [PRECISION [TEXTS]]
//!     cargo run --release -p frontdesk-benches --bin costs -- heads MODEL [PRECISION]
//!
//! Each prints JSON lines. `open`: milliseconds of opening and of the first answer, in a process that has
//! done nothing before; run it twice, so that the files are in the page cache. `memory`: resident MiB while
//! texts of random length pass through. `heads`: a pass with all heads over a pass of the trunk alone, in
//! turn, on one batch of 26 tokens a text.

use std::time::Instant;

use frontdesk::{AnalyzeOptions, Engine, EngineOptions, ModelSource, Ticket};
use frontdesk_models::config::{Activation, Config};
use frontdesk_models::encoder::{Pooling, TokenBatch};
use frontdesk_models::heads::{Dense, HeadSpec};
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::network::{Backend, Network};
use frontdesk_models::weights::{Limits, Weights};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, model, rest @ ..] = args.as_slice() else {
        return Err("usage: costs open|memory|heads MODEL [PRECISION [TEXTS]]".into());
    };
    let precision = rest.first().map_or("auto", String::as_str);
    match what.as_str() {
        "open" => open(model, precision),
        "memory" => memory(model, precision, rest.get(1).map_or(Ok(100_000), |n| n.parse())?),
        "heads" => heads(model, precision),
        other => Err(format!("`{other}` is none of open, memory, heads").into()),
    }
}

fn engine(model: &str, precision: &str) -> Result<Engine, Failure> {
    let options = EngineOptions {
        model: ModelSource::Named(model.to_owned()),
        precision: precision.parse()?,
        ..EngineOptions::default()
    };
    Ok(Engine::open(options)?)
}

fn open(model: &str, precision: &str) -> Result<(), Failure> {
    let start = Instant::now();
    let engine = engine(model, precision)?;
    let opened = start.elapsed();
    engine.analyze(&Ticket::new("Production is blocked!"))?;
    let answered = start.elapsed();
    let ms = |time: std::time::Duration| (time.as_secs_f64() * 1e4).round() / 10.0;
    let line = serde_json::json!({
        "model": engine.info().model.name, "precision": engine.info().precision, "threads": engine.info().threads,
        "open_ms": ms(opened), "open_and_first_answer_ms": ms(answered), "resident_mib": resident()?,
    });
    println!("{line}");
    Ok(())
}

/// Resident memory of this process in MiB.
fn resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

/// Words that a vocabulary of English has whole.
const WORDS: [&str; 12] =
    ["the", "proof", "is", "not", "what", "we", "asked", "for", "please", "send", "it", "again"];

fn memory(model: &str, precision: &str, texts: usize) -> Result<(), Failure> {
    let engine = engine(model, precision)?;
    println!("{}", serde_json::json!({ "texts": 0, "resident_mib": resident()? }));
    let mut state = 1u32;
    let mut below = |bound: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % bound
    };
    let mut done = 0;
    for next in [1_000, texts / 4, texts / 2, 3 * texts / 4, texts] {
        while done < next {
            let count = (next - done).min(64);
            // Mostly short, now and then as long as the model reads.
            let tickets: Vec<Ticket> = (0..count)
                .map(|_| {
                    let most = if below(50) == 0 { 500 } else { 24 };
                    let words: Vec<_> = (0..=below(most)).map(|_| WORDS[below(12) as usize]).collect();
                    Ticket::new(words.join(" "))
                })
                .collect();
            engine.analyze_batch(&tickets, &AnalyzeOptions::default())?;
            done += count;
        }
        println!("{}", serde_json::json!({ "texts": done, "resident_mib": resident()? }));
    }
    Ok(())
}

fn heads(model: &str, precision: &str) -> Result<(), Failure> {
    let directory = std::path::Path::new(model);
    let config = Config::from_json(&std::fs::read(directory.join("config.json"))?)?;
    let weights = |name: &str| Weights::open(&directory.join(name), Limits::default());
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(directory.join("frontdesk.json"))?)?;
    let named = manifest["heads"].as_array().ok_or("frontdesk.json has no heads")?;
    let trained = weights("heads.safetensors")?;
    let specs: Vec<HeadSpec> = named
        .iter()
        .map(|head| {
            let name = head["name"].as_str().unwrap_or_default();
            let output = format!("{name}.output");
            let logits = trained.shape(&format!("{output}.weight")).map_or(0, |shape| shape[0]);
            let width = head["dense"].as_u64().map(|width| width as usize);
            let dense = width.map(|width| Dense::new(format!("{name}.dense"), width, Activation::Relu));
            Ok(HeadSpec { pooling: Pooling::Mean, dense, output, logits, squared_length: false })
        })
        .collect::<Result<_, Failure>>()?;
    let precision = match precision {
        "int8" => Precision::Int8,
        "bf16" => Precision::Bf16,
        _ => Precision::F32,
    };
    let backend = Backend::Packed { precision, isa: Isa::chosen()? };
    let network = Network::load(&config, &weights("model.safetensors")?, &specs, &trained, &backend)?;
    let batch =
        TokenBatch::new((0..32).map(|row| (0..26).map(|at| 1000 + 31 * row + at).collect::<Vec<u32>>()));
    let all: Vec<usize> = (0..specs.len()).collect();
    let mut ratios = Vec::new();
    for _ in 0..60 {
        let start = Instant::now();
        network.encode(&batch)?;
        let trunk = start.elapsed();
        let start = Instant::now();
        network.forward(&batch, &all)?;
        ratios.push(start.elapsed().as_secs_f64() / trunk.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    let line = serde_json::json!({
        "heads": named.iter().map(|head| &head["name"]).collect::<Vec<_>>(),
        "with_heads_over_trunk": (ratios[30] * 1000.0).round() / 1000.0,
    });
    println!("{line}");
    Ok(())
}
