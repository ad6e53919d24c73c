//! Scalings against scipy (core/tests/golden/make_evaluate.py made the values), and properties of all of
//! them.

use frontdesk_models::heads::{Link, probabilities};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::Deserialize;

use super::choose::{Method, choose};
use super::likelihood::Likelihood;
use super::{Parameters, identity, temperature, vector};
use crate::model::bundle::Scaling;

#[derive(Debug, Deserialize)]
struct Golden {
    link: String,
    logits: Vec<Vec<f32>>,
    truth: Vec<Vec<usize>>,
    temperature: f32,
    weights: Vec<f32>,
    biases: Vec<f32>,
}

impl Golden {
    fn link(&self) -> Link {
        match self.link.as_str() {
            "softmax" => Link::Softmax,
            "sigmoid" => Link::Sigmoid,
            "ordinal" => Link::Ordinal,
            other => panic!("{other}"),
        }
    }
}

fn golden() -> Vec<Golden> {
    let mut all: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/golden/evaluate.json")).unwrap();
    serde_json::from_value(all["scalings"].take()).unwrap()
}

fn close(found: &[f32], expected: &[f32], what: &str) {
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * b.abs().max(1.0);
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(near),
        "{what}: {found:?}, {expected:?}"
    );
}

fn loss(link: Link, logits: &[Vec<f32>], truth: &[Vec<usize>], scaling: &Scaling) -> f64 {
    Likelihood::new(link, logits, truth).loss(&Parameters::of(scaling))
}

#[test]
fn scalings_are_those_of_scipy() {
    for case in golden() {
        let (link, width) = (case.link(), case.logits[0].len());
        let found = temperature(link, &case.logits, &case.truth);
        close(&found.weights, &vec![1.0 / case.temperature; width], &case.link);
        assert!(found.biases.iter().all(|bias| *bias == 0.0));
        let found = vector(link, &case.logits, &case.truth);
        let weights = if link == Link::Ordinal { vec![case.weights[0]; width] } else { case.weights };
        close(&found.weights, &weights, &case.link);
        close(&found.biases, &case.biases, &case.link);
    }
}

/// Logits under which labels drawn by `made` follow the probabilities.
fn drawn(link: Link, made: &Scaling, rows: usize) -> (Vec<Vec<f32>>, Vec<Vec<usize>>) {
    let mut random = StdRng::seed_from_u64(5);
    let mut row = |_| {
        let mut logits: Vec<f32> = made.weights.iter().map(|_| random.random_range(-3.0..3.0)).collect();
        if link == Link::Ordinal {
            logits.sort_by(|a, b| b.total_cmp(a));
        }
        let scores = probabilities(link, &made.apply(&logits));
        let truth = if link == Link::Sigmoid {
            (0..scores.len()).filter(|&label| random.random::<f32>() < scores[label]).collect()
        } else {
            let (mut left, mut label) = (random.random::<f32>(), 0);
            while label + 1 < scores.len() && left >= scores[label] {
                left -= scores[label];
                label += 1;
            }
            vec![label]
        };
        (logits, truth)
    };
    (0..rows).map(&mut row).unzip()
}

#[test]
fn the_scaling_that_made_the_labels_is_found() {
    let cases = [
        (Link::Softmax, vec![0.5, 1.0, 1.8], vec![0.6, -0.6, 0.0]),
        (Link::Sigmoid, vec![0.4, 1.5], vec![-0.7, 0.5]),
        (Link::Ordinal, vec![0.6; 4], vec![0.8, 0.4, 0.0, -0.5]),
    ];
    for (link, weights, biases) in cases {
        let made = Scaling { weights, biases };
        let (logits, truth) = drawn(link, &made, 8_000);
        let found = vector(link, &logits, &truth);
        // A bias that all classes share changes no probability.
        let middle = |biases: &[f32]| match link {
            Link::Softmax => biases.iter().sum::<f32>() / biases.len() as f32,
            _ => 0.0,
        };
        let (middle_found, middle_made) = (middle(&found.biases), middle(&made.biases));
        for index in 0..made.weights.len() {
            let weight = (found.weights[index] - made.weights[index]).abs();
            let bias = (found.biases[index] - middle_found - made.biases[index] + middle_made).abs();
            assert!(weight < 0.1 && bias < 0.12, "{link:?}: {found:?}, made by {made:?}");
        }
        let made =
            Scaling { weights: vec![1.0 / 3.0; made.weights.len()], biases: vec![0.0; made.weights.len()] };
        let (logits, truth) = drawn(link, &made, 8_000);
        let found = 1.0 / temperature(link, &logits, &truth).weights[0];
        assert!((found - 3.0).abs() < 0.25, "{link:?}: {found}");
    }
}

