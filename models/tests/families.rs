//! Every family's logits and hidden states against Hugging Face transformers (golden/families/make.py made
//! the values).

mod common;

use common::any as any_of;
use common::{Case, backends, largest_difference, read};
use frontdesk_models::encoder::{Pooling, TokenBatch};
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::network::{Backend, Network};
use frontdesk_models::reference::Device;
use proptest::prelude::*;

fn cases() -> Vec<Case> {
    let cases = common::golden_of("families").cases;
    assert!(cases.len() > 30);
    cases
}

fn folder(case: &Case) -> std::path::PathBuf {
    common::golden_dir().join("families").join(&case.checkpoint)
}

#[test]
fn tiny_checkpoints_give_transformers_logits() {
    for case in cases() {
        let (config, weights) = read(&folder(&case));
        for backend in backends() {
            let network = Network::sequence_classifier(&config, &weights, &backend).unwrap();
            for (sequence, expected) in case.sequences.iter().zip(&case.logits) {
                let logits = network.forward(&TokenBatch::new([sequence]), &[0]).unwrap().remove(0).remove(0);
                let difference = largest_difference(&logits, expected);
                let length = sequence.len();
                assert!(
                    difference < 1e-4,
                    "{} of {length} tokens on {backend:?}: {logits:?}, {expected:?}",
                    case.checkpoint
                );
            }
        }
    }
}

#[test]
fn tiny_checkpoints_give_transformers_hidden_states() {
    let mut seen = 0;
    for case in cases() {
        let (Some(cls), Some(mean)) = (&case.cls, &case.mean) else { continue };
        let (config, weights) = read(&folder(&case));
        for backend in backends() {
            let network = Network::load(&config, &weights, &[], &weights, &backend).unwrap();
            for (at, sequence) in case.sequences.iter().enumerate() {
                let states = network.encode(&TokenBatch::new([sequence])).unwrap();
                for (pooling, expected) in [(Pooling::Cls, &cls[at]), (Pooling::Mean, &mean[at])] {
                    let pooled = states.pool(pooling).unwrap().remove(0);
                    let difference = largest_difference(&pooled, expected);
                    assert!(difference < 1e-4, "{} on {backend:?}: {difference}", case.checkpoint);
                }
            }
        }
        seen += 1;
    }
    assert!(seen > 3);
}

/// The packed path gives the same bits on every instruction set, whatever stands beside a text.
#[test]
fn a_text_alone_and_in_a_batch_has_the_same_bits_on_every_instruction_set() {
    for case in cases() {
        let (config, weights) = read(&folder(&case));
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
            let mut first = None;
            for isa in Isa::available() {
                if precision == Precision::Bf16 && !isa.has_shared_bf16_bits() {
                    continue;
                }
                let backend = Backend::Packed { precision, isa };
                let network = Network::sequence_classifier(&config, &weights, &backend).unwrap();
                let together = network.forward(&TokenBatch::new(&case.sequences), &[0]).unwrap().remove(0);
                for (sequence, batched) in case.sequences.iter().zip(&together) {
                    let alone = network.forward(&TokenBatch::new([sequence]), &[0]).unwrap();
                    assert_eq!(alone[0][0], *batched, "{} in {precision:?} on {isa:?}", case.checkpoint);
                }
                let first = first.get_or_insert_with(|| together.clone());
                assert_eq!(*first, together, "{} in {precision:?} on {isa:?}", case.checkpoint);
            }
        }
    }
}

/// Layers so wide that the output of the first feed-forward layer is packed block by block, gated and not: the
/// same bits at any number of threads, and in each precision near the reference.
#[test]
fn wide_layers_in_every_precision_come_near_the_reference_at_any_number_of_threads() {
    for family in any_of::FAMILIES {
        let sizes = any_of::Sizes {
            family,
            heads: 4,
            pairs: 12,
            wide: 600,
            layers: 2,
            embedding: 40,
            activation: "gelu",
            reach: 9,
            switches: [false, true, true, true, false],
            seed: 7,
        };
        let (config, weights) = sizes.checkpoint();
        let id = |at: usize| (at * at + 3 * at) as u32 % any_of::VOCABULARY as u32;
        let batch = TokenBatch::new([60, 17, 1].map(|tokens| (0..tokens).map(id).collect::<Vec<u32>>()));
        let states = |backend: &Backend, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let network = Network::load(&config, &weights, &[], &weights, backend).unwrap();
                network.encode(&batch).unwrap().pool(Pooling::Mean).unwrap().concat()
            })
        };
        let expected = states(&Backend::Reference(Device::cpu()), 1);
        let length = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>().sqrt();
        for (precision, limit) in [(Precision::F32, 1e-5), (Precision::Bf16, 0.05), (Precision::Int8, 0.1)] {
            let backend = Backend::Packed { precision, isa: Isa::chosen().unwrap() };
            let found = states(&backend, 1);
            for threads in [2, 3] {
                assert_eq!(found, states(&backend, threads), "{family} in {precision:?}, {threads} threads");
            }
            let apart = length(&mut found.iter().zip(&expected).map(|(a, b)| a - b));
            let relative = apart / length(&mut expected.iter().copied());
            assert!(relative < limit, "{family} in {precision:?}: {relative}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Any configuration gives the reference's logits on every instruction set, and the same bits.
    #[test]
    fn any_configuration_gives_the_reference_logits(
        sizes in any_of::sizes(),
        lengths in prop::collection::vec(1..=any_of::LONGEST, 1..4),
        seed in any::<u32>(),
    ) {
        let (config, weights) = sizes.checkpoint();
        let id = |at: usize| seed.wrapping_add(1).wrapping_mul(at as u32 * 2 + 7) >> 8;
        let sequence = |(row, &length): (usize, &usize)| -> Vec<u32> {
            (0..length).map(|at| id(row * any_of::LONGEST + at) % any_of::VOCABULARY as u32).collect()
        };
        let batch = TokenBatch::new(lengths.iter().enumerate().map(sequence));
        let logits = |backend: &Backend| {
            let network = Network::sequence_classifier(&config, &weights, backend).unwrap();
            network.forward(&batch, &[0]).unwrap().remove(0)
        };
        let expected = logits(&Backend::Reference(Device::cpu()));
        let mut first: Option<Vec<Vec<f32>>> = None;
        for isa in Isa::available() {
            let found = logits(&Backend::Packed { precision: Precision::F32, isa });
            for (found, expected) in found.iter().zip(&expected) {
                let difference = largest_difference(found, expected);
                prop_assert!(difference < 1e-3, "{} on {}: {found:?} {expected:?}", sizes.family, isa.name());
            }
            let first = first.get_or_insert_with(|| found.clone());
            prop_assert_eq!(&*first, &found, "on {}", isa.name());
        }
    }
}
