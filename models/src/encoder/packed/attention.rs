//! softmax(Q Kᵀ / √d + distances) V of one head (Vaswani et al. 2017), sequence by sequence, in float32.

use std::ops::Range;

use super::disentangled::{HeadDistances, Products};
use super::distances::Numbers;
use crate::encoder::Stop;
use crate::kernels::Aligned;
use crate::kernels::layout::{Lane, Tiles, panels};
use crate::kernels::microkernel::f32_tile;
use crate::kernels::rows::exponentials;
use crate::kernels::simd::{Kernel, LANES, Simd};

/// Scratch buffers of one head, reused by the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Keys of one sequence, `[sixteen keys][dimension][16]`.
    keys: Aligned<Lane>,
    /// A group of queries, `[panel][row][16]`.
    queries: Aligned<Lane>,
    /// Scores of a group, then their exponentials, `[sixteen keys][row][16]`.
    scores: Aligned<Lane>,
    products: Products,
}

/// What a head's scores have for the distance of a key from its query.
#[derive(Debug, Clone, Copy)]
pub(super) enum Distance<'a> {
    Unread,
    Number(&'a Numbers),
    Products(HeadDistances<'a>),
}

/// One head of the attention over all sequences of a pass.
pub(super) struct Head<'a> {
    /// By columns: all heads' queries, then their keys, then their values, each head in whole panels.
    pub(super) qkv: &'a [Lane],
    pub(super) rows: usize,
    /// Panels of a head.
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) index: usize,
    /// 1 / √d.
    pub(super) scale: f32,
    pub(super) distance: Distance<'a>,
    /// Where attention is local, how many tokens away a query reads.
    pub(super) window: Option<usize>,
    pub(super) sequences: &'a [Range<usize>],
    pub(super) scratch: &'a mut Scratch,
    /// Is asked in large layers only: a small one ends before the answer matters.
    pub(super) stop: Option<&'a Stop<'a>>,
    /// This head's columns.
    pub(super) to: &'a mut [Lane],
}

impl<S: Simd> Kernel<S> for Head<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let part = |part: usize| {
            let panels = self.width * self.rows;
            &self.qkv[(part * self.heads + self.index) * panels..][..panels]
        };
        let [queries, keys, values] = [0, 1, 2].map(part);
        let Scratch { keys: packed, queries: scaled, scores, products } = self.scratch;
        for sequence in self.sequences {
            let tokens = sequence.len();
            let dims = self.width * LANES;
            let keys = Tiles::of_columns(keys, self.rows, sequence.clone());
            let packed = packed.resized(panels(tokens) * dims);
            pack_keys(&keys, packed);
            if let Distance::Products(distances) = &self.distance {
                distances.of_keys(simd, keys, products);
            }
            // The keys that a query reads, by their places in the sequence.
            let reach = |query: usize| match self.window {
                None => 0..tokens,
                Some(window) => query.saturating_sub(window)..tokens.min(query + window + 1),
            };
            for first in (0..tokens).step_by(S::ROWS) {
                if self.stop.is_some_and(Stop::asks) {
                    return;
                }
                let height = S::ROWS.min(tokens - first);
                let group = Tiles::of_columns(queries, self.rows, sequence.clone()).part(first, height);
                let query = scaled.resized(self.width * height);
                for (panel, to) in query.chunks_exact_mut(height).enumerate() {
                    for (from, to) in group.panel(panel).iter().zip(to) {
                        simd.store(simd.mul(simd.load(from), simd.splat(self.scale)), to);
                    }
                }
                let query = Tiles::of_group(query, height);
                let blocks = reach(first).start / LANES..panels(reach(first + height - 1).end);
                let scores = scores.resized(blocks.len() * height);
                match &self.distance {
                    Distance::Unread => scores.fill([0.0; LANES]),
                    Distance::Number(numbers) => {
                        for (block, scores) in blocks.clone().zip(scores.chunks_exact_mut(height)) {
                            for (row, score) in scores.iter_mut().enumerate() {
                                let numbers = numbers.lane(self.index, first + row, block * LANES);
                                score.copy_from_slice(numbers);
                            }
                        }
                    }
                    Distance::Products(distances) => {
                        distances.of_queries(simd, query, products);
                        scores.fill([0.0; LANES]);
                        distances.add(products, first, tokens, height, scores);
                    }
                }
                let packed = packed[blocks.start * dims..].chunks_exact(dims);
                for (keys, scores) in packed.zip(scores.chunks_exact_mut(height)) {
                    f32_tile(simd, query, [keys], [scores]);
                }
                let mut inverse = [0.0; 16];
                for (row, inverse) in inverse[..height].iter_mut().enumerate() {
                    let keys = reach(first + row);
                    let keys = keys.start - blocks.start * LANES..keys.end - blocks.start * LANES;
                    let read = keys.start / LANES..panels(keys.end);
                    for block in (0..read.start).chain(read.end..blocks.len()) {
                        scores[block * height + row] = [0.0; LANES];
                    }
                    *inverse = 1.0 / exponentials(simd, &mut scores[row..], height, keys);
                }
                let read = blocks.start * LANES..tokens.min(blocks.end * LANES);
                for (panel, to) in self.to.chunks_exact_mut(self.rows).enumerate() {
                    let values = &values[panel * self.rows..][sequence.clone()][read.clone()];
                    let mut sums = [[0.0; LANES]; 16];
                    let sums = &mut sums[..height];
                    f32_tile(simd, Tiles::of_group(scores, height), [values], [&mut *sums]);
                    let to = &mut to[sequence.clone()][first..first + height];
                    for (row, (sum, to)) in sums.iter().zip(to).enumerate() {
                        simd.store(simd.mul(simd.load(sum), simd.splat(inverse[row])), to);
                    }
                }
            }
        }
    }
}

/// Keys in blocks of sixteen, their dimensions outermost; the last block is filled with zeros.
#[inline(always)]
fn pack_keys(keys: &Tiles<'_>, to: &mut [Lane]) {
    let dims = keys.panels() * LANES;
    for (block, to) in to.chunks_exact_mut(dims).enumerate() {
        for (panel, to) in to.chunks_exact_mut(LANES).enumerate() {
            let rows = &keys.panel(panel)[block * LANES..];
            for key in 0..LANES {
                let row = rows.get(key).copied().unwrap_or_default();
                for (to, value) in to.iter_mut().zip(row) {
                    to[key] = value;
                }
            }
        }
    }
}
