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
    /// The bias is zero where the layer has none.
    pub(crate) fn load(
        weights: &'a Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
        has_bias: bool,
    ) -> Result<Self> {
        let weight = weights.rows(&format!("{name}.weight"), outputs, inputs)?;
        let bias =
            if has_bias { weights.values(&format!("{name}.bias"), &[outputs])? } else { vec![0.0; outputs] };
        Ok(Self { weight, bias })
    }

    /// Its inputs.
    pub(crate) fn inputs(&self) -> usize {
        self.weight.columns
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

    /// Estimates the outputs for inputs that do not depend on each other.
    pub(crate) fn moments(&self, of: &Moments) -> Moments {
        let rows = (0..self.weight.count()).zip(&self.bias).map(|(row, bias)| {
            let row = self.row(row);
            let mean: f32 = bias + row.iter().zip(&of.means).map(|(w, m)| w * m).sum::<f32>();
            let variance: f32 = row.iter().zip(&of.deviations).map(|(w, d)| (w * d) * (w * d)).sum();
            (mean, variance.sqrt())
        });
        let (means, deviations) = rows.unzip();
        Moments { means, deviations }
    }
}

/// Estimates of a layer's outputs, by column: integers need to know how far each goes from zero.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    pub(crate) means: Vec<f32>,
    pub(crate) deviations: Vec<f32>,
}

impl Moments {
    /// About the farthest from zero.
    pub(crate) fn spread(&self, column: usize) -> f32 {
        self.means[column].abs() + 3.0 * self.deviations[column].abs()
    }
}
