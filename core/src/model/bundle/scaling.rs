//! The scaling of logits before the link function.

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

impl Scaling {
    pub(crate) fn apply(&self, logits: &[f32]) -> Vec<f32> {
        logits.iter().zip(self.weights.iter().zip(&self.biases)).map(|(x, (w, b))| x * w + b).collect()
    }

    pub(super) fn fits(&self, logits: usize) -> bool {
        let finite = |values: &[f32]| values.len() == logits && values.iter().all(|value| value.is_finite());
        finite(&self.weights) && finite(&self.biases)
    }
}
