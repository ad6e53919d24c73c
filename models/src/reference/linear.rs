//! A linear layer and LayerNorm on candle's tensors.

use candle_core::Tensor;
use candle_nn::ops::layer_norm;

use super::{Device, tensor};
use crate::config::Activation;
use crate::weights::Weights;
use crate::{ModelError, Result};

/// y = x Wᵀ + b.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    /// `[output, input]`, as checkpoints store it.
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// Reads `{name}.weight` of shape `[output, input]` and `{name}.bias` of shape `[output]`, where the layer
    /// has one.
    pub(super) fn load(
        weights: &Weights,
        name: &str,
        (input, output): (usize, usize),
        has_bias: bool,
        device: &Device,
    ) -> Result<Self> {
        let bias = || tensor(weights, &format!("{name}.bias"), &[output], device);
        Ok(Self {
            weight: tensor(weights, &format!("{name}.weight"), &[output, input], device)?,
            bias: has_bias.then(bias).transpose()?,
        })
    }

    /// Some of its outputs.
    pub(super) fn part(&self, first: usize, outputs: usize) -> Result<Self> {
        let bias = self.bias.as_ref().map(|bias| bias.narrow(0, first, outputs)).transpose()?;
        Ok(Self { weight: self.weight.narrow(0, first, outputs)?, bias })
    }

    /// Applies the layer to the last dimension.
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let mut dims = input.dims().to_vec();
        let Some(width) = dims.pop() else {
            return Err(ModelError::Batch("a linear layer needs at least one dimension".into()));
        };
        // One large matrix product instead of a batch of small ones.
        let flat = input.reshape((input.elem_count() / width.max(1), width))?;
        let mut output = flat.matmul(&self.weight.t()?)?;
        if let Some(bias) = &self.bias {
            output = output.broadcast_add(bias)?;
        }
        dims.push(self.weight.dim(0)?);
        Ok(output.reshape(dims)?)
    }
}

/// LayerNorm (Ba et al. 2016) over the last dimension.
#[derive(Debug, Clone)]
pub(super) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl LayerNorm {
    pub(super) fn new([weight, bias]: [Vec<f32>; 2], eps: f32, device: &Device) -> Result<Self> {
        let tensor = |values: Vec<f32>| Tensor::from_vec(values.clone(), values.len(), &device.0);
        Ok(Self { weight: tensor(weight)?, bias: tensor(bias)?, eps })
    }

    pub(super) fn forward(&self, states: &Tensor) -> Result<Tensor> {
        Ok(layer_norm(&states.contiguous()?, &self.weight, &self.bias, self.eps)?)
    }
}

/// Applies an activation.
pub(super) fn activate(activation: Activation, states: &Tensor) -> Result<Tensor> {
    Ok(match activation {
        Activation::Gelu => states.gelu_erf()?,
        Activation::GeluTanh => states.gelu()?,
        Activation::Relu => states.relu()?,
        Activation::Silu => states.silu()?,
        Activation::Tanh => states.tanh()?,
    })
}
