//! A head on candle tensors: pool, an optional dense layer with its activation, and the output layer.

use candle_core::{D, Tensor};

use super::Device;
use super::linear::{LayerNorm, Linear, activate};
use crate::Result;
use crate::config::Activation;
use crate::encoder::{HiddenStates, Pooling};
use crate::heads::HeadSpec;
use crate::weights::Weights;

/// A head that reads the trunk's hidden states.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pooling: Pooling,
    dense: Option<Dense>,
    output: Linear,
    logits: usize,
    squared_length: bool,
    device: Device,
}

#[derive(Debug, Clone)]
struct Dense {
    linear: Linear,
    activation: Option<Activation>,
    norm: Option<LayerNorm>,
}

impl Head {
    /// Reads a head's tensors; `hidden` is the trunk's width.
    pub(crate) fn load(spec: &HeadSpec, hidden: usize, weights: &Weights, device: &Device) -> Result<Self> {
        let mut width = hidden;
        let mut dense = None;
        if let Some(spec) = &spec.dense {
            let norm = spec.norm.as_ref();
            let norm = norm.map(|norm| LayerNorm::new(norm.values(spec.width, weights)?, norm.eps, device));
            dense = Some(Dense {
                linear: Linear::load(weights, &spec.name, (width, spec.width), spec.bias, device)?,
                activation: spec.activation,
                norm: norm.transpose()?,
            });
            width = spec.width;
        }
        let output = Linear::load(weights, &spec.output, (width, spec.logits), true, device)?;
        let squared_length = spec.squared_length;
        Ok(Self {
            pooling: spec.pooling,
            dense,
            output,
            logits: spec.logits,
            squared_length,
            device: device.clone(),
        })
    }

    /// The number of logits a sequence.
    pub(crate) fn logits(&self) -> usize {
        self.logits
    }

    /// Logits from hidden states, `[sequence][logit]`, with the squared length where the head has it.
    pub(crate) fn forward(&self, hidden: &dyn HiddenStates) -> Result<Vec<Vec<f32>>> {
        let pooled = hidden.pool(self.pooling)?;
        let shape = (pooled.len(), pooled.first().map_or(0, Vec::len));
        let mut states = Tensor::from_vec(pooled.concat(), shape, &self.device.0)?;
        if let Some(Dense { linear, activation, norm }) = &self.dense {
            states = linear.forward(&states)?;
            if let Some(activation) = activation {
                states = activate(*activation, &states)?;
            }
            if let Some(norm) = norm {
                states = norm.forward(&states)?;
            }
        }
        let mut logits = self.output.forward(&states)?;
        if self.squared_length {
            logits = Tensor::cat(&[logits, states.sqr()?.sum_keepdim(D::Minus1)?], D::Minus1)?;
        }
        Ok(logits.to_vec2()?)
    }
}
