//! BERT and DistilBERT on candle: the path for accelerators, and the oracle that every faster path is
//! compared with.
//!
//! Inference only: candle's fused LayerNorm and softmax have no backward pass, so a trunk is frozen here.

use candle_core::Tensor;
use candle_nn::ops::{layer_norm, softmax_last_dim};

use super::{Device, Linear, PaddedStates, tensor};
use crate::config::{Activation, Config};
use crate::encoder::checkpoint::Checkpoint;
use crate::encoder::{Encoder, HiddenStates, Stop, TokenBatch};
use crate::weights::Weights;
use crate::{ModelError, Result};

/// The encoder on candle tensors, in float32.
#[derive(Debug)]
pub struct ReferenceEncoder {
    config: Config,
    device: Device,
    words: Tensor,
    /// Position embeddings; for BERT with the embedding of token type 0 added, since a message is one
    /// segment.
    positions: Tensor,
    embedding_norm: LayerNorm,
    layers: Vec<Layer>,
}

impl ReferenceEncoder {
    /// Builds the encoder from a checkpoint's tensors.
    ///
    /// # Errors
    /// [`crate::ModelError::Tensor`] names the tensor that is missing or does not fit the configuration.
    pub fn load(config: &Config, weights: &Weights, device: &Device) -> Result<Self> {
        let checkpoint = Checkpoint::new(config, weights)?;
        let hidden = config.hidden_size;
        let embedding = |name: &str, rows: usize| {
            let name = checkpoint.embedding(&format!("{name}_embeddings.weight"));
            tensor(weights, &name, &[rows, hidden], device)
        };
        let mut positions = embedding("position", config.max_positions)?;
        if config.token_types > 0 {
            let types = embedding("token_type", config.token_types)?;
            positions = positions.broadcast_add(&types.narrow(0, 0, 1)?)?;
        }
        let layers = (0..config.layers).map(|index| Layer::load(config, &checkpoint, index, device));
        Ok(Self {
            words: embedding("word", config.vocab_size)?,
            positions,
            embedding_norm: LayerNorm::load(config, &checkpoint, &checkpoint.embedding("LayerNorm"), device)?,
            layers: layers.collect::<Result<_>>()?,
            config: config.clone(),
            device: device.clone(),
        })
    }
}

impl Encoder for ReferenceEncoder {
    fn config(&self) -> &Config {
        &self.config
    }

    fn pads(&self) -> bool {
        true
    }

    fn forward_until(&self, batch: &TokenBatch, stop: &Stop<'_>) -> Result<Box<dyn HiddenStates>> {
        batch.check(&self.config)?;
        let (rows, longest) = (batch.len(), batch.longest());
        let mut ids = vec![0u32; rows * longest];
        let mut mask = vec![0f32; rows * longest];
        for ((sequence, ids), mask) in
            batch.sequences().zip(ids.chunks_mut(longest)).zip(mask.chunks_mut(longest))
        {
            ids[..sequence.len()].copy_from_slice(sequence);
            mask[..sequence.len()].fill(1.0);
        }
        let ids = Tensor::from_vec(ids, rows * longest, &self.device.0)?;
        // Large and finite: exp of it is exactly 0 beside any real score, and 0 · -inf cannot arise.
        let bias: Vec<f32> = mask.iter().map(|&m| if m > 0.0 { 0.0 } else { f32::MIN }).collect();
        let padded = bias.contains(&f32::MIN);
        let bias =
            padded.then(|| Tensor::from_vec(bias, (rows, 1, 1, longest), &self.device.0)).transpose()?;
        let mask = Tensor::from_vec(mask, (rows, longest, 1), &self.device.0)?;

        let words = self.words.index_select(&ids, 0)?.reshape((rows, longest, self.config.hidden_size))?;
        let states = words.broadcast_add(&self.positions.narrow(0, 0, longest)?)?;
        let mut states = self.embedding_norm.forward(&states)?;
        for layer in &self.layers {
            if stop.asks() {
                return Err(ModelError::Stopped);
            }
            states = layer.forward(&states, bias.as_ref(), self.config.attention_heads)?;
        }
        Ok(Box::new(PaddedStates { states, mask }))
    }
}

#[derive(Debug)]
struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl LayerNorm {
    fn load(config: &Config, checkpoint: &Checkpoint<'_>, name: &str, device: &Device) -> Result<Self> {
        let [weight, bias] = checkpoint.norm(name);
        let tensor = |name: &str| tensor(checkpoint.weights, name, &[config.hidden_size], device);
        Ok(Self { weight: tensor(&weight)?, bias: tensor(&bias)?, eps: config.layer_norm_eps as f32 })
    }

    fn forward(&self, states: &Tensor) -> Result<Tensor> {
        Ok(layer_norm(&states.contiguous()?, &self.weight, &self.bias, self.eps)?)
    }
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
    activation: Activation,
}

impl Layer {
    fn load(config: &Config, checkpoint: &Checkpoint<'_>, index: usize, device: &Device) -> Result<Self> {
        let (hidden, wide, names) = (config.hidden_size, config.intermediate_size, &checkpoint.names);
        let linear = |name: &str, input, output| {
            Linear::load(checkpoint.weights, &checkpoint.layer(index, name), input, output, device)
        };
        let norm = |name: &str| LayerNorm::load(config, checkpoint, &checkpoint.layer(index, name), device);
        Ok(Self {
            query: linear(names.query, hidden, hidden)?,
            key: linear(names.key, hidden, hidden)?,
            value: linear(names.value, hidden, hidden)?,
            attention_output: linear(names.attention_output, hidden, hidden)?,
            attention_norm: norm(names.attention_norm)?,
            intermediate: linear(names.intermediate, hidden, wide)?,
            output: linear(names.output, wide, hidden)?,
            output_norm: norm(names.output_norm)?,
            activation: config.activation,
        })
    }

    fn forward(&self, states: &Tensor, bias: Option<&Tensor>, heads: usize) -> Result<Tensor> {
        let attended = self.attention_output.forward(&self.attention(states, bias, heads)?)?;
        let states = self.attention_norm.forward(&(states + attended)?)?;
        let wide = self.intermediate.forward(&states)?;
        let wide = match self.activation {
            Activation::Gelu => wide.gelu_erf()?,
            Activation::GeluTanh => wide.gelu()?,
            Activation::Relu => wide.relu()?,
        };
        self.output_norm.forward(&(&states + self.output.forward(&wide)?)?)
    }

    /// softmax(Q Kᵀ / √d + bias) V, head by head (Vaswani et al. 2017).
    fn attention(&self, states: &Tensor, bias: Option<&Tensor>, heads: usize) -> Result<Tensor> {
        let (rows, longest, hidden) = states.dims3()?;
        let width = hidden / heads;
        let split = |t: Tensor| t.reshape((rows, longest, heads, width))?.transpose(1, 2)?.contiguous();
        let query = split((self.query.forward(states)? / (width as f64).sqrt())?)?;
        let key = split(self.key.forward(states)?)?;
        let value = split(self.value.forward(states)?)?;
        let mut scores = query.matmul(&key.t()?)?;
        if let Some(bias) = bias {
            scores = scores.broadcast_add(bias)?;
        }
        let mixed = softmax_last_dim(&scores)?.matmul(&value)?;
        Ok(mixed.transpose(1, 2)?.reshape((rows, longest, hidden))?)
    }
}
