//! Steps over rows between the products, each with its gradient: bias, dropout, residual and LayerNorm; bias
//! and activation.

use rayon::prelude::*;

use super::dropout::Dropout;
use crate::config::Activation;
use crate::kernels::simd::{LANES, Program, Simd};
use crate::kernels::{Isa, math};

/// Rows that one thread takes at a time. Sums over rows are added block by block, in one order at any number
/// of threads.
const BLOCK: usize = 32;

/// Rows that all begin as the bias: a product is then added.
pub(super) fn biased(bias: &[f32], rows: usize) -> Vec<f32> {
    bias.repeat(rows)
}

/// `to[column] += Σ rows[·][column]`.
pub(super) fn add_rows(rows: &[f32], to: &mut [f32]) {
    let width = to.len();
    let block = |rows: &[f32]| {
        let mut sum = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        sum
    };
    let sums: Vec<Vec<f32>> = rows.par_chunks(BLOCK * width).map(block).collect();
    for sum in sums {
        to.iter_mut().zip(sum).for_each(|(to, sum)| *to += sum);
    }
}

/// `values = residual + dropout(values)`, row by row.
pub(super) fn add_residual(values: &mut [f32], residual: &[f32], width: usize, dropout: Dropout) {
    let blocks = values.par_chunks_mut(BLOCK * width).zip(residual.par_chunks(BLOCK * width));
    blocks.enumerate().for_each(|(block, (values, residual))| {
        for (row, values) in values.chunks_exact_mut(width).enumerate() {
            dropout.apply(block * BLOCK + row, values);
        }
        values.iter_mut().zip(residual).for_each(|(value, residual)| *value += residual);
    });
}

/// The gradient through a dropout; a dropout is its own.
pub(super) fn drop_rows(values: &mut [f32], width: usize, dropout: Dropout) {
    values.par_chunks_mut(BLOCK * width).enumerate().for_each(|(block, values)| {
        for (row, values) in values.chunks_exact_mut(width).enumerate() {
            dropout.apply(block * BLOCK + row, values);
        }
    });
}

/// LayerNorm (Ba et al. 2016) with its parameters, the weight before the bias.
#[derive(Debug, Clone, Copy)]
pub(super) struct Norm<'a> {
    pub(super) isa: Isa,
    pub(super) parameters: &'a [f32],
    pub(super) eps: f32,
}

impl Norm<'_> {
    fn width(&self) -> usize {
        self.parameters.len() / 2
    }

    pub(super) fn forward(&self, sums: &[f32]) -> Vec<f32> {
        let mut normed = vec![0.0; sums.len()];
        let size = BLOCK * self.width();
        normed.par_chunks_mut(size).zip(sums.par_chunks(size)).for_each(|(to, from)| {
            self.isa.compiled(Normed { norm: self, from, to });
        });
        normed
    }

    /// Turns the gradient of the output into that of `sums`, and adds that of the parameters.
    pub(super) fn backward(&self, sums: &[f32], gradient: &mut [f32], parameters: &mut [f32]) {
        let size = BLOCK * self.width();
        let blocks = gradient.par_chunks_mut(size).zip(sums.par_chunks(size));
        let added: Vec<Vec<f32>> = blocks
            .map(|(gradient, from)| {
                let mut parameters = vec![0.0; self.parameters.len()];
                self.isa.compiled(NormGradient { norm: self, from, gradient, parameters: &mut parameters });
                parameters
            })
            .collect();
        for added in added {
            parameters.iter_mut().zip(added).for_each(|(to, added)| *to += added);
        }
    }
}

struct Normed<'a> {
    norm: &'a Norm<'a>,
    from: &'a [f32],
    to: &'a mut [f32],
}

struct NormGradient<'a> {
    norm: &'a Norm<'a>,
    from: &'a [f32],
    gradient: &'a mut [f32],
    parameters: &'a mut [f32],
}

/// The sum of `f` over a row, in sixteen running sums.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(usize, f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (whole, rest) = row.as_chunks::<LANES>();
    for (block, values) in whole.iter().enumerate() {
        for lane in 0..LANES {
            lanes[lane] += f(block * LANES + lane, values[lane]);
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        lanes[lane] += f(whole.len() * LANES + lane, value);
    }
    math::sum(lanes)
}

/// The mean of a row and 1 / √(variance + eps).
#[inline(always)]
fn moments(row: &[f32], eps: f32) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = sum(row, |_, x| x) / count;
    let variance = sum(row, |_, x| (x - mean) * (x - mean)) / count;
    (mean, 1.0 / (variance + eps).sqrt())
}

