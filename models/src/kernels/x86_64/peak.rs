//! Loops of nothing but multiply-adds on registers: as many independent sums as keep the units busy.
#![allow(clippy::unused_self, reason = "it is the proof of the instruction set")]

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::x86_64::*;
use std::hint::black_box;

use super::tiles::{Config, Hardware, TileUnit};
use super::{Amx, Avx2, Avx512, Vnni, Words};
use crate::kernels::Precision;

/// Independent sums: more than latency times units, fewer than registers.
const SUMS: usize = 12;

/// Returns the number of operations that were done.
fn done(turns: u32, multiply_adds: usize) -> f64 {
    f64::from(turns) * (2 * SUMS * multiply_adds) as f64
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn avx2_f32(turns: u32) -> f64 {
    let (a, b) = (_mm256_set1_ps(black_box(0.5)), _mm256_set1_ps(black_box(0.25)));
    let mut sums = [a; SUMS];
    for _ in 0..turns {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(a, *sum, b);
        }
    }
    black_box(sums);
    done(turns, 8)
}

/// Each sum is a factor, too: products that do not change would be taken out of the loop.
#[target_feature(enable = "avx2")]
pub(super) fn avx2_bytes(turns: u32) -> f64 {
    let (a, ones) = (_mm256_set1_epi8(black_box(3)), _mm256_set1_epi16(black_box(1)));
    let mut sums = [a; SUMS];
    for _ in 0..turns {
        for sum in &mut sums {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(_mm256_maddubs_epi16(a, *sum), ones));
        }
    }
    black_box(sums);
    done(turns, 32)
}

#[target_feature(enable = "avx512f")]
pub(super) fn avx512_f32(turns: u32) -> f64 {
    let (a, b) = (_mm512_set1_ps(black_box(0.5)), _mm512_set1_ps(black_box(0.25)));
    let mut sums = [a; SUMS];
    for _ in 0..turns {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(a, *sum, b);
        }
    }
    black_box(sums);
    done(turns, 16)
}

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn avx512_words(turns: u32) -> f64 {
    let a = _mm512_set1_epi16(black_box(3));
    let mut sums = [a; SUMS];
    for _ in 0..turns {
        for sum in &mut sums {
            *sum = _mm512_add_epi32(*sum, _mm512_madd_epi16(a, *sum));
        }
    }
    black_box(sums);
    done(turns, 32)
}

#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) fn avx512_bytes(turns: u32) -> f64 {
    let (a, b) = (_mm512_set1_epi8(black_box(3)), _mm512_set1_epi8(black_box(5)));
    let mut sums = [a; SUMS];
    for _ in 0..turns {
        for sum in &mut sums {
            *sum = _mm512_dpbusd_epi32(*sum, a, b);
        }
    }
    black_box(sums);
    done(turns, 64)
}

#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) fn avx512_pairs(turns: u32) -> f64 {
    let pairs = _mm512_set1_epi32(black_box(0x3f00_3f00));
    // SAFETY: a register of integers and one of pairs are the same bits.
    let pairs = unsafe { std::mem::transmute::<__m512i, __m512bh>(pairs) };
    let mut sums = [_mm512_set1_ps(black_box(0.5)); SUMS];
    for _ in 0..turns {
        for sum in &mut sums {
            *sum = _mm512_dpbf16_ps(*sum, pairs, pairs);
        }
    }
    black_box(sums);
    done(turns, 32)
}

impl Avx2 {
    pub(in crate::kernels) fn peak(self, precision: Precision, turns: u32) -> Option<f64> {
        // SAFETY: the processor has AVX2 and FMA, as `self` proves.
        unsafe {
            match precision {
                Precision::F32 => Some(avx2_f32(turns)),
                Precision::Int8 => Some(avx2_bytes(turns)),
                Precision::Bf16 => None,
            }
        }
    }
}

impl Avx512<Words> {
    pub(in crate::kernels) fn peak(self, precision: Precision, turns: u32) -> Option<f64> {
        // SAFETY: the processor has AVX-512 F and BW, as `self` proves.
        unsafe {
            match precision {
                Precision::F32 => Some(avx512_f32(turns)),
                Precision::Int8 => Some(avx512_words(turns)),
                Precision::Bf16 => None,
            }
        }
    }
}

impl Avx512<Vnni> {
    pub(in crate::kernels) fn peak(self, precision: Precision, turns: u32) -> Option<f64> {
        // SAFETY: the processor has AVX-512 F and VNNI, as `self` proves, and BF16 where it says so.
        unsafe {
            match precision {
                Precision::F32 => Some(avx512_f32(turns)),
                Precision::Int8 => Some(avx512_bytes(turns)),
                Precision::Bf16 => self.has_bf16().then(|| avx512_pairs(turns)),
            }
        }
    }
}

impl Avx512<Amx<Hardware>> {
    #[allow(clippy::unnecessary_wraps, reason = "as the other sets have it")]
    pub(in crate::kernels) fn peak(self, precision: Precision, turns: u32) -> Option<f64> {
        let unit = self.unit();
        unit.configure(&Config::new([16; 8]));
        // SAFETY: the processor has AVX-512 F and the tiles, as `self` proves, and they are configured.
        let operations = unsafe {
            match precision {
                Precision::F32 => avx512_f32(turns),
                Precision::Int8 => {
                    for _ in 0..turns {
                        unit.add_bytes::<0, 4, 6>();
                        unit.add_bytes::<1, 4, 7>();
                        unit.add_bytes::<2, 5, 6>();
                        unit.add_bytes::<3, 5, 7>();
                    }
                    f64::from(turns) * f64::from(4 * 2 * 16 * 16 * 64)
                }
                Precision::Bf16 => {
                    for _ in 0..turns {
                        unit.add_pairs::<0, 4, 6>();
                        unit.add_pairs::<1, 4, 7>();
                        unit.add_pairs::<2, 5, 6>();
                        unit.add_pairs::<3, 5, 7>();
                    }
                    f64::from(turns) * f64::from(4 * 2 * 16 * 16 * 32)
                }
            }
        };
        unit.release();
        Some(operations)
    }
}
