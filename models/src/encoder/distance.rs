//! Buckets of the distance between two tokens.
//!
//! Both count in float32, as the implementations do that the checkpoints were trained with: in double
//! precision some distances at the border of two buckets would fall in the other.

use crate::config::DistanceEmbeddings;

/// The bucket of T5 (Raffel et al. 2020) for a distance, with 32 buckets and distances up to 128, as MPNet has
/// it; `ahead` where the key comes after its query.
pub(crate) fn t5_bucket(distance: usize, ahead: bool) -> usize {
    const EACH_WAY: usize = 16;
    const EXACT: usize = 8;
    const FARTHEST: f32 = 128.0;
    let first = if ahead { EACH_WAY } else { 0 };
    if distance < EXACT {
        return first + distance;
    }
    let octaves = libm::logf(distance as f32 / EXACT as f32) / libm::logf(FARTHEST / EXACT as f32);
    first + (EXACT + (octaves * (EACH_WAY - EXACT) as f32) as usize).min(EACH_WAY - 1)
}

impl DistanceEmbeddings {
    /// The row for a query and a key, by their places in a sequence.
    pub(crate) fn row(&self, query: usize, key: usize) -> usize {
        let bucket = self.bucket(query.abs_diff(key));
        if query >= key {
            (self.span + bucket).min(2 * self.span - 1)
        } else {
            self.span.saturating_sub(bucket)
        }
    }

    /// The bucket of DeBERTa-v2 (He et al. 2021): exact up to half the span, then logarithmic, so that the
    /// farthest distance but one is in the last.
    fn bucket(&self, distance: usize) -> usize {
        let half = self.span / 2;
        let Some(farthest) = self.farthest.filter(|_| distance > half) else { return distance };
        let ratio =
            libm::logf(distance as f32 / half as f32) / libm::logf((farthest - 1) as f32 / half as f32);
        (ratio * (half - 1) as f32).ceil() as usize + half
    }
}
