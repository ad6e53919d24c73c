//! Token ids to hidden states.

pub(crate) mod checkpoint;
mod packed;
mod reference;

use candle_core::{Device, Tensor};

pub use packed::PackedEncoder;
pub use reference::ReferenceEncoder;

use crate::config::Config;
use crate::{ModelError, Result};

/// A network from token ids to one hidden state a token.
pub trait Encoder: Send + Sync + std::fmt::Debug {
    /// The configuration it was built from.
    fn config(&self) -> &Config;

    /// Whether a short sequence costs as much as the longest of its batch.
    fn pads(&self) -> bool;

    /// Runs every sequence of the batch; a sequence's result does not depend on its neighbours.
    ///
    /// # Errors
    /// [`ModelError::Batch`] where the batch does not fit the model; [`ModelError::Compute`] where the device
    /// failed.
    fn forward(&self, batch: &TokenBatch) -> Result<HiddenStates>;
}

/// Sequences of token ids, end to end, without padding: an encoder that pads does it inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenBatch {
    ids: Vec<u32>,
    ends: Vec<usize>,
}

impl TokenBatch {
    /// Joins sequences into a batch.
    pub fn new<S: AsRef<[u32]>>(sequences: impl IntoIterator<Item = S>) -> Self {
        let mut batch = Self::default();
        for sequence in sequences {
            batch.ids.extend_from_slice(sequence.as_ref());
            batch.ends.push(batch.ids.len());
        }
        batch
    }

    /// The number of sequences.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no sequence.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The sequences, in order.
    pub fn sequences(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.ids[start..end])
    }

    /// The longest sequence, in tokens.
    pub fn longest(&self) -> usize {
        self.sequences().map(<[u32]>::len).max().unwrap_or(0)
    }

    /// Checks the batch against a model.
    ///
    /// # Errors
    /// [`ModelError::Batch`] for a batch without sequences, a sequence that is empty or longer than the
    /// model's positions, and an id outside its vocabulary.
    pub fn check(&self, config: &Config) -> Result<()> {
        if self.is_empty() {
            return Err(ModelError::Batch("no sequence".into()));
        }
        for (index, sequence) in self.sequences().enumerate() {
            if sequence.is_empty() || sequence.len() > config.max_positions {
                let (n, max) = (sequence.len(), config.max_positions);
                return Err(ModelError::Batch(format!("sequence {index} has {n} tokens; from 1 to {max}")));
            }
            if let Some(id) = sequence.iter().find(|&&id| id as usize >= config.vocab_size) {
                let size = config.vocab_size;
                return Err(ModelError::Batch(format!(
                    "sequence {index} has id {id}; the vocabulary has {size}"
                )));
            }
        }
        Ok(())
    }
}

/// How a sequence's hidden states become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pooling {
    /// The first token's state, `[CLS]`.
    Cls,
    /// The mean over the sequence's tokens, special tokens counted (sentence-transformers' mean pooling).
    Mean,
}

/// The last hidden states of a batch.
#[derive(Debug, Clone)]
pub struct HiddenStates(States);

#[derive(Debug, Clone)]
enum States {
    Padded {
        /// `[batch, longest, hidden]`; positions past a sequence's end hold no meaning.
        states: Tensor,
        /// `[batch, longest, 1]`: 1 for a token, 0 past the end.
        mask: Tensor,
    },
    Packed {
        /// `[token][hidden]`.
        states: Vec<f32>,
        /// Where each sequence ends, in tokens.
        ends: Vec<usize>,
        hidden: usize,
    },
}

impl HiddenStates {
    fn padded(states: Tensor, mask: Tensor) -> Self {
        Self(States::Padded { states, mask })
    }

    fn packed(states: Vec<f32>, ends: Vec<usize>, hidden: usize) -> Self {
        Self(States::Packed { states, ends, hidden })
    }

    /// One vector a sequence: `[batch, hidden]`.
    ///
    /// # Errors
    /// [`ModelError::Compute`] where the device failed.
    pub fn pool(&self, pooling: Pooling) -> Result<Tensor> {
        Ok(match (&self.0, pooling) {
            (States::Padded { states, .. }, Pooling::Cls) => states.narrow(1, 0, 1)?.squeeze(1)?,
            (States::Padded { states, mask }, Pooling::Mean) => {
                let sum = states.broadcast_mul(mask)?.sum(1)?;
                sum.broadcast_div(&mask.sum(1)?)?
            }
            (States::Packed { ends, hidden, .. }, _) => {
                Tensor::from_vec(self.pooled(pooling)?, (ends.len(), *hidden), &Device::Cpu)?
            }
        })
    }

    /// As [`HiddenStates::pool`], the values of all sequences end to end.
    ///
    /// # Errors
    /// [`ModelError::Compute`] where the device failed.
    pub(crate) fn pooled(&self, pooling: Pooling) -> Result<Vec<f32>> {
        let States::Packed { states, ends, hidden } = &self.0 else {
            return Ok(self.pool(pooling)?.flatten_all()?.to_vec1()?);
        };
        let mut pooled = Vec::with_capacity(ends.len() * hidden);
        let mut start = 0;
        for &end in ends {
            let mut tokens = states[start * hidden..end * hidden].chunks_exact(*hidden);
            let first = pooled.len();
            pooled.extend(tokens.next().into_iter().flatten());
            if pooling == Pooling::Mean {
                let mean = &mut pooled[first..];
                for token in tokens {
                    mean.iter_mut().zip(token).for_each(|(sum, value)| *sum += value);
                }
                for sum in mean {
                    *sum /= (end - start) as f32;
                }
            }
            start = end;
        }
        Ok(pooled)
    }
}
