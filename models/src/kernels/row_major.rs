//! A linear layer before it is packed.

use super::Matrix;
use super::linear::{PackedLinear, Precision};
use crate::Result;
use crate::numbers::Rows;
use crate::weights::Weights;

/// A linear layer as a checkpoint stores it: `[output, input]` and `[output]`.
pub(crate) struct RowMajor<'a> {
    weight: Rows<'a>,
    pub(crate) bias: Vec<f32>,
}

impl<'a> RowMajor<'a> {
    pub(crate) fn load(weights: &'a Weights, name: &str, inputs: usize, outputs: usize) -> Result<Self> {
        let weight = weights.rows(&format!("{name}.weight"), outputs, inputs)?;
        let bias = weights.values(&format!("{name}.bias"), &[outputs])?;
        Ok(Self { weight, bias })
    }

    /// The weights of an output.
    pub(crate) fn row(&self, output: usize) -> Vec<f32> {
        self.weight.row(output)
    }

    pub(crate) fn pack(&self, precision: Precision, spread: impl Fn(usize) -> f32) -> PackedLinear {
        let row = |output: usize| Some(self.row(output));
        let matrix = Matrix { inputs: self.weight.columns, outputs: self.bias.len(), row };
        PackedLinear::new(precision, &matrix, |output| self.bias[output], spread)
    }

    /// Estimates how far each output goes from zero, for inputs of these means and deviations that do not
    /// depend on each other. Zeros where no integers are needed.
    pub(crate) fn spreads(&self, precision: Precision, means: &[f32], deviations: &[f32]) -> Vec<f32> {
        if precision != Precision::Int8 {
            return vec![0.0; self.bias.len()];
        }
        (0..self.weight.count())
            .zip(&self.bias)
            .map(|(row, bias)| {
                let row = self.row(row);
                let mean: f32 = bias + row.iter().zip(means).map(|(w, m)| w * m).sum::<f32>();
                let variance: f32 = row.iter().zip(deviations).map(|(w, d)| (w * d) * (w * d)).sum();
                mean.abs() + 3.0 * variance.sqrt()
            })
            .collect()
    }
}
