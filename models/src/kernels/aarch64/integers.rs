//! The ways to multiply integers, and pairs of bfloat16, and the one of every processor.

#[allow(clippy::wildcard_imports, reason = "intrinsics are many, and their prefix distinguishes them")]
use std::arch::aarch64::*;
use std::arch::asm;

use super::pairs;
use super::proof::{Neon, Plain};
use crate::kernels::simd::{Kernel, LANES, Pairs, WeightPairs, WeightQuads};

/// The operations that differ between them; the names are those of [`crate::kernels::simd::Simd`].
pub(crate) trait Integers: Copy + Send + Sync {
    fn run<K: Kernel<Neon<Self>>>(self, kernel: K) -> K::Output;
    fn int8_tile<const R: usize>(
        self,
        activations: &[[[[i8; 4]; 4]; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [[int32x4_t; 4]; R];
    #[inline(always)]
    fn bf16_tile<const R: usize>(
        self,
        activations: &[[Pairs; R]],
        weights: &[WeightPairs],
        sums: &mut [[f32; LANES]; R],
    ) {
        // SAFETY: the processor has NEON, as `self` proves.
        unsafe { pairs::tile(activations, weights, sums) }
    }
}

impl Integers for Plain {
    #[inline]
    fn run<K: Kernel<Neon<Self>>>(self, kernel: K) -> K::Output {
        // SAFETY: a value of `Plain` is made only where the processor has NEON.
        unsafe { compiled(Neon(self), kernel) }
    }

    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[[[i8; 4]; 4]; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [[int32x4_t; 4]; R] {
        // SAFETY: the processor has NEON, as `self` proves.
        unsafe { tile(activations, weights, start) }
    }
}

/// Not inlined: every processor has NEON, so nothing else keeps each kernel a function of its own.
#[inline(never)]
#[target_feature(enable = "neon")]
fn compiled<K: Kernel<Neon<Plain>>>(simd: Neon<Plain>, kernel: K) -> K::Output {
    kernel.run(simd)
}

/// Three rows at a time: each column has two sums, and there are registers for no more.
#[inline]
#[target_feature(enable = "neon")]
fn tile<const R: usize>(
    activations: &[[[[i8; 4]; 4]; R]],
    weights: &[[WeightQuads; 4]],
    start: &[i32; LANES],
) -> [[int32x4_t; 4]; R] {
    let mut sums = [[vdupq_n_s32(0); 4]; R];
    let mut parts = sums.chunks_exact_mut(3);
    let mut first = 0;
    for part in &mut parts {
        rows::<3, R>(first, activations, weights, start, part);
        first += 3;
    }
    match parts.into_remainder() {
        [] => {}
        part @ [_] => rows::<1, R>(first, activations, weights, start, part),
        part => rows::<2, R>(first, activations, weights, start, part),
    }
    sums
}

/// `N` rows of `R` from `first` on. Two products of a column are added in 16 bits, 2 · 128 · 127 at most,
/// then two neighbours to a sum. Eight columns after the other.
#[inline]
#[target_feature(enable = "neon")]
fn rows<const N: usize, const R: usize>(
    first: usize,
    activations: &[[[[i8; 4]; 4]; R]],
    weights: &[[WeightQuads; 4]],
    start: &[i32; LANES],
    sums: &mut [[int32x4_t; 4]],
) {
    for half in 0..2 {
        let mut tile = [[[vdupq_n_s32(0); 2]; 2]; N];
        for (rows, weights) in activations.iter().zip(weights) {
            let rows: &[_; N] = rows[first..].first_chunk().expect("rows of the tile");
            for [first, second] in [[0, 1], [2, 3]] {
                for two in 0..2 {
                    let at = 2 * half + two;
                    let weights = [columns(&weights[first], at), columns(&weights[second], at)];
                    for row in 0..N {
                        let values = [four(rows[row][first]), four(rows[row][second])];
                        tile[row][two] = products(tile[row][two], weights, values);
                    }
                }
            }
        }
        for two in 0..2 {
            // SAFETY: four integers are there from each multiple of four.
            let start = unsafe { vld1q_s32(start.as_ptr().add(8 * half + 4 * two)) };
            for (sums, tile) in sums.iter_mut().zip(&tile) {
                sums[2 * half + two] = vaddq_s32(start, vpaddq_s32(tile[two][0], tile[two][1]));
            }
        }
    }
}

/// To two sums of each of four columns the products of eight weights of each. One block, so that no products
/// wait in registers.
#[inline]
#[target_feature(enable = "neon")]
fn products(
    [mut low, mut high]: [int32x4_t; 2],
    weights: [int8x16_t; 2],
    values: [int8x16_t; 2],
) -> [int32x4_t; 2] {
    // SAFETY: the instructions read and write registers only.
    unsafe {
        asm!(
            "smull {products:v}.8h, {first:v}.8b, {to_first:v}.8b",
            "smlal {products:v}.8h, {second:v}.8b, {to_second:v}.8b",
            "sadalp {low:v}.4s, {products:v}.8h",
            "smull2 {products:v}.8h, {first:v}.16b, {to_first:v}.16b",
            "smlal2 {products:v}.8h, {second:v}.16b, {to_second:v}.16b",
            "sadalp {high:v}.4s, {products:v}.8h",
            products = out(vreg) _,
            low = inout(vreg) low,
            high = inout(vreg) high,
            first = in(vreg) weights[0],
            second = in(vreg) weights[1],
            to_first = in(vreg) values[0],
            to_second = in(vreg) values[1],
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    [low, high]
}

/// Four consecutive weights of each of four columns, those of the `index`th four.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn columns(weights: &WeightQuads, index: usize) -> int8x16_t {
    let four = &weights.as_chunks::<4>().0[index];
    // SAFETY: sixteen bytes are there, and no alignment is needed.
    unsafe { vld1q_s8(four.as_ptr().cast()) }
}

/// Four activations, four times.
#[inline]
#[target_feature(enable = "neon")]
fn four(values: [i8; 4]) -> int8x16_t {
    vreinterpretq_s8_s32(vdupq_n_s32(i32::from_ne_bytes(values.map(i8::cast_unsigned))))
}
