//! `sdot`: four products of signed bytes are added to each of four sums. Rust's intrinsic for it is not
//! stable.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::aarch64::*;
use std::arch::asm;

use super::integers::{Integers, columns};
use super::proof::{Dots, Neon};
use crate::kernels::simd::{Kernel, LANES, WeightQuads};

impl Integers for Dots {
    #[inline]
    fn run<K: Kernel<Neon<Self>>>(self, kernel: K) -> K::Output {
        // SAFETY: a value of `Dots` is made only where the processor has both features.
        unsafe { compiled(Neon(self), kernel) }
    }

    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[[[i8; 4]; 4]; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [[int32x4_t; 4]; R] {
        // SAFETY: the processor has the dot products, as `self` proves.
        unsafe { tile(activations, weights, start) }
    }
}

#[target_feature(enable = "neon,dotprod")]
fn compiled<K: Kernel<Neon<Dots>>>(simd: Neon<Dots>, kernel: K) -> K::Output {
    kernel.run(simd)
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn tile<const R: usize>(
    activations: &[[[[i8; 4]; 4]; R]],
    weights: &[[WeightQuads; 4]],
    start: &[i32; LANES],
) -> [[int32x4_t; 4]; R] {
    let mut sums = [[vdupq_n_s32(0); 4]; R];
    for four in 0..4 {
        // SAFETY: four integers are there from each multiple of four.
        let start = unsafe { vld1q_s32(start.as_ptr().add(4 * four)) };
        for row in 0..R {
            sums[row][four] = start;
        }
    }
    for (rows, weights) in activations.iter().zip(weights) {
        let mut values = [vdupq_n_s8(0); R];
        for row in 0..R {
            // SAFETY: sixteen bytes are there, and no alignment is needed.
            values[row] = unsafe { vld1q_s8(rows[row].as_ptr().cast()) };
        }
        quad::<0, R>(&mut sums, &values, &weights[0]);
        quad::<1, R>(&mut sums, &values, &weights[1]);
        quad::<2, R>(&mut sums, &values, &weights[2]);
        quad::<3, R>(&mut sums, &values, &weights[3]);
    }
    sums
}

/// The products of the quad `QUAD` of each row.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn quad<const QUAD: usize, const R: usize>(
    sums: &mut [[int32x4_t; 4]; R],
    values: &[int8x16_t; R],
    weights: &WeightQuads,
) {
    for four in 0..4 {
        let columns = columns(weights, four);
        for row in 0..R {
            sums[row][four] = dot::<QUAD>(sums[row][four], columns, values[row]);
        }
    }
}

/// To each sum the products of four weights with the quad `QUAD` of the values.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn dot<const QUAD: usize>(mut sums: int32x4_t, weights: int8x16_t, values: int8x16_t) -> int32x4_t {
    // SAFETY: the instruction reads and writes registers only.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {weights:v}.16b, {values:v}.4b[{quad}]",
            sums = inout(vreg) sums,
            weights = in(vreg) weights,
            values = in(vreg) values,
            quad = const QUAD,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
