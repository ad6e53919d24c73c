//! The products of six layers of a DistilBERT on one thread, by themselves.
//!
//!     cargo run --release -p frontdesk-benches --bin products
//!
//! Prints a JSON line for each precision and number of tokens: the best time of a turn over all weights, in
//! milliseconds, its 10^9 operations a second (two a multiply-add), those of the instruction on registers
//! (`null` where the set has none), and the milliseconds to pack the inputs.

use std::time::{Duration, Instant};

use frontdesk_models::kernels::bench::{Part, Product, peak};
use frontdesk_models::kernels::{Isa, Precision};

/// Inputs and outputs of a layer's products.
const SHAPES: [(usize, usize); 4] = [(768, 2304), (768, 768), (768, 3072), (3072, 768)];
const LAYERS: usize = 6;
/// Each figure is the best of this time.
const TIME: Duration = Duration::from_millis(1200);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let isa = Isa::chosen()?;
    for precision in [Precision::Int8, Precision::Bf16, Precision::F32] {
        let limit = peak(isa, precision, Duration::from_millis(300));
        for tokens in [12, 26, 96] {
            let product = |(inputs, outputs)| Product::new(isa, precision, tokens, inputs, outputs);
            let mut products: Vec<Product> = (0..LAYERS).flat_map(|_| SHAPES.map(product)).collect();
            let operations: u64 = products.iter().map(Product::operations).sum();
            let seconds = best(&mut products, Part::Product);
            let line = serde_json::json!({
                "isa": isa.name(), "precision": format!("{precision:?}"), "tokens": tokens,
                "ms": round(seconds * 1e3), "gops": (operations as f64 / seconds / 1e9).round(),
                "peak_gops": limit.map(|limit| (limit / 1e9).round()),
                "pack_ms": round(best(&mut products, Part::Pack) * 1e3),
            });
            println!("{line}");
        }
    }
    Ok(())
}

/// The seconds of the fastest turn.
fn best(products: &mut [Product], part: Part) -> f64 {
    let (begin, mut best) = (Instant::now(), f64::MAX);
    while begin.elapsed() < TIME {
        let start = Instant::now();
        for product in &mut *products {
            product.run(part);
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

fn round(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}
