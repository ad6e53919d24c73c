//! Gradients against PyTorch's (golden/gradients.py made the values), and the guarantees of training.
#![cfg(feature = "train")]

mod common;

use std::path::PathBuf;

use common::{golden, golden_dir, largest_difference, read};
use frontdesk_models::encoder::{Encoder, PackedEncoder, Pooling, TokenBatch};
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::training::{Dropout, Gradients, Trunk};
use frontdesk_models::weights::{Limits, Weights};

const FAMILIES: [&str; 3] = ["bert", "distilbert", "roberta"];

fn folder(family: &str) -> PathBuf {
    match family {
        "bert" | "distilbert" => golden_dir().join(format!("{family}-single-float32")),
        other => golden_dir().join("families").join(other),
    }
}

fn trunk(family: &str) -> Trunk {
    let (config, weights) = read(&folder(family));
    Trunk::load(&config, &weights, Isa::chosen().unwrap()).unwrap()
}

fn sequences() -> Vec<Vec<u32>> {
    golden().cases.remove(0).sequences
}

/// Gradients of Σ state[i] · sin(i + 1).
fn gradients(trunk: &Trunk, dropout: Dropout) -> Gradients {
    let pass = trunk.forward(&TokenBatch::new(sequences()), dropout).unwrap();
    let values = pass.tokens() * trunk.config().hidden_size;
    let upper: Vec<f32> = (0..values).map(|i| ((i + 1) as f32).sin()).collect();
    let mut gradients = trunk.gradients();
    trunk.backward(&pass, &upper, &mut gradients).unwrap();
    gradients
}

/// The gradients as a checkpoint has its tensors.
fn named(trunk: &Trunk, mut gradients: Gradients) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let hidden = trunk.config().hidden_size;
    gradients.dense[0] = vec![0.0; trunk.config().vocab_size * hidden];
    for (id, row) in &gradients.words {
        gradients.dense[0][*id as usize * hidden..][..hidden].copy_from_slice(row);
    }
    let mut holder = trunk.clone();
    for (parameter, values) in holder.parameters_mut().iter_mut().zip(gradients.dense) {
        parameter.values = values;
    }
    holder.tensors().map(|(name, shape, values)| (name.to_owned(), shape.to_vec(), values.to_vec())).collect()
}

#[test]
fn every_parameter_receives_pytorchs_gradient() {
    for family in FAMILIES {
        let file = golden_dir().join(format!("gradients-{family}.safetensors"));
        let expected = Weights::open(&file, Limits::default()).unwrap();
        let trunk = trunk(family);
        let found = named(&trunk, gradients(&trunk, Dropout::NONE));
        let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
        let missing: Vec<String> =
            expected.names().into_iter().filter(|name| !names.contains(&name.as_str())).collect();
        assert!(missing.is_empty() && names.len() == expected.names().len(), "{family}: {missing:?}");
        for (name, shape, values) in &found {
            let difference = largest_difference(values, &expected.values(name, shape).unwrap());
            assert!(difference < 1e-4, "{name}: off by {difference}");
            assert!(values.iter().any(|value| *value != 0.0), "{name}: no gradient at all");
        }
    }
}

/// Without dropout a training pass gives the same states as the serving pass.
#[test]
fn a_training_pass_gives_the_states_that_are_served() {
    for family in FAMILIES {
        let (config, weights) = read(&folder(family));
        let served = PackedEncoder::load(&config, &weights, Precision::F32, Isa::chosen().unwrap()).unwrap();
        let batch = TokenBatch::new(sequences());
        let pass = trunk(family).forward(&batch, Dropout::NONE).unwrap();
        for pooling in [Pooling::Cls, Pooling::Mean] {
            let expected = served.forward(&batch).unwrap().pool(pooling).unwrap();
            let difference = largest_difference(&pass.pool(pooling), &expected.concat());
            assert!(difference < 1e-4, "{family} {pooling:?}: off by {difference}");
        }
    }
}

/// Rounding moves the states about as far from the float32 pass as integer serving's do, and gradients pass
/// through it: their direction stays.
#[test]
fn a_pass_that_rounds_is_as_integers_serve_and_keeps_its_gradients() {
    for family in FAMILIES {
        let (config, weights) = read(&folder(family));
        let served = |precision| {
            let trunk = PackedEncoder::load(&config, &weights, precision, Isa::chosen().unwrap()).unwrap();
            trunk.forward(&TokenBatch::new(sequences())).unwrap().pool(Pooling::Mean).unwrap().concat()
        };
        let mut trunk = trunk(family);
        let plain = named(&trunk, gradients(&trunk, Dropout::NONE));
        trunk.quantise(true);
        let pass = trunk.forward(&TokenBatch::new(sequences()), Dropout::NONE).unwrap();
        let off = largest_difference(&pass.pool(Pooling::Mean), &served(Precision::F32));
        let of_int8 = largest_difference(&served(Precision::Int8), &served(Precision::F32));
        assert!(off > of_int8 / 5.0 && off < of_int8 * 5.0, "{family}: {off}, integers {of_int8}");
        let rounded = named(&trunk, gradients(&trunk, Dropout::NONE));
        let flat = |of: &[(String, Vec<usize>, Vec<f32>)]| -> Vec<f32> {
            of.iter().flat_map(|(.., values)| values.clone()).collect()
        };
        let (a, b) = (flat(&plain), flat(&rounded));
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let cosine = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
        assert!(a != b && cosine > 0.99, "{family}: {cosine}");
        trunk.quantise(false);
        assert_eq!(named(&trunk, gradients(&trunk, Dropout::NONE)), plain, "{family}: no longer");
    }
}

