//! AMX: products of whole tiles, of bytes and of bfloat16. All else is AVX-512.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::x86_64::*;

use super::dots::dots;
use super::integers::{Integers, word_sums};
use super::proof::{Amx, Avx512};
use super::tiles::{Config, TileUnit};
use crate::kernels::aligned::Aligned;
use crate::kernels::simd::{Buffers, Kernel, LANES, Pairs, WeightPairs, WeightQuads};

#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512bf16")]
fn compiled_amx<T: TileUnit, K: Kernel<Avx512<Amx<T>>>>(simd: Avx512<Amx<T>>, kernel: K) -> K::Output {
    kernel.run(simd)
}

/// Rows of a full group.
const ROWS: usize = 12;

/// The rows of a tile of sums.
#[repr(C, align(64))]
struct Memory<T, const R: usize>([[T; LANES]; R]);

/// A loaded configuration: the registers 0 to 2 are the sums and the activations of a full group, 3 to 5
/// those of the last group, which may be lower, and 6 and 7 are weights.
#[derive(Debug)]
pub(crate) struct Configured<T: TileUnit>(T);

impl<T: TileUnit> Drop for Configured<T> {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl<T: TileUnit> Amx<T> {
    /// Sums of `chunks` of 64 bytes a row, of one or two panels of weights, to `to`.
    ///
    /// # Safety
    /// A configuration is loaded in which the registers `FIRST`, `SECOND` and `A` have as many rows as a
    /// chunk of the activations and each panel of `to`. The activations have `chunks` chunks, each panel
    /// of weights 1024 bytes for each.
    #[inline(always)]
    unsafe fn byte_sums<const FIRST: u8, const SECOND: u8, const A: u8, const R: usize, const C: usize>(
        self,
        activations: *const u8,
        weights: [*const u8; C],
        chunks: usize,
        to: [*mut u8; C],
    ) {
        let unit = self.unit;
        // SAFETY: the caller's.
        unsafe {
            unit.zero::<FIRST>();
            if C == 2 {
                unit.zero::<SECOND>();
            }
            for chunk in 0..chunks {
                unit.load::<A, R>(activations.add(chunk * R * 64));
                unit.load::<6, 16>(weights[0].add(chunk * 1024));
                unit.add_bytes::<FIRST, A, 6>();
                if C == 2 {
                    unit.load::<7, 16>(weights[C - 1].add(chunk * 1024));
                    unit.add_bytes::<SECOND, A, 7>();
                }
            }
            unit.store::<FIRST, R>(to[0]);
            if C == 2 {
                unit.store::<SECOND, R>(to[C - 1]);
            }
        }
    }

    /// As [`Amx::byte_sums`] of pairs of bfloat16, added to what is in `sums`.
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    unsafe fn pair_sums<const FIRST: u8, const SECOND: u8, const A: u8, const R: usize, const C: usize>(
        self,
        activations: *const u8,
        weights: [*const u8; C],
        chunks: usize,
        sums: [*mut u8; C],
    ) {
        let unit = self.unit;
        // SAFETY: the caller's.
        unsafe {
            unit.load::<FIRST, R>(sums[0]);
            if C == 2 {
                unit.load::<SECOND, R>(sums[C - 1]);
            }
            for chunk in 0..chunks {
                unit.load::<A, R>(activations.add(chunk * R * 64));
                unit.load::<6, 16>(weights[0].add(chunk * 1024));
                unit.add_pairs::<FIRST, A, 6>();
                if C == 2 {
                    unit.load::<7, 16>(weights[C - 1].add(chunk * 1024));
                    unit.add_pairs::<SECOND, A, 7>();
                }
            }
            unit.store::<FIRST, R>(sums[0]);
            if C == 2 {
                unit.store::<SECOND, R>(sums[C - 1]);
            }
        }
    }
}

impl<T: TileUnit> Integers for Amx<T> {
    type Quads = [[i8; 4]; 4];
    const OFFSET: i32 = 0;
    const QUADS_ABREAST: usize = 4;
    const PAIRS_ABREAST: usize = 2;
    type Configured = Configured<T>;

