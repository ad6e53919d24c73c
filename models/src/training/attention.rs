//! Scaled dot-product attention (Vaswani et al. 2017) and its gradient, sequence by sequence, on the tiles of
//! the serving path.

use rayon::prelude::*;

use super::dropout::{Dropout, TOGETHER};
use crate::kernels::Isa;
use crate::kernels::layout::{Lane, Tiles, panels};
use crate::kernels::microkernel::f32_tile;
use crate::kernels::rows::exponentials;
use crate::kernels::simd::{LANES, Program, Simd};

/// The settings that the attention of all layers shares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention<'a> {
    pub(super) isa: Isa,
    pub(super) hidden: usize,
    pub(super) heads: usize,
    /// Tokens of each sequence.
    pub(super) lengths: &'a [usize],
    pub(super) dropout: Dropout,
}

impl Attention<'_> {
    /// `[token][query, key, value]` to `[token][hidden]`.
    pub(super) fn forward(&self, qkv: &[f32]) -> Vec<f32> {
        let mut mixed = vec![0.0; qkv.len() / 3];
        self.each(&mut mixed, self.hidden, |first, tokens, to| {
            let rows = &qkv[first * 3 * self.hidden..][..tokens * 3 * self.hidden];
            self.isa.compiled(Forward { attention: self, first, tokens, rows, to });
        });
        mixed
    }

    /// The gradient of `qkv` from that of the mixed values.
    pub(super) fn backward(&self, qkv: &[f32], mixed: &[f32]) -> Vec<f32> {
        let mut gradient = vec![0.0; qkv.len()];
        self.each(&mut gradient, 3 * self.hidden, |first, tokens, to| {
            let rows = &qkv[first * 3 * self.hidden..][..tokens * 3 * self.hidden];
            let from = &mixed[first * self.hidden..][..tokens * self.hidden];
            self.isa.compiled(Backward { attention: self, first, tokens, rows, from, to });
        });
        gradient
    }

    /// Calls `work` with the first token, the tokens and the rows of each sequence.
    fn each(&self, to: &mut [f32], width: usize, work: impl Fn(usize, usize, &mut [f32]) + Sync) {
        let mut parts = Vec::with_capacity(self.lengths.len());
        let (mut rest, mut first) = (to, 0);
        for &tokens in self.lengths {
            let (part, others) = rest.split_at_mut(tokens * width);
            parts.push((first, tokens, part));
            (rest, first) = (others, first + tokens);
        }
        parts.into_par_iter().for_each(|(first, tokens, part)| work(first, tokens, part));
    }

    fn width(&self) -> usize {
        self.hidden / self.heads
    }

    fn scale(&self) -> f32 {
        1.0 / (self.width() as f32).sqrt()
    }

    /// Multiplies the probabilities of a head, `[panel of keys][query]`, by the dropout's factors.
    #[inline(always)]
    fn drop(&self, first: usize, head: usize, tokens: usize, probabilities: &mut [Lane]) {
        if self.dropout.is_none() {
            return;
        }
        for (panel, rows) in probabilities.chunks_exact_mut(tokens).enumerate() {
            for (query, lane) in rows.iter_mut().enumerate() {
                let row = (self.dropout.first + first + query) * self.heads + head;
                for (block, values) in lane.chunks_exact_mut(TOGETHER).enumerate() {
                    let factors = self.dropout.factors(row, panel * (LANES / TOGETHER) + block);
                    values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
                }
            }
        }
    }
}

/// One sequence, all heads.
struct Forward<'a> {
    attention: &'a Attention<'a>,
    first: usize,
    tokens: usize,
    rows: &'a [f32],
    to: &'a mut [f32],
}

struct Backward<'a> {
    attention: &'a Attention<'a>,
    first: usize,
    tokens: usize,
    rows: &'a [f32],
    from: &'a [f32],
    to: &'a mut [f32],
}

impl Program for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { attention, first, tokens, rows, to } = self;
        let (hidden, width) = (attention.hidden, attention.width());
        for head in 0..attention.heads {
            let part = |part: usize| columns(rows, 3 * hidden, part * hidden + head * width, width);
            let (mut query, key, value) = (part(0), part(1), part(2));
            scaled(&mut query, attention.scale());
            let mut probabilities = softmax(simd, &query, &key, tokens);
            attention.drop(first, head, tokens, &mut probabilities);
            let mixed = product(simd, &probabilities, &value, tokens, tokens);
            put(&mixed, to, hidden, head * width, width);
        }
    }
}

