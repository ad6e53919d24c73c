//! AVX2 with FMA: two registers of eight lanes.

use std::arch::asm;
#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::x86_64::*;

use super::{prefetch, prefetch_ahead};
use crate::kernels::aligned::Aligned;
use crate::kernels::simd::{Buffers, Kernel, LANES, PAIRS, Pairs, Simd, WeightPairs, WeightQuads};

/// The proof that this processor has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

/// [`Simd::bf16_tile`] of one panel, eight columns after the other: six rows of sixteen leave no registers
/// for what flushes a sum.
#[target_feature(enable = "avx2,fma")]
fn widened<const R: usize>(
    activations: &[[Pairs; R]],
    weights: &[WeightPairs],
    sums: &mut [[f32; LANES]; R],
) {
    let panels = &weights.as_chunks::<PAIRS>().0[..activations.len()];
    for half in [0, 8] {
        let mut tile = [_mm256_setzero_ps(); R];
        for row in 0..R {
            // SAFETY: eight floats are there from 0 and from 8, and no alignment is needed.
            tile[row] = unsafe { _mm256_loadu_ps(sums[row].as_ptr().add(half)) };
        }
        for (rows, panel) in activations.iter().zip(panels) {
            for (pair, columns) in panel.iter().enumerate() {
                prefetch_ahead(columns);
                // SAFETY: eight pairs are there from 0 and from 8, and no alignment is needed.
                let columns = unsafe { _mm256_loadu_si256(columns.as_ptr().add(half).cast()) };
                let high = _mm256_castsi256_ps(_mm256_and_si256(columns, _mm256_set1_epi32(-0x1_0000)));
                for row in 0..R {
                    let first = _mm256_set1_ps(f32::from_bits(rows[row][pair] & 0xffff_0000));
                    tile[row] = flushed(_mm256_fmadd_ps(first, high, tile[row]));
                }
                let low = _mm256_castsi256_ps(_mm256_slli_epi32::<16>(columns));
                for row in 0..R {
                    let second = _mm256_set1_ps(f32::from_bits(rows[row][pair] << 16));
                    tile[row] = flushed(_mm256_fmadd_ps(second, low, tile[row]));
                }
            }
        }
        for row in 0..R {
            // SAFETY: there is space for eight floats from 0 and from 8, and no alignment is needed.
            unsafe { _mm256_storeu_ps(sums[row].as_mut_ptr().add(half), tile[row]) };
        }
    }
}

/// `vpmaddubsw` of unsigned bytes with signed ones in memory: six rows by two halves of sums leave no
/// registers for the weights, and the compiler would load them all the same. Not `pure`: products keep their
/// order, and none is made before there is a register for it.
///
/// # Safety
/// 32 bytes are there; no alignment is needed.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn products(values: __m256i, weights: *const u8) -> __m256i {
    let pairs;
    // SAFETY: the instruction reads 32 bytes at `weights`, which are there, and writes a register.
    unsafe {
        asm!(
            "vpmaddubsw {pairs}, {values}, [{weights}]",
            pairs = lateout(ymm_reg) pairs,
            values = in(ymm_reg) values,
            weights = in(reg) weights,
            options(readonly, nostack, preserves_flags),
        );
    }
    pairs
}

/// a + b in this order: the compiler would first add the products of four steps to each other, and there are
/// no registers for these.
#[inline]
#[target_feature(enable = "avx2")]
fn added(mut a: __m256i, b: __m256i) -> __m256i {
    // SAFETY: the instruction reads and writes registers only.
    unsafe {
        asm!(
            "vpaddd {a}, {a}, {b}",
            a = inout(ymm_reg) a,
            b = in(ymm_reg) b,
            options(nomem, nostack, preserves_flags),
        );
    }
    a
}

