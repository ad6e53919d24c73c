//! Multinomial logistic regression on standardised features.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use crate::Result;
use crate::learn::compute;
use crate::learn::lbfgs::{Limits, Point, minimize};
use crate::learn::scale::Scale;

/// Rows whose probabilities are computed at a time.
const ROWS: usize = 4096;

/// The penalty is `RIDGE * width / rows / 2` times the squared weights, in means over rows. For features that
/// were vectors of length 1 before they were standardised, this is scikit-learn's `C = 10`.
const RIDGE: f64 = 0.1;

/// Label errors are looked for in probabilities of two digits or three.
const LIMITS: Limits = Limits { steps: 100, gain: 1e-5 };

/// A fitted regression.
#[derive(Debug)]
pub(super) struct Softmax {
    scale: Scale,
    /// `[width + 1][classes]`; the last row is the bias.
    weights: Vec<f64>,
    classes: usize,
}

impl Softmax {
    /// Fits to those of the features that `rows` names. `turn` is called now and then, and may stop the work.
    pub(super) fn fit(
        features: &[&[f32]],
        labels: &[usize],
        rows: &[usize],
        classes: usize,
        turn: &dyn Fn() -> Result<()>,
    ) -> Result<Self> {
        turn()?;
        let scale = Scale::of(rows.iter().map(|&row| features[row]));
        let inputs = matrix(&scale, features, rows)?;
        let transposed = inputs.t().map_err(compute)?;
        let targets: Vec<usize> = rows.iter().map(|&row| labels[row]).collect();
        let width = scale.width();
        let count = rows.len() as f64;
        let penalty = RIDGE * width as f64 / count;
        let penalised = width * classes;
        let objective = |weights: &[f64]| -> Result<Point> {
            turn()?;
            let mut scores = scores(&inputs, weights, classes).map_err(compute)?;
            // The loss of a row; its scores become the gradient of the loss.
            let losses: Vec<f64> = scores
                .par_chunks_mut(classes)
                .zip(&targets)
                .map(|(scores, &target)| {
                    let given = scores[target];
                    let log_sum = normalise(scores);
                    scores[target] -= 1.0;
                    log_sum - f64::from(given)
                })
                .collect();
            let residuals = Tensor::from_vec(scores, (rows.len(), classes), &Device::Cpu);
            let gradient = residuals
                .and_then(|residuals| transposed.matmul(&residuals)?.flatten_all()?.to_vec1::<f32>());
            let mut gradient: Vec<f64> =
                gradient.map_err(compute)?.into_iter().map(|value| f64::from(value) / count).collect();
            let weights = &weights[..penalised];
            gradient.iter_mut().zip(weights).for_each(|(gradient, weight)| *gradient += penalty * weight);
            let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
            Ok(Point { value: losses.iter().sum::<f64>() / count + penalty * squares / 2.0, gradient })
        };
        let weights = minimize(vec![0.0; (width + 1) * classes], LIMITS, objective)?;
        Ok(Self { scale, weights, classes })
    }

    /// The number of features.
    pub(super) fn width(&self) -> usize {
        self.scale.width()
    }

    /// Calls `sink` with the probabilities of each of the rows.
    pub(super) fn predict(
        &self,
        features: &[&[f32]],
        rows: &[usize],
        turn: &dyn Fn() -> Result<()>,
        mut sink: impl FnMut(usize, &[f32]),
    ) -> Result<()> {
        for rows in rows.chunks(ROWS) {
            turn()?;
            let inputs = matrix(&self.scale, features, rows)?;
            let mut scores = scores(&inputs, &self.weights, self.classes).map_err(compute)?;
            for (&row, scores) in rows.iter().zip(scores.chunks_mut(self.classes)) {
                normalise(scores);
                sink(row, scores);
            }
        }
        Ok(())
    }
}

/// `[rows][classes]`, flat.
fn scores(inputs: &Tensor, weights: &[f64], classes: usize) -> candle_core::Result<Vec<f32>> {
    let narrow: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
    let weights = Tensor::from_vec(narrow, (weights.len() / classes, classes), &Device::Cpu)?;
    inputs.matmul(&weights)?.flatten_all()?.to_vec1()
}

/// Scores become probabilities; returns the logarithm of the sum of their exponentials.
fn normalise(scores: &mut [f32]) -> f64 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in &mut *scores {
        *score = (*score - most).exp();
        sum += f64::from(*score);
    }
    for score in scores {
        *score = (f64::from(*score) / sum) as f32;
    }
    f64::from(most) + sum.ln()
}

/// `[rows][width + 1]`, standardised; the last column is 1, for the bias.
fn matrix(scale: &Scale, features: &[&[f32]], rows: &[usize]) -> Result<Tensor> {
    let width = scale.width() + 1;
    let mut values = Vec::with_capacity(rows.len() * width);
    for &row in rows {
        let first = values.len();
        values.extend_from_slice(features[row]);
        scale.apply(&mut values[first..]);
        values.push(1.0);
    }
    Tensor::from_vec(values, (rows.len(), width), &Device::Cpu).map_err(compute)
}
