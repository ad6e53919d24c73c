//! A linear layer before it is packed.

use super::linear::{PackedLinear, Precision};
use crate::Result;
use crate::weights::Weights;

/// A linear layer as a checkpoint has it: `[output, input]` and `[output]`.
pub(crate) struct Plain {
    weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    inputs: usize,
}

impl Plain {
    pub(crate) fn load(weights: &Weights, name: &str, inputs: usize, outputs: usize) -> Result<Self> {
        let weight = weights.values(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = weights.values(&format!("{name}.bias"), &[outputs])?;
        Ok(Self { weight, bias, inputs })
    }

    /// Zero in the padding of the inputs.
    pub(crate) fn at(&self, output: usize, input: usize) -> f32 {
        if input < self.inputs { self.weight[output * self.inputs + input] } else { 0.0 }
    }

    pub(crate) fn pack(&self, precision: Precision, spread: impl Fn(usize) -> f32) -> PackedLinear {
        let weight = |output, input| self.at(output, input);
        PackedLinear::new(precision, self.bias.len(), self.inputs, weight, |output| self.bias[output], spread)
    }

    /// About how far each output goes from zero, for inputs of these means and deviations that do not depend on each other.
    pub(crate) fn spreads(&self, means: &[f32], deviations: &[f32]) -> Vec<f32> {
        self.weight
            .chunks_exact(self.inputs)
            .zip(&self.bias)
            .map(|(row, bias)| {
                let mean: f32 = bias + row.iter().zip(means).map(|(w, m)| w * m).sum::<f32>();
                let variance: f32 = row.iter().zip(deviations).map(|(w, d)| (w * d) * (w * d)).sum();
                mean.abs() + 3.0 * variance.sqrt()
            })
            .collect()
    }
}
