//! NEON: four registers of four lanes. Every processor of this architecture that Rust's standard targets name
//! has it, so its intrinsics are compiled anywhere.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::aarch64::*;

use super::integers::Integers;
use super::proof::Neon;
use super::{floats, pairs, prefetch};
use crate::kernels::aligned::Aligned;
use crate::kernels::layout::Tiles;
use crate::kernels::simd::{Buffers, Kernel, LANES, Pairs, Simd, WeightPairs, WeightQuads};

/// Rows of a full tile: 24 registers of sums, and eight for activations and weights.
pub(super) const ROWS: usize = 6;

/// Sixteen lanes, four after the others.
type Four = [float32x4_t; 4];

/// Does the same to each register.
#[inline(always)]
fn each<T>(operation: impl Fn(usize) -> T) -> [T; 4] {
    [operation(0), operation(1), operation(2), operation(3)]
}

impl<I: Integers> Simd for Neon<I> {
    const ROWS: usize = ROWS;
    type F32 = Four;
    type I32 = [int32x4_t; 4];
    type Quads = [[i8; 4]; 4];

    #[inline]
    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output {
        self.0.run(kernel)
    }

    type Configured = ();
    fn configured(self, _rows: usize) {}

    fn buffer(buffers: &mut Buffers) -> &mut Aligned<Self::Quads> {
        &mut buffers.signed
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|_| vdupq_n_f32(value)) }
    }
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Four {
        // SAFETY: NEON, as `self` proves; the loads lie inside the sixteen floats, and need no alignment.
        unsafe { each(|at| vld1q_f32(from.as_ptr().add(4 * at))) }
    }
    #[inline(always)]
    fn store(self, value: Four, to: &mut [f32; LANES]) {
        for (at, value) in value.into_iter().enumerate() {
            // SAFETY: NEON, as `self` proves; the stores lie inside the floats, and need no alignment.
            unsafe { vst1q_f32(to.as_mut_ptr().add(4 * at), value) };
        }
    }
    #[inline(always)]
    fn load_i32(self, from: &[i32; LANES]) -> Self::I32 {
        // SAFETY: NEON, as `self` proves; the loads lie inside the sixteen integers, and need no alignment.
        unsafe { each(|at| vld1q_s32(from.as_ptr().add(4 * at))) }
    }
    #[inline(always)]
    fn i32_to_f32(self, integers: Self::I32) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| vcvtq_f32_s32(integers[at])) }
    }

    #[inline(always)]
    fn add(self, a: Four, b: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| vaddq_f32(a[at], b[at])) }
    }
    #[inline(always)]
    fn sub(self, a: Four, b: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| vsubq_f32(a[at], b[at])) }
    }
    #[inline(always)]
    fn mul(self, a: Four, b: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| vmulq_f32(a[at], b[at])) }
    }
    #[inline(always)]
    fn div(self, a: Four, b: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| vdivq_f32(a[at], b[at])) }
    }
    #[inline(always)]
    fn fma(self, a: Four, b: Four, c: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| vfmaq_f32(c[at], a[at], b[at])) }
    }
    /// Not `fmin`, which gives NaN where either is one.
    #[inline(always)]
    fn min(self, a: Four, b: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| vbslq_f32(vcltq_f32(a[at], b[at]), a[at], b[at])) }
    }
    /// Not `fmax`, likewise.
    #[inline(always)]
    fn max(self, a: Four, b: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| vbslq_f32(vcgtq_f32(a[at], b[at]), a[at], b[at])) }
    }
    #[inline(always)]
    fn round(self, a: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| vrndnq_f32(a[at])) }
    }
    #[inline(always)]
    fn exp2(self, integer: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        each(|at| unsafe {
            let biased = vaddq_s32(vcvtq_s32_f32(integer[at]), vdupq_n_s32(127));
            vreinterpretq_f32_s32(vshlq_n_s32::<23>(biased))
        })
    }

    #[inline(always)]
    fn high(self, pairs: &WeightPairs) -> Four {
        // SAFETY: NEON, as `self` proves; the loads lie inside the sixteen pairs, and need no alignment.
        each(|at| unsafe {
            let pairs = vld1q_u32(pairs.as_ptr().add(4 * at));
            vreinterpretq_f32_u32(vandq_u32(pairs, vdupq_n_u32(0xffff_0000)))
        })
    }
    #[inline(always)]
    fn low(self, pairs: &WeightPairs) -> Four {
        // SAFETY: NEON, as `self` proves; the loads lie inside the sixteen pairs, and need no alignment.
        each(|at| unsafe {
            let pairs = vld1q_u32(pairs.as_ptr().add(4 * at));
            vreinterpretq_f32_u32(vshlq_n_u32::<16>(pairs))
        })
    }
    #[inline(always)]
    fn flush(self, a: Four) -> Four {
        // SAFETY: NEON, as `self` proves.
        unsafe { each(|at| pairs::flushed(a[at])) }
    }

    #[inline(always)]
    fn quads(self, values: Four) -> Self::Quads {
        let mut quads = Self::Quads::default();
        // SAFETY: NEON, as `self` proves; the quads have space for sixteen bytes, and no alignment is needed.
        unsafe {
            let words = |at: usize| vmovn_s32(vcvtq_s32_f32(values[at]));
            let low = vmovn_s16(vcombine_s16(words(0), words(1)));
            let high = vmovn_s16(vcombine_s16(words(2), words(3)));
            vst1q_s8(quads.as_mut_ptr().cast(), vcombine_s8(low, high));
        }
        quads
    }
    const OFFSET: i32 = 0;

    #[inline(always)]
    fn prefetch<T>(self, weights: &T) {
        prefetch(weights);
    }

    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [Self::I32; R] {
        self.0.int8_tile(activations, weights, start)
    }

    #[inline(always)]
    fn f32_tile<const R: usize, const C: usize>(
        self,
        activations: Tiles<'_>,
        weights: [&[[f32; LANES]]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    ) {
        for (weights, sums) in weights.into_iter().zip(sums) {
            // SAFETY: NEON, as `self` proves.
            unsafe { floats::tile(activations, weights, sums) }
        }
    }

    #[inline(always)]
    fn bf16_tile<const R: usize, const C: usize>(
        self,
        activations: &[[Pairs; R]],
        weights: [&[WeightPairs]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    ) {
        for (weights, sums) in weights.into_iter().zip(sums) {
            self.0.bf16_tile(activations, weights, sums);
        }
    }
}
