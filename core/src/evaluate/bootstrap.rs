//! Percentile bootstrap intervals.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::Interval;

/// The 95 % interval of `figure` over `resamples` samples of the rows with replacement. The samples depend on the seed alone.
pub(super) fn interval(
    rows: usize,
    resamples: usize,
    seed: u64,
    figure: &(dyn Fn(&[usize]) -> f64 + Sync),
) -> Interval {
    let all: Vec<usize> = (0..rows).collect();
    let value = figure(&all);
    let mut random = StdRng::seed_from_u64(seed);
    let mut sample = all;
    let mut values: Vec<f64> = (0..resamples)
        .map(|_| {
            for slot in &mut sample {
                *slot = random.random_range(0..rows);
            }
            figure(&sample)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let percentile = |share: f64| match values.len() {
        0 => value,
        n => values[((n - 1) as f64 * share).round() as usize],
    };
    Interval { value, low: percentile(0.025), high: percentile(0.975) }
}
