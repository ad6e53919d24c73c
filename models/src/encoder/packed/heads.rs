//! How the heads of the attention lie in queries, keys and values.

use crate::config::{Attention, Config};
use crate::kernels::layout::panels;
use crate::kernels::linear::PackedLinear;
use crate::kernels::simd::LANES;
use crate::kernels::{Matrix, Precision, RowMajor};

/// Heads are padded to whole panels, so that attention reads and writes whole lanes; where queries and keys
/// are turned, each half of a head is, so that the two values of a turn stand in the same lane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadLayout {
    /// Values of a head.
    size: usize,
    pub(crate) heads: usize,
    halves: bool,
}

impl HeadLayout {
    pub(crate) fn of(config: &Config) -> Self {
        let halves = matches!(config.attention, Attention::Rotary(_));
        Self { size: config.head_size(), heads: config.attention_heads, halves }
    }

    /// Panels of a head.
    pub(crate) fn panels(self) -> usize {
        if self.halves { 2 * panels(self.size / 2) } else { panels(self.size) }
    }

    /// Columns of all heads, their padding counted.
    pub(crate) fn columns(self) -> usize {
        self.heads * self.panels() * LANES
    }

    /// The value that stands in a column, `None` in the padding.
    pub(crate) fn value(self, column: usize) -> Option<usize> {
        let padded = self.panels() * LANES;
        let (head, at) = (column / padded, column % padded);
        let (size, padded) = if self.halves { (self.size / 2, padded / 2) } else { (self.size, padded) };
        (at % padded < size).then(|| head * self.size + at / padded * size + at % padded)
    }

    /// Packs layers whose outputs are heads, one after the other: `parts` are theirs and the first output of
    /// each.
    pub(crate) fn pack(
        self,
        precision: Precision,
        inputs: usize,
        parts: &[(&RowMajor<'_>, usize)],
        spread: impl Fn(usize) -> f32,
    ) -> PackedLinear {
        let columns = self.columns();
        let output = |column: usize| {
            let (plain, first) = parts[column / columns];
            self.value(column % columns).map(|value| (plain, first + value))
        };
        let row = |column: usize| output(column).map(|(plain, output)| plain.row(output));
        let matrix = Matrix { inputs, outputs: parts.len() * columns, row };
        let bias = |column: usize| output(column).map_or(0.0, |(plain, output)| plain.bias[output]);
        PackedLinear::new(precision, &matrix, bias, spread)
    }
}