    #[inline]
    fn run<K: Kernel<Avx512<Self>>>(self, kernel: K) -> K::Output {
        // SAFETY: a value of `Amx` is made only where the processor has the four features.
        unsafe { compiled_amx(Avx512(self), kernel) }
    }

    fn configured(self, rows: usize) -> Configured<T> {
        let last = match rows % ROWS {
            0 => ROWS as u8,
            last => last as u8,
        };
        let full = ROWS as u8;
        self.unit.configure(&Config::new([full, full, full, last, last, last, 16, 16]));
        Configured(self.unit)
    }

    fn buffer(buffers: &mut Buffers) -> &mut Aligned<Self::Quads> {
        &mut buffers.signed
    }

    #[inline(always)]
    fn quads(self, values: __m512) -> Self::Quads {
        let mut quads = Self::Quads::default();
        // SAFETY: AVX-512 F, as `self` proves; the quads have space for sixteen bytes.
        unsafe {
            let bytes = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(values));
            _mm_storeu_si128(quads.as_mut_ptr().cast(), bytes);
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
        // Sums start at zero: `starts` is that many times the weights' sums.
        const { assert!(Self::OFFSET == 0) };
        let panels = activations.len();
        // SAFETY: AVX-512 F, BW and the tile unit, as `self` proves; whoever runs a product has configured it
        // for its rows, of which groups have twelve and the last group the rest. A panel of weights
        // has 256 bytes for each panel of activations, four of which are a chunk.
        unsafe {
            let mut sums = [[_mm512_setzero_si512(); R]; C];
            if !panels.is_multiple_of(Self::QUADS_ABREAST) {
                for panel in 0..C {
                    sums[panel] = word_sums(activations, weights[panel], &starts[panel]);
                }
                return sums;
            }
            let mut memory = [const { Memory::<i32, R>([[0; LANES]; R]) }; C];
            let to = memory.each_mut().map(|panel| panel.0.as_mut_ptr().cast::<u8>());
            let from = activations.as_ptr().cast::<u8>();
            let weights = weights.map(|panel| {
                assert!(panel.len() >= panels, "weights of each panel");
                panel.as_ptr().cast::<u8>()
            });
            let chunks = panels / Self::QUADS_ABREAST;
            if R == ROWS {
                self.byte_sums::<0, 1, 2, R, C>(from, weights, chunks, to);
            } else {
                self.byte_sums::<3, 4, 5, R, C>(from, weights, chunks, to);
            }
            for (sums, memory) in sums.iter_mut().zip(&memory) {
                for (sum, memory) in sums.iter_mut().zip(&memory.0) {
                    *sum = _mm512_load_si512(memory.as_ptr().cast());
                }
            }
            sums
        }
    }

    #[inline(always)]
    fn bf16_tile<const R: usize, const C: usize>(
        simd: Avx512<Self>,
        activations: &[[Pairs; R]],
        weights: [&[WeightPairs]; C],
        sums: [&mut [[f32; LANES]; R]; C],
    ) {
        let panels = activations.len();
        // SAFETY: AVX-512 BF16 and the tile unit, as `simd` proves; it is configured as above. A panel of
        // weights has 512 bytes for each panel of activations, two of which are a chunk.
        unsafe {
            if !panels.is_multiple_of(Self::PAIRS_ABREAST) {
                return dots(activations, weights, sums);
            }
            let from = activations.as_ptr().cast::<u8>();
            let weights = weights.map(|panel| {
                assert!(panel.len() >= panels * (LANES / 2), "weights of each panel");
                panel.as_ptr().cast::<u8>()
            });
            let sums = sums.map(|sums| sums.as_mut_ptr().cast::<u8>());
            let chunks = panels / Self::PAIRS_ABREAST;
            if R == ROWS {
                simd.0.pair_sums::<0, 1, 2, R, C>(from, weights, chunks, sums);
            } else {
                simd.0.pair_sums::<3, 4, 5, R, C>(from, weights, chunks, sums);
            }
        }
    }
}
