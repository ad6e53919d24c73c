//! Where the tensors of a trunk stand in the two families of checkpoints.

use crate::config::{Architecture, Config};
use crate::weights::Weights;
use crate::{ModelError, Result};

/// Where a layer's tensors stand in a checkpoint.
pub(crate) struct Names {
    pub(crate) embeddings: &'static str,
    pub(crate) layer: &'static str,
    pub(crate) query: &'static str,
    pub(crate) key: &'static str,
    pub(crate) value: &'static str,
    pub(crate) attention_output: &'static str,
    pub(crate) attention_norm: &'static str,
    pub(crate) intermediate: &'static str,
    pub(crate) output: &'static str,
    pub(crate) output_norm: &'static str,
}

const BERT: Names = Names {
    embeddings: "embeddings.",
    layer: "encoder.layer.",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    attention_output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    intermediate: "intermediate.dense",
    output: "output.dense",
    output_norm: "output.LayerNorm",
};

const DISTILBERT: Names = Names {
    embeddings: "embeddings.",
    layer: "transformer.layer.",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    attention_output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    intermediate: "ffn.lin1",
    output: "ffn.lin2",
    output_norm: "output_layer_norm",
};

/// A trunk's tensors by what they are.
pub(crate) struct Checkpoint<'a> {
    pub(crate) weights: &'a Weights,
    pub(crate) names: Names,
    prefix: &'static str,
}

impl<'a> Checkpoint<'a> {
    /// # Errors
    /// As [`trunk_prefix`].
    pub(crate) fn new(config: &Config, weights: &'a Weights) -> Result<Self> {
        let names = match config.architecture {
            Architecture::Bert => BERT,
            Architecture::DistilBert => DISTILBERT,
        };
        Ok(Self { weights, names, prefix: trunk_prefix(config, weights)? })
    }

    /// The name of a tensor, or of a group of them, among the embeddings.
    pub(crate) fn embedding(&self, name: &str) -> String {
        format!("{}{}{name}", self.prefix, self.names.embeddings)
    }

    /// The name of a group of tensors in a layer.
    pub(crate) fn layer(&self, index: usize, name: &str) -> String {
        format!("{}{}{index}.{name}", self.prefix, self.names.layer)
    }

    /// The names of a LayerNorm's weight and bias: old BERT checkpoints call the two `gamma` and `beta`.
    pub(crate) fn norm(&self, name: &str) -> [String; 2] {
        let has = |part: &str| self.weights.shape(&format!("{name}.{part}")).is_some();
        let parts = if !has("weight") && has("gamma") { ["gamma", "beta"] } else { ["weight", "bias"] };
        parts.map(|part| format!("{name}.{part}"))
    }
}

/// The prefix before the trunk's tensor names: the architecture's (`bert.`, `distilbert.`), as a checkpoint
/// with a head has it, else none, as a bare trunk has it.
///
/// # Errors
/// [`ModelError::Tensor`] where neither word embedding is there.
fn trunk_prefix(config: &Config, weights: &Weights) -> Result<&'static str> {
    let own = match config.architecture {
        Architecture::Bert => "bert.",
        Architecture::DistilBert => "distilbert.",
    };
    for prefix in [own, ""] {
        if weights.shape(&format!("{prefix}embeddings.word_embeddings.weight")).is_some() {
            return Ok(prefix);
        }
    }
    Err(ModelError::tensor(
        "embeddings.word_embeddings.weight",
        format!("is missing, with the prefix `{own}` and without one"),
    ))
}
