//! Where activations lie: sixteen columns of a row side by side, in one of two orders.

use std::ops::Range;

use super::simd::LANES;

/// Sixteen floats of one row.
pub(crate) type Lane = [f32; LANES];

/// `n` columns as panels of sixteen.
pub(crate) fn panels(columns: usize) -> usize {
    columns.div_ceil(LANES)
}

/// The order in which packed activations lie: blocks of inputs of groups of rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Order {
    /// `[group][block]`: as steps over rows pack them.
    #[default]
    Groups,
    /// `[block][group]`: as a product packs its output, of so many rows in all.
    Blocks { rows: usize },
}

impl Order {
    /// Where the block begins whose first panel is `panel`, of a group of `height` rows whose first is `row`.
    /// The block has `panels` of the `inputs` panels of a row.
    #[inline(always)]
    pub(crate) fn start(
        self,
        row: usize,
        height: usize,
        panel: usize,
        panels: usize,
        inputs: usize,
    ) -> usize {
        match self {
            Self::Groups => row * inputs + panel * height,
            Self::Blocks { rows } => panel * rows + row * panels,
        }
    }
}

/// Where a panel of a row lies in a block of `panels` panels by `rows` rows, of which `abreast` panels of a
/// row lie side by side: `[panel / abreast][row][panel % abreast]`, or `[panel][row]` where they do not
/// divide.
#[inline(always)]
pub(crate) fn place(panel: usize, row: usize, panels: usize, rows: usize, abreast: usize) -> usize {
    if panels.is_multiple_of(abreast) {
        (panel / abreast * rows + row) * abreast + panel % abreast
    } else {
        panel * rows + row
    }
}

/// A whole matrix, by the order in which it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lanes<'a> {
    /// `[panel][row][16]` over all rows, as products write it.
    Columns(&'a [Lane]),
    /// `[group][panel][row of the group][16]`, as steps over rows write it.
    Groups(&'a [Lane]),
}

impl<'a> Lanes<'a> {
    /// One group of `height` rows at most, of `rows` in all.
    #[inline(always)]
    pub(crate) fn group(self, group: usize, height: usize, rows: usize) -> Tiles<'a> {
        let first = group * height;
        let height = height.min(rows - first);
        match self {
            Self::Columns(data) => Tiles::of_columns(data, rows, first..first + height),
            Self::Groups(data) => {
                let panels = data.len() / rows;
                Tiles::of_group(&data[first * panels..][..height * panels], height)
            }
        }
    }
}

/// Rows of a matrix, read panel by panel, in whichever order of [`Lanes`] they lie.
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

    /// Some of its rows.
    #[inline(always)]
    pub(crate) fn part(self, first: usize, rows: usize) -> Self {
        Self { first: self.first + first, rows, ..self }
    }

    /// All but the first `panels` panels.
    #[inline(always)]
    pub(crate) fn after_panels(self, panels: usize) -> Self {
        Self { data: &self.data[panels * self.stride..], ..self }
    }

    /// The number of panels.
    pub(crate) fn panels(&self) -> usize {
        self.data.len() / self.stride
    }

    /// The rows of one panel, of which there are `R`.
    #[inline(always)]
    pub(crate) fn rows_of<const R: usize>(&self, panel: usize) -> &'a [Lane; R] {
        self.panel(panel).as_array().expect("as many rows as the tile")
    }

    /// The rows of one panel.
    #[inline(always)]
    pub(crate) fn panel(&self, panel: usize) -> &'a [Lane] {
        let start = panel * self.stride + self.first;
        &self.data[start..start + self.rows]
    }
}
