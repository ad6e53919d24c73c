//! The instruction of AVX-512 BF16.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::x86_64::*;

use super::prefetch_ahead;
use crate::kernels::simd::{LANES, PAIRS, Pairs, WeightPairs};

/// Dot products of pairs of bfloat16.
#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) fn dots<const R: usize, const C: usize>(
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
    let mut panels = [&[] as &[[WeightPairs; PAIRS]]; C];
    for (panel, weights) in panels.iter_mut().zip(weights) {
        *panel = &weights.as_chunks().0[..activations.len()];
    }
    for (at, rows) in activations.iter().enumerate() {
        // In fours: a loop over eight is not unrolled. No closures: one is not inlined here.
        for half in 0..2 {
            for pair in 0..PAIRS / 2 {
                let pair = half * PAIRS / 2 + pair;
                let mut columns = [_mm512_setzero_si512(); C];
                for (columns, panel) in columns.iter_mut().zip(panels) {
                    prefetch_ahead(&panel[at][pair]);
                    // SAFETY: sixteen pairs are 64 bytes.
                    *columns = unsafe { _mm512_loadu_si512(panel[at][pair].as_ptr().cast()) };
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
        }
    }
    for (tile, sums) in tile.iter().zip(sums) {
        for row in 0..R {
            // SAFETY: there is space for sixteen floats, and no alignment is needed.
            unsafe { _mm512_storeu_ps(sums[row].as_mut_ptr(), tile[row]) };
        }
    }
}
