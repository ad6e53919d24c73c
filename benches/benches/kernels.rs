//! The parts of a layer by themselves, on one thread.
//!
//!     cargo bench -p frontdesk-benches --bench kernels [-- FILTER]
//!
//! Names are `part/precision/layer/tokens`; layers are those of DistilBERT (768 wide) and of the bundled
//! model (384).

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use frontdesk_models::kernels::bench::{Part, Product};
use frontdesk_models::kernels::{Isa, Precision};

const LAYERS: [(&str, usize, usize); 5] = [
    ("distilbert-qkv", 768, 2304),
    ("distilbert-out", 768, 768),
    ("distilbert-lin1", 768, 3072),
    ("distilbert-lin2", 3072, 768),
    ("small-lin1", 384, 1536),
];
const TOKENS: [usize; 3] = [12, 26, 96];

fn parts(criterion: &mut Criterion) {
    let isa = Isa::chosen().expect("an instruction set of this processor");
    for (name, part) in
        [("product", Part::Product), ("gelu", Part::Gelu), ("pack", Part::Pack), ("norm", Part::Norm)]
    {
        let mut group = criterion.benchmark_group(name);
        for (precision, of) in [("int8", Precision::Int8), ("bf16", Precision::Bf16), ("f32", Precision::F32)]
        {
            // LayerNorm is float32 in every precision.
            if part == Part::Norm && of != Precision::F32 {
                continue;
            }
            for (layer, inputs, outputs) in LAYERS {
                for tokens in TOKENS {
                    let mut product = Product::new(isa, of, tokens, inputs, outputs);
                    let count = match part {
                        Part::Product | Part::Gelu => product.operations(),
                        Part::Pack | Part::Norm => (tokens * inputs) as u64,
                    };
                    group.throughput(Throughput::Elements(count));
                    let id = BenchmarkId::from_parameter(format!("{precision}/{layer}/{tokens}"));
                    group.bench_function(id, |bencher| bencher.iter(|| black_box(&mut product).run(part)));
                }
            }
        }
        group.finish();
    }
}

criterion_group!(kernels, parts);
criterion_main!(kernels);
