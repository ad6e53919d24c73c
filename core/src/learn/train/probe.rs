//! Heads that are trained on the trunk as it is before everything is trained (Kumar et al. 2022, "Fine-Tuning
//! can Distort Pretrained Features"): under heads of random weights, the first steps of a few rows would
//! spoil the pretrained trunk.

use rand::rngs::StdRng;

use super::fit::Loop;
use super::learner::Learner;
use super::options::Metric;
use super::prepare::{Planned, learner};
use super::progress::TrainProgress;
use crate::{Error, ErrorKind, OnProgress, Result};

/// Gives a learner whose trunk is trained the heads that are found on the frozen trunk.
pub(super) fn probe(
    tuned: &mut Learner<'_>,
    planned: &[Planned<'_>],
    metrics: &[Metric],
    random: &mut StdRng,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<()> {
    let settings = tuned.settings().probing();
    let mut frozen = learner(planned, tuned.datasets, tuned.base(), &settings, false, random, progress)?;
    let rows: usize = tuned.datasets.iter().map(|l| l.train.targets.len() + l.valid.targets.len()).sum();
    // The epochs that count are those of the trunk.
    let report = |_| progress(TrainProgress::Features { done: rows, total: rows });
    let fitting = Loop { settings: &settings, metrics, checkpoints: None, progress: &report };
    fitting.run(&mut frozen)?;
    for index in 0..frozen.heads.len() {
        let Some(scale) = frozen.scale(index).cloned() else {
            return Err(Error::new(ErrorKind::Internal, "the features of a frozen trunk have no scale"));
        };
        frozen.heads[index].unscale(&scale);
    }
    tuned.heads = frozen.heads;
    Ok(())
}
