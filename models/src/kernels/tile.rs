//! Tiles of a product, each compiled once for each height and called from wherever a product is.

use super::rows::{BLOCK, Step};
use super::simd::{Kernel, LANES, Pairs, Simd, WeightPairs, WeightQuads};
use super::tiles::Lane;

/// A float tile: activations, weights, and the sums that they are added to.
struct Floats<'a, const R: usize> {
    activations: &'a [[Lane; R]],
    weights: &'a [Lane],
    sums: &'a mut [Lane; R],
}

impl<S: Simd, const R: usize> Kernel<S> for Floats<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self, simd: S) {
        simd.f32_tile(self.activations, self.weights, self.sums);
    }
}

/// As above, for some panels at once.
struct Halves<'a, const R: usize, const C: usize> {
    activations: &'a [[Pairs; R]],
    weights: [&'a [WeightPairs]; C],
    sums: [&'a mut [Lane; R]; C],
}

impl<S: Simd, const R: usize, const C: usize> Kernel<S> for Halves<'_, R, C> {
    type Output = ();
    #[inline(always)]
    fn run(self, simd: S) {
        simd.bf16_tile(self.activations, self.weights, self.sums);
    }
}

/// Quantised weights of sixteen columns over all inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// By panels of inputs.
    pub(crate) quads: &'a [[WeightQuads; 4]],
    /// By blocks of inputs.
    pub(crate) steps: &'a [Lane],
    /// The sums of the quantised weights, by blocks of inputs.
    pub(crate) sums: &'a [[i32; LANES]],
}

struct Integers<'a, Q, const R: usize> {
    activations: &'a [[Q; R]],
    steps: &'a [[Step; R]],
    weights: Columns<'a>,
    values: &'a mut [Lane; R],
}

impl<S: Simd, const R: usize> Kernel<S> for Integers<'_, S::Quads, R> {
    type Output = ();

    /// Sums of a block become floats while they are in registers, and so do these stay.
    #[inline(always)]
    fn run(self, simd: S) {
        let Columns { quads, steps, sums } = self.weights;
        let mut values = [simd.splat(0.0); R];
        for (value, from) in values.iter_mut().zip(&*self.values) {
            *value = simd.load(from);
        }
        let blocks = self.activations.chunks(BLOCK).zip(quads.chunks(BLOCK)).zip(self.steps);
        for (((activations, quads), by_row), (step, all)) in blocks.zip(steps.iter().zip(sums)) {
            let mut start = [0; LANES];
            for (start, sum) in start.iter_mut().zip(all) {
                *start = sum * -S::OFFSET;
            }
            let sums = simd.int8_tile(activations, quads, &start);
            let (step, all) = (simd.load(step), simd.whole(simd.integers(all)));
            for row in 0..R {
                let sum = simd.fma(all, simd.splat(by_row[row].zero), simd.whole(sums[row]));
                values[row] = simd.fma(sum, simd.mul(step, simd.splat(by_row[row].step)), values[row]);
            }
        }
        for (value, to) in values.into_iter().zip(self.values) {
            simd.store(value, to);
        }
    }
}

/// Evaluates `run` with the constant `R` as high as the tile, which can be no argument: it is the length of arrays.
macro_rules! by_rows {
    ($height:expr, $($rows:literal)*, $R:ident => $run:expr) => {
        match $height {
            $($rows if $rows <= S::ROWS => {
                const $R: usize = $rows;
                $run
            })*
            rows => unreachable!("a tile of {rows} rows"),
        }
    };
}

/// `sums += activations · weights`; activations are `[panel][row]`, as many rows as sums.
#[inline(always)]
pub(crate) fn f32_tile<S: Simd>(simd: S, activations: &[Lane], weights: &[Lane], sums: &mut [Lane]) {
    by_rows!(sums.len(), 1 2 3 4 5 6 7 8 9 10 11 12, R => simd.run(Floats::<R> {
        activations: activations.as_chunks().0,
        weights,
        sums: rows(sums),
    }));
}

/// As [`f32_tile`] for `C` panels of columns, with both sides rounded to bfloat16.
#[inline(always)]
pub(crate) fn bf16_tile<S: Simd, const C: usize>(
    simd: S,
    activations: &[Pairs],
    weights: [&[WeightPairs]; C],
    sums: [&mut [Lane]; C],
) {
    by_rows!(sums[0].len(), 1 2 3 4 5 6 7 8 9 10 11 12, R => simd.run(Halves::<R, C> {
        activations: activations.as_chunks().0,
        weights,
        sums: sums.map(rows),
    }));
}

/// `values += activations · weights`, both quantised, with a step for each block of each row and column.
#[inline(always)]
pub(crate) fn int8_tile<S: Simd>(
    simd: S,
    activations: &[S::Quads],
    steps: &[Step],
    weights: Columns<'_>,
    values: &mut [Lane],
) {
    by_rows!(values.len(), 1 2 3 4 5 6 7 8 9 10 11 12, R => simd.run(Integers::<S::Quads, R> {
        activations: activations.as_chunks().0,
        steps: steps.as_chunks().0,
        weights,
        values: rows(values),
    }));
}

#[inline(always)]
fn rows<const R: usize>(rows: &mut [Lane]) -> &mut [Lane; R] {
    rows.as_mut_array().expect("the height that was matched")
}
