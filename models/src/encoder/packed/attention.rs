//! softmax(Q Kᵀ / √d) V of one head (Vaswani et al. 2017), sequence by sequence, in float32.

use std::ops::Range;

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
    pub(super) sequences: &'a [Range<usize>],
    pub(super) scratch: &'a mut Scratch,
    /// In a large layer.
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
        for sequence in self.sequences {
            let tokens = sequence.len();
            let blocks = panels(tokens);
            let dims = self.width * LANES;
            let keys = Tiles::of_columns(keys, self.rows, sequence.clone());
            let packed = self.scratch.keys.resized(blocks * dims);
            pack_keys(&keys, packed);
            let scores = self.scratch.scores.resized(blocks * S::ROWS);
            for first in sequence.clone().step_by(S::ROWS) {
                if self.stop.is_some_and(Stop::asks) {
                    return;
                }
                let height = S::ROWS.min(sequence.end - first);
                let group = Tiles::of_columns(queries, self.rows, first..first + height);
                let query = self.scratch.queries.resized(self.width * height);
                for (panel, to) in query.chunks_exact_mut(height).enumerate() {
                    for (from, to) in group.panel(panel).iter().zip(to) {
                        simd.store(simd.mul(simd.load(from), simd.splat(self.scale)), to);
                    }
                }
                let scores = &mut scores[..blocks * height];
                for (keys, scores) in packed.chunks_exact(dims).zip(scores.chunks_exact_mut(height)) {
                    scores.fill([0.0; LANES]);
                    f32_tile(simd, Tiles::of_group(query, height), [keys], [scores]);
                }
                let mut inverse = [0.0; 16];
                for (row, inverse) in inverse[..height].iter_mut().enumerate() {
                    *inverse = 1.0 / exponentials(simd, &mut scores[row..], height, tokens);
                }
                for (panel, to) in self.to.chunks_exact_mut(self.rows).enumerate() {
                    let values = &values[panel * self.rows..][sequence.clone()];
                    let mut sums = [[0.0; LANES]; 16];
                    let sums = &mut sums[..height];
                    f32_tile(simd, Tiles::of_group(scores, height), [values], [&mut *sums]);
                    for (row, (sum, to)) in sums.iter().zip(&mut to[first..first + height]).enumerate() {
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
