//! One trunk and the heads that read it in a single forward pass.

use candle_core::Device;

use crate::Result;
use crate::config::{Architecture, Config};
use crate::encoder::{Encoder, HiddenStates, Pooling, ReferenceEncoder, TokenBatch};
use crate::heads::{Head, HeadSpec, NonLinearity};
use crate::weights::Weights;

/// An encoder with its heads.
#[derive(Debug)]
pub struct Network {
    encoder: Box<dyn Encoder>,
    heads: Vec<Head>,
}

impl Network {
    /// A trunk from `trunk`, and one head a spec from `heads`.
    ///
    /// # Errors
    /// [`crate::ModelError::Tensor`] names the tensor that is missing or does not fit.
    pub fn load(
        config: &Config,
        trunk: &Weights,
        specs: &[HeadSpec],
        heads: &Weights,
        device: &Device,
    ) -> Result<Self> {
        let heads = specs.iter().map(|spec| Head::load(spec, config.hidden_size, heads, device));
        let heads = heads.collect::<Result<_>>()?;
        Ok(Self { encoder: Box::new(ReferenceEncoder::load(config, trunk, device)?), heads })
    }

    /// A sequence-classification checkpoint as transformers stores it: trunk and head in one file.
    ///
    /// # Errors
    /// As [`Network::load`].
    pub fn sequence_classifier(config: &Config, weights: &Weights, device: &Device) -> Result<Self> {
        let logits =
            weights.shape("classifier.weight")?.and_then(|shape| shape.first().copied()).unwrap_or(0);
        let hidden = config.hidden_size;
        // BERT's pooler belongs to the trunk there, DistilBERT's dense layer to the head.
        let dense = match config.architecture {
            Architecture::Bert => ("bert.pooler.dense".to_owned(), hidden, NonLinearity::Tanh),
            Architecture::DistilBert => ("pre_classifier".to_owned(), hidden, NonLinearity::Relu),
        };
        let spec =
            HeadSpec { pooling: Pooling::Cls, dense: Some(dense), output: "classifier".to_owned(), logits };
        Self::load(config, weights, &[spec], weights, device)
    }

    /// The trunk's configuration.
    pub fn config(&self) -> &Config {
        self.encoder.config()
    }

    /// The heads, in the order of their specs.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The trunk alone.
    ///
    /// # Errors
    /// As [`Encoder::forward`].
    pub fn encode(&self, batch: &TokenBatch) -> Result<HiddenStates> {
        self.encoder.forward(batch)
    }

    /// The logits of the heads named by index, `[head][sequence][logit]`; the trunk runs once.
    ///
    /// # Errors
    /// As [`Encoder::forward`].
    pub fn forward(&self, batch: &TokenBatch, heads: &[usize]) -> Result<Vec<Vec<Vec<f32>>>> {
        let hidden = self.encode(batch)?;
        heads.iter().map(|&index| Ok(self.heads[index].forward(&hidden)?.to_vec2::<f32>()?)).collect()
    }
}