impl Program for Backward<'_> {
    type Output = ();

    /// With D the dropout's factors, ∘ element by element, and the gradient G of the output: V' = (P ∘ D)ᵀ G,
    /// P' = (G Vᵀ) ∘ D, S' = P ∘ (P' - rowsum(P' ∘ P)), Q' = S' K / √d, K' = S'ᵀ Q / √d.
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { attention, first, tokens, rows, from, to } = self;
        let (hidden, width) = (attention.hidden, attention.width());
        for head in 0..attention.heads {
            let part = |part: usize| columns(rows, 3 * hidden, part * hidden + head * width, width);
            let (mut query, key, value) = (part(0), part(1), part(2));
            scaled(&mut query, attention.scale());
            let gradient = columns(from, hidden, head * width, width);
            let probabilities = softmax(simd, &query, &key, tokens);
            let mut dropped = probabilities.clone();
            attention.drop(first, head, tokens, &mut dropped);
            let values = product(simd, &transposed(&dropped, tokens, tokens), &gradient, tokens, tokens);

            let mut scores = product(simd, &gradient, &transposed(&value, tokens, width), tokens, width);
            attention.drop(first, head, tokens, &mut scores);
            for row in 0..tokens {
                let mut total = simd.splat(0.0);
                for at in (row..scores.len()).step_by(tokens) {
                    total = simd.fma(simd.load(&scores[at]), simd.load(&probabilities[at]), total);
                }
                let mut lanes = [0.0; LANES];
                simd.store(total, &mut lanes);
                let mean = simd.splat(crate::kernels::math::sum(lanes));
                for at in (row..scores.len()).step_by(tokens) {
                    let centred = simd.sub(simd.load(&scores[at]), mean);
                    simd.store(simd.mul(centred, simd.load(&probabilities[at])), &mut scores[at]);
                }
            }
            let keys = product(simd, &transposed(&scores, tokens, tokens), &query, tokens, tokens);
            let mut queries = product(simd, &scores, &key, tokens, tokens);
            scaled(&mut queries, attention.scale());
            for (part, gradient) in [queries, keys, values].iter().enumerate() {
                put(gradient, to, 3 * hidden, part * hidden + head * width, width);
            }
        }
    }
}

/// softmax(Q Kᵀ): `[panel of keys][query]`, zero past the last key.
#[inline(always)]
fn softmax<S: Simd>(simd: S, query: &[Lane], key: &[Lane], tokens: usize) -> Vec<Lane> {
    let width = query.len() / tokens * LANES;
    let mut scores = product(simd, query, &transposed(key, tokens, width), tokens, width);
    for row in 0..tokens {
        let inverse = simd.splat(1.0 / exponentials(simd, &mut scores[row..], tokens, 0..tokens));
        for at in (row..scores.len()).step_by(tokens) {
            simd.store(simd.mul(simd.load(&scores[at]), inverse), &mut scores[at]);
        }
    }
    scores
}

/// `width` columns of row-major rows, by panels: `[panel][row]`, padded with zeros.
#[inline(always)]
fn columns(rows: &[f32], stride: usize, first: usize, width: usize) -> Vec<Lane> {
    let count = rows.len() / stride;
    let mut lanes = vec![[0.0; LANES]; panels(width) * count];
    for (row, values) in rows.chunks_exact(stride).enumerate() {
        for (panel, values) in values[first..first + width].chunks(LANES).enumerate() {
            lanes[panel * count + row][..values.len()].copy_from_slice(values);
        }
    }
    lanes
}

/// The opposite of [`columns`].
#[inline(always)]
fn put(lanes: &[Lane], rows: &mut [f32], stride: usize, first: usize, width: usize) {
    let count = rows.len() / stride;
    for (row, values) in rows.chunks_exact_mut(stride).enumerate() {
        for (panel, values) in values[first..first + width].chunks_mut(LANES).enumerate() {
            values.copy_from_slice(&lanes[panel * count + row][..values.len()]);
        }
    }
}

#[inline(always)]
fn scaled(lanes: &mut [Lane], by: f32) {
    lanes.iter_mut().flatten().for_each(|value| *value *= by);
}

/// The transpose of a matrix by panels with `rows` rows and `columns` columns, likewise by panels.
#[inline(always)]
fn transposed(lanes: &[Lane], rows: usize, columns: usize) -> Vec<Lane> {
    let mut to = vec![[0.0; LANES]; panels(rows) * columns];
    for (panel, from) in lanes.chunks_exact(rows).enumerate() {
        let wide = LANES.min(columns - panel * LANES);
        for (row, values) in from.iter().enumerate() {
            let target = &mut to[row / LANES * columns + panel * LANES..][..wide];
            for (target, value) in target.iter_mut().zip(values) {
                target[row % LANES] = *value;
            }
        }
    }
    to
}

/// A · B by panels: A has `rows` rows, B has `inner` rows.
#[inline(always)]
fn product<S: Simd>(simd: S, a: &[Lane], b: &[Lane], rows: usize, inner: usize) -> Vec<Lane> {
    let mut to = vec![[0.0; LANES]; b.len() / inner * rows];
    for first in (0..rows).step_by(S::ROWS) {
        let height = S::ROWS.min(rows - first);
        let group = Tiles::of_columns(a, rows, first..first + height);
        for (weights, sums) in b.chunks_exact(inner).zip(to.chunks_exact_mut(rows)) {
            f32_tile(simd, group, [weights], [&mut sums[first..first + height]]);
        }
    }
    to
}
