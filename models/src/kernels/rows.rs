//! Steps over whole rows: LayerNorm, and the form in which a product reads its activations.

use std::ops::Range;

use super::aligned::{Aligned, Plain};
use super::layout::{Lane, Tiles, place};
use super::math;
use super::row_major::Moments;
use super::simd::{LANES, Pairs, Simd};

/// LayerNorm's parameters, padded with zeros to whole panels.
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) weight: Aligned<Lane>,
    pub(crate) bias: Aligned<Lane>,
    /// Columns without the padding.
    pub(crate) columns: usize,
    pub(crate) eps: f32,
}

impl Norm {
    /// Pads the parameters.
    pub(crate) fn new([weight, bias]: [&[f32]; 2], eps: f32) -> Self {
        let lane = |chunk: &[f32]| std::array::from_fn(|lane| chunk.get(lane).copied().unwrap_or(0.0));
        let lanes = |values: &[f32]| values.chunks(LANES).map(lane).collect();
        Self { weight: lanes(weight), bias: lanes(bias), columns: weight.len(), eps }
    }

    /// Those of its output by column: its bias and its weight.
    pub(crate) fn moments(&self) -> Moments {
        let flat = |lanes: &[Lane]| lanes.as_flattened()[..self.columns].to_vec();
        Moments { means: flat(&self.bias), deviations: flat(&self.weight) }
    }

    /// (x - mean) / √(variance + eps) · weight + bias of each row (Ba et al. 2016), written by groups. The
    /// padding of `from` is zero, and that of `to` becomes zero.
    #[inline(always)]
    pub(crate) fn rows<S: Simd>(&self, simd: S, from: Tiles<'_>, to: &mut [Lane]) {
        let (rows, panels) = (from.rows(), self.weight.len());
        let count = self.columns as f32;
        let mask: Lane = std::array::from_fn(|lane| {
            f32::from(u8::from(self.columns.is_multiple_of(LANES) || lane < self.columns % LANES))
        });
        for row in 0..rows {
            let mut total = simd.splat(0.0);
            for panel in 0..panels {
                total = simd.add(total, simd.load(&from.panel(panel)[row]));
            }
            let mean = simd.splat(math::sum(stored(simd, total)) / count);
            let mut squares = simd.splat(0.0);
            for panel in 0..panels {
                let mut centred = simd.sub(simd.load(&from.panel(panel)[row]), mean);
                if panel == panels - 1 {
                    centred = simd.mul(centred, simd.load(&mask));
                }
                squares = simd.fma(centred, centred, squares);
            }
            let variance = math::sum(stored(simd, squares)) / count;
            // A sum that overflowed must not become the bias, which looks like an answer.
            let inverse = if variance.is_finite() { 1.0 / (variance + self.eps).sqrt() } else { f32::NAN };
            let inverse = simd.splat(inverse);
            for panel in 0..panels {
                let centred = simd.sub(simd.load(&from.panel(panel)[row]), mean);
                let weight = simd.mul(simd.load(&self.weight[panel]), inverse);
                let normed = simd.fma(centred, weight, simd.load(&self.bias[panel]));
                simd.store(normed, &mut to[panel * rows + row]);
            }
        }
    }
}

/// Rows as a product of pairs reads them, rounded to bfloat16: `[panel][row]`, by blocks.
#[inline(always)]
pub(crate) fn pack_bf16<S: Simd>(_simd: S, from: Tiles<'_>, to: &mut [Pairs]) {
    let rows = from.rows();
    for (block, to) in to.chunks_mut(BLOCK * rows).enumerate() {
        let panels = to.len() / rows;
        for panel in 0..panels {
            for (row, lane) in from.panel(block * BLOCK + panel).iter().enumerate() {
                let halves = lane.map(bf16);
                to[place(panel, row, panels, rows, S::PAIRS_ABREAST)] =
                    std::array::from_fn(|pair| halves[2 * pair] | halves[2 * pair + 1] << 16);
            }
        }
    }
}

/// The bits of the nearest bfloat16, ties to even; a subnormal number becomes zero, and a NaN the quiet NaN.
#[inline(always)]
pub(crate) fn bf16(value: f32) -> u32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    let number = if rounded & 0x7f80 == 0 { rounded & 0x8000 } else { rounded };
    if bits & 0x7fff_ffff > f32::INFINITY.to_bits() { 0x7fc0 } else { number }
}

