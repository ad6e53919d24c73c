//! The encoders on candle: the path for accelerators, and the oracle that every faster path is compared with.
//!
//! Inference only: candle's fused LayerNorm and softmax have no backward pass, so a trunk is frozen here.

use candle_core::Tensor;

use super::attention::{Attention, Distances, ScoreTerms};
use super::linear::{LayerNorm, Linear, activate};
use super::{Device, PaddedStates, tensor};
use crate::config::{Activation, Config, Projection};
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
    /// `[row of the position embedding, embedding size]`, the embedding of token type 0 added.
    positions: Option<Tensor>,
    embedding_norm: LayerNorm,
    projection: Option<Linear>,
    distances: Distances,
    layers: Vec<Layer>,
}

impl ReferenceEncoder {
    /// Builds the encoder from a checkpoint's tensors.
    ///
    /// # Errors
    /// [`crate::ModelError::Tensor`] names the tensor that is missing or does not fit the configuration.
    pub fn load(config: &Config, weights: &Weights, device: &Device) -> Result<Self> {
        let checkpoint = &Checkpoint::new(config, weights)?;
        let (hidden, embedded) = (config.hidden_size, config.embedding_size);
        let positions = checkpoint.position_embedding()?;
        let rows = positions.len() / embedded;
        let positions =
            (rows > 0).then(|| Tensor::from_vec(positions, (rows, embedded), &device.0)).transpose()?;
        let projection = |has_bias: bool| {
            let name = checkpoint.trunk(checkpoint.names.projection);
            Linear::load(weights, &name, (embedded, hidden), has_bias, device).map(Some)
        };
        let (norm_width, projection) = match config.projection {
            Projection::Nothing => (hidden, None),
            Projection::BeforeNorm => (hidden, projection(false)?),
            Projection::AfterNorm => (embedded, projection(true)?),
        };
        let norm = checkpoint.trunk(checkpoint.names.embedding_norm);
        let distances = Distances::load(checkpoint, device)?;
        let layers = (0..config.layers).map(|index| Layer::load(checkpoint, &distances, index, device));
        Ok(Self {
            words: tensor(weights, &checkpoint.words(), &[config.vocab_size, embedded], device)?,
            positions,
            embedding_norm: norm_of(checkpoint, &norm, norm_width, device)?,
            projection,
            layers: layers.collect::<Result<_>>()?,
            distances,
            config: config.clone(),
            device: device.clone(),
        })
    }

    /// The states before the first layer, `[batch, longest, hidden]`.
    fn embed(&self, ids: &Tensor, positions: &Tensor, shape: (usize, usize)) -> Result<Tensor> {
        let (rows, longest) = shape;
        let mut states = self.words.index_select(ids, 0)?;
        if let Some(embedding) = &self.positions {
            states = (states + embedding.index_select(positions, 0)?)?;
        }
        let states = states.reshape((rows, longest, self.config.embedding_size))?;
        match (self.config.projection, &self.projection) {
            (Projection::BeforeNorm, Some(projection)) => {
                self.embedding_norm.forward(&projection.forward(&states)?)
            }
            (Projection::AfterNorm, Some(projection)) => {
                projection.forward(&self.embedding_norm.forward(&states)?)
            }
            _ => self.embedding_norm.forward(&states),
        }
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
        let mut positions = vec![0u32; rows * longest];
        let mut mask = vec![0f32; rows * longest];
        for (row, sequence) in batch.sequences().enumerate() {
            let at = row * longest..row * longest + sequence.len();
            ids[at.clone()].copy_from_slice(sequence);
            mask[at.clone()].fill(1.0);
            for (to, position) in positions[at].iter_mut().zip(self.config.position_ids(sequence)) {
                *to = position as u32;
            }
        }
        let by_token = |values: Vec<u32>| Tensor::from_vec(values, rows * longest, &self.device.0);
        let (ids, positions) = (by_token(ids)?, by_token(positions)?);
        // Large and finite: exp of it is exactly 0 beside any real score, and 0 · -inf cannot arise.
        let bias: Vec<f32> = mask.iter().map(|&m| if m > 0.0 { 0.0 } else { f32::MIN }).collect();
        let padded = bias.contains(&f32::MIN);
        let bias =
            padded.then(|| Tensor::from_vec(bias, (rows, 1, 1, longest), &self.device.0)).transpose()?;
        let mask = Tensor::from_vec(mask, (rows, longest, 1), &self.device.0)?;

        let terms = self.distances.terms(&self.config, longest, &self.device)?;
        let mut states = self.embed(&ids, &positions, (rows, longest))?;
        // What is added up, and what a layer reads of it.
        let mut sum = states.clone();
        for layer in &self.layers {
            if stop.asks() {
                return Err(ModelError::Stopped);
            }
            (sum, states) = layer.forward(&sum, &states, &terms, bias.as_ref(), &self.config)?;
        }
        Ok(Box::new(PaddedStates { states, mask }))
    }
}

fn norm_of(checkpoint: &Checkpoint<'_>, name: &str, width: usize, device: &Device) -> Result<LayerNorm> {
    let eps = checkpoint.config.layer_norm_eps as f32;
    LayerNorm::new(checkpoint.norm_values(name, width)?, eps, device)
}

#[derive(Debug)]
struct Layer {
    attention: Attention,
    /// After the residual sum.
    attention_norm: LayerNorm,
    intermediate: Linear,
    gate: Option<Linear>,
    output: Linear,
    /// After the residual sum.
    output_norm: LayerNorm,
    activation: Activation,
}

impl Layer {
    fn load(
        checkpoint: &Checkpoint<'_>,
        distances: &Distances,
        index: usize,
        device: &Device,
    ) -> Result<Self> {
        let (config, names) = (checkpoint.config, checkpoint.names);
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let linear = |name: &str, inputs, outputs| {
            let name = checkpoint.layer(index, name);
            let has_bias = config.biases.feed_forward;
            Linear::load(checkpoint.weights, &name, (inputs, outputs), has_bias, device)
        };
        let norm = |name: &str| norm_of(checkpoint, name, hidden, device);
        let widened = linear(names.intermediate, hidden, if config.is_gated { 2 * wide } else { wide })?;
        Ok(Self {
            attention: Attention::load(checkpoint, distances, index, device)?,
            attention_norm: norm(&checkpoint.norm_after_attention(index))?,
            intermediate: widened.part(0, wide)?,
            gate: config.is_gated.then(|| widened.part(wide, wide)).transpose()?,
            output: linear(names.output, wide, hidden)?,
            output_norm: norm(&checkpoint.norm_after_output(index))?,
            activation: config.activation,
        })
    }

    /// The residual sum and the states after the layer.
    fn forward(
        &self,
        sum: &Tensor,
        states: &Tensor,
        terms: &ScoreTerms,
        mask: Option<&Tensor>,
        config: &Config,
    ) -> Result<(Tensor, Tensor)> {
        // Where norms come last, what they give is what the next products are added to.
        let added = |sum: Tensor, norm: &LayerNorm| {
            let states = norm.forward(&sum)?;
            Ok::<_, ModelError>((if config.norm_first { sum } else { states.clone() }, states))
        };
        let attended = self.attention.forward(states, terms, mask)?;
        let (sum, states) = added((sum + attended)?, &self.attention_norm)?;
        let mut wide = activate(self.activation, &self.intermediate.forward(&states)?)?;
        if let Some(gate) = &self.gate {
            wide = (wide * gate.forward(&states)?)?;
        }
        added((sum + self.output.forward(&wide)?)?, &self.output_norm)
    }
}
