//! A tile of forty sums, for which NEON has no registers: the check of machine code must refuse it.
#![allow(missing_docs)]

use std::arch::aarch64::*;

const ROWS: usize = 20;

#[target_feature(enable = "neon")]
pub fn spilled(activations: &[[f32; ROWS]], weights: [&[[f32; 4]]; 2], sums: &mut [[f32; ROWS]; 2]) {
    let mut tile = [[vdupq_n_f32(0.0); ROWS]; 2];
    for ((rows, first), second) in activations.iter().zip(weights[0]).zip(weights[1]) {
        // SAFETY: four floats are there, and no alignment is needed.
        let columns = [first, second].map(|four| unsafe { vld1q_f32(four.as_ptr()) });
        for row in 0..ROWS {
            for panel in 0..2 {
                tile[panel][row] = vfmaq_n_f32(tile[panel][row], columns[panel], rows[row]);
            }
        }
    }
    for (tile, sums) in tile.iter().zip(sums) {
        for (tile, sum) in tile.iter().zip(sums) {
            *sum = vaddvq_f32(*tile);
        }
    }
}
