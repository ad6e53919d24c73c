//! AVX-512, with and without its int8 dot product (VNNI): one register of sixteen lanes.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::x86_64::*;

use super::integers::Integers;
use super::proof::Avx512;
use super::{prefetch, prefetch_ahead};
use crate::kernels::aligned::Aligned;
use crate::kernels::simd::{Buffers, Kernel, LANES, Pairs, Simd, WeightPairs, WeightQuads};

impl<I: Integers> Simd for Avx512<I> {
    const ROWS: usize = 12;
    type F32 = __m512;
    type I32 = __m512i;
    type Quads = I::Quads;
    const OFFSET: i32 = I::OFFSET;
    const QUADS_ABREAST: usize = I::QUADS_ABREAST;
    const PAIRS_ABREAST: usize = I::PAIRS_ABREAST;
    type Configured = I::Configured;

    fn configured(self, rows: usize) -> I::Configured {
        self.0.configured(rows)
    }

    #[inline]
    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output {
        self.0.run(kernel)
    }

    fn buffer(buffers: &mut Buffers) -> &mut Aligned<Self::Quads> {
        I::buffer(buffers)
    }

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_set1_ps(value) }
    }
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves; sixteen floats are there, and no alignment is needed.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, value: __m512, to: &mut [f32; LANES]) {
        // SAFETY: AVX-512 F, as `self` proves; there is space for sixteen floats, and no alignment is needed.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), value) }
    }
    #[inline(always)]
    fn load_i32(self, from: &[i32; LANES]) -> __m512i {
        // SAFETY: AVX-512 F, as `self` proves; sixteen integers are there, and no alignment is needed.
        unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
    }
    #[inline(always)]
    fn i32_to_f32(self, integers: __m512i) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_cvtepi32_ps(integers) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    fn fma(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    fn round(self, a: __m512) -> __m512 {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe { _mm512_roundscale_ps::<NEAREST>(a) }
    }
    #[inline(always)]
    fn exp2(self, integer: __m512) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe {
            let biased = _mm512_add_epi32(_mm512_cvtps_epi32(integer), _mm512_set1_epi32(127));
            _mm512_castsi512_ps(_mm512_slli_epi32::<23>(biased))
        }
    }

    #[inline(always)]
    fn high(self, pairs: &WeightPairs) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves; sixteen pairs are there, and no alignment is needed.
        unsafe {
            let pairs = _mm512_loadu_si512(pairs.as_ptr().cast());
            _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(-0x1_0000)))
        }
    }
    #[inline(always)]
    fn low(self, pairs: &WeightPairs) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves; sixteen pairs are there, and no alignment is needed.
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_loadu_si512(pairs.as_ptr().cast()))) }
    }
    #[inline(always)]
    fn flush(self, a: __m512) -> __m512 {
        // SAFETY: AVX-512 F, as `self` proves.
        unsafe {
            let least = _mm512_set1_ps(f32::MIN_POSITIVE);
            let subnormal = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(_mm512_abs_ps(a), least);
            let bits = _mm512_castps_si512(a);
            let sign = _mm512_set1_epi32(i32::MIN);
            _mm512_castsi512_ps(_mm512_mask_and_epi32(bits, subnormal, bits, sign))
        }
    }

    #[inline(always)]
    fn bf16_tile<const R: usize, const C: usize>(
        self,
        activations: &[[Pairs; R]],
        weights: [&[WeightPairs]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    ) {
        I::bf16_tile(self, activations, weights, sums);
    }

    #[inline(always)]
    fn quads(self, values: __m512) -> Self::Quads {
        self.0.quads(values)
    }

    #[inline(always)]
    fn prefetch_ahead<T>(self, weights: &T) {
        prefetch_ahead(weights);
    }
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
    ) -> [__m512i; R] {
        self.0.int8_tile(activations, weights, start)
    }

    const PANELS: usize = 2;

    #[inline(always)]
    fn int8_tiles<const R: usize, const C: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: [&[[WeightQuads; 4]]; C],
        starts: &[[i32; LANES]; C],
    ) -> [[__m512i; R]; C] {
        self.0.int8_tiles(activations, weights, starts)
    }
}
