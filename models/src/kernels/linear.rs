//! y = x Wᵀ + b with weights packed for the tiles, and the epilogue that is applied to a tile before it is
//! written.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::aligned::Aligned;
use super::layout::{Lane, Lanes, Order};
use super::math;
use super::microkernel::{Columns, Quantised, bf16_tile, f32_tile, int8_tile};
use super::rows::{BLOCK, Scale};
use super::simd::{LANES, PAIRS, Pairs, Simd, WeightPairs, WeightQuads};
use crate::config::Activation;

/// A linear layer, its outputs in panels of sixteen columns; inputs and outputs are padded with zeros to
/// whole panels.
#[derive(Debug)]
pub(crate) struct PackedLinear {
    /// Panels of the input.
    pub(crate) inputs: usize,
    pub(super) bias: Aligned<Lane>,
    pub(super) weights: PackedWeights,
}

#[derive(Debug)]
pub(super) enum PackedWeights {
    /// `[panel][input][16]`.
    F32(Aligned<Lane>),
    /// `[panel][two inputs][16]`.
    Bf16(Aligned<WeightPairs>),
    /// Symmetric, with a scale for each block of inputs in each output column.
    Int8 {
        /// `[panel][panel of inputs][four inputs][16][4]`.
        quads: Aligned<[WeightQuads; 4]>,
        /// `[panel][block]`.
        scales: Aligned<Lane>,
        /// The sums of the weights, `[panel][block]`.
        sums: Aligned<[i32; LANES]>,
        /// One over the spread of each input column; the weights are multiplied by the spread.
        inverse: Aligned<Lane>,
    },
}

/// Number types of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Eight-bit integers, with a scale for each block of 192 inputs of an output; activations likewise, of a
    /// token.
    Int8,
    /// Bfloat16, the sums in float32. Fast where the processor has AVX-512 BF16, slower than float32
    /// elsewhere.
    Bf16,
    /// Float32.
    F32,
}

/// Activations as a product reads them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Packed<'a, Q> {
    /// Where they lie, of so many rows in all.
    F32 {
        lanes: Lanes<'a>,
        rows: usize,
    },
    Bf16 {
        pairs: &'a [Pairs],
        order: Order,
    },
    Int8 {
        quads: &'a [Q],
        scales: &'a [Scale],
        order: Order,
    },
}

/// The operation that follows the product.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Epilogue<'a> {
    Nothing,
    Gelu,
    GeluTanh,
    Relu,
    Silu,
    Tanh,
    /// The sum with a matrix by groups.
    Add(&'a [Lane]),
    /// The product with a matrix by columns, of as many as are written.
    Multiply(&'a [Lane]),
}

impl Epilogue<'_> {
    /// For what is written after the first lanes.
    #[inline(always)]
    fn after(self, lanes: usize) -> Self {
        match self {
            Self::Multiply(columns) => Self::Multiply(&columns[lanes..]),
            other => other,
        }
    }
}

impl From<Activation> for Epilogue<'_> {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Gelu => Self::Gelu,
            Activation::GeluTanh => Self::GeluTanh,
            Activation::Relu => Self::Relu,
            Activation::Silu => Self::Silu,
            Activation::Tanh => Self::Tanh,
        }
    }
}

