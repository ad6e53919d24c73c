//! y = x Wᵀ + b with weights packed for the tiles, and what is done to a tile before it is written.

use std::ops::Range;

use super::math;
use super::rows::{BLOCK, Step};
use super::simd::{LANES, PAIRS, Pairs, Simd, WeightPairs, WeightQuads};
use super::tile::{Column, bf16_tile, f32_tile, int8_tile};
use super::tiles::Lane;

/// A linear layer, its outputs in panels of sixteen columns; inputs and outputs are padded with zeros to whole panels.
#[derive(Debug)]
pub(crate) struct PackedLinear {
    /// Panels of the input.
    pub(crate) inputs: usize,
    pub(super) bias: Vec<Lane>,
    pub(super) weights: PackedWeights,
}

#[derive(Debug)]
pub(super) enum PackedWeights {
    /// `[panel][input][16]`.
    F32(Vec<Lane>),
    /// `[panel][two inputs][16]`.
    Bf16(Vec<WeightPairs>),
    /// Symmetric, with a step for each block of inputs in each output column.
    Int8 {
        /// `[panel][panel of inputs][four inputs][16][4]`.
        quads: Vec<[WeightQuads; 4]>,
        /// `[panel][block]`.
        steps: Vec<Lane>,
        /// The sums of the weights, `[panel][block]`.
        sums: Vec<[i32; LANES]>,
        /// One over the spread of each input column, which the weights are multiplied with.
        inverse: Vec<Lane>,
    },
}

/// Number types of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Eight-bit integers, with a scale for each output column; activations likewise, with a scale for each token.
    Int8,
    /// Bfloat16, the sums in float32. Fast where the processor has AVX-512 BF16, slower than float32 elsewhere.
    Bf16,
    /// Float32.
    F32,
}

