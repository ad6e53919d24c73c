//! Estimates of the time and memory of a training, before it begins.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::body::HeadDataset;
use super::features::{pooled, served};
use super::learner::Learner;
use super::optimizer::schedule;
use super::options::{Method, Settings};
use super::plan::{Batch, HeadRow};
use crate::Result;
use crate::model::tokenize::Encoding;

/// Steps that are timed.
const STEPS: usize = 4;

/// Validation rows that are timed.
const ROWS: usize = 128;

/// The work, time and memory of a training that runs through all its epochs; early stopping makes it less.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrainEstimate {
    /// The number of steps of the optimizer.
    pub steps: usize,
    /// The number of tokens that go through the trunk in training; 0 for a frozen trunk.
    pub tokens: usize,
    /// Tokens per second of the steps that were timed; 0 for a frozen trunk.
    pub tokens_per_second: f64,
    /// The time of all epochs with their validation, in seconds, extrapolated from the first steps.
    pub seconds: f64,
    /// The peak of memory, in bytes: parameters, moments, gradients, the best epoch, and the largest step's
    /// activations.
    pub bytes: usize,
}

/// Times a few steps of a learner, which is a little trained afterwards.
pub(super) fn estimate(learner: &mut Learner<'_>, settings: &Settings) -> Result<TrainEstimate> {
    let datasets = learner.datasets;
    let batches = learner.plan.epoch(1);
    let steps = batches.len().div_ceil(settings.accumulate) * settings.epochs;
    let of_row = |&(head, row): &HeadRow| datasets[head].train.encodings[row].ids.len();
    let tokens = |batch: &Batch| -> usize {
        batch.0.iter().map(|visit| of_row(&learner.plan.texts[visit.text])).sum()
    };
    let of_batch: Vec<usize> = batches.iter().map(tokens).collect();
    let largest = of_batch.iter().copied().max().unwrap_or(0);

    let (mut busy, mut seen, mut timed) = (Duration::ZERO, 0, 0usize);
    let (mut of_base, mut found) = (Duration::ZERO, 0);
    for (index, step) in batches.chunks(settings.accumulate).take(STEPS + 1).enumerate() {
        // The base's vectors are found once, and every epoch has the steps.
        let began = Instant::now();
        found += learner.find(step)?;
        of_base += began.elapsed();
        let began = Instant::now();
        let taken = learner.step(step, index + 1, schedule(index, steps, settings.warmup))?;
        // The first step allocates memory.
        if index > 0 || batches.len() <= settings.accumulate {
            (busy, seen, timed) = (busy + began.elapsed(), seen + taken.tokens, timed + 1);
        }
    }
    let learning = settings.method != Method::Frozen;
    let all: usize = of_batch.iter().sum::<usize>() * settings.epochs;
    let of_steps = if learning {
        busy.as_secs_f64() * all as f64 / seen.max(1) as f64
    } else {
        busy.as_secs_f64() * steps as f64 / timed.max(1) as f64
    };
    let texts: usize = learner.plan.texts.iter().map(of_row).sum();
    let of_base = if found > 0 { of_base.as_secs_f64() * texts as f64 / found as f64 } else { 0.0 };
    let passes = if learning { settings.epochs } else { 0 };
    let of_validation = passes as f64 * validation(learner, datasets)?;

    let hidden = learner.base().config.hidden_size;
    let config = &learner.base().config;
    let floats: usize = learner.arrays().iter().map(|values| values.len()).sum();
    let gradients = if learning { learner.base().parameters() } else { floats };
    let activations = if learning {
        largest * (config.layers * (8 * hidden + 2 * config.intermediate_size) + 2 * hidden)
    } else {
        datasets.iter().map(|l| l.train.targets.len() + l.valid.targets.len()).sum::<usize>() * hidden
    };
    Ok(TrainEstimate {
        steps,
        tokens: if learning { all } else { 0 },
        tokens_per_second: if learning { seen as f64 / busy.as_secs_f64().max(1e-6) } else { 0.0 },
        seconds: of_steps + of_base + of_validation,
        // Values, two moments, the best epoch; gradients of both parts of a batch; the trunk that validates.
        bytes: 4 * (4 * floats + 2 * gradients + activations + learner.base().parameters()),
    })
}

/// Returns the seconds of one pass over the validation rows.
fn validation(learner: &Learner<'_>, datasets: &[HeadDataset]) -> Result<f64> {
    let base = learner.base();
    let trunk = served(&base.config, base.weights())?;
    let count = |encodings: &[Encoding]| encodings.iter().map(|e| e.ids.len()).sum::<usize>();
    let mut seconds = 0.0;
    for dataset in datasets {
        let some = &dataset.valid.encodings[..ROWS.min(dataset.valid.encodings.len())];
        let began = Instant::now();
        pooled(&trunk, some, dataset.pooling, &|_| Ok(()))?;
        let share = count(&dataset.valid.encodings) as f64 / count(some).max(1) as f64;
        seconds += began.elapsed().as_secs_f64() * share;
    }
    Ok(seconds)
}
