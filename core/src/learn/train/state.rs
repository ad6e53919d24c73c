//! The state of a training.

use serde::{Deserialize, Serialize};

use super::progress::Point;

/// The state of a training between two steps; with the arrays, all that a checkpoint needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// From 1: the epoch that runs.
    pub(super) epoch: usize,
    /// Batches of it that are done.
    pub(super) done: usize,
    /// Steps made in all.
    pub(super) steps: usize,
    /// The sum of the epoch's losses by batch.
    pub(super) loss: f64,
    /// Epochs without a better one.
    pub(super) stale: usize,
    pub(super) curve: Vec<Point>,
    /// The best epoch's number and score.
    pub(super) best: Option<(usize, f64)>,
}
