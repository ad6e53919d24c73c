//! A head on candle tensors: pool, an optional dense layer with its non-linearity, and the output layer.

use candle_core::{D, Tensor};

use super::{Device, Linear};
use crate::Result;
use crate::encoder::{HiddenStates, Pooling};
use crate::heads::{HeadSpec, NonLinearity};
use crate::weights::Weights;

/// A head that reads the trunk's hidden states.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pooling: Pooling,
    dense: Option<(Linear, NonLinearity)>,
    output: Linear,
    logits: usize,
    squared_length: bool,
    device: Device,
}

impl Head {
    /// Reads a head's tensors; `hidden` is the trunk's width.
    pub(crate) fn load(spec: &HeadSpec, hidden: usize, weights: &Weights, device: &Device) -> Result<Self> {
        let mut width = hidden;
        let mut dense = None;
        if let Some((name, wide, activation)) = &spec.dense {
            dense = Some((Linear::load(weights, name, width, *wide, device)?, *activation));
            width = *wide;
        }
        let output = Linear::load(weights, &spec.output, width, spec.logits, device)?;
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
        let pooled = Tensor::from_vec(pooled.concat(), shape, &self.device.0)?;
        let states = match &self.dense {
            None => pooled,
            Some((dense, NonLinearity::Identity)) => dense.forward(&pooled)?,
            Some((dense, NonLinearity::Tanh)) => dense.forward(&pooled)?.tanh()?,
            Some((dense, NonLinearity::Relu)) => dense.forward(&pooled)?.relu()?,
        };
        let mut logits = self.output.forward(&states)?;
        if self.squared_length {
            logits = Tensor::cat(&[logits, states.sqr()?.sum_keepdim(D::Minus1)?], D::Minus1)?;
        }
        Ok(logits.to_vec2()?)
    }
}
