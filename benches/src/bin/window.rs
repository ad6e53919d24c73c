//! The cost of a stream's step and window: `window TEXTS.json [ROUNDS]`, the bundled model, two threads.
//!
//! Prints, for each step (tickets that are handed over at once) and window (steps under way), the texts a
//! second as a share of the best, each the median of the rounds. The combinations take their turns in every
//! round, so that a bad minute of the machine is everybody's. `STREAM_STEP` and `STREAM_WINDOW` were chosen
//! by it.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use frontdesk::{AnalyzeOptions, Engine, EngineOptions, Result, Ticket};

const STEPS: [usize; 4] = [16, 32, 64, 256];
const WINDOWS: [usize; 4] = [1, 2, 4, 8];

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("window TEXTS.json [ROUNDS]")?;
    let rounds: usize = arguments.next().map_or(Ok(3), |rounds| rounds.parse())?;
    let texts: Vec<String> = serde_json::from_slice(&std::fs::read(file)?)?;
    let tickets: Vec<Ticket> = texts.into_iter().map(Ticket::new).collect();
    let options = EngineOptions { threads: Some(2), ..EngineOptions::default() };
    let engine = Engine::open(options)?;
    stream(&engine, &tickets, 64, 4)?;
    let combinations: Vec<(usize, usize)> =
        STEPS.iter().flat_map(|&step| WINDOWS.iter().map(move |&window| (step, window))).collect();
    let mut rates = vec![Vec::new(); combinations.len()];
    for _ in 0..rounds {
        for (&(step, window), rates) in combinations.iter().zip(&mut rates) {
            let start = Instant::now();
            stream(&engine, &tickets, step, window)?;
            rates.push(tickets.len() as f64 / start.elapsed().as_secs_f64());
        }
    }
    let medians: Vec<f64> = rates
        .into_iter()
        .map(|mut rates| {
            rates.sort_by(f64::total_cmp);
            rates[rates.len() / 2]
        })
        .collect();
    let best = medians.iter().copied().fold(0.0, f64::max);
    println!("best: {best:.1} texts/s; of it, by step (down) and window (across):");
    println!("      {}", WINDOWS.map(|window| format!("{window:>6}")).concat());
    for (row, step) in medians.chunks(WINDOWS.len()).zip(STEPS) {
        let shares: Vec<String> = row.iter().map(|rate| format!("{:6.3}", rate / best)).collect();
        println!("{step:>6}{}", shares.concat());
    }
    Ok(())
}

/// As `Engine::stream`, with another step and window.
fn stream(engine: &Engine, tickets: &[Ticket], step: usize, window: usize) -> Result<usize> {
    let (mut steps, mut under_way, mut done) = (tickets.chunks(step), VecDeque::new(), 0);
    loop {
        while under_way.len() < window
            && let Some(step) = steps.next()
        {
            under_way.push_back(engine.submit_in_turn(Arc::new(step.to_vec()), &AnalyzeOptions::default()));
        }
        let Some(pending) = under_way.pop_front() else { return Ok(done) };
        done += pending.wait()?.len();
    }
}
