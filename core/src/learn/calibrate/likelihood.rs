//! The negative log-likelihood of labels under scaled logits, and its gradient.

use frontdesk_models::heads::Link;

use super::Parameters;

/// The least probability that a logarithm is taken of.
const FLOOR: f64 = 1e-12;

/// Held-out rows: their logits, and the labels that they have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likelihood<'a> {
    link: Link,
    logits: &'a [Vec<f32>],
    truth: &'a [Vec<usize>],
}

impl<'a> Likelihood<'a> {
    pub(super) fn new(link: Link, logits: &'a [Vec<f32>], truth: &'a [Vec<usize>]) -> Self {
        Self { link, logits, truth }
    }

    /// Summed over the rows, in nats.
    pub(super) fn loss(&self, parameters: &Parameters) -> f64 {
        self.rows().map(|(logits, truth)| row(self.link, &scaled(parameters, logits), truth, None)).sum()
    }

    /// Of each row alone.
    pub(super) fn losses(&self, parameters: &Parameters) -> Vec<f64> {
        self.rows().map(|(logits, truth)| row(self.link, &scaled(parameters, logits), truth, None)).collect()
    }

    /// The loss, and how it grows with each weight and each bias.
    pub(super) fn gradient(&self, parameters: &Parameters) -> (f64, Parameters) {
        let width = parameters.weights.len();
        let mut slope = Parameters::uniform(width, 0.0, 0.0);
        let mut of_row = vec![0.0; width];
        let mut loss = 0.0;
        for (logits, truth) in self.rows() {
            of_row.fill(0.0);
            loss += row(self.link, &scaled(parameters, logits), truth, Some(&mut of_row));
            for (index, (&logit, slope_of)) in logits.iter().zip(&of_row).enumerate() {
                slope.weights[index] += slope_of * f64::from(logit);
                slope.biases[index] += slope_of;
            }
        }
        (loss, slope)
    }

    fn rows(&self) -> impl Iterator<Item = (&'a [f32], &'a [usize])> {
        self.logits.iter().map(Vec::as_slice).zip(self.truth.iter().map(Vec::as_slice))
    }
}

fn scaled(parameters: &Parameters, logits: &[f32]) -> Vec<f64> {
    let pairs = parameters.weights.iter().zip(&parameters.biases);
    logits.iter().zip(pairs).map(|(&logit, (weight, bias))| f64::from(logit) * weight + bias).collect()
}

/// One row's loss; `slope` takes its derivative by each logit.
fn row(link: Link, logits: &[f64], truth: &[usize], slope: Option<&mut [f64]>) -> f64 {
    match (link, truth.first()) {
        (Link::Sigmoid, _) => sigmoids(logits, truth, slope),
        (Link::Softmax, Some(&label)) => softmax(logits, label, slope),
        (Link::Ordinal, Some(&level)) => ordinal(logits, level, slope),
        _ => 0.0,
    }
}

fn softmax(logits: &[f64], label: usize, slope: Option<&mut [f64]>) -> f64 {
    let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|x| libm::exp(x - max)).sum();
    if let Some(slope) = slope {
        slope.iter_mut().zip(logits).for_each(|(slope, x)| *slope = libm::exp(x - max) / sum);
        slope[label] -= 1.0;
    }
    max + libm::log(sum) - logits[label]
}

fn sigmoids(logits: &[f64], truth: &[usize], slope: Option<&mut [f64]>) -> f64 {
    let there = |label: &usize| f64::from(u8::from(truth.contains(label)));
    if let Some(slope) = slope {
        let pairs = slope.iter_mut().zip(logits).enumerate();
        pairs.for_each(|(label, (slope, &x))| *slope = sigmoid(x) - there(&label));
    }
    let softplus = |x: f64| x.max(0.0) + libm::log1p(libm::exp(-x.abs()));
    logits.iter().enumerate().map(|(label, &x)| softplus(x) - there(&label) * x).sum()
}

/// As [`frontdesk_models::heads::ordinal_probabilities`] has it: level `k` lies between the cumulative logits
/// `k - 1` and `k`.
fn ordinal(logits: &[f64], level: usize, slope: Option<&mut [f64]>) -> f64 {
    let above = logits.iter().map(|&x| sigmoid(x));
    let edges: Vec<f64> = std::iter::once(1.0).chain(above).chain(std::iter::once(0.0)).collect();
    let share = |level: usize| (edges[level] - edges[level + 1]).max(0.0);
    let sum: f64 = (0..=logits.len()).map(share).sum();
    let own = share(level);
    if own / sum <= FLOOR {
        return -libm::log(FLOOR);
    }
    if let Some(slope) = slope {
        for (index, slope) in slope.iter_mut().enumerate() {
            let edge = edges[index + 1];
            // The level below the edge ends there, the level above it begins; a level cut at 0 takes no part.
            let counts = |level: usize| f64::from(u8::from(share(level) > 0.0));
            let of_own = f64::from(u8::from(level == index + 1)) - f64::from(u8::from(level == index));
            let of_sum = counts(index + 1) - counts(index);
            *slope = -edge * (1.0 - edge) * (of_own / own - of_sum / sum);
        }
    }
    libm::log(sum) - libm::log(own)
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}