/// The gradient of a pooled vector against differences of the pooled values.
#[test]
fn gradients_under_dropout_are_those_of_the_same_masks() {
    let dropout = Dropout::new(0.3, 5);
    for pooling in [Pooling::Cls, Pooling::Mean] {
        let trunk = trunk("bert");
        let batch = TokenBatch::new(sequences());
        let value = |trunk: &Trunk| -> f64 {
            let pooled = trunk.forward(&batch, dropout).unwrap().pool(pooling);
            pooled.iter().enumerate().map(|(i, v)| f64::from(*v) * ((i + 1) as f64).sin()).sum()
        };
        let pass = trunk.forward(&batch, dropout).unwrap();
        let width = sequences().len() * trunk.config().hidden_size;
        let upper: Vec<f32> = (0..width).map(|i| ((i + 1) as f32).sin()).collect();
        let mut gradients = trunk.gradients();
        trunk.backward(&pass, &pass.unpool(pooling, &upper), &mut gradients).unwrap();
        // Along the gradient itself, where rounding counts least.
        for place in 1..trunk.parameters().len() {
            let slope = &gradients.dense[place];
            let length = slope.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
            let moved = |step: f64| {
                let mut trunk = trunk.clone();
                let values = &mut trunk.parameters_mut()[place].values;
                values.iter_mut().zip(slope).for_each(|(v, g)| *v += (step * f64::from(*g) / length) as f32);
                value(&trunk)
            };
            let found = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((found - length).abs() < 0.02 * length, "{place}: {found} for {length}");
        }
    }
}

#[test]
fn a_share_of_the_values_is_dropped_and_the_mean_stays() {
    let trunk = trunk("bert");
    let batch = TokenBatch::new(sequences());
    let plain = trunk.forward(&batch, Dropout::NONE).unwrap().pool(Pooling::Mean);
    let dropped = |seed| trunk.forward(&batch, Dropout::new(0.2, seed)).unwrap().pool(Pooling::Mean);
    assert_eq!(dropped(1), dropped(1));
    assert_ne!(dropped(1), dropped(2));
    assert_ne!(dropped(1), plain);
    assert_eq!(trunk.forward(&batch, Dropout::new(0.0, 1)).unwrap().pool(Pooling::Mean), plain);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let trunk = trunk("bert");
            named(&trunk, gradients(&trunk, Dropout::new(0.1, 3)))
        })
    };
    let one = run(1);
    for threads in [2, 3, 5] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

/// A batch of many tokens runs in two parts, side by side: the masks, the order and the sums are those of
/// one.
#[test]
fn a_large_batch_is_the_sum_of_its_sequences() {
    let trunk = trunk("bert");
    let sequences: Vec<Vec<u32>> =
        (0..30u32).map(|i| (0..4 + i % 9).map(|j| 2 + (i * 7 + j * 3) % 60).collect()).collect();
    let run = |batch: &[Vec<u32>]| {
        let pass = trunk.forward(&TokenBatch::new(batch), Dropout::NONE).unwrap();
        let pooled = pass.pool(Pooling::Mean);
        let mut sums = trunk.gradients();
        trunk.backward(&pass, &pass.unpool(Pooling::Mean, &vec![1.0; pooled.len()]), &mut sums).unwrap();
        (pooled, named(&trunk, sums))
    };
    let tokens: usize = sequences.iter().map(Vec::len).sum();
    let (pooled, gradients) = run(&sequences);
    assert!(tokens > 200 && pooled.len() == 30 * trunk.config().hidden_size);
    let alone: Vec<_> = sequences.iter().map(|sequence| run(std::slice::from_ref(sequence))).collect();
    let of_each: Vec<f32> = alone.iter().flat_map(|(pooled, _)| pooled.clone()).collect();
    assert!(largest_difference(&pooled, &of_each) < 1e-5);
    for (at, (name, _, values)) in gradients.iter().enumerate() {
        let mut sum = vec![0.0; values.len()];
        for (_, one) in &alone {
            sum.iter_mut().zip(&one[at].2).for_each(|(sum, value)| *sum += value);
        }
        let difference = largest_difference(values, &sum);
        assert!(difference < 1e-3, "{name}: off by {difference}");
    }
    // With masks, two passes are the same, and one that follows another on the same gradients adds to them.
    let dropout = Dropout::new(0.3, 5);
    let mut twice = trunk.gradients();
    let pass = trunk.forward(&TokenBatch::new(&sequences), dropout).unwrap();
    let upper = || pass.unpool(Pooling::Mean, &vec![1.0; pooled.len()]);
    trunk.backward(&pass, &upper(), &mut twice).unwrap();
    let once = named(&trunk, twice.clone());
    trunk.backward(&pass, &upper(), &mut twice).unwrap();
    for ((name, _, one), (.., two)) in once.iter().zip(named(&trunk, twice)) {
        let doubled: Vec<f32> = one.iter().map(|value| 2.0 * value).collect();
        assert!(largest_difference(&doubled, &two) < 1e-3, "{name}");
    }
}

#[test]
fn a_batch_that_does_not_fit_is_refused() {
    let trunk = trunk("bert");
    assert!(trunk.forward(&TokenBatch::new([[64u32]]), Dropout::NONE).is_err(), "no such id");
    let pass = trunk.forward(&TokenBatch::new([[2u32, 3]]), Dropout::NONE).unwrap();
    assert!(trunk.backward(&pass, &[0.0; 3], &mut trunk.gradients()).is_err(), "a gradient of another size");
}