/// Panels of columns that the widest tiles have ([`Simd::PANELS`]).
pub(crate) const STRIP: usize = 2;
/// Rows whose sums are kept while the weights of a panel pass by, a block of inputs at a time.
const ROW_BLOCK: usize = 96;
/// Panels of inputs whose weights stay in the first-level cache while rows pass by.
const F32_BLOCK: usize = 16;

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
        epilogue: Epilogue<'_>,
        to: &mut [Lane],
    ) {
        let _configured = (self.precision() != Precision::F32).then(|| simd.configured(rows));
        for (strip, to) in to.chunks_mut(S::PANELS * rows).enumerate() {
            let panel = range.start + strip * S::PANELS;
            let epilogue = epilogue.after(strip * S::PANELS * rows);
            if const { S::PANELS == STRIP } && to.len() == STRIP * rows {
                self.strip::<S, STRIP>(simd, panel, rows, input, epilogue, to);
            } else {
                self.strip::<S, 1>(simd, panel, rows, input, epilogue, to);
            }
        }
    }

    /// `C` panels from `panel` on.
    #[inline(always)]
    fn strip<S: Simd, const C: usize>(
        &self,
        simd: S,
        panel: usize,
        rows: usize,
        input: &Packed<'_, S::Quads>,
        epilogue: Epilogue<'_>,
        to: &mut [Lane],
    ) {
        // In memory of their own: the output's lines are in no near cache, and sums would wait for them.
        let mut memory = Sums::<C>::new();
        for first in (0..rows).step_by(ROW_BLOCK) {
            let block = first..rows.min(first + ROW_BLOCK);
            let mut sums = memory.filled(block.len(), &self.bias[panel..]);
            let mut panels = to.chunks_exact(rows);
            let lines: [&[Lane]; C] =
                std::array::from_fn(|_| panels.next().map_or(&[][..], |to| &to[block.clone()]));
            self.add(simd, panel, first, input, lines, sums.each_mut().map(|sums| &mut **sums));
            for ((index, sums), to) in sums.iter().enumerate().zip(to.chunks_exact_mut(rows)) {
                let epilogue = epilogue.after(index * rows);
                let ends = Finish { epilogue, panel: panel + index, panels: self.outputs() };
                for ((row, sum), to) in block.clone().zip(sums.iter()).zip(&mut to[block.clone()]) {
                    ends.write(simd, row, rows, sum, to);
                }
            }
        }
    }

    /// Adds the products of as many rows as there are sums, from the row `first` on, with `C` panels of
    /// columns. `lines` are written next, and prefetched.
    #[inline(always)]
    fn add<S: Simd, const C: usize>(
        &self,
        simd: S,
        panel: usize,
        first: usize,
        input: &Packed<'_, S::Quads>,
        lines: [&[Lane]; C],
        mut sums: [&mut [Lane]; C],
    ) {
        let inputs = self.inputs;
        let blocks = |size: usize| (0..inputs).step_by(size).map(move |at| at..inputs.min(at + size));
        let count = sums[0].len();
        let groups = || (0..count).step_by(S::ROWS).map(|at| at..count.min(at + S::ROWS));
        match (&self.weights, input) {
            (PackedWeights::F32(weights), Packed::F32 { lanes, rows }) => {
                for block in blocks(F32_BLOCK / C) {
                    let both: [_; C] = std::array::from_fn(|at| {
                        let weights = &weights[(panel + at) * inputs * LANES..];
                        split(weights, block.start * LANES..block.end * LANES)
                    });
                    let weights = both.map(|(weights, _)| weights);
                    for (index, group) in groups().enumerate() {
                        for ((_, after), lines) in both.into_iter().zip(lines) {
                            ask(simd, after, index, count);
                            if block.end == inputs {
                                ask(simd, lines, index, count);
                            }
                        }
                        let values = lanes.group((first + group.start) / S::ROWS, S::ROWS, *rows);
                        let values = values.after_panels(block.start);
                        f32_tile(simd, values, weights, sums.each_mut().map(|sums| &mut sums[group.clone()]));
                    }
                }
            }
            (PackedWeights::Bf16(weights), Packed::Bf16 { pairs, order }) => {
                for block in blocks(BLOCK) {
                    let both: [_; C] = std::array::from_fn(|at| {
                        let weights = &weights[(panel + at) * inputs * PAIRS..];
                        split(weights, block.start * PAIRS..block.end * PAIRS)
                    });
                    let weights = both.map(|(weights, _)| weights);
                    for (index, group) in groups().enumerate() {
                        for ((_, after), lines) in both.into_iter().zip(lines) {
                            ask(simd, after, index, count);
                            if block.end == inputs {
                                ask(simd, lines, index, count);
                            }
                        }
                        let (row, height) = (first + group.start, group.len());
                        let at = order.start(row, height, block.start, block.len(), inputs);
                        let values = &pairs[at..][..block.len() * height];
                        bf16_tile(
                            simd,
                            values,
                            weights,
                            sums.each_mut().map(|sums| &mut sums[group.clone()]),
                        );
                    }
                }
            }
            (
                PackedWeights::Int8 { quads, scales, sums: totals, .. },
                Packed::Int8 { quads: values, scales: by_row, order },
            ) => {
                let both: [_; C] = std::array::from_fn(|at| {
                    let panel = panel + at;
                    let of_panel = panel * self.blocks()..(panel + 1) * self.blocks();
                    let (quads, after) = split(quads, panel * inputs..(panel + 1) * inputs);
                    let sums = &totals[of_panel.clone()];
                    (Columns { quads, scales: &scales[of_panel], sums }, after.as_flattened())
                });
                let weights = both.map(|(weights, _)| weights);
                for (index, group) in groups().enumerate() {
                    for ((_, after), lines) in both.into_iter().zip(lines) {
                        ask(simd, after, index, count);
                        ask(simd, lines, index, count);
                    }
                    let values =
                        Quantised { quads: values, scales: by_row, order: *order, row: first + group.start };
                    let sums = sums.each_mut().map(|sums| &mut sums[group.clone()]);
                    int8_tile(simd, values, weights, sums);
                }
            }
            _ => unreachable!("activations are packed for the weights' precision"),
        }
    }

    /// Blocks of inputs that share a scale.
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

