//! Logits that become probabilities: temperature scaling, vector scaling, and the choice between them on
//! held-out rows.
//!
//! A scaling is fitted on rows that the network was not trained on. A temperature keeps the order of the
//! labels; a vector scaling or a bias may change which label is best, so the caller reads the best
//! label from the scaled logits.

pub(crate) mod choose;
mod golden_section;
mod likelihood;
#[cfg(test)]
mod tests;

use std::convert::Infallible;

use frontdesk_models::heads::Link;

use crate::learn::lbfgs::{Limits, Point, minimize};
use crate::model::bundle::Scaling;
use golden_section::golden_section;
use likelihood::Likelihood;

/// As near as float64 goes: there are few parameters.
const LIMITS: Limits = Limits { steps: 500, gain: 1e-14 };

/// Returns the scaling that leaves logits as they are.
pub(crate) fn identity(logits: usize) -> Scaling {
    Scaling { weights: vec![1.0; logits], biases: vec![0.0; logits] }
}

/// The negative log-likelihood of all rows together, in nats.
pub(crate) fn loss(link: Link, logits: &[Vec<f32>], truth: &[Vec<usize>]) -> f64 {
    let width = logits.first().map_or(0, Vec::len);
    Likelihood::new(link, logits, truth).loss(&Parameters::of(&identity(width)))
}

/// A scaling while it is fitted, or the gradient of the objective.
#[derive(Debug, Clone, PartialEq)]
struct Parameters {
    weights: Vec<f64>,
    biases: Vec<f64>,
}

impl Parameters {
    fn uniform(logits: usize, weight: f64, bias: f64) -> Self {
        Self { weights: vec![weight; logits], biases: vec![bias; logits] }
    }

    fn of(scaling: &Scaling) -> Self {
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
        Self { weights: wide(&scaling.weights), biases: wide(&scaling.biases) }
    }

    fn scaling(&self) -> Scaling {
        let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect();
        Scaling { weights: narrow(&self.weights), biases: narrow(&self.biases) }
    }
}

/// The range of a temperature.
const TEMPERATURES: std::ops::RangeInclusive<f64> = 0.05..=20.0;

/// The temperature with the least negative log-likelihood (Guo et al. 2017), from 0.05 to 20: all weights are
/// one over it, all biases 0. Found by golden-section search on its logarithm; the likelihood has one peak.
pub(crate) fn temperature(link: Link, logits: &[Vec<f32>], truth: &[Vec<usize>]) -> Scaling {
    let Some(width) = logits.first().map(Vec::len) else { return identity(0) };
    let likelihood = Likelihood::new(link, logits, truth);
    let at = |log: f64| Parameters::uniform(width, libm::exp(-log), 0.0);
    let (low, high) = (libm::log(*TEMPERATURES.start()), libm::log(*TEMPERATURES.end()));
    let log = golden_section(low, high, &|log| likelihood.loss(&at(log)));
    better(&likelihood, at(log).scaling())
}

/// Weights and biases with the least negative log-likelihood, plus half of the squared distance from the
/// identity: as if each weight were of a normal distribution around 1, each bias of one around 0, both of
/// variance 1, before any row was seen.
///
/// Of a softmax head one weight and one bias for each class (vector scaling, Guo et al. 2017), of a
/// multi-label head for each label (Platt 1999), of an ordinal head one weight for all its cumulative logits,
/// and a bias for each: its thresholds move.
pub(crate) fn vector(link: Link, logits: &[Vec<f32>], truth: &[Vec<usize>]) -> Scaling {
    let Some(width) = logits.first().map(Vec::len) else { return identity(0) };
    let likelihood = Likelihood::new(link, logits, truth);
    let shared = link == Link::Ordinal;
    let expand = |free: &[f64]| match free {
        [weight, biases @ ..] if shared => {
            Parameters { weights: vec![*weight; width], biases: biases.to_vec() }
        }
        _ => Parameters { weights: free[..width].to_vec(), biases: free[width..].to_vec() },
    };
    let start = [vec![1.0; if shared { 1 } else { width }], vec![0.0; width]].concat();
    let objective = |free: &[f64]| -> Result<Point, Infallible> {
        let (loss, slope) = likelihood.gradient(&expand(free));
        let slope = if shared {
            [vec![slope.weights.iter().sum()], slope.biases].concat()
        } else {
            [slope.weights, slope.biases].concat()
        };
        let away = free.iter().zip(&start).map(|(value, start)| value - start);
        let penalty: f64 = away.clone().map(|distance| distance * distance / 2.0).sum();
        let gradient = slope.iter().zip(away).map(|(slope, distance)| slope + distance).collect();
        Ok(Point { value: loss + penalty, gradient })
    };
    let Ok(found) = minimize(start.clone(), LIMITS, objective);
    better(&likelihood, expand(&found).scaling())
}

/// The scaling, or the identity where rounding, or a range that ends before it, has left the scaling behind
/// it.
fn better(likelihood: &Likelihood<'_>, scaling: Scaling) -> Scaling {
    let identity = identity(scaling.weights.len());
    let loss = |scaling: &Scaling| likelihood.loss(&Parameters::of(scaling));
    if loss(&scaling) <= loss(&identity) { scaling } else { identity }
}
