//! A trunk in training: BERT, DistilBERT and RoBERTa with their backward passes.
//!
//! candle's fused LayerNorm and softmax carry no gradient, and its autograd spends a fifth of a step on
//! adding zeros; so forward and backward are written out, layer by layer, without padding, over the same
//! kernels as serving. Heads stay on candle's autograd and hand over the gradient of their pooled vectors.

mod attention;
mod dropout;
mod layer;
mod parameters;
mod quantised;
mod rows;

pub use dropout::Dropout;
pub use parameters::{Gradients, Parameter};

use std::ops::Range;

use rayon::prelude::*;

use crate::config::Config;
use crate::encoder::{Pooling, TokenBatch};
use crate::kernels::Isa;
use crate::weights::Weights;
use crate::{ModelError, Result};
use layer::{Layer, Saved};
use parameters::{EMBEDDING_NORM, POSITIONS, TYPES, WORDS};
use quantised::Rounded;
use rows::{Norm, drop_rows};

/// A trunk with its parameters in float32.
#[derive(Debug, Clone)]
pub struct Trunk {
    config: Config,
    isa: Isa,
    parameters: Vec<Parameter>,
    quantised: bool,
}

/// A forward pass of a batch, with the values that its backward pass needs: about 64 · hidden bytes a token
/// and layer.
#[derive(Debug)]
pub struct Pass {
    /// One, or two that run side by side: two threads are busier with a product each than with halves of one.
    parts: Vec<Part>,
    rounded: Option<Rounded>,
}

/// The pass of some of a batch's sequences.
#[derive(Debug)]
struct Part {
    ids: Vec<u32>,
    lengths: Vec<usize>,
    dropout: Dropout,
    /// The sums of the embeddings, before LayerNorm.
    embedded: Vec<f32>,
    layers: Vec<Saved>,
    states: Vec<f32>,
}

/// Tokens of a batch that is worth two parts.
const TWO_PARTS: usize = 128;

/// The sequences of each part, whatever the number of threads: their order of sums must not depend on it.
fn parts(lengths: &[usize]) -> Vec<Range<usize>> {
    let total: usize = lengths.iter().sum();
    let mut before = 0;
    let half = lengths.iter().position(|length| {
        before += length;
        2 * before >= total
    });
    match half.map(|last| last + 1) {
        Some(half) if total >= TWO_PARTS && half < lengths.len() => vec![0..half, half..lengths.len()],
        _ => vec![0..lengths.len(); 1],
    }
}

impl Trunk {
    /// Whether a trunk of this family can be trained: BERT, DistilBERT and RoBERTa with its kin. Others stay
    /// frozen.
    pub fn is_trainable(config: &Config) -> bool {
        parameters::is_trainable(config)
    }

    /// Reads a checkpoint's tensors.
    ///
    /// # Errors
    /// [`ModelError::Tensor`] names the tensor that is missing or does not fit the configuration;
    /// [`ModelError::Config`] where there is no backward pass for it ([`Trunk::is_trainable`]).
    pub fn load(config: &Config, weights: &Weights, isa: Isa) -> Result<Self> {
        let parameters = parameters::load(config, weights)?;
        Ok(Self { config: config.clone(), isa, parameters, quantised: false })
    }

    /// From now on rounds the inputs and weights of the linear layers to eight bits in every pass, or no
    /// longer. The parameters themselves stay float32, and so do their gradients.
    pub fn quantise(&mut self, quantised: bool) {
        self.quantised = quantised;
    }

