//! `bfmlalt` and `bfmlalb`: the higher and the lower halves of four pairs of bfloat16, each multiplied and
//! added with one rounding, as float32 is. `bfdot` and `bfmmla` would do more at once, but round otherwise.
//! Rust's intrinsics for them are not stable.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::aarch64::*;
use std::arch::asm;

use super::floats::{Sums, loaded, store};
use crate::kernels::simd::{LANES, PAIRS, Pairs, WeightPairs};

/// [`crate::kernels::simd::Simd::bf16_tile`] of one panel none of whose sums becomes a subnormal number.
#[inline]
#[target_feature(enable = "neon,bf16")]
pub(super) fn tile<const R: usize>(
    activations: &[[Pairs; R]],
    weights: &[WeightPairs],
    sums: &mut [[f32; LANES]; R],
) {
    let mut tile = loaded(sums);
    for (rows, panel) in activations.iter().zip(weights.as_chunks::<PAIRS>().0) {
        for (part, weights) in panel.as_chunks::<4>().0.iter().enumerate() {
            let mut values = [vdupq_n_u32(0); R];
            for row in 0..R {
                values[row] = four(&rows[row], part);
            }
            step::<1, 0, R>(&mut tile, &values, &weights[0]);
            step::<3, 2, R>(&mut tile, &values, &weights[1]);
            step::<5, 4, R>(&mut tile, &values, &weights[2]);
            step::<7, 6, R>(&mut tile, &values, &weights[3]);
        }
    }
    store(&tile, sums);
}

/// The products of one pair of each row, whose halves are those of the indices `HIGH` and `LOW`.
#[inline]
#[target_feature(enable = "neon,bf16")]
fn step<const HIGH: usize, const LOW: usize, const R: usize>(
    sums: &mut Sums<R>,
    values: &[uint32x4_t; R],
    weights: &WeightPairs,
) {
    for index in 0..4 {
        let columns = four(weights, index);
        for row in 0..R {
            sums[row][index] = higher::<HIGH>(sums[row][index], columns, values[row]);
        }
        for row in 0..R {
            sums[row][index] = lower::<LOW>(sums[row][index], columns, values[row]);
        }
    }
}

/// The higher half of each pair of weights times the half `VALUE`. An indexed factor of 16 bits must be in
/// one of the lower sixteen registers.
#[inline]
#[target_feature(enable = "neon,bf16")]
fn higher<const VALUE: usize>(mut sums: float32x4_t, weights: uint32x4_t, values: uint32x4_t) -> float32x4_t {
    // SAFETY: the instruction reads and writes registers only.
    unsafe {
        asm!(
            "bfmlalt {sums:v}.4s, {weights:v}.8h, {values:v}.h[{value}]",
            sums = inout(vreg) sums,
            weights = in(vreg) weights,
            values = in(vreg_low16) values,
            value = const VALUE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// As above, the lower half of each pair of weights.
#[inline]
#[target_feature(enable = "neon,bf16")]
fn lower<const VALUE: usize>(mut sums: float32x4_t, weights: uint32x4_t, values: uint32x4_t) -> float32x4_t {
    // SAFETY: the instruction reads and writes registers only.
    unsafe {
        asm!(
            "bfmlalb {sums:v}.4s, {weights:v}.8h, {values:v}.h[{value}]",
            sums = inout(vreg) sums,
            weights = in(vreg) weights,
            values = in(vreg_low16) values,
            value = const VALUE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// The `index`th four pairs.
#[inline]
#[target_feature(enable = "neon")]
fn four(pairs: &[u32], index: usize) -> uint32x4_t {
    let four = &pairs.as_chunks::<4>().0[index];
    // SAFETY: four pairs are there, and no alignment is needed.
    unsafe { vld1q_u32(four.as_ptr()) }
}
