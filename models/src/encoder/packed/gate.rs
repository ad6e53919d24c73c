//! The first feed-forward layer, whose activated half is multiplied with the other where it has a gate
//! (GeGLU, Shazeer 2020).

use std::ops::Range;

use crate::kernels::layout::{Lane, panels};
use crate::kernels::linear::{Epilogue, Packed, PackedLinear};
use crate::kernels::simd::{Kernel, LANES, Simd};
use crate::kernels::{Matrix, Precision, RowMajor};

/// Packs the layer; the gate begins with a panel of its own. `wide` is the width of a half, or of all.
pub(super) fn pack(
    plain: &RowMajor<'_>,
    precision: Precision,
    wide: usize,
    spread: impl Fn(usize) -> f32,
) -> PackedLinear {
    let padded = panels(wide) * LANES;
    let halves = plain.bias.len() / wide;
    let output = |column: usize| (column % padded < wide).then(|| column / padded * wide + column % padded);
    let outputs = if halves == 1 { wide } else { halves * padded };
    let row = |column: usize| output(column).map(|output| plain.row(output));
    let matrix = Matrix { inputs: plain.inputs(), outputs, row };
    PackedLinear::new(precision, &matrix, |column| output(column).map_or(0.0, |at| plain.bias[at]), spread)
}

/// Some panels of the layer, `[panel][row][16]`.
pub(super) struct Widen<'a, S: Simd> {
    pub(super) linear: &'a PackedLinear,
    /// Panels of the activated half.
    pub(super) range: Range<usize>,
    /// Panels from there to the gate's, where there is one.
    pub(super) gate: Option<usize>,
    pub(super) rows: usize,
    pub(super) input: Packed<'a, S::Quads>,
    pub(super) activation: Epilogue<'a>,
    /// As large as `to` where there is a gate.
    pub(super) activated: &'a mut [Lane],
    pub(super) to: &'a mut [Lane],
}

impl<'a, S: Simd> Kernel<S> for Widen<'a, S> {
    /// What was written.
    type Output = &'a [Lane];

    #[inline(always)]
    fn run(self, simd: S) -> &'a [Lane] {
        let Self { linear, range, gate, rows, input, activation, activated, to } = self;
        let Some(gate) = gate else {
            linear.columns(simd, range, rows, &input, activation, to);
            return to;
        };
        linear.columns(simd, range.clone(), rows, &input, activation, activated);
        let range = range.start + gate..range.end + gate;
        linear.columns(simd, range, rows, &input, Epilogue::Multiply(activated), to);
        to
    }
}
