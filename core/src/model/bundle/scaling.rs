//! The scaling of logits before the link function.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Logit `i` becomes `weights[i] * logit + biases[i]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scaling {
    /// One for each logit.
    pub(crate) weights: Vec<f32>,
    /// One for each logit.
    pub(crate) biases: Vec<f32>,
}

/// The range of weights and biases: fitted ones are near 1 and 0, and no logit may become infinite.
pub(super) const RANGE: RangeInclusive<f32> = -1e6..=1e6;

impl Scaling {
    pub(crate) fn apply(&self, logits: &[f32]) -> Vec<f32> {
        logits.iter().zip(self.weights.iter().zip(&self.biases)).map(|(x, (w, b))| x * w + b).collect()
    }

    /// Whether it has a weight and a bias for each logit, each in [`RANGE`].
    pub(super) fn fits(&self, logits: usize) -> bool {
        let fits =
            |values: &[f32]| values.len() == logits && values.iter().all(|value| RANGE.contains(value));
        fits(&self.weights) && fits(&self.biases)
    }
}
