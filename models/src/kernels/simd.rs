//! The operations that kernels need of an instruction set: those of sixteen floats at a time, and the tiles
//! of a matrix product.
//!
//! Every operation rounds once, as IEEE 754 defines, and a fused multiply-add rounds once for both of its
//! steps. So a kernel that is written over this trait gives the same bits on every instruction set.

use super::aligned::{Aligned, Plain};
use super::layout::Tiles;

/// The columns of a tile, and the floats of one [`Simd::F32`].
pub(crate) const LANES: usize = 16;

/// Four consecutive weights of one column, for each of sixteen columns.
pub(crate) type WeightQuads = [[i8; 4]; LANES];

/// Two consecutive bfloat16 weights of one column, the first in the low half, for each of sixteen columns.
pub(crate) type WeightPairs = [u32; LANES];

/// Pairs of a row's sixteen activations.
pub(crate) const PAIRS: usize = LANES / 2;

/// Sixteen consecutive bfloat16 activations of one row, the first in the lowest half.
pub(crate) type Pairs = [u32; PAIRS];

/// An instruction set. A value of it is the proof that this processor has it.
pub(crate) trait Simd: Copy + Send + Sync {
    /// Rows of a full tile: as many as the registers hold.
    const ROWS: usize;
    /// Sixteen floats.
    type F32: Copy;
    /// Sixteen integers of 32 bits.
    type I32: Copy;
    /// Sixteen consecutive quantised activations of one row, in the form that the int8 tile reads.
    type Quads: Plain + Default + std::fmt::Debug + 'static;

    /// Runs a kernel compiled for this instruction set.
    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output;

    /// The buffer of quads that this instruction set uses.
    fn buffer(buffers: &mut Buffers) -> &mut Aligned<Self::Quads>;

    fn splat(self, value: f32) -> Self::F32;
    fn load(self, from: &[f32; LANES]) -> Self::F32;
    fn store(self, value: Self::F32, to: &mut [f32; LANES]);
    fn load_i32(self, from: &[i32; LANES]) -> Self::I32;
    /// Integers as floats, rounded to nearest, ties to even.
    fn i32_to_f32(self, integers: Self::I32) -> Self::F32;

    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32;
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32;
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32;
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a · b + c, rounded once.
    fn fma(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32;
    /// a where a < b, else b.
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a where a > b, else b.
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// To the nearest integer, ties to even.
    fn round(self, a: Self::F32) -> Self::F32;
    /// 2 to the power of an integer from -126 to 127.
    fn exp2(self, integer: Self::F32) -> Self::F32;

    /// The high halves of pairs as floats; the low halves become zero.
    fn high(self, pairs: &WeightPairs) -> Self::F32;
    /// The low halves of pairs as floats.
    fn low(self, pairs: &WeightPairs) -> Self::F32;
    /// Subnormal numbers become zero, the sign stays.
    fn flush(self, a: Self::F32) -> Self::F32;

    /// Activations from whole floats of -128 to 127.
    fn quads(self, values: Self::F32) -> Self::Quads;
    /// The offset that the quads add to each activation: sums start at `-OFFSET` times the sum of the
    /// column's weights.
    const OFFSET: i32;

    /// Panels of a row's quantised inputs that lie side by side, where a block has a multiple of so many.
    const QUADS_ABREAST: usize = 1;
    /// As above, of pairs of bfloat16.
    const PAIRS_ABREAST: usize = 1;
    /// Releases what a product of integers or pairs needs of the processor, when it is dropped.
    type Configured;
    /// Prepares the processor for tiles of `rows` rows in all.
    fn configured(self, rows: usize) -> Self::Configured;

    /// Prefetches the weights a fixed distance after these, which need not exist: a stream from memory is
    /// twice as fast that way.
    #[inline(always)]
    fn prefetch_ahead<T>(self, _weights: &T) {}

    /// Prefetches these weights.
    #[inline(always)]
    fn prefetch<T>(self, _weights: &T) {}

    /// `start[column] + Σ activations[·][row][·] · weights[·][·][column]` for each row, exactly. `R` is at
    /// most `ROWS`.
    fn int8_tile<const R: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [Self::I32; R];

    /// Panels that a tile reads each activation once for: more than one where there are registers for their
    /// sums.
    const PANELS: usize = 1;

    /// [`Simd::int8_tile`] of `C` panels of columns.
    #[inline(always)]
    fn int8_tiles<const R: usize, const C: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: [&[[WeightQuads; 4]]; C],
        starts: &[[i32; LANES]; C],
    ) -> [[Self::I32; R]; C] {
        let mut sums = [[self.load_i32(&[0; LANES]); R]; C];
        for (panel, sums) in sums.iter_mut().enumerate() {
            *sums = self.int8_tile(activations, weights[panel], &starts[panel]);
        }
        sums
    }

