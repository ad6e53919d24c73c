//! Token ids to hidden states.

pub(crate) mod checkpoint;
pub(crate) mod distance;
mod packed;
mod stop;

pub use packed::PackedEncoder;
#[cfg(feature = "bench")]
pub use packed::bench;
pub(crate) use packed::{HeadLayout, WAVE};
pub use stop::Stop;

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
    fn forward(&self, batch: &TokenBatch) -> Result<Box<dyn HiddenStates>> {
        self.forward_until(batch, &Stop::never())
    }

    /// As [`Encoder::forward`], unless `stop` ends it.
    ///
    /// # Errors
    /// As [`Encoder::forward`]; [`ModelError::Stopped`] where it was ended.
    fn forward_until(&self, batch: &TokenBatch, stop: &Stop<'_>) -> Result<Box<dyn HiddenStates>>;
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

/// The pooling of a sequence's hidden states to one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pooling {
    /// The first token's state, `[CLS]`.
    Cls,
    /// The mean over the sequence's tokens, special tokens counted (sentence-transformers' mean pooling).
    Mean,
}

/// The last hidden states of a batch.
pub trait HiddenStates: Send + Sync + std::fmt::Debug {
    /// Returns one vector of the trunk's width for each sequence, in order.
    ///
    /// # Errors
    /// [`ModelError::Compute`] where the device failed.
    fn pool(&self, pooling: Pooling) -> Result<Vec<Vec<f32>>>;
}