/// Subnormal numbers become zero, the sign stays.
#[inline]
#[target_feature(enable = "avx2")]
fn flushed(a: __m256) -> __m256 {
    let sign = _mm256_set1_ps(-0.0);
    let size = _mm256_andnot_ps(sign, a);
    // Unordered counts as normal, so that a NaN stays.
    let normal = _mm256_cmp_ps::<_CMP_NLT_UQ>(size, _mm256_set1_ps(f32::MIN_POSITIVE));
    _mm256_and_ps(a, _mm256_or_ps(normal, sign))
}

/// One half of sixteen lanes after the other.
type Pair = [__m256; 2];

#[target_feature(enable = "avx2,fma")]
fn compiled<K: Kernel<Avx2>>(simd: Avx2, kernel: K) -> K::Output {
    kernel.run(simd)
}

impl Simd for Avx2 {
    const ROWS: usize = 6;
    type F32 = Pair;
    type I32 = [__m256i; 2];
    type Quads = [[u8; 4]; 4];

    #[inline]
    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output {
        // SAFETY: a value of `Avx2` is made only where the processor has both features.
        unsafe { compiled(self, kernel) }
    }

    type Configured = ();
    fn configured(self, _rows: usize) {}

    fn buffer(buffers: &mut Buffers) -> &mut Aligned<Self::Quads> {
        &mut buffers.bytes
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Pair {
        // SAFETY: the processor has AVX, as `self` proves.
        unsafe { [_mm256_set1_ps(value); 2] }
    }
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Pair {
        // SAFETY: AVX, as `self` proves; both loads lie inside the sixteen floats, and need no alignment.
        unsafe { [_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(8))] }
    }
    #[inline(always)]
    fn store(self, value: Pair, to: &mut [f32; LANES]) {
        // SAFETY: AVX, as `self` proves; both stores lie inside the sixteen floats, and need no alignment.
        unsafe {
            _mm256_storeu_ps(to.as_mut_ptr(), value[0]);
            _mm256_storeu_ps(to.as_mut_ptr().add(8), value[1]);
        }
    }
    #[inline(always)]
    fn load_i32(self, from: &[i32; LANES]) -> Self::I32 {
        // SAFETY: AVX, as `self` proves; both loads lie inside the sixteen integers, and need no alignment.
        unsafe {
            let from = from.as_ptr();
            [_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(8).cast())]
        }
    }
    #[inline(always)]
    fn i32_to_f32(self, integers: Self::I32) -> Pair {
        // SAFETY: AVX, as `self` proves.
        unsafe { [_mm256_cvtepi32_ps(integers[0]), _mm256_cvtepi32_ps(integers[1])] }
    }

    #[inline(always)]
    fn add(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: AVX, as `self` proves.
        unsafe { [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])] }
    }
    #[inline(always)]
    fn sub(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: AVX, as `self` proves.
        unsafe { [_mm256_sub_ps(a[0], b[0]), _mm256_sub_ps(a[1], b[1])] }
    }
    #[inline(always)]
    fn mul(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: AVX, as `self` proves.
        unsafe { [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])] }
    }
    #[inline(always)]
    fn div(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: AVX, as `self` proves.
        unsafe { [_mm256_div_ps(a[0], b[0]), _mm256_div_ps(a[1], b[1])] }
    }
    #[inline(always)]
    fn fma(self, a: Pair, b: Pair, c: Pair) -> Pair {
        // SAFETY: FMA, as `self` proves.
        unsafe { [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])] }
    }
    #[inline(always)]
    fn min(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: AVX, as `self` proves.
        unsafe { [_mm256_min_ps(a[0], b[0]), _mm256_min_ps(a[1], b[1])] }
    }
    #[inline(always)]
    fn max(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: AVX, as `self` proves.
        unsafe { [_mm256_max_ps(a[0], b[0]), _mm256_max_ps(a[1], b[1])] }
    }
    #[inline(always)]
    fn round(self, a: Pair) -> Pair {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        // SAFETY: AVX, as `self` proves.
        unsafe { [_mm256_round_ps::<NEAREST>(a[0]), _mm256_round_ps::<NEAREST>(a[1])] }
    }
    #[inline(always)]
    fn exp2(self, integer: Pair) -> Pair {
        let half = |n: __m256| {
            // SAFETY: AVX2, as `self` proves.
            unsafe {
                let biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
            }
        };
        [half(integer[0]), half(integer[1])]
    }

    #[inline(always)]
    fn high(self, pairs: &WeightPairs) -> Pair {
        let half = |at: usize| {
            // SAFETY: AVX2, as `self` proves; `at` is 0 or 8, so eight pairs are there.
            unsafe {
                let pairs = _mm256_loadu_si256(pairs.as_ptr().add(at).cast());
                _mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(-0x1_0000)))
            }
        };
        [half(0), half(8)]
    }
    #[inline(always)]
    fn low(self, pairs: &WeightPairs) -> Pair {
        let half = |at: usize| {
            // SAFETY: AVX2, as `self` proves; `at` is 0 or 8, so eight pairs are there.
            unsafe {
                let pairs = _mm256_loadu_si256(pairs.as_ptr().add(at).cast());
                _mm256_castsi256_ps(_mm256_slli_epi32::<16>(pairs))
            }
        };
        [half(0), half(8)]
    }
    #[inline(always)]
    fn flush(self, a: Pair) -> Pair {
        // Not by `map`: its closure may stay a function without AVX, to which each intrinsic is a call.
        // SAFETY: AVX2, as `self` proves.
        unsafe { [flushed(a[0]), flushed(a[1])] }
    }

    #[inline(always)]
    fn quads(self, values: Pair) -> Self::Quads {
        let mut quads = Self::Quads::default();
        // SAFETY: AVX2, as `self` proves; the quads have space for sixteen bytes.
        unsafe {
            // The pack works in each half by itself: quads 0 2 1 3, then in order.
            let words = _mm256_packs_epi32(_mm256_cvtps_epi32(values[0]), _mm256_cvtps_epi32(values[1]));
            let ordered = _mm256_permute4x64_epi64::<0b11_01_10_00>(words);
            let raised = _mm256_add_epi16(ordered, _mm256_set1_epi16(Self::OFFSET as i16));
            let bytes =
                _mm_packus_epi16(_mm256_castsi256_si128(raised), _mm256_extracti128_si256::<1>(raised));
            _mm_storeu_si128(quads.as_mut_ptr().cast(), bytes);
        }
        quads
    }
    const OFFSET: i32 = 128;

    #[inline(always)]
    fn prefetch_ahead<T>(self, weights: &T) {
        prefetch_ahead(weights);
    }
    #[inline(always)]
    fn prefetch<T>(self, weights: &T) {
        prefetch(weights);
    }

    #[inline(always)]
    fn bf16_tile<const R: usize, const C: usize>(
        self,
        activations: &[[Pairs; R]],
        weights: [&[WeightPairs]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    ) {
        for (weights, sums) in weights.into_iter().zip(sums) {
            // SAFETY: AVX2 and FMA, as `self` proves.
            unsafe { widened(activations, weights, sums) }
        }
    }

    /// `pmaddubsw` adds two products of an unsigned and a signed byte in 16 bits. They do not saturate: the
    /// magnitudes of two weights side by side are `PAIR` (pack.rs) at most.
    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [Self::I32; R] {
        let mut sums = [self.load_i32(start); R];
        // SAFETY: AVX2, as `self` proves. A `WeightQuads` has 64 bytes.
        unsafe {
            let ones = _mm256_set1_epi16(1);
            for (rows, weights) in activations.iter().zip(weights) {
                for (quad, columns) in weights.iter().enumerate() {
                    self.prefetch_ahead(columns);
                    let from = columns.as_ptr().cast::<u8>();
                    for row in 0..R {
                        let values = _mm256_set1_epi32(i32::from_ne_bytes(rows[row][quad]));
                        for (half, sum) in sums[row].iter_mut().enumerate() {
                            let pairs = products(values, from.add(32 * half));
                            *sum = added(*sum, _mm256_madd_epi16(pairs, ones));
                        }
                    }
                }
            }
        }
        sums
    }
}
