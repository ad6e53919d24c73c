//! Weights in the order in which the tiles read them, packed by as many threads as the pool has.

use rayon::prelude::*;

use super::aligned::Aligned;
use super::layout::{Lane, panels};
use super::linear::{PackedLinear, PackedWeights, Precision};
use super::rows::{BLOCK, bf16};
use super::simd::{LANES, PAIRS, WeightPairs, WeightQuads};

/// Adding and subtracting it rounds a float32 of less than 2^22 to the nearest integer, ties to even.
const ROUND: f32 = 12_582_912.0;

/// The largest sum of the magnitudes of two weights side by side: times an unsigned byte, 255 · 128 is within
/// 16 bits.
pub(super) const PAIR: i32 = 128;
/// Before they are rounded: a sum of two below the limit cannot be rounded above it.
const BELOW_PAIR: f32 = PAIR as f32 - 0.01;

/// The weights of each output over the inputs, and the sizes of a layer's input and output, each counted with
/// its padding.
pub(crate) struct Matrix<R> {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// The weights of an output: `None` for padding, and zeros follow where there are fewer than inputs.
    pub(crate) row: R,
}

impl<R: Fn(usize) -> Option<Vec<f32>> + Sync> Matrix<R> {
    /// Sixteen outputs, `[input][16]`.
    fn panel(&self, panel: usize, to: &mut [Lane]) {
        to.fill([0.0; LANES]);
        for lane in 0..LANES.min(self.outputs - panel * LANES) {
            let Some(row) = (self.row)(panel * LANES + lane) else { continue };
            for (to, weight) in to.iter_mut().zip(row.iter()) {
                to[lane] = *weight;
            }
        }
    }

    /// The largest magnitude among the weights of each input, padding counted.
    fn heaviest(&self) -> Vec<f32> {
        let mut heaviest = vec![0f32; panels(self.inputs) * LANES];
        for row in (0..self.outputs).filter_map(&self.row) {
            for (heaviest, weight) in heaviest.iter_mut().zip(row.iter()) {
                *heaviest = heaviest.max(weight.abs());
            }
        }
        heaviest
    }
}

impl PackedLinear {
    /// Packs a layer. `bias(output)` is zero in the padding; `spread(input)` is about how far an input goes
    /// from zero: integers share one scale among a row's inputs.
    pub(crate) fn new<R: Fn(usize) -> Option<Vec<f32>> + Sync>(
        precision: Precision,
        matrix: &Matrix<R>,
        bias: impl Fn(usize) -> f32,
        spread: impl Fn(usize) -> f32,
    ) -> Self {
        let outputs = matrix.outputs;
        let bias = |first: usize| -> Lane {
            std::array::from_fn(|lane| if first + lane < outputs { bias(first + lane) } else { 0.0 })
        };
        Self {
            inputs: panels(matrix.inputs),
            bias: (0..outputs).step_by(LANES).map(bias).collect(),
            weights: match precision {
                Precision::F32 => pack_f32(matrix),
                Precision::Bf16 => pack_bf16(matrix),
                Precision::Int8 => pack_int8(matrix, spread),
            },
        }
    }
}

fn pack_f32(matrix: &Matrix<impl Fn(usize) -> Option<Vec<f32>> + Sync>) -> PackedWeights {
    let width = panels(matrix.inputs) * LANES;
    let mut weights = Aligned::<Lane>::zeros(panels(matrix.outputs) * width);
    weights.par_chunks_exact_mut(width).enumerate().for_each(|(panel, to)| matrix.panel(panel, to));
    PackedWeights::F32(weights)
}

