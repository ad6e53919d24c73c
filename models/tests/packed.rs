//! The packed path against the candle reference, and its bits across instruction sets, batches and threads.

mod common;

use common::{golden, golden_dir, largest_difference, minilm_dir, random, read, sequences};
use frontdesk_models::encoder::{Encoder, PackedEncoder, Pooling, TokenBatch};
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::reference::{Device, ReferenceEncoder};

fn pooled(encoder: &dyn Encoder, sequences: &[Vec<u32>]) -> Vec<Vec<f32>> {
    encoder.forward(&TokenBatch::new(sequences)).unwrap().pool(Pooling::Mean).unwrap()
}

fn bits(values: &[Vec<f32>]) -> Vec<Vec<u32>> {
    values.iter().map(|row| row.iter().map(|value| value.to_bits()).collect()).collect()
}

#[test]
fn f32_gives_the_reference_hidden_states() {
    for case in golden().cases {
        let (config, weights) = read(&golden_dir().join(&case.checkpoint));
        let reference =
            pooled(&ReferenceEncoder::load(&config, &weights, &Device::cpu()).unwrap(), &case.sequences);
        for isa in Isa::available() {
            let packed = PackedEncoder::load(&config, &weights, Precision::F32, isa).unwrap();
            for (packed, reference) in pooled(&packed, &case.sequences).iter().zip(&reference) {
                assert!(
                    largest_difference(packed, reference) < 1e-5,
                    "{} on {}",
                    case.checkpoint,
                    isa.name()
                );
            }
        }
    }
}

#[test]
fn real_minilm_in_f32_gives_transformers_hidden_states_and_in_int8_comes_near() {
    let golden = golden().minilm;
    let (config, weights) = read(&minilm_dir());
    let load = |precision| PackedEncoder::load(&config, &weights, precision, Isa::chosen().unwrap()).unwrap();
    let (f32, int8) = (load(Precision::F32), load(Precision::Int8));
    let found = pooled(&f32, &golden.sequences).into_iter().zip(pooled(&int8, &golden.sequences));
    for ((f32, int8), expected) in found.zip(&golden.pooled) {
        assert!(largest_difference(&f32, &expected.mean) < 1e-4);
        let length = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>().sqrt();
        let apart = length(&mut int8.iter().zip(&expected.mean).map(|(a, b)| a - b));
        let relative = apart / length(&mut expected.mean.iter().copied());
        assert!(relative < 0.1, "{relative}");
    }
}

#[test]
fn every_instruction_set_and_batch_gives_the_same_bits() {
    let golden = golden().minilm;
    let (config, weights) = read(&minilm_dir());
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let mut first = None;
        for isa in Isa::available() {
            let encoder = PackedEncoder::load(&config, &weights, precision, isa).unwrap();
            let together = bits(&pooled(&encoder, &golden.sequences));
            for (sequence, together) in golden.sequences.iter().zip(&together) {
                let alone = bits(&pooled(&encoder, std::slice::from_ref(sequence)));
                assert!(alone[0] == *together, "{precision:?} on {}, {} tokens", isa.name(), sequence.len());
            }
            if precision != Precision::Bf16 || isa.has_shared_bf16_bits() {
                assert!(
                    *first.get_or_insert_with(|| together.clone()) == together,
                    "{precision:?} on {}",
                    isa.name()
                );
            }
        }
    }
}

/// Sizes that fill tiles, that leave some over, and that are smaller than one.
const SIZES: [(usize, usize, usize); 4] = [(64, 4, 256), (48, 2, 80), (20, 2, 33), (6, 3, 5)];
/// From one token to more than a wave.
const LENGTHS: [usize; 9] = [1, 2, 5, 12, 13, 16, 33, 96, 130];

#[test]
fn random_models_give_the_same_bits_on_every_set_in_every_batch_and_on_any_threads() {
    let sequences = sequences(&LENGTHS);
    let reversed: Vec<_> = sequences.iter().rev().cloned().collect();
    let pools = [1, 2, 3].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap());
    for (seed, (hidden, heads, wide)) in SIZES.into_iter().enumerate() {
        let (config, weights) = random(hidden, heads, wide, seed as u32);
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
            let alone = |encoder: &PackedEncoder| -> Vec<_> {
                let alone = |sequence| bits(&pooled(encoder, std::slice::from_ref(sequence))).remove(0);
                sequences.iter().map(alone).collect()
            };
            let oracle = PackedEncoder::load(&config, &weights, precision, Isa::PORTABLE).unwrap();
            let shared = alone(&oracle);
            for isa in Isa::available() {
                let encoder = PackedEncoder::load(&config, &weights, precision, isa).unwrap();
                let is_shared = precision != Precision::Bf16 || isa.has_shared_bf16_bits();
                let expected = if is_shared { shared.clone() } else { alone(&encoder) };
                for pool in &pools {
                    let place = format!(
                        "{hidden} wide, {precision:?} on {}, {} threads",
                        isa.name(),
                        pool.current_num_threads()
                    );
                    let together = pool.install(|| bits(&pooled(&encoder, &sequences)));
                    assert!(together == expected, "{place}");
                    let mut backwards = pool.install(|| bits(&pooled(&encoder, &reversed)));
                    backwards.reverse();
                    assert!(backwards == expected, "{place}, in another order");
                }
            }
        }
    }
}

#[test]
fn a_pass_ends_when_it_is_asked_to_and_not_before() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use frontdesk_models::ModelError;
    use frontdesk_models::encoder::Stop;

    for (hidden, lengths, most) in [(64, &[3, 7][..], 2), (512, &[140][..], 10_000)] {
        let (config, weights) = common::random(hidden, 4, hidden, 5);
        let encoder = PackedEncoder::load(&config, &weights, Precision::F32, Isa::chosen().unwrap()).unwrap();
        let batch = TokenBatch::new(common::sequences(lengths));
        let asked = AtomicUsize::new(0);
        let ends_at = |last: usize| {
            asked.store(0, Ordering::Relaxed);
            let ask = move |asked: &AtomicUsize| asked.fetch_add(1, Ordering::Relaxed) + 1 >= last;
            let ask = || ask(&asked);
            encoder.forward_until(&batch, &Stop::when(&ask)).map(|states| states.pool(Pooling::Mean).unwrap())
        };
        let whole = encoder.forward(&batch).unwrap().pool(Pooling::Mean).unwrap();
        assert_eq!(ends_at(usize::MAX).unwrap(), whole);
        let all = asked.load(Ordering::Relaxed);
        // Two layers; within a large one it is asked by each part.
        assert!(all <= most && (all > 100 || most == 2), "{all} of {most}");
        for last in (1..=all).step_by(1 + all / 20) {
            assert!(matches!(ends_at(last), Err(ModelError::Stopped)), "at {last} of {all}");
            // Another thread may be asking.
            assert!(asked.load(Ordering::Relaxed) <= last + rayon::current_num_threads());
        }
    }
}
