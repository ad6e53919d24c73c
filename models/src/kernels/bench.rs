//! Subjects of the benches: a product and the steps around it by themselves, and the peak of a processor's
//! multiply-adds.

use std::time::{Duration, Instant};

use super::aligned::Aligned;
use super::layout::{Lane, Lanes, Order, Tiles, panels};
use super::linear::{Epilogue, Packed, PackedLinear};
use super::rows::{self, Norm, Scale};
use super::simd::{Buffers, LANES, Pairs, Program, Simd};
use super::{Isa, Matrix, Precision};

/// Operations of one thread in a second, two a multiply-add, of the instructions that a tile of this
/// precision is made of, on values in registers. `None` for [`Isa::PORTABLE`], whose instructions the
/// compiler chooses, and for a precision that the set widens.
pub fn peak(isa: Isa, precision: Precision, time: Duration) -> Option<f64> {
    const TURNS: u32 = 200_000;
    let mut best: f64 = 0.0;
    let begin = Instant::now();
    while begin.elapsed() < time {
        let start = Instant::now();
        let operations = isa.peak(precision, TURNS)?;
        best = best.max(operations / start.elapsed().as_secs_f64());
    }
    Some(best)
}

/// A linear layer of random weights, its input packed for it, and space for its output. One thread runs it.
#[derive(Debug)]
pub struct Product {
    isa: Isa,
    linear: PackedLinear,
    norm: Norm,
    rows: usize,
    from: Aligned<Lane>,
    to: Aligned<Lane>,
    normed: Aligned<Lane>,
    pairs: Aligned<Pairs>,
    buffers: Buffers,
    scales: Aligned<Scale>,
}

/// A part of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Packing the activations into the form that the product reads; nothing in float32.
    Pack,
    /// The product with its bias.
    Product,
    /// The product with its bias, then GELU.
    Gelu,
    /// LayerNorm of the product's input.
    Norm,
}

impl Product {
    /// A layer of `inputs` by `outputs`, both multiples of sixteen, for `rows` tokens.
    ///
    /// # Panics
    /// Where a size is not a multiple of sixteen.
    pub fn new(isa: Isa, precision: Precision, rows: usize, inputs: usize, outputs: usize) -> Self {
        assert!(inputs.is_multiple_of(LANES) && outputs.is_multiple_of(LANES), "{inputs} by {outputs}");
        let weight = |output: usize, input: usize| noise(output * inputs + input) * 0.05;
        let row = |output: usize| Some((0..inputs).map(|input| weight(output, input)).collect());
        let linear = PackedLinear::new(precision, &Matrix { inputs, outputs, row }, |_| 0.1, |_| 3.0);
        let width = panels(inputs);
        let lane = |at: usize| std::array::from_fn(|lane| noise(at * LANES + lane) * 3.0);
        let mut product = Self {
            isa,
            norm: Norm {
                weight: (0..width).map(|_| [1.0; LANES]).collect(),
                bias: Aligned::zeros(width),
                columns: inputs,
                eps: 1e-12,
            },
            rows,
            from: (0..width * rows).map(lane).collect(),
            to: Aligned::zeros(panels(outputs) * rows),
            normed: Aligned::zeros(width * rows),
            pairs: Aligned::zeros(width * rows),
            buffers: Buffers::default(),
            scales: Aligned::zeros(rows * linear.blocks()),
            linear,
        };
        product.run(Part::Pack);
        product
    }

    /// Does one part once.
    pub fn run(&mut self, part: Part) {
        self.isa.compiled(Run { product: self, part });
    }

    /// Two for each multiply-add.
    pub fn operations(&self) -> u64 {
        (2 * self.rows * self.linear.inputs * LANES * self.linear.outputs() * LANES) as u64
    }
}

/// The same everywhere, from -1 to 1.
fn noise(at: usize) -> f32 {
    let mixed = (at as u32).wrapping_mul(2_654_435_761).rotate_left(15).wrapping_mul(2_246_822_519);
    mixed as f32 / (u32::MAX / 2) as f32 - 1.0
}

struct Run<'a> {
    product: &'a mut Product,
    part: Part,
}

impl Program for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Product { linear, norm, rows, from, to, normed, pairs, buffers, scales, .. } = self.product;
        let (rows, width, blocks) = (*rows, linear.inputs, linear.blocks());
        let quads = S::buffer(buffers);
        let quads = quads.resized(rows * width);
        let groups = || (0..rows).step_by(S::ROWS).map(|first| first..rows.min(first + S::ROWS));
        match self.part {
            Part::Norm => {
                for group in groups() {
                    let tiles = Tiles::of_columns(from, rows, group.clone());
                    norm.rows(simd, tiles, &mut normed[group.start * width..group.end * width]);
                }
            }
            Part::Pack => {
                for group in groups() {
                    let tiles = Tiles::of_columns(from, rows, group.clone());
                    let lanes = group.start * width..group.end * width;
                    match linear.precision() {
                        Precision::F32 => {}
                        Precision::Bf16 => rows::pack_bf16(simd, tiles, &mut pairs[lanes]),
                        Precision::Int8 => {
                            let scales = &mut scales[group.start * blocks..group.end * blocks];
                            rows::quantise(simd, tiles, linear.inverse(), &mut quads[lanes], scales);
                        }
                    }
                }
            }
            Part::Product | Part::Gelu => {
                let input = match linear.precision() {
                    Precision::F32 => Packed::F32 { lanes: Lanes::Columns(from), rows },
                    Precision::Bf16 => Packed::Bf16 { pairs, order: Order::Groups },
                    Precision::Int8 => Packed::Int8 { quads, scales, order: Order::Groups },
                };
                let epilogue = if self.part == Part::Gelu { Epilogue::Gelu } else { Epilogue::Nothing };
                linear.columns(simd, 0..linear.outputs(), rows, &input, epilogue, to);
            }
        }
    }
}