impl Program for Normed<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        let width = self.norm.width();
        let (weight, bias) = self.norm.parameters.split_at(width);
        for (from, to) in self.from.chunks_exact(width).zip(self.to.chunks_exact_mut(width)) {
            let (mean, inverse) = moments(from, self.norm.eps);
            for (((to, from), weight), bias) in to.iter_mut().zip(from).zip(weight).zip(bias) {
                *to = (from - mean) * inverse * weight + bias;
            }
        }
    }
}

impl Program for NormGradient<'_> {
    type Output = ();

    /// With x̂ the normed value, g the gradient and w the weight: (g w - mean(g w) - x̂ mean(g w x̂)) /
    /// √(variance + eps).
    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        let width = self.norm.width();
        let weight = &self.norm.parameters[..width];
        let (weights, biases) = self.parameters.split_at_mut(width);
        for (from, gradient) in self.from.chunks_exact(width).zip(self.gradient.chunks_exact_mut(width)) {
            let (mean, inverse) = moments(from, self.norm.eps);
            let flat = sum(from, |i, _| gradient[i] * weight[i]) / width as f32;
            let steep = sum(from, |i, x| gradient[i] * weight[i] * ((x - mean) * inverse)) / width as f32;
            for i in 0..width {
                let (normed, g) = ((from[i] - mean) * inverse, gradient[i]);
                weights[i] += g * normed;
                biases[i] += g;
                gradient[i] = inverse * (g * weight[i] - flat - normed * steep);
            }
        }
    }
}

/// The activation of every value.
pub(super) fn activate(isa: Isa, activation: Activation, values: &[f32]) -> Vec<f32> {
    let mut to = vec![0.0; values.len()];
    let size = BLOCK * 1024;
    to.par_chunks_mut(size).zip(values.par_chunks(size)).for_each(|(to, from)| {
        isa.compiled(Activated { activation, from, to, gradient: false });
    });
    to
}

/// Multiplies the gradient by the activation's derivative at each value.
pub(super) fn activate_backward(isa: Isa, activation: Activation, values: &[f32], gradient: &mut [f32]) {
    let size = BLOCK * 1024;
    gradient.par_chunks_mut(size).zip(values.par_chunks(size)).for_each(|(to, from)| {
        isa.compiled(Activated { activation, from, to, gradient: true });
    });
}

struct Activated<'a> {
    activation: Activation,
    from: &'a [f32],
    to: &'a mut [f32],
    /// Whether `to` is a gradient, to be multiplied by the derivative.
    gradient: bool,
}

impl Program for Activated<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match (self.activation, self.gradient) {
            (Activation::Gelu, false) => each(simd, self.from, self.to, |x, _| math::gelu(simd, x)),
            (Activation::GeluTanh, false) => each(simd, self.from, self.to, |x, _| math::gelu_tanh(simd, x)),
            (Activation::Relu, false) => each(simd, self.from, self.to, |x, _| math::relu(simd, x)),
            (Activation::Silu, false) => each(simd, self.from, self.to, |x, _| math::silu(simd, x)),
            (Activation::Tanh, false) => each(simd, self.from, self.to, |x, _| math::tanh(simd, x)),
            (Activation::Gelu, true) => {
                each(simd, self.from, self.to, |x, g| simd.mul(g, math::gelu_slope(simd, x)));
            }
            (Activation::GeluTanh, true) => {
                each(simd, self.from, self.to, |x, g| simd.mul(g, math::gelu_tanh_slope(simd, x)));
            }
            (Activation::Silu, true) => {
                each(simd, self.from, self.to, |x, g| simd.mul(g, math::silu_slope(simd, x)));
            }
            (Activation::Tanh, true) => {
                each(simd, self.from, self.to, |x, g| simd.mul(g, math::tanh_slope(simd, x)));
            }
            (Activation::Relu, true) => {
                for (to, &from) in self.to.iter_mut().zip(self.from) {
                    *to = if from > 0.0 { *to } else { 0.0 };
                }
            }
        }
    }
}

/// `to = f(from, to)`, sixteen values at a time.
#[inline(always)]
fn each<S: Simd>(simd: S, from: &[f32], to: &mut [f32], f: impl Fn(S::F32, S::F32) -> S::F32) {
    for (from, to) in from.chunks(LANES).zip(to.chunks_mut(LANES)) {
        let mut lanes = [[0.0; LANES]; 2];
        lanes[0][..from.len()].copy_from_slice(from);
        lanes[1][..to.len()].copy_from_slice(to);
        let value = f(simd.load(&lanes[0]), simd.load(&lanes[1]));
        simd.store(value, &mut lanes[1]);
        to.copy_from_slice(&lanes[1][..to.len()]);
    }
}
