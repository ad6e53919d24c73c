//! The loop: epochs of steps, the best epoch kept, checkpoints on the way.

use std::time::{Duration, Instant};

use super::body::HeadDataset;
use super::checkpoint::Checkpoints;
use super::learner::{Learner, Seen};
use super::optimizer::schedule;
use super::options::{Metric, Settings};
use super::plan::Batch;
use super::progress::{Point, TrainProgress};
use super::state::State;
use super::task::measure;
use crate::{Error, ErrorKind, OnProgress, Result};

/// Batches between two reports of progress, each of which may stop the work.
const TURN: usize = 64;

/// The result of the loop: the best epoch, the steps, the curve and the speed.
pub(super) struct Fitted {
    pub(super) epoch: usize,
    pub(super) steps: usize,
    pub(super) curve: Vec<Point>,
    pub(super) tokens_per_second: f64,
}

pub(super) struct Loop<'a> {
    pub(super) settings: &'a Settings,
    pub(super) metrics: &'a [Metric],
    pub(super) checkpoints: Option<Checkpoints>,
    pub(super) progress: OnProgress<'a, TrainProgress>,
}

impl Loop<'_> {
    /// Trains, and leaves the learner as it was at the end of the best epoch.
    pub(super) fn run(&self, learner: &mut Learner<'_>) -> Result<Fitted> {
        let settings = self.settings;
        let total = learner.plan.epoch(1).len();
        let steps = total.div_ceil(settings.accumulate) * settings.epochs;
        let mut best: Vec<Vec<f32>> = Vec::new();
        let mut state = State { epoch: 1, ..State::default() };
        if let Some((saved, arrays)) =
            self.checkpoints.as_ref().map(|c| c.load(learner)).transpose()?.flatten()
        {
            (state, best) = (saved, arrays);
        }
        let (mut busy, mut tokens) = (Duration::ZERO, 0);
        let speed = |tokens: usize, busy: Duration| tokens as f64 / busy.as_secs_f64().max(1e-3);
        while state.epoch <= settings.epochs && !settings.is_over(state.epoch, state.stale) {
            let batches = learner.plan.epoch(state.epoch);
            learner.quantise(settings.is_quantised(state.epoch));
            for batches in batches[state.done..].chunks(settings.accumulate) {
                if learner.trunk().is_some() || state.done.is_multiple_of(TURN) {
                    (self.progress)(TrainProgress::Steps {
                        epoch: state.epoch,
                        epochs: settings.epochs,
                        done: state.done,
                        total,
                        loss: state.loss / state.done.max(1) as f64,
                        tokens_per_second: speed(tokens, busy),
                    })?;
                }
                let began = Instant::now();
                let seen = self.step(learner, batches, &mut state, steps)?;
                (busy, tokens) = (busy + began.elapsed(), tokens + seen.tokens);
                if let Some(checkpoints) = &self.checkpoints
                    && checkpoints.due(state.steps)
                {
                    checkpoints.save(learner, &state, &best)?;
                }
            }
            self.end_epoch(learner, &mut state, &mut best, total)?;
            if let Some(checkpoints) = &self.checkpoints {
                checkpoints.save(learner, &state, &best)?;
            }
        }
        let Some((epoch, _)) = state.best else {
            return Err(Error::new(ErrorKind::Internal, "training ended without an epoch"));
        };
        learner.restore(best);
        Ok(Fitted { epoch, steps: state.steps, curve: state.curve, tokens_per_second: speed(tokens, busy) })
    }

    fn step(
        &self,
        learner: &mut Learner<'_>,
        batches: &[Batch],
        state: &mut State,
        steps: usize,
    ) -> Result<Seen> {
        let schedule = schedule(state.steps, steps, self.settings.warmup);
        state.steps += 1;
        let seen = learner.step(batches, state.steps, schedule)?;
        if !seen.loss.is_finite() {
            let kept = match &self.checkpoints {
                Some(checkpoints) => checkpoints.kept(),
                None => String::new(),
            };
            let (loss, step) = (seen.loss, state.steps);
            let message = format!("the loss is {loss} at step {step}; a lower learning rate may help{kept}");
            return Err(Error::new(ErrorKind::DataInvalid, message));
        }
        state.done += batches.len();
        state.loss += seen.loss * batches.len() as f64;
        Ok(seen)
    }

    fn end_epoch(
        &self,
        learner: &Learner<'_>,
        state: &mut State,
        best: &mut Vec<Vec<f32>>,
        total: usize,
    ) -> Result<()> {
        let (epoch, epochs) = (state.epoch, self.settings.epochs);
        let loss = state.loss / total as f64;
        let report = || {
            (self.progress)(TrainProgress::Steps {
                epoch,
                epochs,
                done: total,
                total,
                loss,
                tokens_per_second: 0.0,
            })
        };
        let logits = learner.validate(None, &report)?;
        let of_head = |((dataset, metric), logits): ((&HeadDataset, &Metric), &Vec<Vec<f32>>)| {
            measure(*metric, dataset.link, dataset.labels, logits, &dataset.valid.targets)
        };
        let metrics: Vec<f64> = learner.datasets.iter().zip(self.metrics).zip(&logits).map(of_head).collect();
        let scores = metrics.iter().zip(self.metrics).zip(learner.datasets);
        let scores = scores.map(|((value, metric), dataset)| metric.score(*value, dataset.labels));
        let score = scores.sum::<f64>() / metrics.len() as f64;
        let metric = if let [value] = metrics.as_slice() { *value } else { score };
        (self.progress)(TrainProgress::Epoch { epoch, epochs, loss, metric })?;
        state.curve.push(Point { epoch, steps: state.steps, loss, metrics });
        // No epoch before the rounding is kept, however good: its weights have not learnt to bear it.
        let first_quantised = self.settings.is_quantised(epoch) && !self.settings.is_quantised(epoch - 1);
        if first_quantised || state.best.is_none_or(|(_, best)| score > best) {
            *best = learner.arrays().into_iter().cloned().collect();
            state.best = Some((epoch, score));
            state.stale = 0;
        } else {
            state.stale += 1;
        }
        (state.epoch, state.done, state.loss) = (epoch + 1, 0, 0.0);
        Ok(())
    }
}
