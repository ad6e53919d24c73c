//! The memory of a network, estimated from its configuration before any of it is asked for.

use crate::config::Config;
use crate::encoder::WAVE;
use crate::heads::HeadSpec;
use crate::kernels::Precision;
use crate::kernels::layout::panels;
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
    /// `words` is the size of the word embedding in its file, in bytes; `packed` the number type of the
    /// packed path, `None` for the reference.
    pub(crate) fn of(
        config: &Config,
        words: u64,
        specs: &[HeadSpec],
        packed: Option<Precision>,
        work: Work,
    ) -> Self {
        let precision = packed.unwrap_or(Precision::F32);
        let dims = padded(config.hidden_size / config.attention_heads);
        // In values, padded to whole panels.
        let (hidden, wide) = (padded(config.hidden_size), padded(config.intermediate_size));
        let heads = config.attention_heads as u64 * dims;
        let layer = linear(precision, hidden, 3 * heads)
            + linear(precision, heads, hidden)
            + linear(precision, hidden, wide)
            + linear(precision, wide, hidden)
            + 4 * 4 * hidden;
        let of_head = |spec: &HeadSpec| {
            let dense = spec.dense.as_ref().map(|(_, width, _)| padded(*width));
            dense.map_or(0, |dense| linear(Precision::F32, hidden, dense))
                + linear(Precision::F32, dense.unwrap_or(hidden), padded(spec.logits))
        };
        let positions = 4 * config.max_positions as u64 * hidden;
        let weights =
            words + positions + config.layers as u64 * layer + specs.iter().map(of_head).sum::<u64>();
        let (longest, batch) = (work.longest as u64, work.batch as u64);
        let pass = if packed.is_some() {
            let rows = longest.max(WAVE as u64);
            let inputs = if precision == Precision::F32 { 0 } else { 2 * 2 * hidden.max(heads).max(wide) };
            let arena = rows * (4 * (2 * hidden + 4 * heads + wide) + inputs);
            let scratch = 4 * longest * (dims + LANES as u64);
            arena + scratch + 4 * batch * hidden
        } else {
            // Its sequences are padded; scores and their softmax are kept whole.
            let scores = 2 * config.attention_heads as u64 * longest;
            4 * batch * (scores + 6 * hidden + 2 * wide)
        };
        Self { weights, buffers: work.threads as u64 * pass }
    }
}

fn padded(columns: usize) -> u64 {
    (panels(columns) * LANES) as u64
}

/// A linear layer and its bias, packed; the scales of integers are a sixteenth at most.
fn linear(precision: Precision, inputs: u64, outputs: u64) -> u64 {
    let weights = inputs * outputs;
    4 * outputs
        + match precision {
            Precision::F32 => 4 * weights,
            Precision::Bf16 => 2 * weights,
            Precision::Int8 => weights + weights / 16,
        }
}
