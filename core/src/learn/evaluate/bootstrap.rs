//! Percentile bootstrap intervals (Efron 1979).

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

use super::{EvaluateOptions, Interval};

/// Indexes of sampled rows that are in memory at a time.
const INDEXES: usize = 1 << 22;

/// Figures of chosen rows; NaN where one has no value on them.
type Figures<'a> = &'a (dyn Fn(&[usize]) -> Vec<f64> + Sync);

/// Draws rows with replacement. The samples depend on the seed alone, so that all figures are of the same
/// ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bootstrap {
    rows: usize,
    resamples: usize,
    seed: u64,
}

/// Figures on all rows, and on each sample of them.
#[derive(Debug)]
pub(super) struct Drawn {
    all: Vec<f64>,
    samples: Vec<Vec<f64>>,
}

impl Bootstrap {
    pub(super) fn new(rows: usize, options: &EvaluateOptions) -> Self {
        Self { rows, resamples: options.resamples, seed: options.seed }
    }

    pub(super) fn interval(&self, figure: &(dyn Fn(&[usize]) -> f64 + Sync)) -> Interval {
        self.draw(&|rows| vec![figure(rows)]).interval(0)
    }

    pub(super) fn draw(&self, figures: Figures<'_>) -> Drawn {
        let all: Vec<usize> = (0..self.rows).collect();
        let mut random = StdRng::seed_from_u64(self.seed);
        let mut sample =
            |_| -> Vec<usize> { all.iter().map(|_| random.random_range(0..self.rows)).collect() };
        let block = (INDEXES / self.rows.max(1)).clamp(1, 64);
        let mut samples = Vec::with_capacity(self.resamples.min(1 << 16));
        while samples.len() < self.resamples {
            // The draws follow one another; the figures of each are its own.
            let drawn: Vec<_> = (0..block.min(self.resamples - samples.len())).map(&mut sample).collect();
            samples.par_extend(drawn.par_iter().map(|rows| figures(rows)));
        }
        Drawn { all: figures(&all), samples }
    }
}

impl Drawn {
    /// A figure of each sample that has it.
    pub(super) fn of(&self, figure: usize) -> impl Iterator<Item = f64> + '_ {
        self.samples.iter().map(move |sample| sample[figure]).filter(|value| !value.is_nan())
    }

    /// The figure at this place, 0 where the rows have none, with its 95 % interval.
    pub(super) fn interval(&self, figure: usize) -> Interval {
        let value = self.all[figure];
        let value = if value.is_nan() { 0.0 } else { value };
        let mut values: Vec<f64> = self.of(figure).collect();
        values.sort_by(f64::total_cmp);
        let percentile = |share: f64| match values.len() {
            0 => value,
            n => values[((n - 1) as f64 * share).round() as usize],
        };
        Interval { value, low: percentile(0.025), high: percentile(0.975) }
    }
}