    /// As [`Simd::f32_tile`] over pairs and `C` panels of columns, the high half of each before its low half,
    /// and subnormal sums flushed to zero: what the `vdpbf16ps` of AVX-512 BF16 computes.
    #[inline(always)]
    fn bf16_tile<const R: usize, const C: usize>(
        self,
        activations: &[[Pairs; R]],
        weights: [&[WeightPairs]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    ) {
        widened_tile(self, activations, weights, sums);
    }

    /// `sums[row][column] = fma(activations[k / 16][row][k % 16], weights[k][column], sums[row][column])` for
    /// each k in turn, in each of `C` panels of columns. The activations have `R` rows.
    #[inline(always)]
    fn f32_tile<const R: usize, const C: usize>(
        self,
        activations: Tiles<'_>,
        weights: [&[[f32; LANES]]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    ) {
        let mut tile = [[self.splat(0.0); R]; C];
        for panel in 0..C {
            for row in 0..R {
                tile[panel][row] = self.load(&sums[panel][row]);
            }
        }
        let whole = weights[0].len() / LANES;
        let mut panels: [&[[[f32; LANES]; LANES]]; C] = [&[]; C];
        for (panel, weights) in panels.iter_mut().zip(weights) {
            *panel = &weights.as_chunks().0[..whole];
        }
        #[allow(clippy::needless_range_loop, reason = "panels are of C columns, and are indexed together")]
        for at in 0..whole {
            let rows = activations.rows_of::<R>(at);
            // In fours: to count each step costs as much as its multiply-adds, and a loop over sixteen is not
            // unrolled.
            for quarter in 0..4 {
                for k in 0..4 {
                    let k = 4 * quarter + k;
                    let mut columns = [self.splat(0.0); C];
                    for panel in 0..C {
                        self.prefetch_ahead(&panels[panel][at][k]);
                        columns[panel] = self.load(&panels[panel][at][k]);
                    }
                    for row in 0..R {
                        let value = self.splat(rows[row][k]);
                        for panel in 0..C {
                            tile[panel][row] = self.fma(value, columns[panel], tile[panel][row]);
                        }
                    }
                }
            }
        }
        // One by one, the rest of the last sixteen.
        let rest = weights[0].len() % LANES;
        if rest == 0 {
            return stored(self, &tile, sums);
        }
        let rows = activations.rows_of::<R>(whole);
        let mut panels = [(); C].map(|()| &[] as &[[f32; LANES]]);
        for (panel, weights) in panels.iter_mut().zip(weights) {
            *panel = &weights[whole * LANES..][..rest];
        }
        for k in 0..rest {
            let mut columns = [self.splat(0.0); C];
            for panel in 0..C {
                columns[panel] = self.load(&panels[panel][k]);
            }
            for row in 0..R {
                let value = self.splat(rows[row][k % LANES]);
                for panel in 0..C {
                    tile[panel][row] = self.fma(value, columns[panel], tile[panel][row]);
                }
            }
        }
        stored(self, &tile, sums);
    }
}

/// Writes a tile's sums.
#[inline(always)]
fn stored<S: Simd, const R: usize, const C: usize>(
    simd: S,
    tile: &[[S::F32; R]; C],
    sums: [&mut [[f32; LANES]; R]; C],
) {
    for (tile, sums) in tile.iter().zip(sums) {
        for row in 0..R {
            simd.store(tile[row], &mut sums[row]);
        }
    }
}

/// [`Simd::bf16_tile`] without an instruction for it: halves are widened to float32.
#[inline(always)]
pub(crate) fn widened_tile<S: Simd, const R: usize, const C: usize>(
    simd: S,
    activations: &[[Pairs; R]],
    weights: [&[WeightPairs]; C],
    sums: [&mut [[f32; LANES]; R]; C],
) {
    for (weights, sums) in weights.into_iter().zip(sums) {
        let mut tile = [simd.splat(0.0); R];
        for row in 0..R {
            tile[row] = simd.load(&sums[row]);
        }
        for (at, columns) in weights.iter().enumerate().take(activations.len() * PAIRS) {
            let (rows, pair) = (&activations[at / PAIRS], at % PAIRS);
            simd.prefetch_ahead(columns);
            // Two loops, so that each is short enough to be unrolled and leaves the sums their registers.
            let high = simd.high(columns);
            for row in 0..R {
                let first = f32::from_bits(rows[row][pair] & 0xffff_0000);
                tile[row] = simd.flush(simd.fma(simd.splat(first), high, tile[row]));
            }
            let low = simd.low(columns);
            for row in 0..R {
                let second = f32::from_bits(rows[row][pair] << 16);
                tile[row] = simd.flush(simd.fma(simd.splat(second), low, tile[row]));
            }
        }
        for row in 0..R {
            simd.store(tile[row], &mut sums[row]);
        }
    }
}

/// A piece of work that is compiled for an instruction set.
pub(crate) trait Kernel<S: Simd> {
    type Output;
    fn run(self, simd: S) -> Self::Output;
}

/// Work for any instruction set, which runs its kernels on the one that it is given.
pub(crate) trait Program {
    type Output;
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Quantised activations in the forms that instruction sets read; one of them is used.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub(crate) words: Aligned<[[i16; 4]; 4]>,
    #[cfg(target_arch = "x86_64")]
    pub(crate) bytes: Aligned<[[u8; 4]; 4]>,
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    pub(crate) signed: Aligned<[[i8; 4]; 4]>,
}
