//! The float32 tile: four inputs of a row lie in one register, and each multiply-add names one of them.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::aarch64::*;
use std::arch::asm;

use crate::kernels::layout::Tiles;
use crate::kernels::simd::LANES;

/// The sums of a tile.
pub(super) type Sums<const R: usize> = [[float32x4_t; 4]; R];

/// [`crate::kernels::simd::Simd::f32_tile`] of one panel.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn tile<const R: usize>(
    activations: Tiles<'_>,
    weights: &[[f32; LANES]],
    sums: &mut [[f32; LANES]; R],
) {
    let mut tile = loaded(sums);
    let (panels, rest) = weights.as_chunks::<LANES>();
    for (at, weights) in panels.iter().enumerate() {
        let rows = activations.rows_of::<R>(at);
        for (quarter, weights) in weights.as_chunks::<4>().0.iter().enumerate() {
            let mut values = [vdupq_n_f32(0.0); R];
            for row in 0..R {
                values[row] = columns(&rows[row], quarter);
            }
            step::<0, R>(&mut tile, &values, &weights[0]);
            step::<1, R>(&mut tile, &values, &weights[1]);
            step::<2, R>(&mut tile, &values, &weights[2]);
            step::<3, R>(&mut tile, &values, &weights[3]);
        }
    }
    if !rest.is_empty() {
        let rows = activations.rows_of::<R>(panels.len());
        for (k, weights) in rest.iter().enumerate() {
            let mut values = [vdupq_n_f32(0.0); R];
            for row in 0..R {
                values[row] = vdupq_n_f32(rows[row][k]);
            }
            step::<0, R>(&mut tile, &values, weights);
        }
    }
    store(&tile, sums);
}

/// The products of the value `K` of each row.
#[inline]
#[target_feature(enable = "neon")]
fn step<const K: usize, const R: usize>(
    sums: &mut Sums<R>,
    values: &[float32x4_t; R],
    weights: &[f32; LANES],
) {
    for four in 0..4 {
        let columns = columns(weights, four);
        for row in 0..R {
            sums[row][four] = fused::<K>(sums[row][four], columns, values[row]);
        }
    }
}

/// Weights times the value `K`, added to the sums and rounded once. Not by the intrinsic: for products that
/// the compiler may reorder it finds an order for which there are no registers.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn fused<const K: usize>(
    mut sums: float32x4_t,
    weights: float32x4_t,
    values: float32x4_t,
) -> float32x4_t {
    // SAFETY: the instruction reads and writes registers only.
    unsafe {
        asm!(
            "fmla {sums:v}.4s, {weights:v}.4s, {values:v}.s[{k}]",
            sums = inout(vreg) sums,
            weights = in(vreg) weights,
            values = in(vreg) values,
            k = const K,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// The `index`th four of sixteen floats.
#[inline]
#[target_feature(enable = "neon")]
fn columns(lanes: &[f32; LANES], index: usize) -> float32x4_t {
    let four = &lanes.as_chunks::<4>().0[index];
    // SAFETY: four floats are there, and no alignment is needed.
    unsafe { vld1q_f32(four.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn loaded<const R: usize>(sums: &[[f32; LANES]; R]) -> Sums<R> {
    let mut tile = [[vdupq_n_f32(0.0); 4]; R];
    for row in 0..R {
        for four in 0..4 {
            tile[row][four] = columns(&sums[row], four);
        }
    }
    tile
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn store<const R: usize>(tile: &Sums<R>, sums: &mut [[f32; LANES]; R]) {
    for row in 0..R {
        for (four, to) in sums[row].as_chunks_mut::<4>().0.iter_mut().enumerate() {
            // SAFETY: there is space for four floats, and no alignment is needed.
            unsafe { vst1q_f32(to.as_mut_ptr(), tile[row][four]) };
        }
    }
}