/// Panels of inputs that share a scale, in a row of activations and in a column of weights: one outlier
/// spoils the others of its block only. In bf16 the panels that are multiplied at once: their weights stay in
/// the first-level cache while rows pass by.
pub(crate) const BLOCK: usize = 12;

/// The quantisation of a block in one row: a value is `scale` · (q + `zero`).
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Scale {
    pub(crate) scale: f32,
    pub(crate) zero: f32,
}

// SAFETY: two numbers.
unsafe impl Plain for Scale {}

/// Rows as an integer product reads them, `[panel][row]`: each column divided by its spread, then the range
/// of each block in each row to -128 to 127. `inverse` has one over the spread of each column; `scales` are
/// `[block][row]`.
#[inline(always)]
pub(crate) fn quantise<S: Simd>(
    simd: S,
    from: Tiles<'_>,
    inverse: &[Lane],
    to: &mut [S::Quads],
    scales: &mut [Scale],
) {
    let rows = from.rows();
    let blocks = inverse.chunks(BLOCK).zip(to.chunks_mut(BLOCK * rows)).zip(scales.chunks_exact_mut(rows));
    for (block, ((inverse, to), scales)) in blocks.enumerate() {
        for (row, scale) in scales.iter_mut().enumerate() {
            let value = |panel: usize| {
                let value = simd.load(&from.panel(block * BLOCK + panel)[row]);
                simd.mul(value, simd.load(&inverse[panel]))
            };
            let (mut low, mut high) = (simd.splat(0.0), simd.splat(0.0));
            for panel in 0..inverse.len() {
                low = simd.min(value(panel), low);
                high = simd.max(value(panel), high);
            }
            let low = math::min(stored(simd, low));
            let range = math::max(stored(simd, high)) - low;
            let factor = if range > 0.0 { 255.0 / range } else { 0.0 };
            *scale = Scale { scale: range / 255.0, zero: low * factor + 128.0 };
            let (factor, offset) = (simd.splat(factor), simd.splat(-scale.zero));
            for panel in 0..inverse.len() {
                // Rounding may put the largest half a step above.
                let whole = simd.round(simd.fma(value(panel), factor, offset));
                let whole = simd.max(simd.min(whole, simd.splat(127.0)), simd.splat(-128.0));
                to[place(panel, row, inverse.len(), rows, S::QUADS_ABREAST)] = simd.quads(whole);
            }
        }
    }
}

/// e^(score - largest) of one row, in place, and their sum. The row's scores stand `stride` lanes apart, of
/// which `keys` count; those of the same lanes outside of them become zero.
#[inline(always)]
pub(crate) fn exponentials<S: Simd>(simd: S, scores: &mut [Lane], stride: usize, keys: Range<usize>) -> f32 {
    let (first, last) = (keys.start / LANES * stride, (keys.end - 1) / LANES * stride);
    let (before, beyond) = (keys.start % LANES, (keys.end - 1) % LANES + 1);
    scores[first][..before].fill(f32::NEG_INFINITY);
    scores[last][beyond..].fill(f32::NEG_INFINITY);
    let mut largest = simd.splat(f32::NEG_INFINITY);
    for at in (first..=last).step_by(stride) {
        largest = simd.max(largest, simd.load(&scores[at]));
    }
    let largest = math::max(stored(simd, largest));
    if !largest.is_finite() {
        // Scores that overflowed must not become weights, which look like an answer.
        return f32::NAN;
    }
    let largest = simd.splat(largest);
    for at in (first..=last).step_by(stride) {
        let value = math::exp(simd, simd.sub(simd.load(&scores[at]), largest));
        simd.store(value, &mut scores[at]);
    }
    scores[first][..before].fill(0.0);
    scores[last][beyond..].fill(0.0);
    let mut total = simd.splat(0.0);
    for at in (first..=last).step_by(stride) {
        total = simd.add(total, simd.load(&scores[at]));
    }
    math::sum(stored(simd, total))
}

#[inline(always)]
pub(crate) fn stored<S: Simd>(simd: S, value: S::F32) -> Lane {
    let mut lanes = [0.0; LANES];
    simd.store(value, &mut lanes);
    lanes
}