fn pack_bf16(matrix: &Matrix<impl Fn(usize) -> Option<Vec<f32>> + Sync>) -> PackedWeights {
    let width = panels(matrix.inputs);
    let mut pairs = Aligned::<WeightPairs>::zeros(panels(matrix.outputs) * width * PAIRS);
    pairs.par_chunks_exact_mut(width * PAIRS).enumerate().for_each_init(
        || vec![[0.0; LANES]; width * LANES],
        |lanes, (panel, to)| {
            matrix.panel(panel, lanes);
            for ([low, high], to) in lanes.as_chunks().0.iter().zip(to) {
                *to = std::array::from_fn(|lane| bf16(low[lane]) | bf16(high[lane]) << 16);
            }
        },
    );
    PackedWeights::Bf16(pairs)
}

fn pack_int8(
    matrix: &Matrix<impl Fn(usize) -> Option<Vec<f32>> + Sync>,
    spread: impl Fn(usize) -> f32,
) -> PackedWeights {
    // SmoothQuant (Xiao et al. 2023), at its exponent of a half: the wide spread of an input is moved to the
    // weights.
    let smooth = |(input, heaviest): (usize, f32)| {
        let ratio = if input < matrix.inputs { (spread(input) / heaviest).sqrt() } else { 0.0 };
        if ratio.is_normal() { ratio } else { 1.0 }
    };
    let smooth: Vec<f32> = matrix.heaviest().into_iter().enumerate().map(smooth).collect();
    let (width, count) = (panels(matrix.inputs), panels(matrix.outputs));
    let blocks = width.div_ceil(BLOCK);
    let mut quads = Aligned::<[WeightQuads; 4]>::zeros(count * width);
    let mut scales = Aligned::<Lane>::zeros(count * blocks);
    let mut sums = Aligned::<[i32; LANES]>::zeros(count * blocks);
    quads
        .par_chunks_exact_mut(width)
        .zip(scales.par_chunks_exact_mut(blocks).zip(sums.par_chunks_exact_mut(blocks)))
        .enumerate()
        .for_each_init(
            || vec![[0.0; LANES]; width * LANES],
            |lanes, (panel, (quads, (scales, sums)))| {
                matrix.panel(panel, lanes);
                for (weights, smooth) in lanes.iter_mut().zip(&smooth) {
                    *weights = weights.map(|weight| weight * smooth);
                }
                let blocks = lanes.chunks(BLOCK * LANES).zip(quads.chunks_mut(BLOCK));
                for ((lanes, quads), (scale, sum)) in blocks.zip(scales.iter_mut().zip(sums)) {
                    (*scale, *sum) = quantised(lanes, quads);
                }
            },
        );
    let inverse = smooth.as_chunks().0.iter().map(|lane| lane.map(|smooth| 1.0 / smooth)).collect();
    PackedWeights::Int8 { quads, scales, sums, inverse }
}

/// A block of inputs of sixteen outputs as integers of -127 to 127, two neighbours' magnitudes [`PAIR`] at
/// most; their scales, and their sums.
fn quantised(block: &[Lane], to: &mut [[WeightQuads; 4]]) -> (Lane, [i32; LANES]) {
    let (mut single, mut pair) = ([0f32; LANES], [0f32; LANES]);
    for [first, second] in block.as_chunks().0 {
        for lane in 0..LANES {
            let (first, second) = (first[lane].abs(), second[lane].abs());
            single[lane] = single[lane].max(first).max(second);
            pair[lane] = pair[lane].max(first + second);
        }
    }
    let scale: Lane = std::array::from_fn(|lane| (single[lane] / 127.0).max(pair[lane] / BELOW_PAIR));
    let inverse = scale.map(|scale| if scale > 0.0 { 1.0 / scale } else { 0.0 });
    let mut sums = [0; LANES];
    for (inputs, to) in block.as_chunks::<LANES>().0.iter().zip(to) {
        for (four, to) in inputs.as_chunks::<4>().0.iter().zip(to) {
            for (at, weights) in four.iter().enumerate() {
                for lane in 0..LANES {
                    let whole = (weights[lane] * inverse[lane] + ROUND - ROUND) as i32;
                    sums[lane] += whole;
                    to[lane][at] = whole as i8;
                }
            }
        }
    }
    (scale, sums)
}
