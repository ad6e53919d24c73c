//! The ways of AVX-512 to multiply integers, and pairs of bfloat16.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::x86_64::*;

use super::dots::dots;
use super::prefetch_ahead;
use super::proof::{Avx512, Vnni, Words};
use crate::kernels::aligned::{Aligned, Plain};
use crate::kernels::simd::{Buffers, Kernel, LANES, Pairs, WeightPairs, WeightQuads, widened_tile};

#[target_feature(enable = "avx512f,avx512bw")]
fn compiled<K: Kernel<Avx512<Words>>>(simd: Avx512<Words>, kernel: K) -> K::Output {
    kernel.run(simd)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn compiled_vnni<K: Kernel<Avx512<Vnni>>>(simd: Avx512<Vnni>, kernel: K) -> K::Output {
    kernel.run(simd)
}

/// The operations that differ between them; the names are those of [`Simd`].
pub(crate) trait Integers: Copy + Send + Sync {
    type Quads: Plain + Default + std::fmt::Debug + 'static;
    const OFFSET: i32;
    const QUADS_ABREAST: usize = 1;
    const PAIRS_ABREAST: usize = 1;
    type Configured;
    fn configured(self, rows: usize) -> Self::Configured;
    fn bf16_tile<const R: usize, const C: usize>(
        simd: Avx512<Self>,
        activations: &[[Pairs; R]],
        weights: [&[WeightPairs]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    );
    fn run<K: Kernel<Avx512<Self>>>(self, kernel: K) -> K::Output;
    fn buffer(buffers: &mut Buffers) -> &mut Aligned<Self::Quads>;
    fn quads(self, values: __m512) -> Self::Quads;
    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [__m512i; R] {
        self.int8_tiles(activations, [weights], &[*start])[0]
    }
    fn int8_tiles<const R: usize, const C: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: [&[[WeightQuads; 4]]; C],
        starts: &[[i32; LANES]; C],
    ) -> [[__m512i; R]; C];
}

/// Sixteen activations of a row, of which four are multiplied as integers of 16 bits.
pub(super) trait Words16: Copy {
    /// Four activations, eight times.
    ///
    /// # Safety
    /// The processor has AVX-512 F and BW, and `quad` is below four.
    unsafe fn broadcast(&self, quad: usize) -> __m512i;
}

impl Words16 for [[i16; 4]; 4] {
    #[inline(always)]
    unsafe fn broadcast(&self, quad: usize) -> __m512i {
        // SAFETY: the caller's; eight bytes are there.
        unsafe { _mm512_set1_epi64(self.as_ptr().add(quad).cast::<i64>().read_unaligned()) }
    }
}

impl Words16 for [[i8; 4]; 4] {
    #[inline(always)]
    unsafe fn broadcast(&self, quad: usize) -> __m512i {
        // SAFETY: the caller's; four bytes are there.
        unsafe {
            let bytes = _mm_cvtsi32_si128(self.as_ptr().add(quad).cast::<i32>().read_unaligned());
            _mm512_broadcastq_epi64(_mm_cvtepi8_epi16(bytes))
        }
    }
}

/// `pmaddwd` over weights widened to 16 bits.
///
/// # Safety
/// The processor has AVX-512 F and BW.
#[inline(always)]
pub(super) unsafe fn word_sums<Q: Words16, const R: usize>(
    activations: &[[Q; R]],
    weights: &[[WeightQuads; 4]],
    start: &[i32; LANES],
) -> [__m512i; R] {
    // SAFETY: the caller's. A `WeightQuads` has 64 bytes, and there are four for each panel of activations;
    // sixteen integers are there.
    unsafe {
        let mut low = [_mm512_setzero_si512(); R];
        let mut high = [_mm512_setzero_si512(); R];
        // One loop: of four quads unrolled, the weights would be loaded at once and the sums have no
        // registers.
        for (at, columns) in weights.as_flattened().iter().enumerate().take(4 * activations.len()) {
            prefetch_ahead(columns);
            let from = columns.as_ptr().cast::<u8>();
            let first = _mm512_cvtepi8_epi16(_mm256_loadu_si256(from.cast()));
            let second = _mm512_cvtepi8_epi16(_mm256_loadu_si256(from.add(32).cast()));
            let rows = activations.as_ptr().add(at / 4);
            for row in 0..R {
                let quad = (*rows)[row].broadcast(at % 4);
                low[row] = _mm512_add_epi32(low[row], _mm512_madd_epi16(first, quad));
                high[row] = _mm512_add_epi32(high[row], _mm512_madd_epi16(second, quad));
            }
        }
        // Each column is two sums side by side: the even and the odd ones are added.
        let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
        let start = _mm512_loadu_si512(start.as_ptr().cast());
        let mut sums = [start; R];
        for row in 0..R {
            let pairs = _mm512_add_epi32(
                _mm512_permutex2var_epi32(low[row], even, high[row]),
                _mm512_permutex2var_epi32(low[row], odd, high[row]),
            );
            sums[row] = _mm512_add_epi32(start, pairs);
        }
        sums
    }
}

impl Integers for Words {
    type Configured = ();
    fn configured(self, _rows: usize) {}

    #[inline(always)]
    fn bf16_tile<const R: usize, const C: usize>(
        simd: Avx512<Self>,
        activations: &[[Pairs; R]],
        weights: [&[WeightPairs]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    ) {
        widened_tile(simd, activations, weights, sums);
    }

    type Quads = [[i16; 4]; 4];
    const OFFSET: i32 = 0;

    #[inline]
    fn run<K: Kernel<Avx512<Self>>>(self, kernel: K) -> K::Output {
        // SAFETY: a value of `Words` is made only where the processor has both features.
        unsafe { compiled(Avx512(self), kernel) }
    }

    fn buffer(buffers: &mut Buffers) -> &mut Aligned<Self::Quads> {
        &mut buffers.words
    }

    #[inline(always)]
    fn quads(self, values: __m512) -> Self::Quads {
        let mut quads = Self::Quads::default();
        // SAFETY: AVX-512 F, as `self` proves; the quads have space for sixteen integers of 16 bits.
        unsafe {
            let words = _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(values));
            _mm256_storeu_si256(quads.as_mut_ptr().cast(), words);
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
        // SAFETY: AVX-512 F and BW, as `self` proves.
        unsafe { word_sums(activations, weights, start) }
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
            // The next panel needs their registers.
            std::hint::black_box(&mut *sums);
        }
        sums
    }
}

impl Integers for Vnni {
    type Configured = ();
    fn configured(self, _rows: usize) {}

    #[inline(always)]
    fn bf16_tile<const R: usize, const C: usize>(
        simd: Avx512<Self>,
        activations: &[[Pairs; R]],
        weights: [&[WeightPairs]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    ) {
        if simd.0.bf16 {
            // SAFETY: the processor has AVX-512 F, as `simd` proves, and BF16, as it says.
            unsafe { dots(activations, weights, sums) }
        } else {
            widened_tile(simd, activations, weights, sums);
        }
    }

    type Quads = [[u8; 4]; 4];
    const OFFSET: i32 = 128;

    #[inline]
    fn run<K: Kernel<Avx512<Self>>>(self, kernel: K) -> K::Output {
        // SAFETY: a value of `Vnni` is made only where the processor has the three features.
        unsafe { compiled_vnni(Avx512(self), kernel) }
    }

    fn buffer(buffers: &mut Buffers) -> &mut Aligned<Self::Quads> {
        &mut buffers.bytes
    }

    /// `vpdpbusd` multiplies unsigned by signed bytes.
    #[inline(always)]
    fn quads(self, values: __m512) -> Self::Quads {
        let mut quads = Self::Quads::default();
        // SAFETY: AVX-512 F, as `self` proves; the quads have space for sixteen bytes.
        unsafe {
            let raised = _mm512_add_epi32(_mm512_cvtps_epi32(values), _mm512_set1_epi32(Self::OFFSET));
            _mm_storeu_si128(quads.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(raised));
        }
        quads
    }

    #[inline(always)]
    fn int8_tiles<const R: usize, const C: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: [&[[WeightQuads; 4]]; C],
        starts: &[[i32; LANES]; C],
    ) -> [[__m512i; R]; C] {
        // SAFETY: AVX-512 F and VNNI, as `self` proves. A `WeightQuads` has 64 bytes; sixteen integers are
        // there.
        unsafe {
            let mut tile = [[_mm512_setzero_si512(); R]; C];
            for (tile, start) in tile.iter_mut().zip(starts) {
                *tile = [_mm512_loadu_si512(start.as_ptr().cast()); R];
            }
            for (at, rows) in activations.iter().enumerate() {
                for quad in 0..4 {
                    let mut columns = [_mm512_setzero_si512(); C];
                    for (columns, weights) in columns.iter_mut().zip(weights) {
                        prefetch_ahead(&weights[at][quad]);
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