    /// The configuration it was built from.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All parameters; the word embedding is the first.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// All parameters, to be changed in place.
    pub fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut self.parameters
    }

    /// Gradients of zero.
    pub fn gradients(&self) -> Gradients {
        Gradients::new(&self.parameters)
    }

    /// Every tensor with its name in the checkpoint, its shape and its values.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &[usize], &[f32])> {
        self.parameters.iter().flat_map(|parameter| {
            let mut start = 0;
            parameter.parts.iter().map(move |(name, shape)| {
                let first = start;
                start += shape.iter().product::<usize>();
                (name.as_str(), shape.as_slice(), &parameter.values[first..start])
            })
        })
    }

    /// Runs a batch, its values dropped by `dropout` after the embeddings, in the attention's probabilities
    /// and after both halves of each layer, as BERT has it in training.
    ///
    /// # Errors
    /// [`ModelError::Batch`] where the batch does not fit the model.
    pub fn forward(&self, batch: &TokenBatch, dropout: Dropout) -> Result<Pass> {
        batch.check(&self.config)?;
        let sequences: Vec<&[u32]> = batch.sequences().collect();
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
        let parts = parts(&lengths);
        let rounded = self.quantised.then(|| Rounded::new(&self.config, &self.parameters));
        let layers = self.layers(rounded.as_ref(), parts.len());
        let part = |range: Range<usize>| {
            let first = lengths[..range.start].iter().sum();
            self.forward_part(&sequences[range], dropout.beginning_at(first), layers)
        };
        Ok(Pass { parts: parts.into_par_iter().map(part).collect(), rounded })
    }

    fn forward_part(&self, sequences: &[&[u32]], dropout: Dropout, layers: Layers<'_>) -> Part {
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
        let hidden = self.config.hidden_size;
        let mut embedded = Vec::with_capacity(lengths.iter().sum::<usize>() * hidden);
        let table =
            |table: usize, row: usize| self.parameters[table].values.get(row * hidden..(row + 1) * hidden);
        for sequence in sequences {
            for (&id, position) in sequence.iter().zip(self.config.position_ids(sequence)) {
                let first = embedded.len();
                embedded.extend_from_slice(table(WORDS, id as usize).unwrap_or_default());
                for row in [table(POSITIONS, position), table(TYPES, 0)].into_iter().flatten() {
                    embedded[first..].iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        let mut states = self.embedding_norm().forward(&embedded);
        drop_rows(&mut states, hidden, dropout.at(0));
        let mut all = Vec::with_capacity(self.config.layers);
        for index in 0..self.config.layers {
            let (output, saved) = layers.layer(index, &lengths, dropout).forward(&states);
            all.push(saved);
            states = output;
        }
        Part { ids: sequences.concat(), lengths, dropout, embedded, layers: all, states }
    }

    /// Adds the gradients of all parameters, from that of the last hidden states, `[token][hidden]` without
    /// padding.
    ///
    /// # Errors
    /// [`ModelError::Batch`] where the gradient has another size than the states.
    pub fn backward(&self, pass: &Pass, gradient: &[f32], to: &mut Gradients) -> Result<()> {
        let expected: usize = pass.parts.iter().map(|part| part.states.len()).sum();
        if gradient.len() != expected {
            let found = gradient.len();
            return Err(ModelError::Batch(format!("a gradient of {found} values for {expected} states")));
        }
        let layers = self.layers(pass.rounded.as_ref(), pass.parts.len());
        match pass.parts.as_slice() {
            [first, second] => {
                let (of_first, of_second) = gradient.split_at(first.states.len());
                let mut beside = to.beside.take().unwrap_or_else(|| Box::new(self.gradients()));
                rayon::join(
                    || self.backward_part(first, of_first.to_vec(), to, layers),
                    || self.backward_part(second, of_second.to_vec(), &mut beside, layers),
                );
                to.take(&mut beside);
                to.beside = Some(beside);
            }
            parts => parts.iter().for_each(|part| self.backward_part(part, gradient.to_vec(), to, layers)),
        }
        Ok(())
    }

    fn backward_part(&self, part: &Part, mut gradient: Vec<f32>, to: &mut Gradients, layers: Layers<'_>) {
        let hidden = self.config.hidden_size;
        for (index, saved) in part.layers.iter().enumerate().rev() {
            gradient = layers.layer(index, &part.lengths, part.dropout).backward(saved, gradient, to);
        }
        drop_rows(&mut gradient, hidden, part.dropout.at(0));
        self.embedding_norm().backward(&part.embedded, &mut gradient, &mut to.dense[EMBEDDING_NORM]);
        let mut sequences = part.ids.as_slice();
        let positions = part.lengths.iter().flat_map(|&length| {
            let (sequence, rest) = sequences.split_at(length);
            sequences = rest;
            self.config.position_ids(sequence)
        });
        for ((row, &id), position) in gradient.chunks_exact(hidden).zip(&part.ids).zip(positions) {
            let add = |to: &mut [f32]| to.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            add(to.words.entry(id).or_insert_with(|| vec![0.0; hidden]));
            add(&mut to.dense[POSITIONS][position * hidden..(position + 1) * hidden]);
            if let Some(first) = to.dense[TYPES].get_mut(..hidden) {
                add(first);
            }
        }
    }

    fn embedding_norm(&self) -> Norm<'_> {
        Norm {
            isa: self.isa,
            parameters: &self.parameters[EMBEDDING_NORM].values,
            eps: self.config.layer_norm_eps as f32,
        }
    }

    fn layers<'a>(&'a self, rounded: Option<&'a Rounded>, parts: usize) -> Layers<'a> {
        let threads = (rayon::current_num_threads() / parts.max(1)).max(1);
        Layers { config: &self.config, isa: self.isa, parameters: &self.parameters, rounded, threads }
    }
}

/// What the layers of a pass share.
#[derive(Clone, Copy)]
struct Layers<'a> {
    config: &'a Config,
    isa: Isa,
    parameters: &'a [Parameter],
    rounded: Option<&'a Rounded>,
    threads: usize,
}