/// Returns `part` of `all`, and as much of the same length after it as there is.
#[inline(always)]
fn split<T>(all: &[T], part: Range<usize>) -> (&[T], &[T]) {
    let after = part.end..all.len().min(part.end + part.len());
    (&all[part], &all[after])
}

/// Prefetches one group's share of the next weights: they arrive while the groups are multiplied with the
/// current ones, and the first group finds them in the cache.
#[inline(always)]
fn ask<S: Simd, T>(simd: S, next: &[T], group: usize, rows: usize) {
    let groups = rows.div_ceil(S::ROWS);
    for weights in &next[next.len() * group / groups..next.len() * (group + 1) / groups] {
        simd.prefetch(weights);
    }
}

/// The sums of a block of rows in `C` panels, in the first-level cache.
#[repr(align(64))]
struct Sums<const C: usize>([[MaybeUninit<Lane>; ROW_BLOCK]; C]);

impl<const C: usize> Sums<C> {
    #[inline(always)]
    fn new() -> Self {
        Self([[const { MaybeUninit::uninit() }; ROW_BLOCK]; C])
    }

    /// The first `rows` of each panel, filled with its bias.
    #[inline(always)]
    fn filled(&mut self, rows: usize, bias: &[Lane]) -> [&mut [Lane]; C] {
        let mut bias = bias.iter();
        self.0.each_mut().map(|panel| {
            let bias = bias.next().expect("a bias for each panel");
            let panel = &mut panel[..rows];
            for sum in &mut *panel {
                sum.write(*bias);
            }
            // SAFETY: each of them was written.
            unsafe { std::slice::from_raw_parts_mut(panel.as_mut_ptr().cast(), panel.len()) }
        })
    }
}

/// The epilogue of one panel, applied to each value before it is written.
struct Finish<'a> {
    epilogue: Epilogue<'a>,
    panel: usize,
    panels: usize,
}

impl Finish<'_> {
    #[inline(always)]
    fn write<S: Simd>(&self, simd: S, row: usize, rows: usize, sum: &Lane, to: &mut Lane) {
        let value = simd.load(sum);
        let value = match self.epilogue {
            Epilogue::Nothing => value,
            Epilogue::Gelu => math::gelu(simd, value),
            Epilogue::GeluTanh => math::gelu_tanh(simd, value),
            Epilogue::Relu => math::relu(simd, value),
            Epilogue::Silu => math::silu(simd, value),
            Epilogue::Tanh => math::tanh(simd, value),
            Epilogue::Add(groups) => {
                let group = row / S::ROWS;
                let height = S::ROWS.min(rows - group * S::ROWS);
                let at = (group * S::ROWS) * self.panels + self.panel * height + row % S::ROWS;
                simd.add(value, simd.load(&groups[at]))
            }
            Epilogue::Multiply(columns) => simd.mul(value, simd.load(&columns[row])),
        };
        simd.store(value, to);
    }
}
