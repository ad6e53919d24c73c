//! BERT and DistilBERT on the CPU: no padding, weights packed for the kernels, the same bits whatever the batch, the threads and
//! the instruction set. ../../../PACKED.md explains it.

mod arena;
mod attention;
mod load;
mod pass;

use std::ops::Range;

use arena::{Arena, Scratches, Shelf};

use super::{Encoder, HiddenStates, TokenBatch};
use crate::Result;
use crate::config::{Activation, Config};
use crate::kernels::linear::{PackedLinear, Then};
use crate::kernels::rows::Norm;
use crate::kernels::{Isa, Precision, team};

/// Tokens of whole sequences that go through all layers together: enough to use a block of weights often, few enough for the
/// second-level cache.
const WAVE: usize = 96;

/// The encoder on packed weights.
#[derive(Debug)]
pub struct PackedEncoder {
    config: Config,
    isa: Isa,
    precision: Precision,
    /// `[vocabulary][hidden]`.
    words: Vec<f32>,
    /// `[position][hidden]`; for BERT with the embedding of token type 0 added.
    positions: Vec<f32>,
    embedding_norm: Norm,
    layers: Vec<Layer>,
    arenas: Shelf<Arena>,
    scratches: Scratches,
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values of all heads, each head in whole panels.
    qkv: PackedLinear,
    attention_output: PackedLinear,
    attention_norm: Norm,
    intermediate: PackedLinear,
    output: PackedLinear,
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

    fn activation(&self) -> Then<'static> {
        match self.config.activation {
            Activation::Gelu => Then::Gelu,
            Activation::GeluTanh => Then::GeluTanh,
            Activation::Relu => Then::Relu,
        }
    }
}

impl Encoder for PackedEncoder {
    fn config(&self) -> &Config {
        &self.config
    }

    fn forward(&self, batch: &TokenBatch) -> Result<HiddenStates> {
        batch.check(&self.config)?;
        let hidden = self.config.hidden_size;
        let mut states = vec![0.0; batch.ids.len() * hidden];
        team::with(|lead| {
            self.arenas.with(|arena| {
                for wave in waves(&batch.ends) {
                    let tokens = wave[0].start..wave[wave.len() - 1].end;
                    let sequences: Vec<_> =
                        wave.iter().map(|s| s.start - tokens.start..s.end - tokens.start).collect();
                    self.isa.run(pass::Pass {
                        encoder: self,
                        lead,
                        ids: &batch.ids[tokens.clone()],
                        sequences: &sequences,
                        arena,
                        to: &mut states[tokens.start * hidden..tokens.end * hidden],
                    });
                }
            });
        });
        Ok(HiddenStates::packed(states, batch.ends.clone(), hidden))
    }
}

/// Whole sequences in groups of up to [`WAVE`] tokens.
fn waves(ends: &[usize]) -> Vec<Vec<Range<usize>>> {
    let mut waves: Vec<Vec<Range<usize>>> = Vec::new();
    let mut start = 0;
    for &end in ends {
        let sequence = start..end;
        match waves.last_mut() {
            Some(wave) if end - wave[0].start <= WAVE => wave.push(sequence),
            _ => waves.push(vec![sequence]),
        }
        start = end;
    }
    waves
}
