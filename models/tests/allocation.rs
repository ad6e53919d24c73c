//! A warm pass takes its memory from the arena: its allocations do not grow with layers or tokens.

mod common;

use common::{golden, minilm_dir, read};
use frontdesk_models::encoder::{Encoder, PackedEncoder, TokenBatch};
use frontdesk_models::kernels::{Isa, Precision};

/// The hidden states, the batch's ends, a wave with its sequences, and the thread pool's needs for a scope.
const PER_PASS: u64 = 12;

#[test]
fn a_warm_pass_allocates_its_result_and_little_else() {
    let (config, weights) = read(&minilm_dir());
    let sequences = golden().minilm.sequences;
    let longest = sequences.iter().max_by_key(|sequence| sequence.len()).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let encoder = PackedEncoder::load(&config, &weights, precision, Isa::chosen().unwrap()).unwrap();
        let batches: Vec<_> =
            [1, 7, longest.len()].map(|tokens| TokenBatch::new([&longest[..tokens]])).into();
        pool.install(|| {
            encoder.forward(&batches[2]).unwrap();
            for batch in &batches {
                let asked = allocation_counter::measure(|| drop(encoder.forward(batch).unwrap())).count_total;
                assert!(asked > 0, "the result was allocated, so the count works");
                assert!(asked <= PER_PASS, "{precision:?}, {} tokens: {asked} allocations", batch.longest());
            }
        });
    }
}
