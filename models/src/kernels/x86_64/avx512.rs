//! AVX-512, with and without its int8 dot product (VNNI): one register of sixteen lanes.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix tells them apart")]
use std::arch::x86_64::*;

use super::{ahead, fetch};
use crate::kernels::simd::{
    Buffers, Kernel, LANES, PAIRS, Pairs, Simd, WeightPairs, WeightQuads, widened_tile,
};

/// AVX-512 F and BW, with one of two ways to multiply integers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512<I>(I);

/// The proof that this processor has AVX-512 F and BW.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(());

/// The proof that this processor has AVX-512 F, BW and VNNI.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vnni {
    /// Whether it has AVX-512 BF16, too.
    bf16: bool,
}

impl Avx512<Words> {
    pub(crate) fn detect() -> Option<Self> {
        let there = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        there.then_some(Self(Words(())))
    }
}

impl Avx512<Vnni> {
    pub(crate) fn detect() -> Option<Self> {
        let there = Avx512::<Words>::detect().is_some() && is_x86_feature_detected!("avx512vnni");
        there.then(|| Self(Vnni { bf16: is_x86_feature_detected!("avx512bf16") }))
    }

    /// Whether the processor multiplies pairs of bfloat16.
    #[cfg(feature = "bench")]
    pub(super) fn has_bf16(self) -> bool {
        self.0.bf16
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn compiled<K: Kernel<Avx512<Words>>>(simd: Avx512<Words>, kernel: K) -> K::Output {
    kernel.run(simd)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn compiled_vnni<K: Kernel<Avx512<Vnni>>>(simd: Avx512<Vnni>, kernel: K) -> K::Output {
    kernel.run(simd)
}

/// Dot products of pairs of bfloat16.
#[target_feature(enable = "avx512f,avx512bf16")]
fn dots<const R: usize, const C: usize>(
    activations: &[[Pairs; R]],
    weights: [&[WeightPairs]; C],
    sums: [&mut [[f32; LANES]; R]; C],
) {
    let mut tile = [[_mm512_setzero_ps(); R]; C];
    for (tile, sums) in tile.iter_mut().zip(&sums) {
        for row in 0..R {
            // SAFETY: sixteen floats are there, and no alignment is needed.
            tile[row] = unsafe { _mm512_loadu_ps(sums[row].as_ptr()) };
        }
    }
    // One loop, and no closures: with a loop in it the sums would go to memory after each panel, and a closure is not inlined here.
    for at in 0..activations.len() * PAIRS {
        let (rows, pair) = (&activations[at / PAIRS], at % PAIRS);
        let mut columns = [_mm512_setzero_si512(); C];
        for (columns, weights) in columns.iter_mut().zip(weights) {
            ahead(&weights[at]);
            // SAFETY: sixteen pairs are 64 bytes.
            *columns = unsafe { _mm512_loadu_si512(weights[at].as_ptr().cast()) };
        }
        for row in 0..R {
            let both = _mm512_set1_epi32(rows[row][pair].cast_signed());
            for panel in 0..C {
                // SAFETY: a register of integers and one of pairs are the same bits.
                let (both, columns) = unsafe {
                    (
                        std::mem::transmute::<__m512i, __m512bh>(both),
                        std::mem::transmute::<__m512i, __m512bh>(columns[panel]),
                    )
                };
                tile[panel][row] = _mm512_dpbf16_ps(tile[panel][row], both, columns);
            }
        }
    }
    for (tile, sums) in tile.iter().zip(sums) {
        for row in 0..R {
            // SAFETY: there is room for sixteen floats, and no alignment is needed.
            unsafe { _mm512_storeu_ps(sums[row].as_mut_ptr(), tile[row]) };
        }
    }
}

/// The part in which the two differ; the names are those of [`Simd`].
pub(crate) trait Integers: Copy + Send + Sync {
    /// Whether the processor multiplies pairs of bfloat16.
    fn bf16(self) -> bool;
    type Quads: Copy + Default + Send + Sync + std::fmt::Debug + 'static;
    const OFFSET: i32;
    fn run<K: Kernel<Avx512<Self>>>(self, kernel: K) -> K::Output;
    fn buffer(buffers: &mut Buffers) -> &mut Vec<Self::Quads>;
    fn quads(self, values: __m512) -> Self::Quads;
    fn int8_tile<const R: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [__m512i; R];
    fn int8_tiles<const R: usize, const C: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: [&[[WeightQuads; 4]]; C],
        starts: &[[i32; LANES]; C],
    ) -> [[__m512i; R]; C];
}

impl Integers for Words {
    fn bf16(self) -> bool {
        false
    }

    type Quads = [[i16; 4]; 4];
    const OFFSET: i32 = 0;

    #[inline]
    fn run<K: Kernel<Avx512<Self>>>(self, kernel: K) -> K::Output {
        // SAFETY: a value of `Words` is made only where the processor has both features.
        unsafe { compiled(Avx512(self), kernel) }
    }

    fn buffer(buffers: &mut Buffers) -> &mut Vec<Self::Quads> {
        &mut buffers.words
    }

    #[inline(always)]
    fn quads(self, values: __m512) -> Self::Quads {
        let mut quads = Self::Quads::default();
        // SAFETY: AVX-512 F, as `self` proves; the quads have room for sixteen integers of 16 bits.
        unsafe {
            let words = _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(values));
            _mm256_storeu_si256(quads.as_mut_ptr().cast(), words);
        }
        quads
    }

    /// `pmaddwd` over weights widened to 16 bits, as with AVX2.
    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [__m512i; R] {
        // SAFETY: AVX-512 F and BW, as `self` proves. A `WeightQuads` has 64 bytes, a quad eight; sixteen integers are there.
        unsafe {
            let mut low = [_mm512_setzero_si512(); R];
            let mut high = [_mm512_setzero_si512(); R];
            for (rows, weights) in activations.iter().zip(weights) {
                for (quad, columns) in weights.iter().enumerate() {
                    ahead(columns);
                    let from = columns.as_ptr().cast::<u8>();
                    let first = _mm512_cvtepi8_epi16(_mm256_loadu_si256(from.cast()));
                    let second = _mm512_cvtepi8_epi16(_mm256_loadu_si256(from.add(32).cast()));
                    for row in 0..R {
                        let quad = rows[row][quad].as_ptr().cast::<i64>().read_unaligned();
                        let quad = _mm512_set1_epi64(quad);
                        low[row] = _mm512_add_epi32(low[row], _mm512_madd_epi16(first, quad));
                        high[row] = _mm512_add_epi32(high[row], _mm512_madd_epi16(second, quad));
                    }
                }
            }
            // Each column stands as two sums side by side: the even and the odd ones are added.
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
            let start = _mm512_loadu_si512(start.as_ptr().cast());
            std::array::from_fn(|row| {
                let pairs = _mm512_add_epi32(
                    _mm512_permutex2var_epi32(low[row], even, high[row]),
                    _mm512_permutex2var_epi32(low[row], odd, high[row]),
                );
                _mm512_add_epi32(start, pairs)
            })
        }
    }

    #[inline(always)]
    fn int8_tiles<const R: usize, const C: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: [&[[WeightQuads; 4]]; C],
        starts: &[[i32; LANES]; C],
    ) -> [[__m512i; R]; C] {
        // SAFETY: AVX-512 F, as `self` proves.
        let mut sums = [[unsafe { _mm512_setzero_si512() }; R]; C];
        for (panel, sums) in sums.iter_mut().enumerate() {
            *sums = self.int8_tile(activations, weights[panel], &starts[panel]);
        }
        sums
    }
}

