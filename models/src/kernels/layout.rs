//! Where activations lie: sixteen columns of a row side by side, in one of two orders.

use std::ops::Range;

use super::simd::LANES;

/// Sixteen floats of one row.
pub(crate) type Lane = [f32; LANES];

/// `n` columns as panels of sixteen.
pub(crate) fn panels(columns: usize) -> usize {
    columns.div_ceil(LANES)
}

/// Rows of a matrix, read panel by panel. Two orders are read alike: by columns, `[panel][row][16]` over all
/// rows, as products write it; and by groups, `[group][panel][row of the group][16]`, as steps over rows
/// write it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tiles<'a> {
    data: &'a [Lane],
    /// Lanes from a panel to the next.
    stride: usize,
    first: usize,
    rows: usize,
}

impl<'a> Tiles<'a> {
    /// The rows `range` of a matrix by columns that has `rows` of them.
    pub(crate) fn of_columns(data: &'a [Lane], rows: usize, range: Range<usize>) -> Self {
        Self { data, stride: rows, first: range.start, rows: range.len() }
    }

    /// One group of a matrix by groups.
    pub(crate) fn of_group(data: &'a [Lane], rows: usize) -> Self {
        Self { data, stride: rows, first: 0, rows }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The number of panels.
    pub(crate) fn panels(&self) -> usize {
        self.data.len() / self.stride
    }

    /// The rows of one panel.
    #[inline(always)]
    pub(crate) fn panel(&self, panel: usize) -> &'a [Lane] {
        let start = panel * self.stride + self.first;
        &self.data[start..start + self.rows]
    }
}
