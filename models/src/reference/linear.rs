//! A linear layer on candle's tensors.

use candle_core::Tensor;

use super::{Device, tensor};
use crate::weights::Weights;
use crate::{ModelError, Result};

/// y = x Wᵀ + b.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    /// `[output, input]`, as checkpoints store it.
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    /// Reads `{name}.weight` of shape `[output, input]` and `{name}.bias` of shape `[output]`.
    pub(super) fn load(
        weights: &Weights,
        name: &str,
        input: usize,
        output: usize,
        device: &Device,
    ) -> Result<Self> {
        Ok(Self {
            weight: tensor(weights, &format!("{name}.weight"), &[output, input], device)?,
            bias: tensor(weights, &format!("{name}.bias"), &[output], device)?,
        })
    }

    /// Applies the layer to the last dimension.
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let mut dims = input.dims().to_vec();
        let Some(width) = dims.pop() else {
            return Err(ModelError::Batch("a linear layer needs at least one dimension".into()));
        };
        // One large matrix product instead of a batch of small ones.
        let flat = input.reshape((input.elem_count() / width.max(1), width))?;
        let output = flat.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)?;
        dims.push(self.weight.dim(0)?);
        Ok(output.reshape(dims)?)
    }
}