impl Integers for Vnni {
    fn bf16(self) -> bool {
        self.bf16
    }

    type Quads = [[u8; 4]; 4];
    const OFFSET: i32 = 128;

    #[inline]
    fn run<K: Kernel<Avx512<Self>>>(self, kernel: K) -> K::Output {
        // SAFETY: a value of `Vnni` is made only where the processor has the three features.
        unsafe { compiled_vnni(Avx512(self), kernel) }
    }

    fn buffer(buffers: &mut Buffers) -> &mut Vec<Self::Quads> {
        &mut buffers.bytes
    }

    /// `vpdpbusd` multiplies unsigned by signed bytes.
    #[inline(always)]
    fn quads(self, values: __m512) -> Self::Quads {
        let mut quads = Self::Quads::default();
        // SAFETY: AVX-512 F, as `self` proves; the quads have room for sixteen bytes.
        unsafe {
            let raised = _mm512_add_epi32(_mm512_cvtps_epi32(values), _mm512_set1_epi32(Self::OFFSET));
            _mm_storeu_si128(quads.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(raised));
        }
        quads
    }

    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [__m512i; R] {
        self.int8_tiles(activations, [weights], &[*start])[0]
    }

    #[inline(always)]
    fn int8_tiles<const R: usize, const C: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: [&[[WeightQuads; 4]]; C],
        starts: &[[i32; LANES]; C],
    ) -> [[__m512i; R]; C] {
        // SAFETY: AVX-512 F and VNNI, as `self` proves. A `WeightQuads` has 64 bytes; sixteen integers are there.
        unsafe {
            let mut tile = [[_mm512_setzero_si512(); R]; C];
            for (tile, start) in tile.iter_mut().zip(starts) {
                *tile = [_mm512_loadu_si512(start.as_ptr().cast()); R];
            }
            for (at, rows) in activations.iter().enumerate() {
                for quad in 0..4 {
                    let mut columns = [_mm512_setzero_si512(); C];
                    for (columns, weights) in columns.iter_mut().zip(weights) {
                        ahead(&weights[at][quad]);
                        *columns = _mm512_loadu_si512(weights[at][quad].as_ptr().cast());
                    }
                    for row in 0..R {
                        let values = _mm512_set1_epi32(i32::from_ne_bytes(rows[row][quad]));
                        for panel in 0..C {
                            tile[panel][row] = _mm512_dpbusd_epi32(tile[panel][row], values, columns[panel]);
                        }
                    }
                }
            }
            tile
        }
    }
}

impl<I: Integers> Simd for Avx512<I> {
    const ROWS: usize = 12;
    type F32 = __m512;
    type I32 = __m512i;
    type Quads = I::Quads;
    const OFFSET: i32 = I::OFFSET;

    #[inline]
    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output {
        self.0.run(kernel)
    }

    fn buffer(buffers: &mut Buffers) -> &mut Vec<Self::Quads> {
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
        // SAFETY: AVX-512 F, as `self` proves; there is room for sixteen floats, and no alignment is needed.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), value) }
    }
    #[inline(always)]
    fn integers(self, from: &[i32; LANES]) -> __m512i {
        // SAFETY: AVX-512 F, as `self` proves; sixteen integers are there, and no alignment is needed.
        unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
    }
    #[inline(always)]
    fn whole(self, integers: __m512i) -> __m512 {
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
        if self.0.bf16() {
            // SAFETY: the processor has AVX-512 F, as `self` proves, and BF16, as it says.
            unsafe { dots(activations, weights, sums) }
        } else {
            widened_tile(self, activations, weights, sums);
        }
    }

    #[inline(always)]
    fn quads(self, values: __m512) -> Self::Quads {
        self.0.quads(values)
    }

    #[inline(always)]
    fn ahead<T>(self, weights: &T) {
        ahead(weights);
    }
    #[inline(always)]
    fn fetch<T>(self, weights: &T) {
        fetch(weights);
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
