//! Layers over a few rows, on one thread: in heads, and over what is computed once when a model is opened.

use super::Isa;
use super::layout::{Lane, Lanes, Tiles, panels};
use super::linear::{Epilogue, Packed, PackedLinear};
use super::rows::Norm;
use super::simd::{Kernel, LANES, Program, Simd};

/// `rows` rows of `width` values as float32 products read them, by columns.
pub(crate) fn by_columns(values: &[f32], rows: usize, width: usize) -> Vec<Lane> {
    let lane = |at: usize| -> Lane {
        let from = &values[at % rows * width..][..width][at / rows * LANES..];
        std::array::from_fn(|lane| from.get(lane).copied().unwrap_or(0.0))
    };
    (0..panels(width) * rows).map(lane).collect()
}

/// A float32 layer, by columns.
pub(crate) fn linear(
    isa: Isa,
    linear: &PackedLinear,
    epilogue: Epilogue<'_>,
    rows: usize,
    from: &[Lane],
) -> Vec<Lane> {
    isa.run(Product { linear, epilogue, rows, from })
}

/// LayerNorm, by columns.
pub(crate) fn norm(isa: Isa, norm: &Norm, rows: usize, from: &[Lane]) -> Vec<Lane> {
    isa.run(Normed { norm, rows, from })
}

#[derive(Clone, Copy)]
struct Product<'a> {
    linear: &'a PackedLinear,
    epilogue: Epilogue<'a>,
    rows: usize,
    from: &'a [Lane],
}

#[derive(Clone, Copy)]
struct Normed<'a> {
    norm: &'a Norm,
    rows: usize,
    from: &'a [Lane],
}

/// Writes to memory that was made outside of the kernel.
struct To<'a, F> {
    of: F,
    to: &'a mut [Lane],
}

impl Program for Product<'_> {
    type Output = Vec<Lane>;

    fn run<S: Simd>(self, simd: S) -> Vec<Lane> {
        let mut to = vec![[0.0; LANES]; self.linear.outputs() * self.rows];
        simd.run(To { of: self, to: &mut to });
        to
    }
}

impl<S: Simd> Kernel<S> for To<'_, Product<'_>> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Product { linear, epilogue, rows, from } = self.of;
        let input = Packed::F32 { lanes: Lanes::Columns(from), rows };
        linear.columns(simd, 0..linear.outputs(), rows, &input, epilogue, self.to);
    }
}

impl Program for Normed<'_> {
    type Output = Vec<Lane>;

    fn run<S: Simd>(self, simd: S) -> Vec<Lane> {
        let mut to = vec![[0.0; LANES]; self.from.len()];
        simd.run(To { of: self, to: &mut to });
        to
    }
}

impl<S: Simd> Kernel<S> for To<'_, Normed<'_>> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Normed { norm, rows, from } = self.of;
        norm.rows(simd, Tiles::of_columns(from, rows, 0..rows), self.to);
    }
}
