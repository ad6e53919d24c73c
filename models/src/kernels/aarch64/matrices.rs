//! `smmla`: eight products of signed bytes are added to each of four sums, two rows by two columns. Rust's
//! intrinsic for it is not stable.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::aarch64::*;
use std::arch::asm;

use super::bf16;
use super::integers::{Integers, columns};
use super::pairs::{self, stays_normal};
use super::proof::{Matrices, Neon};
use crate::kernels::simd::{Kernel, LANES, Pairs, WeightPairs, WeightQuads};

/// Pairs of rows of the highest tile that any set has.
const ROW_PAIRS: usize = 6;

impl Integers for Matrices {
    #[inline]
    fn run<K: Kernel<Neon<Self>>>(self, kernel: K) -> K::Output {
        // SAFETY: a value of `Matrices` is made only where the processor has both features.
        unsafe { compiled(Neon(self), kernel) }
    }

    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[[[i8; 4]; 4]; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [[int32x4_t; 4]; R] {
        // SAFETY: the processor has the products of matrices, as `self` proves.
        unsafe { tile(activations, weights, start) }
    }

    #[inline(always)]
    fn bf16_tile<const R: usize>(
        self,
        activations: &[[Pairs; R]],
        weights: &[WeightPairs],
        sums: &mut [[f32; LANES]; R],
    ) {
        // SAFETY: the processor has NEON, as `self` proves, and BF16 where it says so.
        unsafe {
            if self.bf16 && stays_normal(activations, weights, sums) {
                bf16::tile(activations, weights, sums);
            } else {
                pairs::tile(activations, weights, sums);
            }
        }
    }
}

#[target_feature(enable = "neon,i8mm")]
fn compiled<K: Kernel<Neon<Matrices>>>(simd: Neon<Matrices>, kernel: K) -> K::Output {
    kernel.run(simd)
}

/// Two rows by two columns in each of eight registers. An odd row has zeros beside it.
#[inline]
#[target_feature(enable = "neon,i8mm")]
fn tile<const R: usize>(
    activations: &[[[[i8; 4]; 4]; R]],
    weights: &[[WeightQuads; 4]],
    start: &[i32; LANES],
) -> [[int32x4_t; 4]; R] {
    const { assert!(R <= 2 * ROW_PAIRS) }
    let mut sums = [[vdupq_n_s32(0); 8]; ROW_PAIRS];
    for (rows, weights) in activations.iter().zip(weights) {
        // Eight inputs after the other.
        for half in 0..2 {
            let mut values = [vdupq_n_s8(0); ROW_PAIRS];
            for pair in 0..R.div_ceil(2) {
                let first = eight(&rows[2 * pair], half);
                let second = if 2 * pair + 1 < R { eight(&rows[2 * pair + 1], half) } else { vdup_n_s8(0) };
                values[pair] = vcombine_s8(first, second);
            }
            for four in 0..4 {
                // Weights lie by four inputs: the eight of a column are brought together.
                let low = vreinterpretq_s32_s8(columns(&weights[2 * half], four));
                let high = vreinterpretq_s32_s8(columns(&weights[2 * half + 1], four));
                let first = vreinterpretq_s8_s32(vzip1q_s32(low, high));
                let second = vreinterpretq_s8_s32(vzip2q_s32(low, high));
                for pair in 0..R.div_ceil(2) {
                    let [to_first, to_second] = [sums[pair][2 * four], sums[pair][2 * four + 1]];
                    sums[pair][2 * four] = product(to_first, values[pair], first);
                    sums[pair][2 * four + 1] = product(to_second, values[pair], second);
                }
            }
        }
    }
    let mut by_row = [[vdupq_n_s32(0); 4]; R];
    for four in 0..4 {
        // SAFETY: four integers are there from each multiple of four.
        let start = unsafe { vld1q_s32(start.as_ptr().add(4 * four)) };
        for row in 0..R {
            let [first, second] = [2 * four, 2 * four + 1].map(|two| sums[row / 2][two]);
            let columns = if row % 2 == 0 { lower(first, second) } else { upper(first, second) };
            by_row[row][four] = vaddq_s32(start, columns);
        }
    }
    by_row
}

/// To two rows by two columns of sums the products of eight values of each row and eight weights of each
/// column.
#[inline]
#[target_feature(enable = "neon,i8mm")]
fn product(mut sums: int32x4_t, values: int8x16_t, weights: int8x16_t) -> int32x4_t {
    // SAFETY: the instruction reads and writes registers only.
    unsafe {
        asm!(
            "smmla {sums:v}.4s, {values:v}.16b, {weights:v}.16b",
            sums = inout(vreg) sums,
            values = in(vreg) values,
            weights = in(vreg) weights,
            options(nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// The first or the second eight of a row's values.
#[inline]
#[target_feature(enable = "neon")]
fn eight(values: &[[i8; 4]; 4], half: usize) -> int8x8_t {
    let eight = &values.as_chunks::<2>().0[half];
    // SAFETY: eight bytes are there, and no alignment is needed.
    unsafe { vld1_s8(eight.as_ptr().cast()) }
}

/// The lower halves of two registers.
#[inline]
#[target_feature(enable = "neon")]
fn lower(first: int32x4_t, second: int32x4_t) -> int32x4_t {
    vcombine_s32(vget_low_s32(first), vget_low_s32(second))
}

/// The upper halves of two registers.
#[inline]
#[target_feature(enable = "neon")]
fn upper(first: int32x4_t, second: int32x4_t) -> int32x4_t {
    vcombine_s32(vget_high_s32(first), vget_high_s32(second))
}
