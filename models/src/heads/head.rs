//! One head: pool, an optional dense layer with its non-linearity, and the output layer.

use candle_core::{D, Device, Tensor};

use crate::Result;
use crate::encoder::{HiddenStates, Pooling};
use crate::linear::Linear;
use crate::weights::Weights;

/// Between the dense and the output layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonLinearity {
    /// Nothing.
    Identity,
    /// tanh, as in BERT's pooler.
    Tanh,
    /// max(0, x), as in DistilBERT's classifier.
    Relu,
}

/// Where a head's tensors stand and how it reads the trunk.
#[derive(Debug, Clone)]
pub struct HeadSpec {
    /// How the hidden states become one vector.
    pub pooling: Pooling,
    /// The name and width of the dense layer and the non-linearity that follows it, where there is one.
    pub dense: Option<(String, usize, NonLinearity)>,
    /// The name of the output layer.
    pub output: String,
    /// The number of logits.
    pub logits: usize,
    /// Whether the squared length of the output layer's input follows the logits, as a distance from centres
    /// needs it.
    pub squared_length: bool,
}

/// A head that reads the trunk's hidden states.
#[derive(Debug, Clone)]
pub struct Head {
    pooling: Pooling,
    dense: Option<(Linear, NonLinearity)>,
    output: Linear,
    logits: usize,
    squared_length: bool,
}

impl Head {
    /// Reads a head's tensors; `hidden` is the trunk's width.
    ///
    /// # Errors
    /// [`ModelError::Tensor`](crate::ModelError::Tensor) where one is missing or does not fit.
    pub fn load(spec: &HeadSpec, hidden: usize, weights: &Weights, device: &Device) -> Result<Self> {
        let mut width = hidden;
        let mut dense = None;
        if let Some((name, wide, activation)) = &spec.dense {
            dense = Some((Linear::load(weights, name, width, *wide, device)?, *activation));
            width = *wide;
        }
        let output = Linear::load(weights, &spec.output, width, spec.logits, device)?;
        let squared_length = spec.squared_length;
        Ok(Self { pooling: spec.pooling, dense, output, logits: spec.logits, squared_length })
    }

    /// How this head reads the hidden states.
    pub fn pooling(&self) -> Pooling {
        self.pooling
    }

    /// The number of logits a sequence.
    pub fn logits(&self) -> usize {
        self.logits
    }

    /// Logits from hidden states: `[batch, logits]`.
    ///
    /// # Errors
    /// [`ModelError::Compute`](crate::ModelError::Compute) where the device failed.
    pub fn forward(&self, hidden: &HiddenStates) -> Result<Tensor> {
        self.from_pooled(&hidden.pool(self.pooling)?)
    }

    /// Logits from vectors that were pooled before: `[batch, hidden]` to `[batch, logits]`, with the squared
    /// length where the head has it.
    ///
    /// # Errors
    /// [`ModelError::Compute`](crate::ModelError::Compute) where the shapes do not fit or the device failed.
    pub fn from_pooled(&self, pooled: &Tensor) -> Result<Tensor> {
        let states = match &self.dense {
            None => pooled.clone(),
            Some((dense, NonLinearity::Identity)) => dense.forward(pooled)?,
            Some((dense, NonLinearity::Tanh)) => dense.forward(pooled)?.tanh()?,
            Some((dense, NonLinearity::Relu)) => dense.forward(pooled)?.relu()?,
        };
        let logits = self.output.forward(&states)?;
        if !self.squared_length {
            return Ok(logits);
        }
        Ok(Tensor::cat(&[logits, states.sqr()?.sum_keepdim(D::Minus1)?], D::Minus1)?)
    }
}
