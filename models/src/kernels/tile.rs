//! Tiles of a product, each compiled once for each height and called from wherever a product is.

use super::rows::Step;
use super::simd::{Kernel, LANES, Pairs, Simd, WeightPairs, WeightQuads};
use super::tiles::Lane;

/// The highest tile of any instruction set.
const MOST_ROWS: usize = 12;

/// A float tile: activations, weights, and the sums that they are added to.
struct Tile<'a, A, W, const R: usize> {
    activations: &'a [[A; R]],
    weights: &'a [W],
    sums: &'a mut [Lane; R],
}

impl<S: Simd, const R: usize> Kernel<S> for Tile<'_, Lane, Lane, R> {
    type Output = ();
    #[inline(always)]
    fn run(self, simd: S) {
        simd.f32_tile(self.activations, self.weights, self.sums);
    }
}

impl<S: Simd, const R: usize> Kernel<S> for Tile<'_, Pairs, WeightPairs, R> {
    type Output = ();
    #[inline(always)]
    fn run(self, simd: S) {
        simd.bf16_tile(self.activations, self.weights, self.sums);
    }
}

/// The quantisation of a block of inputs in sixteen columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column<'a> {
    pub(crate) step: &'a Lane,
    /// The sums of the quantised weights.
    pub(crate) sums: &'a [i32; LANES],
}

struct Int8Tile<'a, Q, const R: usize> {
    activations: &'a [[Q; R]],
    weights: &'a [[WeightQuads; 4]],
    column: Column<'a>,
    steps: &'a [Step; R],
    values: &'a mut [Lane; R],
}

impl<S: Simd, const R: usize> Kernel<S> for Int8Tile<'_, S::Quads, R> {
    type Output = ();

    /// The sums become floats while they are in registers.
    #[inline(always)]
    fn run(self, simd: S) {
        let start = self.column.sums.map(|sum| sum * -S::OFFSET);
        let sums = simd.int8_tile(self.activations, self.weights, &start);
        let (step, all) = (simd.load(self.column.step), simd.whole(simd.integers(self.column.sums)));
        for row in 0..R {
            let by_row = self.steps[row];
            let sum = simd.fma(all, simd.splat(by_row.zero), simd.whole(sums[row]));
            let value = simd.load(&self.values[row]);
            simd.store(simd.fma(sum, simd.mul(step, simd.splat(by_row.step)), value), &mut self.values[row]);
        }
    }
}

/// Runs the kernel for a tile of as many rows as `values` has.
macro_rules! by_rows {
    ($simd:ident, $values:ident, $($rows:literal)*, |$array:ident| $kernel:expr) => {
        match $values.len() {
            $($rows if $rows <= S::ROWS => if let Some($array) = $values.as_mut_array::<$rows>() {
                $simd.run($kernel);
            },)*
            rows => unreachable!("a tile of {rows} rows, of at most {MOST_ROWS}"),
        }
    };
}

/// `sums += activations · weights`; activations are `[panel][row]`, as many rows as sums.
#[inline(always)]
pub(crate) fn f32_tile<S: Simd>(simd: S, activations: &[Lane], weights: &[Lane], sums: &mut [Lane]) {
    by_rows!(simd, sums, 1 2 3 4 5 6 7 8 9 10 11 12, |sums| Tile {
        activations: activations.as_chunks().0,
        weights,
        sums
    });
}

/// As [`f32_tile`], with both rounded to bfloat16.
#[inline(always)]
pub(crate) fn bf16_tile<S: Simd>(simd: S, activations: &[Pairs], weights: &[WeightPairs], sums: &mut [Lane]) {
    by_rows!(simd, sums, 1 2 3 4 5 6 7 8 9 10 11 12, |sums| Tile {
        activations: activations.as_chunks().0,
        weights,
        sums
    });
}

/// `values += activations · weights`, both quantised, with a step for each row and each column.
#[inline(always)]
pub(crate) fn int8_tile<S: Simd>(
    simd: S,
    activations: &[S::Quads],
    weights: &[[WeightQuads; 4]],
    column: Column<'_>,
    steps: &[Step],
    values: &mut [Lane],
) {
    by_rows!(simd, values, 1 2 3 4 5 6 7 8 9 10 11 12, |values| Int8Tile {
        activations: activations.as_chunks().0,
        weights,
        column,
        steps: steps.first_chunk().expect("a step for each row"),
        values
    });
}
