//! The description of a head: pool, an optional dense layer with its non-linearity, and the output layer.

use crate::encoder::Pooling;

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
    /// The pooling of the hidden states.
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
