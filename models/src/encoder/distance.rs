//! Buckets of the distance between two tokens.
//!
//! Both count in float32, as the implementations do that the checkpoints were trained with: in double
//! precision some distances at the border of two buckets would fall in the other.

/// The bucket of T5 (Raffel et al. 2020) for the distance of a key from its query, with 32 buckets and
/// distances up to 128, as MPNet has it.
pub(crate) fn t5_bucket(distance: i64) -> usize {
    const EACH_WAY: usize = 16;
    const EXACT: usize = 8;
    const FARTHEST: f32 = 128.0;
    let ahead = if distance > 0 { EACH_WAY } else { 0 };
    let distance = distance.unsigned_abs() as usize;
    if distance < EXACT {
        return ahead + distance;
    }
    let octaves = libm::logf(distance as f32 / EXACT as f32) / libm::logf(FARTHEST / EXACT as f32);
    ahead + (EXACT + (octaves * (EACH_WAY - EXACT) as f32) as usize).min(EACH_WAY - 1)
}

/// The bucket of DeBERTa-v2 (He et al. 2021) for a distance: exact up to half of `buckets`, then logarithmic
/// up to `farthest`; as far as `buckets` each way, and farther beyond `farthest`.
pub(crate) fn log_bucket(distance: i64, buckets: usize, farthest: usize) -> i64 {
    let half = (buckets / 2) as i64;
    if distance.abs() <= half {
        return distance;
    }
    let ratio = libm::logf(distance.unsigned_abs() as f32 / half as f32)
        / libm::logf((farthest - 1) as f32 / half as f32);
    ((ratio * (half - 1) as f32).ceil() as i64 + half) * distance.signum()
}
