//! The tile of pairs of bfloat16, widened to float32.
//!
//! A sum that is a subnormal number becomes zero. To look after each multiply-add takes three instructions
//! for one, so a tile first looks whether any of its sums can be one, and most cannot.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::aarch64::*;
use std::arch::asm;

use super::floats::fused;
use crate::kernels::simd::{LANES, PAIRS, Pairs, WeightPairs};

/// [`crate::kernels::simd::Simd::bf16_tile`] of one panel.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn tile<const R: usize>(
    activations: &[[Pairs; R]],
    weights: &[WeightPairs],
    sums: &mut [[f32; LANES]; R],
) {
    if stays_normal(activations, weights, sums) {
        widened::<R, false>(activations, weights, sums);
    } else {
        widened::<R, true>(activations, weights, sums);
    }
}

/// Whether no sum can be a subnormal number on the way.
///
/// A bfloat16 with the exponent e is a multiple of 2^(e - 7), so each product is a multiple of 2^(a + w - 14),
/// where a and w are the least exponents of activations and of weights, and a float32 is one of 2^(e - 23).
/// Sums of such multiples are multiples, exact or rounded: rounding keeps as many bits as there are, or a
/// coarser step. Where all of them are multiples of the least normal number, 2^-126, no sum is below it.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn stays_normal<const R: usize>(
    activations: &[[Pairs; R]],
    weights: &[WeightPairs],
    sums: &[[f32; LANES]; R],
) -> bool {
    const BIAS: u32 = 127;
    let products = least_exponent(activations.as_flattened()) + least_exponent(weights);
    products >= 2 * BIAS + 14 - 126 && least_exponent_of_sums(sums) >= BIAS + 23 - 126
}

/// The least exponent of numbers that are not zero, with its bias; 256 where all are.
#[inline]
#[target_feature(enable = "neon")]
fn least_exponent<const N: usize>(pairs: &[[u32; N]]) -> u32 {
    const { assert!(N == PAIRS || N == LANES, "whole registers, two or four") }
    // Less twice the number: without its sign, the smallest is the largest, and zero stays zero.
    let minus_two = vdupq_n_u16(0_u16.wrapping_sub(2));
    let mut largest = [vdupq_n_u16(0); 4];
    for pairs in pairs {
        for (four, largest) in pairs.as_chunks::<4>().0.iter().zip(&mut largest) {
            // SAFETY: sixteen bytes are there, and no alignment is needed.
            let halves = unsafe { vld1q_u16(four.as_ptr().cast()) };
            *largest = vmaxq_u16(*largest, vmulq_u16(halves, minus_two));
        }
    }
    let [first, second, third, fourth] = largest;
    let largest = vmaxvq_u16(vmaxq_u16(vmaxq_u16(first, second), vmaxq_u16(third, fourth)));
    (0x1_0000 - u32::from(largest)) >> 8
}

/// As [`least_exponent`], of float32.
#[inline]
#[target_feature(enable = "neon")]
fn least_exponent_of_sums<const R: usize>(sums: &[[f32; LANES]; R]) -> u32 {
    let mut largest = vdupq_n_u32(0);
    for four in sums.as_flattened().as_chunks::<4>().0 {
        // SAFETY: four floats are there, and no alignment is needed.
        let bits = vreinterpretq_u32_f32(unsafe { vld1q_f32(four.as_ptr()) });
        largest = vmaxq_u32(largest, vmulq_u32(bits, vdupq_n_u32(0_u32.wrapping_sub(2))));
    }
    ((0x1_0000_0000 - u64::from(vmaxvq_u32(largest))) >> 24) as u32
}

/// Eight columns after the other: the values of a row take two registers. Subnormal sums are flushed, or
/// there are none.
#[inline]
#[target_feature(enable = "neon")]
fn widened<const R: usize, const FLUSHED: bool>(
    activations: &[[Pairs; R]],
    weights: &[WeightPairs],
    sums: &mut [[f32; LANES]; R],
) {
    for half in 0..2 {
        let mut tile = [[vdupq_n_f32(0.0); 2]; R];
        for row in 0..R {
            // SAFETY: four floats are there from each multiple of four, and no alignment is needed.
            tile[row] = [8 * half, 8 * half + 4].map(|at| unsafe { vld1q_f32(sums[row].as_ptr().add(at)) });
        }
        for (rows, panel) in activations.iter().zip(weights.as_chunks::<PAIRS>().0) {
            for (part, weights) in panel.as_chunks::<4>().0.iter().enumerate() {
                let mut values = [[vdupq_n_f32(0.0); 2]; R];
                for row in 0..R {
                    values[row] = split(&rows[row].as_chunks().0[part]);
                }
                step::<0, R, FLUSHED>(&mut tile, &values, &weights[0], half);
                step::<1, R, FLUSHED>(&mut tile, &values, &weights[1], half);
                step::<2, R, FLUSHED>(&mut tile, &values, &weights[2], half);
                step::<3, R, FLUSHED>(&mut tile, &values, &weights[3], half);
            }
        }
        for row in 0..R {
            for two in 0..2 {
                // SAFETY: there is space for four floats from each multiple of four.
                unsafe { vst1q_f32(sums[row].as_mut_ptr().add(8 * half + 4 * two), tile[row][two]) };
            }
        }
    }
}

/// The products of the pair `K` of each row with eight columns, the higher half of each pair first.
#[inline]
#[target_feature(enable = "neon")]
fn step<const K: usize, const R: usize, const FLUSHED: bool>(
    sums: &mut [[float32x4_t; 2]; R],
    values: &[[float32x4_t; 2]; R],
    weights: &WeightPairs,
    half: usize,
) {
    for two in 0..2 {
        let columns = split(&weights.as_chunks().0[2 * half + two]);
        for part in 0..2 {
            for row in 0..R {
                let sum = fused::<K>(sums[row][two], columns[part], values[row][part]);
                sums[row][two] = if FLUSHED { flushed(sum) } else { sum };
            }
        }
    }
}

/// The higher halves of four pairs as floats, and the lower ones.
#[inline]
#[target_feature(enable = "neon")]
fn split(pairs: &[u32; 4]) -> [float32x4_t; 2] {
    // SAFETY: four pairs are there, and no alignment is needed.
    let pairs = unsafe { vld1q_u32(pairs.as_ptr()) };
    let high = vandq_u32(pairs, vdupq_n_u32(0xffff_0000));
    [vreinterpretq_f32_u32(high), vreinterpretq_f32_u32(vshlq_n_u32::<16>(pairs))]
}

/// Subnormal numbers become zero, the sign stays. Not by the processor's own mode for it, which flushes what
/// would still be rounded up to a normal number. One block, so that nothing else waits in registers.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn flushed(mut a: float32x4_t) -> float32x4_t {
    // SAFETY: the instructions read and write registers only.
    unsafe {
        asm!(
            // Subnormal lanes: all bits but the sign. A NaN is not greater, and stays.
            "facgt {subnormal:v}.4s, {least:v}.4s, {a:v}.4s",
            "ushr {subnormal:v}.4s, {subnormal:v}.4s, #1",
            "bic {a:v}.16b, {a:v}.16b, {subnormal:v}.16b",
            subnormal = out(vreg) _,
            least = in(vreg) vdupq_n_f32(f32::MIN_POSITIVE),
            a = inout(vreg) a,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    a
}
