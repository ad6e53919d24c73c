//! Plain Rust: the oracle of the other instruction sets, and the path of processors without them.

use super::aligned::Aligned;
use super::simd::{Buffers, Kernel, LANES, Simd, WeightPairs, WeightQuads};

/// Every processor has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

impl Simd for Portable {
    const ROWS: usize = 4;
    type F32 = [f32; LANES];
    type I32 = [i32; LANES];
    type Quads = [[i16; 4]; 4];

    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    type Configured = ();
    fn configured(self, _rows: usize) {}

    fn buffer(buffers: &mut Buffers) -> &mut Aligned<Self::Quads> {
        &mut buffers.words
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        [value; LANES]
    }
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        *from
    }
    #[inline(always)]
    fn store(self, value: Self::F32, to: &mut [f32; LANES]) {
        *to = value;
    }
    #[inline(always)]
    fn load_i32(self, from: &[i32; LANES]) -> Self::I32 {
        *from
    }
    #[inline(always)]
    fn i32_to_f32(self, integers: Self::I32) -> Self::F32 {
        integers.map(|integer| integer as f32)
    }

    #[inline(always)]
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        std::array::from_fn(|i| a[i] - b[i])
    }
    #[inline(always)]
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        std::array::from_fn(|i| a[i] * b[i])
    }
    #[inline(always)]
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        std::array::from_fn(|i| a[i] / b[i])
    }
    #[inline(always)]
    fn fma(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32 {
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
    }
    #[inline(always)]
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        std::array::from_fn(|i| if a[i] < b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        std::array::from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn round(self, a: Self::F32) -> Self::F32 {
        a.map(f32::round_ties_even)
    }
    #[inline(always)]
    fn exp2(self, integer: Self::F32) -> Self::F32 {
        integer.map(|n| f32::from_bits(((n as i32 + 127) << 23).cast_unsigned()))
    }

    #[inline(always)]
    fn high(self, pairs: &WeightPairs) -> Self::F32 {
        pairs.map(|pair| f32::from_bits(pair & 0xffff_0000))
    }
    #[inline(always)]
    fn low(self, pairs: &WeightPairs) -> Self::F32 {
        pairs.map(|pair| f32::from_bits(pair << 16))
    }
    #[inline(always)]
    fn flush(self, a: Self::F32) -> Self::F32 {
        a.map(|a| if a.abs() < f32::MIN_POSITIVE { 0f32.copysign(a) } else { a })
    }

    #[inline(always)]
    fn quads(self, values: Self::F32) -> Self::Quads {
        std::array::from_fn(|quad| std::array::from_fn(|at| values[4 * quad + at] as i16))
    }
    const OFFSET: i32 = 0;

    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[Self::Quads; R]],
        weights: &[[WeightQuads; 4]],
        start: &[i32; LANES],
    ) -> [Self::I32; R] {
        let mut sums = [*start; R];
        for (rows, weights) in activations.iter().zip(weights) {
            for (quad, columns) in weights.iter().enumerate() {
                for (row, sums) in rows.iter().zip(&mut sums) {
                    for (column, sum) in columns.iter().zip(sums) {
                        let products =
                            row[quad].iter().zip(column).map(|(&a, &w)| i32::from(a) * i32::from(w));
                        *sum += products.sum::<i32>();
                    }
                }
            }
        }
        sums
    }
}
