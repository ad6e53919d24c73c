//! The limits of this machine: multiply-adds on registers, and reading memory.
//!
//!     cargo run --release -p frontdesk-benches --bin limits -- [THREADS]
//!
//! Prints one JSON line: the instruction set, 10^9 operations a second of all threads together in each
//! precision (two a multiply-add; `null` where the instruction set has none of its own), and 10^9 bytes read
//! a second.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use frontdesk_models::kernels::bench::peak;
use frontdesk_models::kernels::{Isa, Precision};

/// The time of the measurement of each figure.
const TIME: Duration = Duration::from_millis(300);
/// Bytes of each thread, more than any cache.
const BYTES: usize = 256 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let threads = std::env::args().nth(1).map(|n| n.parse()).transpose()?.unwrap_or(2);
    let isa = Isa::chosen()?;
    let operations = |precision| {
        let found = together(threads, || peak(isa, precision, TIME));
        found.into_iter().sum::<Option<f64>>().map(|sum| (sum / 1e8).round() / 10.0)
    };
    let line = serde_json::json!({
        "isa": isa.name(), "threads": threads,
        "int8_gops": operations(Precision::Int8),
        "f32_gflops": operations(Precision::F32),
        "bf16_gflops": operations(Precision::Bf16),
        "read_gb_s": (read(threads) / 1e8).round() / 10.0,
    });
    println!("{line}");
    Ok(())
}

/// What each of `threads` threads gives, all at the same time.
fn together<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    let ready = Barrier::new(threads);
    thread::scope(|scope| {
        let start = || {
            ready.wait();
            work()
        };
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(start)).collect();
        started.into_iter().map(|thread| thread.join().expect("a thread that measures")).collect()
    })
}

/// Bytes read a second, the best of three passes.
fn read(threads: usize) -> f64 {
    let passes = together(threads, || {
        let data = vec![1u64; BYTES / 8];
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let start = Instant::now();
            // Eight sums: one would wait for itself.
            let mut sums = [0u64; 8];
            for block in data.as_chunks::<8>().0 {
                for (sum, value) in sums.iter_mut().zip(block) {
                    *sum = sum.wrapping_add(*value);
                }
            }
            std::hint::black_box(sums);
            best = best.min(start.elapsed());
        }
        BYTES as f64 / best.as_secs_f64()
    });
    passes.into_iter().sum()
}
