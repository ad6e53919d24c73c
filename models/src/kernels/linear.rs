//! y = x Wᵀ + b with weights packed for the tiles, and what is done to a tile before it is written.

use std::ops::Range;

use super::math;
use super::rows::{BLOCK, Step, bf16};
use super::simd::{Kernel, LANES, Pair, Simd, WeightPairs, WeightQuads};
use super::tiles::{Lane, panels};

/// A linear layer, its outputs in panels of sixteen columns; inputs and outputs are padded with zeros to whole panels.
#[derive(Debug)]
pub(crate) struct PackedLinear {
    /// Panels of the input.
    pub(crate) inputs: usize,
    bias: Vec<Lane>,
    weights: PackedWeights,
}

#[derive(Debug)]
enum PackedWeights {
    /// `[panel][input][16]`.
    F32(Vec<Lane>),
    /// `[panel][two inputs][16]`.
    Bf16(Vec<WeightPairs>),
    /// Symmetric, with a step for each block of inputs in each output column.
    Int8 {
        /// `[panel][four inputs][16][4]`.
        quads: Vec<WeightQuads>,
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
    F32(&'a [f32]),
    Bf16(&'a [Pair]),
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
/// The highest tile of any instruction set.
const MOST_ROWS: usize = 12;
/// Panels of inputs whose weights stay in the first-level cache while rows pass by.
const F32_BLOCK: usize = 16;

impl PackedLinear {
    /// Packs `outputs` columns over `inputs`, both counted with their padding; `weight(output, input)` and `bias(output)` give zero
    /// there. `spread(input)` is about how far an input goes from zero: integers share one step among a row's inputs.
    pub(crate) fn new(
        precision: Precision,
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f32,
        bias: impl Fn(usize) -> f32,
        spread: impl Fn(usize) -> f32,
    ) -> Self {
        let (out, columns, inputs) = (panels(outputs), inputs, panels(inputs));
        let bias_of = |column: usize| if column < outputs { bias(column) } else { 0.0 };
        let weight_of =
            |column: usize, input: usize| if column < outputs { weight(column, input) } else { 0.0 };
        let bias = (0..out).map(|panel| std::array::from_fn(|lane| bias_of(panel * LANES + lane))).collect();
        let weights = match precision {
            Precision::F32 => PackedWeights::F32(
                (0..out * inputs * LANES)
                    .map(|at| {
                        let (panel, input) = (at / (inputs * LANES), at % (inputs * LANES));
                        std::array::from_fn(|lane| weight_of(panel * LANES + lane, input))
                    })
                    .collect(),
            ),
            Precision::Bf16 => PackedWeights::Bf16(
                (0..out * inputs * LANES / 2)
                    .map(|at| {
                        let (panel, input) = (at / (inputs * LANES / 2), at % (inputs * LANES / 2) * 2);
                        std::array::from_fn(|lane| {
                            let half = |input| bf16(weight_of(panel * LANES + lane, input));
                            half(input) | half(input + 1) << 16
                        })
                    })
                    .collect(),
            ),
            Precision::Int8 => {
                // SmoothQuant (Xiao et al. 2023), at its exponent of a half: what is wide among the inputs goes to the weights.
                let smooth: Vec<f32> = (0..inputs * LANES)
                    .map(|input| {
                        let heaviest = (0..outputs).map(|o| weight_of(o, input).abs()).fold(0.0, f32::max);
                        let spread = if input < columns { spread(input) } else { 0.0 };
                        let ratio = (spread / heaviest).sqrt();
                        if ratio.is_normal() { ratio } else { 1.0 }
                    })
                    .collect();
                let weight_of = |column: usize, input: usize| weight_of(column, input) * smooth[input];
                let mut quads = Vec::with_capacity(out * inputs * 4);
                let (mut steps, mut sums) = (Vec::with_capacity(out), Vec::with_capacity(out));
                for (panel, first) in
                    (0..out).flat_map(|panel| (0..inputs).step_by(BLOCK).map(move |b| (panel, b)))
                {
                    let block = first * LANES..inputs.min(first + BLOCK) * LANES;
                    let largest: Lane = std::array::from_fn(|lane| {
                        let weights = block.clone().map(|input| weight_of(panel * LANES + lane, input).abs());
                        weights.fold(0.0, f32::max)
                    });
                    let scale = largest.map(|largest| if largest > 0.0 { 127.0 / largest } else { 0.0 });
                    let mut sum = [0; LANES];
                    for input in block.step_by(4) {
                        let weights: WeightQuads = std::array::from_fn(|lane| {
                            std::array::from_fn(|at| {
                                let value = weight_of(panel * LANES + lane, input + at);
                                (value * scale[lane]).round_ties_even() as i8
                            })
                        });
                        for (sum, weights) in sum.iter_mut().zip(weights) {
                            *sum += weights.iter().map(|&weight| i32::from(weight)).sum::<i32>();
                        }
                        quads.push(weights);
                    }
                    steps.push(largest.map(|largest| largest / 127.0));
                    sums.push(sum);
                }
                let inverse = smooth.chunks_exact(LANES);
                let inverse = inverse.map(|lanes| std::array::from_fn(|lane| 1.0 / lanes[lane])).collect();
                PackedWeights::Int8 { quads, steps, sums, inverse }
            }
        };
        Self { inputs, bias, weights }
    }

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
        input: &Packed<'_, S::Quad>,
        then: Then<'_>,
        to: &mut [Lane],
    ) {
        for (panel, to) in range.zip(to.chunks_exact_mut(rows)) {
            let ends = Finish { bias: &self.bias[panel], then, panel, panels: self.outputs() };
            for (block, to) in to.chunks_mut(ROW_BLOCK).enumerate() {
                let first = block * ROW_BLOCK;
                match (&self.weights, input) {
                    (PackedWeights::F32(weights), Packed::F32(values)) => {
                        let weights = &weights[panel * self.inputs * LANES..][..self.inputs * LANES];
                        let mut sums = [[0.0; LANES]; ROW_BLOCK];
                        float_sums::<S, _, _>(
                            values,
                            weights,
                            F32_BLOCK * LANES,
                            first,
                            &mut sums[..to.len()],
                            |values, weights, sums| f32_tile(simd, values, weights, sums),
                        );
                        ends.write_sums(simd, &sums, first, rows, to);
                    }
                    (PackedWeights::Bf16(weights), Packed::Bf16(values)) => {
                        let width = self.inputs * LANES / 2;
                        let weights = &weights[panel * width..][..width];
                        let mut sums = [[0.0; LANES]; ROW_BLOCK];
                        float_sums::<S, _, _>(
                            values,
                            weights,
                            F32_BLOCK * LANES,
                            first,
                            &mut sums[..to.len()],
                            |values, weights, sums| bf16_tile(simd, values, weights, sums),
                        );
                        ends.write_sums(simd, &sums, first, rows, to);
                    }
                    (
                        PackedWeights::Int8 { quads: weights, steps, sums, .. },
                        Packed::Int8 { quads, steps: by_row },
                    ) => {
                        let (width, blocks) = (self.inputs * 4, self.blocks());
                        let weights = &weights[panel * width..][..width];
                        let mut values = [*ends.bias; ROW_BLOCK];
                        for (block, weights) in weights.chunks(BLOCK * 4).enumerate() {
                            let all = &sums[panel * blocks + block];
                            let step = simd.load(&steps[panel * blocks + block]);
                            let start = all.map(|sum| -S::OFFSET * sum);
                            let all = simd.whole(all);
                            let skipped = block * BLOCK * 4;
                            for (group, values) in values[..to.len()].chunks_mut(S::ROWS).enumerate() {
                                let (row, height) = (first + group * S::ROWS, values.len());
                                let mut sums = [start; MOST_ROWS];
                                let sums = &mut sums[..height];
                                let at = row * width + skipped * height;
                                int8_tile(simd, &quads[at..][..weights.len() * height], weights, sums);
                                let by_row = &by_row[row * blocks + block * height..][..height];
                                for ((sum, by_row), value) in sums.iter().zip(by_row).zip(values) {
                                    let sum = simd.fma(all, simd.splat(by_row.zero), simd.whole(sum));
                                    let step = simd.mul(step, simd.splat(by_row.step));
                                    simd.store(simd.fma(sum, step, simd.load(value)), value);
                                }
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

/// The sums of some rows from the row `first` on, `block` weights at a time, so that they stay in the first-level cache while rows pass by.
#[inline(always)]
fn float_sums<S: Simd, A, W>(
    values: &[A],
    weights: &[W],
    block: usize,
    first: usize,
    sums: &mut [Lane],
    tile: impl Fn(&[A], &[W], &mut [Lane]),
) {
    for (part, block_weights) in weights.chunks(block).enumerate() {
        for (group, sums) in sums.chunks_mut(S::ROWS).enumerate() {
            let at = (first + group * S::ROWS) * weights.len() + part * block * sums.len();
            tile(&values[at..][..block_weights.len() * sums.len()], block_weights, sums);
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

/// A tile as a kernel of its own: compiled once, and called from wherever a product is.
struct Tile<'a, A, W, T, const R: usize> {
    activations: &'a [[A; R]],
    weights: &'a [W],
    sums: &'a mut [[T; LANES]; R],
}

impl<S: Simd, const R: usize> Kernel<S> for Tile<'_, f32, Lane, f32, R> {
    type Output = ();
    #[inline(always)]
    fn run(self, simd: S) {
        simd.f32_tile(self.activations, self.weights, self.sums);
    }
}

impl<S: Simd, const R: usize> Kernel<S> for Tile<'_, Pair, WeightPairs, f32, R> {
    type Output = ();
    #[inline(always)]
    fn run(self, simd: S) {
        simd.bf16_tile(self.activations, self.weights, self.sums);
    }
}

impl<S: Simd, const R: usize> Kernel<S> for Tile<'_, S::Quad, WeightQuads, i32, R> {
    type Output = ();
    #[inline(always)]
    fn run(self, simd: S) {
        simd.int8_tile(self.activations, self.weights, self.sums);
    }
}

/// Runs the tile of as many rows as there are sums.
macro_rules! by_rows {
    ($simd:ident, $activations:ident, $weights:ident, $sums:ident, $($rows:literal)*) => {
        match $sums.len() {
            $($rows if $rows <= S::ROWS => if let Some(sums) = $sums.as_mut_array::<$rows>() {
                $simd.run(Tile { activations: $activations.as_chunks().0, weights: $weights, sums });
            },)*
            rows => unreachable!("a tile of {rows} rows"),
        }
    };
}

#[inline(always)]
pub(crate) fn f32_tile<S: Simd>(simd: S, activations: &[f32], weights: &[Lane], sums: &mut [Lane]) {
    by_rows!(simd, activations, weights, sums, 1 2 3 4 5 6 7 8 9 10 11 12);
}

#[inline(always)]
fn bf16_tile<S: Simd>(simd: S, activations: &[Pair], weights: &[WeightPairs], sums: &mut [Lane]) {
    by_rows!(simd, activations, weights, sums, 1 2 3 4 5 6 7 8 9 10 11 12);
}

#[inline(always)]
fn int8_tile<S: Simd>(simd: S, activations: &[S::Quad], weights: &[WeightQuads], sums: &mut [[i32; LANES]]) {
    by_rows!(simd, activations, weights, sums, 1 2 3 4 5 6 7 8 9 10 11 12);
}
