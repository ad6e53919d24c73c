//! Callers on several threads share batches; each gets its own answers, its own deadline and its own errors.
//!
//! ```sh
//! cargo run --release -p frontdesk --example concurrent_callers
//! ```

use std::thread;
use std::time::Duration;

use frontdesk::{AnalyzeOptions, Engine, EngineOptions, ErrorKind, Ticket};

/// Callers at a time.
const CALLERS: usize = 4;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = EngineOptions { outputs: vec!["category".to_owned()], ..EngineOptions::default() };
    // Tickets that may wait before calls are refused: a service would rather refuse than fall behind.
    options.queue = Some(1_000);
    let engine = Engine::open(options)?;

    let call = AnalyzeOptions { timeout: Some(Duration::from_secs(30)), ..AnalyzeOptions::default() };
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                // A clone shares the model and the threads.
                let (engine, call) = (engine.clone(), &call);
                scope.spawn(move || {
                    let tickets =
                        (1..=3).map(|n| Ticket::new(format!("Caller {caller}: where is proof {n}?")));
                    // It returns at once; here this thread could do something else.
                    let pending = engine.submit(tickets.collect::<Vec<_>>(), call);
                    pending.wait()
                })
            })
            .collect();
        for (number, caller) in callers.into_iter().enumerate() {
            let analyses = caller.join().map_err(|_| "a caller panicked")??;
            let categories: Vec<_> =
                analyses.iter().filter_map(|analysis| analysis.category.as_ref()).collect();
            let names: Vec<_> = categories.iter().map(|category| category.category.to_string()).collect();
            println!("caller {number}: {}", names.join(", "));
        }
        Ok::<(), Box<dyn std::error::Error>>(())
    })?;

    // Dropping a pending result cancels what has not begun, and frees its place in the queue.
    drop(engine.submit(vec![Ticket::new("Never mind")], &call));

    // A bad ticket is an error of its own call alone.
    match engine.submit(vec![Ticket::new("Thanks!"), Ticket::default()], &call).wait() {
        Err(error) if error.kind() == ErrorKind::InvalidInput => println!("refused: {error}"),
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a ticket without text was analyzed".into()),
    }
    println!("{} tickets in all", engine.metrics()?.tickets);
    Ok(())
}