#[test]
fn a_vector_scaling_is_chosen_where_it_is_better_on_rows_that_it_has_not_seen() {
    let skewed = Scaling { weights: vec![0.3, 1.0, 2.0], biases: vec![1.5, -1.5, 0.0] };
    let (logits, truth) = drawn(Link::Softmax, &skewed, 600);
    let choice = choose(Link::Softmax, &logits, &truth);
    assert_eq!(choice.method, Method::Vector);
    assert!(
        choice.vector_nll < choice.temperature_nll && choice.temperature_nll <= choice.identity_nll + 0.01
    );
    assert_eq!(choice.scaling, vector(Link::Softmax, &logits, &truth));
    // A scaling that was not fitted to a row flatters it less.
    let as_is = identity(3);
    let unseen = loss(Link::Softmax, &choice.out_of_fold, &truth, &as_is) / 600.0;
    assert!((unseen - choice.vector_nll).abs() < 1e-9);
    assert!(unseen > loss(Link::Softmax, &logits, &truth, &choice.scaling) / 600.0);

    let even = Scaling { weights: vec![0.5; 3], biases: vec![0.0; 3] };
    let (logits, truth) = drawn(Link::Softmax, &even, 600);
    assert_eq!(choose(Link::Softmax, &logits, &truth).method, Method::Temperature);
    assert_eq!(choose(Link::Softmax, &logits[..9], &truth[..9]).method, Method::Temperature);
    for few in 0..3 {
        assert_eq!(choose(Link::Softmax, &logits[..few], &truth[..few]).out_of_fold.len(), few);
    }
}

fn best(scores: &[f32]) -> usize {
    (0..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
}

fn link() -> impl Strategy<Value = Link> {
    prop_oneof![Just(Link::Softmax), Just(Link::Sigmoid), Just(Link::Ordinal)]
}

/// Logits of a width with labels that have nothing to do with them.
fn rows() -> impl Strategy<Value = (Link, Vec<Vec<f32>>, Vec<Vec<usize>>)> {
    (link(), 1usize..5, 1usize..30).prop_flat_map(|(link, width, count)| {
        let logits = prop::collection::vec(prop::collection::vec(-20f32..20.0, width), count);
        let truth: BoxedStrategy<Vec<usize>> = match link {
            Link::Sigmoid => prop::sample::subsequence((0..width).collect::<Vec<_>>(), 0..=width).boxed(),
            Link::Ordinal => (0..=width).prop_map(|level| vec![level]).boxed(),
            _ => (0..width).prop_map(|label| vec![label]).boxed(),
        };
        (Just(link), logits, prop::collection::vec(truth, count))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_scaling_is_worse_than_none_on_the_rows_that_it_was_fitted_on((link, logits, truth) in rows()) {
        let none = loss(link, &logits, &truth, &identity(logits[0].len()));
        for scaling in [temperature(link, &logits, &truth), vector(link, &logits, &truth)] {
            prop_assert!(scaling.weights.iter().chain(&scaling.biases).all(|value| value.is_finite()));
            prop_assert!(loss(link, &logits, &truth, &scaling) <= none + 1e-9);
        }
    }

    #[test]
    fn a_temperature_keeps_the_best_label((link, logits, truth) in rows()) {
        let scaling = temperature(link, &logits, &truth);
        for row in &logits {
            prop_assert_eq!(best(&scaling.apply(row)), best(row));
        }
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss((link, logits, truth) in rows(), weight in 0.1f64..0.3) {
        let likelihood = Likelihood::new(link, &logits, &truth);
        let at = Parameters::uniform(logits[0].len(), weight, 0.1);
        let (loss, slope) = likelihood.gradient(&at);
        prop_assert!((loss - likelihood.loss(&at)).abs() < 1e-9);
        for index in 0..at.weights.len() {
            for bias in [false, true] {
                let moved = |by: f64| {
                    let mut moved = at.clone();
                    if bias { moved.biases[index] += by } else { moved.weights[index] += by }
                    likelihood.loss(&moved)
                };
                let expected = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                let found = if bias { slope.biases[index] } else { slope.weights[index] };
                // Where a level is cut at 0 the loss has an edge.
                let edge = link == Link::Ordinal && logits.iter().any(|row| !row.is_sorted_by(|a, b| a > b));
                prop_assert!(edge || (found - expected).abs() < 1e-3 * expected.abs().max(1.0), "{} {}", found, expected);
            }
        }
    }
}
