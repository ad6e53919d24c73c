//! A tile of forty sums, for which AVX-512 has no registers: the check of machine code must refuse it.
#![allow(missing_docs)]

use std::arch::x86_64::*;

const ROWS: usize = 20;

#[target_feature(enable = "avx512f,avx512vnni")]
pub fn spilled(activations: &[[i32; ROWS]], weights: [&[i32]; 2], sums: &mut [[i32; ROWS]; 2]) {
    let mut tile = [[_mm512_setzero_si512(); ROWS]; 2];
    for ((rows, first), second) in activations.iter().zip(weights[0]).zip(weights[1]) {
        let columns = [_mm512_set1_epi32(*first), _mm512_set1_epi32(*second)];
        for row in 0..ROWS {
            let values = _mm512_set1_epi32(rows[row]);
            for panel in 0..2 {
                tile[panel][row] = _mm512_dpbusd_epi32(tile[panel][row], values, columns[panel]);
            }
        }
    }
    for (tile, sums) in tile.iter().zip(sums) {
        for (tile, sum) in tile.iter().zip(sums) {
            *sum = _mm512_reduce_add_epi32(*tile);
        }
    }
}