/// Activations as a product reads them, group after group of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Packed<'a, Q> {
    F32(&'a [Lane]),
    Bf16(&'a [Pairs]),
    Int8 { quads: &'a [Q], steps: &'a [Step] },
}

/// What follows the product.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then<'a> {
    Nothing,
    Gelu,
    GeluTanh,
    Relu,
    Tanh,
    /// The sum with a matrix by groups.
    Add(&'a [Lane]),
}

/// Rows whose sums are kept while the weights of a panel pass by, a block of inputs at a time.
const ROW_BLOCK: usize = 48;
/// Panels of inputs whose weights stay in the first-level cache while rows pass by.
const F32_BLOCK: usize = 16;
/// As above, in half the bytes.
const BF16_BLOCK: usize = 24;

impl PackedLinear {
    /// Panels of the output.
    pub(crate) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// The output panels `range` of all rows, by columns, to `to`.
    #[inline(always)]
    pub(crate) fn columns<S: Simd>(
        &self,
        simd: S,
        range: Range<usize>,
        rows: usize,
        input: &Packed<'_, S::Quads>,
        then: Then<'_>,
        to: &mut [Lane],
    ) {
        for (panel, to) in range.zip(to.chunks_exact_mut(rows)) {
            let ends = Finish { bias: &self.bias[panel], then, panel, panels: self.outputs() };
            for (block, to) in to.chunks_mut(ROW_BLOCK).enumerate() {
                let first = block * ROW_BLOCK;
                match (&self.weights, input) {
                    (PackedWeights::F32(weights), Packed::F32(values)) => {
                        let width = self.inputs * LANES;
                        let weights = &weights[panel * width..][..width];
                        let mut sums = [[0.0; LANES]; ROW_BLOCK];
                        for (part, weights) in weights.chunks(F32_BLOCK * LANES).enumerate() {
                            for (group, sums) in sums[..to.len()].chunks_mut(S::ROWS).enumerate() {
                                let height = sums.len();
                                let at = (first + group * S::ROWS) * self.inputs + part * F32_BLOCK * height;
                                let values = &values[at..][..weights.len() / LANES * height];
                                f32_tile(simd, values, weights, sums);
                            }
                        }
                        ends.write_sums(simd, &sums, first, rows, to);
                    }
                    (PackedWeights::Bf16(weights), Packed::Bf16(values)) => {
                        let width = self.inputs * PAIRS;
                        let weights = &weights[panel * width..][..width];
                        let mut sums = [[0.0; LANES]; ROW_BLOCK];
                        for (part, weights) in weights.chunks(BF16_BLOCK * PAIRS).enumerate() {
                            for (group, sums) in sums[..to.len()].chunks_mut(S::ROWS).enumerate() {
                                let height = sums.len();
                                let at = (first + group * S::ROWS) * self.inputs + part * BF16_BLOCK * height;
                                let values = &values[at..][..weights.len() / PAIRS * height];
                                bf16_tile(simd, values, weights, sums);
                            }
                        }
                        ends.write_sums(simd, &sums, first, rows, to);
                    }
                    (
                        PackedWeights::Int8 { quads: weights, steps, sums, .. },
                        Packed::Int8 { quads, steps: by_row },
                    ) => {
                        let (width, blocks) = (self.inputs, self.blocks());
                        let weights = &weights[panel * width..][..width];
                        let mut values = [*ends.bias; ROW_BLOCK];
                        for (block, weights) in weights.chunks(BLOCK).enumerate() {
                            let at = panel * blocks + block;
                            let column = Column { step: &steps[at], sums: &sums[at] };
                            for (group, values) in values[..to.len()].chunks_mut(S::ROWS).enumerate() {
                                let (row, height) = (first + group * S::ROWS, values.len());
                                let at = row * width + block * BLOCK * height;
                                let quads = &quads[at..][..weights.len() * height];
                                let by_row = &by_row[row * blocks + block * height..][..height];
                                int8_tile(simd, quads, weights, column, by_row, values);
                            }
                        }
                        for (row, (value, to)) in values.iter().zip(to).enumerate() {
                            ends.write(simd, simd.load(value), first + row, rows, to);
                        }
                    }
                    _ => unreachable!("activations are packed for the weights' precision"),
                }
            }
        }
    }

    /// Blocks of inputs that share a step.
    pub(crate) fn blocks(&self) -> usize {
        self.inputs.div_ceil(BLOCK)
    }

    /// One over the spread of each input column; empty where inputs are floats.
    pub(crate) fn inverse(&self) -> &[Lane] {
        match &self.weights {
            PackedWeights::F32(_) | PackedWeights::Bf16(_) => &[],
            PackedWeights::Int8 { inverse, .. } => inverse,
        }
    }

    pub(crate) fn precision(&self) -> Precision {
        match self.weights {
            PackedWeights::F32(_) => Precision::F32,
            PackedWeights::Bf16(_) => Precision::Bf16,
            PackedWeights::Int8 { .. } => Precision::Int8,
        }
    }
}

/// What is done to a value of one panel before it is written.
struct Finish<'a> {
    bias: &'a Lane,
    then: Then<'a>,
    panel: usize,
    panels: usize,
}

impl Finish<'_> {
    /// Sums of float products, which have no bias yet.
    #[inline(always)]
    fn write_sums<S: Simd>(&self, simd: S, sums: &[Lane], first: usize, rows: usize, to: &mut [Lane]) {
        for (row, (sums, to)) in sums.iter().zip(to).enumerate() {
            self.write(simd, simd.add(simd.load(sums), simd.load(self.bias)), first + row, rows, to);
        }
    }

    #[inline(always)]
    fn write<S: Simd>(&self, simd: S, value: S::F32, row: usize, rows: usize, to: &mut Lane) {
        let value = match self.then {
            Then::Nothing => value,
            Then::Gelu => math::gelu(simd, value),
            Then::GeluTanh => math::gelu_tanh(simd, value),
            Then::Relu => math::relu(simd, value),
            Then::Tanh => math::tanh(simd, value),
            Then::Add(groups) => {
                let group = row / S::ROWS;
                let height = S::ROWS.min(rows - group * S::ROWS);
                let at = (group * S::ROWS) * self.panels + self.panel * height + row % S::ROWS;
                simd.add(value, simd.load(&groups[at]))
            }
        };
        simd.store(value, to);
    }
}
