//! A tile of forty sums, for which AVX-512 has no registers: the check of machine code must refuse it.
#![allow(missing_docs)]

use std::arch::x86_64::*;

const ROWS: usize = 20;

#[target_feature(enable = "avx512f,avx512vnni")]
pub fn spilled(activations: &[[i32; ROWS]], weights: [&[[i32; 16]]; 2], sums: &mut [[[i32; 16]; ROWS]; 2]) {
    let mut tile = [[_mm512_setzero_si512(); ROWS]; 2];
    for ((rows, first), second) in activations.iter().zip(weights[0]).zip(weights[1]) {
        // SAFETY: sixteen integers are 64 bytes.
        let columns = unsafe {
            [_mm512_loadu_si512(first.as_ptr().cast()), _mm512_loadu_si512(second.as_ptr().cast())]
        };
        for row in 0..ROWS {
            let values = _mm512_set1_epi32(rows[row]);
            for panel in 0..2 {
                tile[panel][row] = _mm512_dpbusd_epi32(tile[panel][row], values, columns[panel]);
            }
        }
    }
    for (tile, sums) in tile.iter().zip(sums) {
        for (tile, sums) in tile.iter().zip(sums) {
            // SAFETY: there is space for sixteen integers.
            unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), *tile) };
        }
    }
}
