//! Plain Rust: the oracle of the other instruction sets, and the path of processors without them.

use super::simd::{Buffers, Kernel, LANES, Simd, WeightPairs, WeightQuads};

/// Every processor has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

impl Simd for Portable {
    const ROWS: usize = 4;
    type F32 = [f32; LANES];
    type Quad = [i16; 4];

    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    fn buffer(buffers: &mut Buffers) -> &mut Vec<Self::Quad> {
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
    fn whole(self, from: &[i32; LANES]) -> Self::F32 {
        from.map(|integer| integer as f32)
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
    fn quads(self, values: Self::F32) -> [Self::Quad; 4] {
        std::array::from_fn(|quad| std::array::from_fn(|at| values[4 * quad + at] as i16))
    }
    const OFFSET: i32 = 0;

    #[inline(always)]
    fn int8_tile<const R: usize>(
        self,
        activations: &[[Self::Quad; R]],
        weights: &[WeightQuads],
        sums: &mut [[i32; LANES]; R],
    ) {
        for (rows, columns) in activations.iter().zip(weights) {
            for (row, sums) in rows.iter().zip(sums.iter_mut()) {
                for (column, sum) in columns.iter().zip(sums) {
                    *sum += row.iter().zip(column).map(|(&a, &w)| i32::from(a) * i32::from(w)).sum::<i32>();
                }
            }
        }
    }
}