impl<'a> Layers<'a> {
    fn layer(self, index: usize, lengths: &'a [usize], dropout: Dropout) -> Layer<'a> {
        let Self { config, isa, parameters, rounded, threads } = self;
        Layer { config, isa, parameters, index, lengths, dropout, rounded, threads }
    }
}

impl Pass {
    /// One vector a sequence, `[sequence][hidden]`.
    pub fn pool(&self, pooling: Pooling) -> Vec<f32> {
        self.parts.iter().flat_map(|part| part.pool(pooling)).collect()
    }

    /// The gradient of the states from that of the pooled vectors.
    pub fn unpool(&self, pooling: Pooling, gradient: &[f32]) -> Vec<f32> {
        let mut rest = gradient;
        let part = |part: &Part| {
            let (of_part, others) = rest.split_at(part.lengths.len() * part.hidden());
            rest = others;
            part.unpool(pooling, of_part)
        };
        self.parts.iter().flat_map(part).collect()
    }

    /// The tokens of the batch.
    pub fn tokens(&self) -> usize {
        self.parts.iter().map(|part| part.ids.len()).sum()
    }
}

impl Part {
    fn pool(&self, pooling: Pooling) -> Vec<f32> {
        let hidden = self.hidden();
        let mut pooled = vec![0.0; self.lengths.len() * hidden];
        self.each(pooling, |sequence, token, share| {
            let to = &mut pooled[sequence * hidden..(sequence + 1) * hidden];
            let from = &self.states[token * hidden..(token + 1) * hidden];
            to.iter_mut().zip(from).for_each(|(sum, value)| *sum += share * value);
        });
        pooled
    }

    fn unpool(&self, pooling: Pooling, gradient: &[f32]) -> Vec<f32> {
        let hidden = self.hidden();
        let mut states = vec![0.0; self.states.len()];
        self.each(pooling, |sequence, token, share| {
            let to = &mut states[token * hidden..(token + 1) * hidden];
            let from = &gradient[sequence * hidden..(sequence + 1) * hidden];
            to.iter_mut().zip(from).for_each(|(to, value)| *to = share * value);
        });
        states
    }

    fn hidden(&self) -> usize {
        self.states.len() / self.ids.len()
    }

    /// Calls `add` with the sequence, the token and the share of each token that is pooled.
    fn each(&self, pooling: Pooling, mut add: impl FnMut(usize, usize, f32)) {
        let mut first = 0;
        for (sequence, &length) in self.lengths.iter().enumerate() {
            match pooling {
                Pooling::Cls => add(sequence, first, 1.0),
                Pooling::Mean => {
                    (first..first + length).for_each(|token| add(sequence, token, 1.0 / length as f32));
                }
            }
            first += length;
        }
    }
}
