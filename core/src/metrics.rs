//! Metrics of an engine's work so far, counted without locks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the duration histograms, in seconds, ascending; a last, infinite bucket follows.
pub const SECONDS: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];

/// Upper bounds of the batch size histogram, in texts, ascending; a last, infinite bucket follows.
pub const TEXTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Metrics of an engine's work since it was opened. All but `queue_depth` only grow.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// Tickets that wait for a batch now; of a long call no more than 512.
    pub queue_depth: u64,
    /// Calls that were accepted.
    pub calls: u64,
    /// Calls that were refused because the queue was full.
    pub overloaded: u64,
    /// Tickets that were answered.
    pub tickets: u64,
    /// Tokens that the models read, padding not counted.
    pub tokens: u64,
    /// The time of each call from its submission to the first batch with one of its tickets.
    pub queue_seconds: Histogram,
    /// The time of each forward pass of a batch.
    pub inference_seconds: Histogram,
    /// The number of texts in each batch.
    pub batch_texts: Histogram,
}

/// A histogram of observations.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// `(upper bound, observations at or under it and over the bound before)`, in the order of the bounds;
    /// the counts are not cumulative, and the last bound is infinite.
    pub buckets: Vec<(f64, u64)>,
    /// The sum of all observations, in the unit of the bounds.
    pub sum: f64,
}

impl Histogram {
    /// The number of observations.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }
}

#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) calls: AtomicU64,
    pub(crate) overloaded: AtomicU64,
    pub(crate) tickets: AtomicU64,
    pub(crate) tokens: AtomicU64,
    pub(crate) queue: Buckets,
    pub(crate) inference: Buckets,
    pub(crate) batch: Buckets,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self {
            calls: AtomicU64::new(0),
            overloaded: AtomicU64::new(0),
            tickets: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
            queue: Buckets::new(SECONDS, 1e-9),
            inference: Buckets::new(SECONDS, 1e-9),
            batch: Buckets::new(TEXTS, 1.0),
        }
    }

    pub(crate) fn add(counter: &AtomicU64, more: usize) {
        counter.fetch_add(more as u64, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self, queue_depth: usize) -> Metrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            queue_depth: queue_depth as u64,
            calls: read(&self.calls),
            overloaded: read(&self.overloaded),
            tickets: read(&self.tickets),
            tokens: read(&self.tokens),
            queue_seconds: self.queue.snapshot(),
            inference_seconds: self.inference.snapshot(),
            batch_texts: self.batch.snapshot(),
        }
    }
}

/// A histogram that many threads fill. The sum is kept in whole units of `unit`, so that adding to it needs
/// no lock.
#[derive(Debug)]
pub(crate) struct Buckets {
    bounds: &'static [f64],
    counts: Vec<AtomicU64>,
    sum: AtomicU64,
    unit: f64,
}

impl Buckets {
    fn new(bounds: &'static [f64], unit: f64) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0), unit }
    }

    pub(crate) fn observe(&self, value: f64) {
        let bucket = self.bounds.partition_point(|&bound| bound < value);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add((value / self.unit).round() as u64, Ordering::Relaxed);
    }

    pub(crate) fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    fn snapshot(&self) -> Histogram {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        Histogram {
            buckets: bounds.zip(self.counts.iter().map(|count| count.load(Ordering::Relaxed))).collect(),
            sum: self.sum.load(Ordering::Relaxed) as f64 * self.unit,
        }
    }
}
