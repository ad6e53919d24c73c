//! The attention of one head of 64 values over one sequence, global and local, on one thread, in turn.
//!
//!     cargo run --release -p frontdesk-benches --bin attention -- [TOKENS [WINDOW]]
//!
//! Prints a JSON line for each round: milliseconds of a head whose queries read all keys, of one whose
//! queries read those up to WINDOW tokens away (64 by default, as in ModernBERT), and how many times faster
//! that is.

use std::time::Instant;

use frontdesk_models::encoder::bench::HeadAttention;
use frontdesk_models::kernels::Isa;

const ROUNDS: usize = 5;
const SIZE: usize = 64;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<usize>());
    let tokens = args.next().unwrap_or(Ok(4096))?;
    let window = args.next().unwrap_or(Ok(64))?;
    let isa = Isa::chosen()?;
    let mut global = HeadAttention::new(isa, tokens, SIZE, None);
    let mut local = HeadAttention::new(isa, tokens, SIZE, Some(window));
    let milliseconds = |head: &mut HeadAttention| {
        let start = Instant::now();
        head.run();
        start.elapsed().as_secs_f64() * 1e3
    };
    for _ in 0..ROUNDS {
        let (global, local) = (milliseconds(&mut global), milliseconds(&mut local));
        let line = serde_json::json!({
            "isa": isa.name(), "tokens": tokens, "window": window,
            "global_ms": (global * 100.0).round() / 100.0, "local_ms": (local * 100.0).round() / 100.0,
            "times_faster": (global / local * 10.0).round() / 10.0,
        });
        println!("{line}");
    }
    Ok(())
}
