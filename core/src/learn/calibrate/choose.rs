//! One temperature or a weight and a bias for each class: whichever is better on rows that it was not fitted
//! on.

use std::collections::BTreeMap;

use frontdesk_models::heads::Link;

use super::likelihood::Likelihood;
use super::{Parameters, identity, temperature, vector};
use crate::model::bundle::Scaling;

/// Parts that the rows are divided into.
const FOLDS: usize = 5;

/// The scaling of logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// All by one number.
    Temperature,
    /// Each by its own weight and bias.
    Vector,
}

/// A scaling, with the figures that it was chosen by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    /// Fitted on all rows.
    pub(crate) scaling: Scaling,
    /// The way that was chosen.
    pub(crate) method: Method,
    /// Mean negative log-likelihood of a row under the logits as they are, in nats.
    pub(crate) identity_nll: f64,
    /// That of a row under a temperature fitted on other rows.
    pub(crate) temperature_nll: f64,
    /// That of a row under a vector scaling fitted on other rows.
    pub(crate) vector_nll: f64,
    /// Each row's logits as the chosen way scales them when it is fitted on other rows: what is measured on
    /// them, a figure or a threshold, does not flatter a scaling that was fitted to the row.
    pub(crate) out_of_fold: Vec<Vec<f32>>,
}

/// Chooses by cross-validation in 5 folds that each have their part of every label. Vector scaling has many
/// parameters, and may change which label is best: it is chosen where its mean negative log-likelihood is
/// lower by more than one standard error of the difference (the rule of Breiman et al. 1984). Of fewer than
/// 10 rows, the temperature is.
pub(crate) fn choose(link: Link, logits: &[Vec<f32>], truth: &[Vec<usize>]) -> Choice {
    let folds = folds(truth);
    let by_temperature =
        out_of_fold(&folds, logits, truth, &|logits, truth| temperature(link, logits, truth));
    let by_vector = out_of_fold(&folds, logits, truth, &|logits, truth| vector(link, logits, truth));
    let losses = |logits: &[Vec<f32>]| {
        let width = logits.first().map_or(0, Vec::len);
        Likelihood::new(link, logits, truth).losses(&Parameters::of(&identity(width)))
    };
    let [as_is, of_temperature, of_vector] = [logits, &by_temperature, &by_vector].map(losses);
    let gains: Vec<f64> = of_temperature.iter().zip(&of_vector).map(|(t, v)| t - v).collect();
    let clear = logits.len() >= 2 * FOLDS && mean(&gains) > standard_error(&gains);
    let (method, scaling, out_of_fold) = if clear {
        (Method::Vector, vector(link, logits, truth), by_vector)
    } else {
        (Method::Temperature, temperature(link, logits, truth), by_temperature)
    };
    Choice {
        scaling,
        method,
        identity_nll: mean(&as_is),
        temperature_nll: mean(&of_temperature),
        vector_nll: mean(&of_vector),
        out_of_fold,
    }
}

/// The fold of each row: the rows of each first label take turns.
fn folds(truth: &[Vec<usize>]) -> Vec<usize> {
    let mut turns = BTreeMap::<Option<usize>, usize>::new();
    let mut turn = |labels: &Vec<usize>| {
        // Each label begins with another fold, so that rare ones do not all fall into the first.
        let start = labels.first().copied().unwrap_or(0);
        let turn = turns.entry(labels.first().copied()).or_insert(start);
        *turn += 1;
        (*turn - 1) % FOLDS
    };
    truth.iter().map(&mut turn).collect()
}

type Fit<'a> = &'a dyn Fn(&[Vec<f32>], &[Vec<usize>]) -> Scaling;

fn out_of_fold(folds: &[usize], logits: &[Vec<f32>], truth: &[Vec<usize>], fit: Fit<'_>) -> Vec<Vec<f32>> {
    let mut scaled = logits.to_vec();
    for fold in 0..FOLDS {
        let others =
            || folds.iter().enumerate().filter(move |(_, other)| **other != fold).map(|(row, _)| row);
        let kept: Vec<Vec<f32>> = others().map(|row| logits[row].clone()).collect();
        let labels: Vec<Vec<usize>> = others().map(|row| truth[row].clone()).collect();
        if kept.is_empty() {
            continue;
        }
        let scaling = fit(&kept, &labels);
        for (row, _) in folds.iter().enumerate().filter(|(_, other)| **other == fold) {
            scaled[row] = scaling.apply(&logits[row]);
        }
    }
    scaled
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

fn standard_error(values: &[f64]) -> f64 {
    let (mean, n) = (mean(values), values.len() as f64);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (n - 1.0).max(1.0) / n.max(1.0)).sqrt()
}
