//! Functions of sixteen floats at a time. Each step rounds alike on every instruction set.

use super::simd::Simd;

/// Half the logarithm's bits, so that n · `LN_2_HIGH` is exact; the rest is in `LN_2_LOW` (Cody and Waite
/// 1980).
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// e^x within 2 units in the last place from -87 to 88; outside, the value at the border.
#[inline(always)]
pub(crate) fn exp<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let x = simd.max(simd.min(x, simd.splat(88.0)), simd.splat(-87.0));
    let n = simd.round(simd.mul(x, simd.splat(std::f32::consts::LOG2_E)));
    let r = simd.fma(n, simd.splat(-LN_2_HIGH), x);
    let r = simd.fma(n, simd.splat(-LN_2_LOW), r);
    // Taylor: the eighth term is below half a unit in the last place for |r| <= ln 2 / 2.
    let mut sum = simd.splat(1.0 / 5040.0);
    for factorial in [720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        sum = simd.fma(sum, r, simd.splat(1.0 / factorial));
    }
    simd.mul(sum, simd.exp2(n))
}

/// tanh within 2e-7.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let one = simd.splat(1.0);
    let e = exp(simd, simd.add(x, x));
    simd.sub(one, simd.div(simd.splat(2.0), simd.add(e, one)))
}

/// Beyond it erf(x / √2) is 1 within 7e-8.
const ERF_END: f32 = 5.4;
/// erf(x / √2) / x as a polynomial in 2 x² / 5.4² - 1, constant first: a minimax fit (Lawson's iteration on
/// Chebyshev nodes) of the error that is left in GELU, which is below 3e-7 before rounding.
const ERF: [f32; 14] = [
    0.261_856_23,
    -0.130_655_38,
    0.096_997_16,
    -0.078_439_17,
    0.064_279_92,
    -0.051_243_156,
    0.038_911_21,
    -0.028_953_208,
    0.020_704_664,
    -0.011_412_055,
    0.004_739_193,
    -0.004_252_728,
    0.004_043_511_6,
    -0.001_391_041,
];

/// x · Φ(x) = x / 2 · (1 + erf(x / √2)), within 1.1e-6 + 1e-7 |x| (Hendrycks and Gimpel 2016).
#[inline(always)]
pub(crate) fn gelu<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let half = simd.mul(x, simd.splat(0.5));
    simd.fma(half, erf(simd, x), half)
}

/// erf(x / √2).
#[inline(always)]
fn erf<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let t = simd.max(simd.min(x, simd.splat(ERF_END)), simd.splat(-ERF_END));
    let s = simd.fma(simd.mul(t, t), simd.splat(2.0 / (ERF_END * ERF_END)), simd.splat(-1.0));
    let [lower @ .., last] = ERF;
    let mut sum = simd.splat(last);
    for coefficient in lower.into_iter().rev() {
        sum = simd.fma(sum, s, simd.splat(coefficient));
    }
    simd.mul(sum, t)
}

/// x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), the approximation of the same paper.
#[inline(always)]
pub(crate) fn gelu_tanh<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let cube = simd.mul(simd.mul(x, x), x);
    let inner = simd.fma(cube, simd.splat(0.044_715), x);
    let tanh = tanh(simd, simd.mul(inner, simd.splat((2.0 * std::f32::consts::FRAC_1_PI).sqrt())));
    let half = simd.mul(x, simd.splat(0.5));
    simd.fma(half, tanh, half)
}

#[cfg(feature = "train")]
/// The derivative of [`gelu`]: Φ(x) + x φ(x).
#[inline(always)]
pub(crate) fn gelu_slope<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let half = simd.splat(0.5);
    let density = exp(simd, simd.mul(simd.mul(x, x), simd.splat(-0.5)));
    let density = simd
        .mul(density, simd.splat(0.5 * std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2));
    simd.fma(x, density, simd.fma(erf(simd, x), half, half))
}

#[cfg(feature = "train")]
/// The derivative of [`gelu_tanh`], with t the tanh and u what it is of: (1 + t) / 2 + x / 2 · (1 - t²) · u'.
#[inline(always)]
pub(crate) fn gelu_tanh_slope<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let (one, half) = (simd.splat(1.0), simd.splat(0.5));
    let scale = simd.splat((2.0 * std::f32::consts::FRAC_1_PI).sqrt());
    let square = simd.mul(x, x);
    let inner = simd.mul(x, simd.fma(square, simd.splat(0.044_715), one));
    let t = tanh(simd, simd.mul(inner, scale));
    let slope = simd.mul(scale, simd.fma(square, simd.splat(3.0 * 0.044_715), one));
    let bend = simd.mul(simd.sub(one, simd.mul(t, t)), slope);
    simd.fma(simd.mul(x, half), bend, simd.fma(t, half, half))
}

#[cfg(feature = "train")]
/// The derivative of [`silu`], with s the logistic function: s + x s (1 - s).
#[inline(always)]
pub(crate) fn silu_slope<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let one = simd.splat(1.0);
    let s = simd.div(one, simd.add(one, exp(simd, simd.sub(simd.splat(0.0), x))));
    simd.fma(simd.mul(x, s), simd.sub(one, s), s)
}

#[cfg(feature = "train")]
/// The derivative of [`tanh`]: 1 - tanh².
#[inline(always)]
pub(crate) fn tanh_slope<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let t = tanh(simd, x);
    simd.sub(simd.splat(1.0), simd.mul(t, t))
}

/// max(0, x).
#[inline(always)]
pub(crate) fn relu<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    simd.max(x, simd.splat(0.0))
}

/// x / (1 + e^-x) (Elfwing et al. 2018).
#[inline(always)]
pub(crate) fn silu<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let e = exp(simd, simd.sub(simd.splat(0.0), x));
    simd.div(x, simd.add(simd.splat(1.0), e))
}

/// The sum of the lanes, in pairs that lie ever nearer: one order on every instruction set.
pub(crate) fn sum(mut lanes: [f32; 16]) -> f32 {
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
    }
    lanes[0]
}

/// The largest lane.
pub(crate) fn max(lanes: [f32; 16]) -> f32 {
    lanes.into_iter().fold(f32::NEG_INFINITY, f32::max)
}

/// The smallest lane.
pub(crate) fn min(lanes: [f32; 16]) -> f32 {
    lanes.into_iter().fold(f32::INFINITY, f32::min)
}
