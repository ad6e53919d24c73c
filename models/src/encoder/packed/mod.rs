//! The encoder on the CPU, whatever its family: no padding, weights packed for the kernels, the same bits
//! whatever the batch, the threads and the instruction set. `docs/kernels.md` explains it.

mod arena;
mod attention;
#[cfg(feature = "bench")]
pub mod bench;
mod buffers;
mod disentangled;
mod distances;
mod gate;
mod heads;
mod load;
mod pass;
mod rotary;
mod states;
mod steps;

use std::ops::Range;

use arena::{Arena, Scratches, Strips};
use buffers::BufferPool;
use disentangled::Projected;
use distances::Distances;
pub(crate) use heads::HeadLayout;
use rotary::Frequencies;
use states::PackedStates;

use super::{Encoder, HiddenStates, Stop, TokenBatch};
use crate::config::Config;
use crate::kernels::linear::PackedLinear;
use crate::kernels::rows::Norm;
use crate::kernels::{Isa, Precision, team};
use crate::numbers::Rows;
use crate::{ModelError, Result};

/// Tokens of whole sequences that go through all layers together: enough to use a block of weights often, few
/// enough for the second-level cache.
pub(crate) const WAVE: usize = 96;

/// The encoder on packed weights.
#[derive(Debug)]
pub struct PackedEncoder {
    config: Config,
    isa: Isa,
    precision: Precision,
    /// `[vocabulary][hidden]`, in the number type of the file: a text needs few of its rows.
    words: Rows<'static>,
    /// `[row of the position embedding][embedding size]`, the embedding of token type 0 added: one row or none
    /// where there are no positions.
    positions: Vec<f32>,
    embedding_norm: Norm,
    projection: Option<PackedLinear>,
    distances: Distances,
    /// Of layers with global and with local attention, where queries and keys are turned.
    frequencies: Option<[Frequencies; 2]>,
    layout: HeadLayout,
    /// Of the scores.
    scale: f32,
    layers: Vec<Layer>,
    arenas: BufferPool<Arena>,
    scratches: Scratches,
    strips: Strips,
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values of all heads, each head in whole panels.
    qkv: PackedLinear,
    distances: Option<Projected>,
    is_local: bool,
    attention_output: PackedLinear,
    /// After the residual sum.
    attention_norm: Norm,
    /// With the gate, where there is one.
    intermediate: PackedLinear,
    output: PackedLinear,
    /// After the residual sum.
    output_norm: Norm,
}

impl PackedEncoder {
    /// The instruction set it runs on.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// The number type of its weights.
    pub fn precision(&self) -> Precision {
        self.precision
    }
}

impl Encoder for PackedEncoder {
    fn config(&self) -> &Config {
        &self.config
    }

    fn pads(&self) -> bool {
        false
    }

    fn forward_until(&self, batch: &TokenBatch, stop: &Stop<'_>) -> Result<Box<dyn HiddenStates>> {
        batch.check(&self.config)?;
        let hidden = self.config.hidden_size;
        let mut states = vec![0.0; batch.ids.len() * hidden];
        team::with(|lead| {
            self.arenas.with(|arena| {
                for wave in waves(&batch.ends) {
                    self.isa.run(pass::Pass {
                        encoder: self,
                        lead,
                        ids: &batch.ids,
                        wave: &wave,
                        arena,
                        stop,
                        to: &mut states,
                    });
                }
            });
        });
        if stop.has_ended() {
            return Err(ModelError::Stopped);
        }
        Ok(Box::new(PackedStates { states, ends: batch.ends.clone(), hidden }))
    }
}

/// Whole sequences in groups of up to [`WAVE`] tokens, as few as come of putting each sequence, longest
/// first, in the first group with space for it.
fn waves(ends: &[usize]) -> Vec<Vec<Range<usize>>> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let mut sequences: Vec<Range<usize>> = starts.zip(ends).map(|(start, &end)| start..end).collect();
    sequences.sort_by_key(|sequence| std::cmp::Reverse(sequence.len()));
    let mut waves: Vec<(usize, Vec<Range<usize>>)> = Vec::new();
    for sequence in sequences {
        match waves.iter_mut().find(|(tokens, _)| tokens + sequence.len() <= WAVE) {
            Some((tokens, wave)) => {
                *tokens += sequence.len();
                wave.push(sequence);
            }
            None => waves.push((sequence.len(), vec![sequence])),
        }
    }
    waves.into_iter().map(|(_, wave)| wave).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{WAVE, waves};

    proptest! {
        #[test]
        fn each_sequence_is_in_one_wave_and_two_waves_do_not_fit_in_one(lengths in prop::collection::vec(1usize..140, 1..60)) {
            let ends: Vec<usize> = lengths.iter().scan(0, |end, length| { *end += length; Some(*end) }).collect();
            let waves = waves(&ends);
            let mut seen: Vec<_> = waves.iter().flatten().map(|s| (s.start, s.end)).collect();
            seen.sort_unstable();
            let starts = std::iter::once(0).chain(ends.iter().copied());
            prop_assert_eq!(seen, starts.zip(ends.iter().copied()).collect::<Vec<_>>());
            let tokens: Vec<usize> = waves.iter().map(|wave| wave.iter().map(ExactSizeIterator::len).sum()).collect();
            prop_assert!(waves.iter().zip(&tokens).all(|(wave, &tokens)| tokens <= WAVE || wave.len() == 1));
            for (at, a) in tokens.iter().enumerate() {
                prop_assert!(tokens[at + 1..].iter().all(|b| a + b > WAVE));
            }
        }
    }
}
