//! Where the tensors of a trunk stand in a checkpoint, whatever its family.

use crate::config::Config;
use crate::families::Names;
use crate::weights::Weights;
use crate::{ModelError, Result};

/// A trunk's tensors by what they are.
pub(crate) struct Checkpoint<'a> {
    pub(crate) config: &'a Config,
    pub(crate) weights: &'a Weights,
    pub(crate) names: &'static Names,
    prefix: &'static str,
}

impl<'a> Checkpoint<'a> {
    /// The prefix before the names is the family's (`bert.`, `distilbert.`), as a checkpoint with a head has
    /// it, else none, as a bare trunk has it.
    ///
    /// # Errors
    /// [`ModelError::Tensor`] where neither word embedding is there.
    pub(crate) fn new(config: &'a Config, weights: &'a Weights) -> Result<Self> {
        let family = config.architecture.family();
        let words = format!("{}.weight", family.names.words);
        let has = |prefix: &&str| weights.shape(&format!("{prefix}{words}")).is_some();
        let prefix = [family.prefix, ""].into_iter().find(has).ok_or_else(|| {
            let reason = format!("is missing, with the prefix `{}` and without one", family.prefix);
            ModelError::tensor(&words, reason)
        })?;
        Ok(Self { config, weights, names: &family.names, prefix })
    }

    /// The name of a tensor outside of the layers, or of a group of them.
    pub(crate) fn trunk(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The name of the word embedding.
    pub(crate) fn words(&self) -> String {
        self.trunk(&format!("{}.weight", self.names.words))
    }

    /// The name of a group of tensors in a layer.
    pub(crate) fn layer(&self, index: usize, name: &str) -> String {
        format!("{}{}{index}.{name}", self.prefix, self.names.layer)
    }

    /// The norm that follows the residual sum of a layer's attention.
    pub(crate) fn norm_after_attention(&self, layer: usize) -> String {
        self.layer(layer, self.names.norm_after_attention)
    }

    /// The norm that follows the residual sum of a layer's feed-forward part: where norms come first, the one
    /// before the next layer or after the last.
    pub(crate) fn norm_after_output(&self, layer: usize) -> String {
        match self.config.norm_first {
            false => self.layer(layer, self.names.norm_after_output),
            true if layer + 1 < self.config.layers => self.layer(layer + 1, self.names.norm_after_output),
            true => self.trunk(self.names.final_norm),
        }
    }

    /// The names of a LayerNorm's weight and bias: old BERT checkpoints call them `gamma` and `beta`. Where
    /// both names are there, the old one counts, as in transformers.
    pub(crate) fn norm(&self, name: &str) -> [String; 2] {
        [("gamma", "weight"), ("beta", "bias")].map(|(old, new)| {
            let old = format!("{name}.{old}");
            if self.weights.shape(&old).is_some() { old } else { format!("{name}.{new}") }
        })
    }

    /// The values of a LayerNorm's weight and bias, the bias zero where the family has none.
    pub(crate) fn norm_values(&self, name: &str, width: usize) -> Result<[Vec<f32>; 2]> {
        let [weight, bias] = self.norm(name);
        let bias =
            if self.config.biases.norm { self.weights.values(&bias, &[width])? } else { vec![0.0; width] };
        Ok([self.weights.values(&weight, &[width])?, bias])
    }

    /// `[row of the position embedding][embedding size]`, that of token type 0 added, since a message is one
    /// segment. One row where there are no positions, none where there are no types either.
    pub(crate) fn position_embedding(&self) -> Result<Vec<f32>> {
        let (config, width) = (self.config, self.config.embedding_size);
        let table = |name: &str, rows: usize| {
            self.weights.values(&self.trunk(&format!("{name}.weight")), &[rows, width])
        };
        let mut positions = match config.position_rows() {
            0 => vec![0.0; if config.token_types > 0 { width } else { 0 }],
            rows => table(self.names.positions, rows)?,
        };
        if config.token_types > 0 {
            let types = table(self.names.token_types, config.token_types)?;
            for position in positions.chunks_exact_mut(width) {
                position.iter_mut().zip(&types).for_each(|(position, kind)| *position += kind);
            }
        }
        Ok(positions)
    }
}
