//! Tiles of a product, each compiled once for each height and called from wherever a product is.

use super::layout::{Lane, Order, Tiles};
use super::rows::{BLOCK, Scale};
use super::simd::{Kernel, LANES, Pairs, Simd, WeightPairs, WeightQuads};

/// A float tile of some panels: activations, weights, and the sums that their products are added to.
struct Floats<'a, const R: usize, const C: usize> {
    activations: Tiles<'a>,
    weights: [&'a [Lane]; C],
    sums: [&'a mut [Lane; R]; C],
}

impl<S: Simd, const R: usize, const C: usize> Kernel<S> for Floats<'_, R, C> {
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
    pub(crate) scales: &'a [Lane],
    /// The sums of the quantised weights, by blocks of inputs.
    pub(crate) sums: &'a [[i32; LANES]],
}

/// Quantised activations, of which a tile reads the rows from `row` on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantised<'a, Q> {
    pub(crate) quads: &'a [Q],
    pub(crate) scales: &'a [Scale],
    pub(crate) order: Order,
    pub(crate) row: usize,
}

struct Integers<'a, Q, const R: usize, const C: usize> {
    activations: Quantised<'a, Q>,
    weights: [Columns<'a>; C],
    values: [&'a mut [Lane; R]; C],
}

impl<S: Simd, const R: usize, const C: usize> Kernel<S> for Integers<'_, S::Quads, R, C> {
    type Output = ();

    /// Sums of a block become floats while they are in registers.
    #[inline(always)]
    fn run(self, simd: S) {
        let Self { activations: Quantised { quads, scales, order, row }, weights, values } = self;
        let (inputs, blocks) = (weights[0].quads.len(), weights[0].scales.len());
        for block in 0..blocks {
            let first = block * BLOCK;
            let panels = BLOCK.min(inputs - first);
            let activations = &quads[order.start(row, R, first, panels, inputs)..][..panels * R];
            let activations: &[[S::Quads; R]] = activations.as_chunks().0;
            let by_row = &scales[order.start(row, R, block, 1, blocks)..][..R];
            let mut starts = [[0; LANES]; C];
            let mut columns: [&[[WeightQuads; 4]]; C] = [&[]; C];
            for panel in 0..C {
                columns[panel] = &weights[panel].quads[first..][..panels];
                for (start, sum) in starts[panel].iter_mut().zip(&weights[panel].sums[block]) {
                    *start = sum * -S::OFFSET;
                }
            }
            let sums = simd.int8_tiles(activations, columns, &starts);
            for panel in 0..C {
                let scale = simd.load(&weights[panel].scales[block]);
                let all = simd.i32_to_f32(simd.load_i32(&weights[panel].sums[block]));
                for row in 0..R {
                    let sum = simd.fma(all, simd.splat(by_row[row].zero), simd.i32_to_f32(sums[panel][row]));
                    let value = simd.load(&values[panel][row]);
                    let value = simd.fma(sum, simd.mul(scale, simd.splat(by_row[row].scale)), value);
                    simd.store(value, &mut values[panel][row]);
                }
            }
        }
    }
}

/// Evaluates `run` with the constant `R` as high as the tile, which cannot be an argument: it is the length
/// of arrays.
macro_rules! by_rows {
    ($height:expr, $($rows:literal)*, $R:ident => $run:expr) => {
        match $height {
            $($rows if const { $rows <= S::ROWS } => {
                const $R: usize = $rows;
                $run
            })*
            rows => unreachable!("a tile of {rows} rows"),
        }
    };
}

/// `sums += activations · weights` of `C` panels of columns; activations have as many rows as sums.
#[inline(always)]
pub(crate) fn f32_tile<S: Simd, const C: usize>(
    simd: S,
    activations: Tiles<'_>,
    weights: [&[Lane]; C],
    sums: [&mut [Lane]; C],
) {
    by_rows!(sums[0].len(), 1 2 3 4 5 6 7 8 9 10 11 12, R => simd.run(Floats::<R, C> {
        activations,
        weights,
        sums: sums.map(rows),
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

/// `values += activations · weights` of `C` panels of columns, both quantised, with a scale for each block of
/// each row and column.
#[inline(always)]
pub(crate) fn int8_tile<S: Simd, const C: usize>(
    simd: S,
    activations: Quantised<'_, S::Quads>,
    weights: [Columns<'_>; C],
    values: [&mut [Lane]; C],
) {
    by_rows!(values[0].len(), 1 2 3 4 5 6 7 8 9 10 11 12, R => simd.run(Integers::<S::Quads, R, C> {
        activations,
        weights,
        values: values.map(rows),
    }));
}

#[inline(always)]
fn rows<const R: usize>(rows: &mut [Lane]) -> &mut [Lane; R] {
    rows.as_mut_array().expect("the height that was matched")
}
