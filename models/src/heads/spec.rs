//! The description of a head: pool, an optional dense layer with its activation, and the output layer.

use crate::Result;
use crate::config::Activation;
use crate::encoder::Pooling;
use crate::weights::Weights;

/// Where a head's tensors stand and how it reads the trunk.
#[derive(Debug, Clone)]
pub struct HeadSpec {
    /// The pooling of the hidden states.
    pub pooling: Pooling,
    /// The layer before the output layer, where there is one.
    pub dense: Option<Dense>,
    /// The name of the output layer.
    pub output: String,
    /// The number of logits.
    pub logits: usize,
    /// Whether the squared length of the output layer's input follows the logits, as a distance from centres
    /// needs it.
    pub squared_length: bool,
}

/// The layer between the pooled states and the output layer.
#[derive(Debug, Clone)]
pub struct Dense {
    /// The name of the layer.
    pub name: String,
    /// Its outputs.
    pub width: usize,
    /// Whether it has a bias.
    pub bias: bool,
    /// After the layer: tanh in BERT's pooler, ReLU in DistilBERT's classifier.
    pub activation: Option<Activation>,
    /// After the activation, as in ModernBERT.
    pub norm: Option<HeadNorm>,
}

impl Dense {
    /// A layer with a bias and an activation, and no norm.
    pub fn new(name: impl Into<String>, width: usize, activation: impl Into<Option<Activation>>) -> Self {
        Self { name: name.into(), width, bias: true, activation: activation.into(), norm: None }
    }
}

/// A LayerNorm in a head.
#[derive(Debug, Clone)]
pub struct HeadNorm {
    /// The name of the norm.
    pub name: String,
    /// Whether it has a bias.
    pub bias: bool,
    /// Added to the variance.
    pub eps: f32,
}

impl HeadNorm {
    /// The weight and the bias, zero where there is none.
    pub(crate) fn values(&self, width: usize, weights: &Weights) -> Result<[Vec<f32>; 2]> {
        let values = |part: &str| weights.values(&format!("{}.{part}", self.name), &[width]);
        Ok([values("weight")?, if self.bias { values("bias")? } else { vec![0.0; width] }])
    }
}
