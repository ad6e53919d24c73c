//! The memory of a network, estimated from its configuration before any of it is asked for.

use crate::config::{Attention, Config, Disentangled, Projection};
use crate::encoder::{HeadLayout, WAVE};
use crate::heads::HeadSpec;
use crate::kernels::Precision;
use crate::kernels::simd::LANES;

/// What runs at a time.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// Tokens of the longest sequence.
    pub longest: usize,
    /// Tokens of the largest batch.
    pub batch: usize,
    /// Threads, each of which may have a pass of its own.
    pub threads: usize,
}

/// An estimate in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// The weights, as they are kept.
    pub weights: u64,
    /// The buffers of all passes at a time.
    pub buffers: u64,
}

impl Memory {
    /// `words` is the size of the word embedding as it is kept, in bytes; `packed` the number type of the
    /// packed path, `None` for the reference.
    pub(crate) fn of(
        config: &Config,
        words: u64,
        specs: &[HeadSpec],
        packed: Option<Precision>,
        work: Work,
    ) -> Self {
        let precision = packed.unwrap_or(Precision::F32);
        let layout = HeadLayout::of(config);
        let dims = (layout.panels() * LANES) as u64;
        // In values, padded to whole panels.
        let (hidden, wide) = (padded(config.hidden_size), padded(config.intermediate_size));
        let heads = layout.columns() as u64;
        let widened = if config.is_gated { 2 * wide } else { wide };
        let layer = linear(precision, hidden, 3 * heads)
            + linear(precision, heads, hidden)
            + linear(precision, hidden, widened)
            + linear(precision, wide, hidden)
            + 4 * 4 * hidden
            + distances(config, heads);
        let of_head = |spec: &HeadSpec| {
            let dense = spec.dense.as_ref().map(|dense| padded(dense.width));
            let output = linear(Precision::F32, dense.unwrap_or(hidden), padded(spec.logits));
            dense.map_or(0, |dense| linear(Precision::F32, hidden, dense)).saturating_add(output)
        };
        let embedding = padded(config.embedding_size);
        let projection = match config.projection {
            Projection::Nothing => 0,
            Projection::BeforeNorm | Projection::AfterNorm => linear(Precision::F32, embedding, hidden),
        };
        let places = 4 * config.position_rows().max(1) as u64 * embedding + numbers(config);
        let weights = words
            + places
            + projection
            + config.layers as u64 * layer
            + specs.iter().map(of_head).fold(0, u64::saturating_add);
        let (longest, batch) = (work.longest as u64, work.batch as u64);
        let pass = if packed.is_some() {
            let rows = longest.max(WAVE as u64);
            let inputs = if precision == Precision::F32 { 0 } else { 2 * 2 * hidden.max(heads).max(wide) };
            let residual = if config.norm_first { hidden } else { 0 };
            let embedded = if projection > 0 { 2 * embedding } else { 0 };
            let arena = rows * (4 * (2 * hidden + residual + embedded + 4 * heads + wide) + inputs);
            let rows_of_distances = match &config.attention {
                // A row for each distance in both directions, of a query and of a key.
                Attention::Disentangled(Disentangled { distances: Some(how), .. }) => {
                    padded(2 * how.span.min(work.longest))
                }
                // Two tables of cosines and sines.
                Attention::Rotary(_) => 2 * dims,
                _ => 0,
            };
            let scratch = 4 * longest * (dims + LANES as u64 + rows_of_distances);
            arena + scratch + 4 * batch * hidden
        } else {
            // Its sequences are padded; scores and their softmax are kept whole. Distances add products, the
            // rows that are gathered of them, and what is gathered.
            let matrices = match &config.attention {
                Attention::Plain | Attention::Rotary(_) => 2,
                Attention::Buckets(_) => 3,
                Attention::Disentangled(_) => 7,
            };
            let scores = matrices * config.attention_heads as u64 * longest;
            4 * batch * (scores + 6 * hidden + 2 * wide)
        };
        Self { weights, buffers: work.threads as u64 * pass }
    }
}

fn padded(columns: usize) -> u64 {
    (columns as u64).div_ceil(LANES as u64).saturating_mul(LANES as u64)
}

/// What a layer keeps of the embeddings of distances.
fn distances(config: &Config, heads: u64) -> u64 {
    let Attention::Disentangled(Disentangled { distances: Some(how), .. }) = &config.attention else {
        return 0;
    };
    let kinds = u64::from(how.content_to_position) + u64::from(how.position_to_content);
    4 * kinds * padded(2 * how.span) * heads
}

/// What an encoder keeps by distance.
fn numbers(config: &Config) -> u64 {
    let distances = 2 * config.max_positions as u64;
    match &config.attention {
        Attention::Buckets(_) => 4 * config.attention_heads as u64 * distances,
        Attention::Disentangled(_) => 4 * distances,
        Attention::Plain | Attention::Rotary(_) => 0,
    }
}

/// A linear layer and its bias, packed; the scales of integers are a sixteenth at most from 128 inputs on.
fn linear(precision: Precision, inputs: u64, outputs: u64) -> u64 {
    // A file's header may claim any number of outputs.
    let weights = inputs.saturating_mul(outputs);
    let weights = match precision {
        Precision::F32 => weights.saturating_mul(4),
        Precision::Bf16 => weights.saturating_mul(2),
        Precision::Int8 => weights.saturating_add(weights / 16),
    };
    weights.saturating_add(outputs.saturating_mul(4))
}
