//! Progress of a training while it runs.

use serde::{Deserialize, Serialize};

/// The progress of a training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum TrainProgress {
    /// Texts are tokenized and, for a frozen trunk, passed through it.
    Features {
        /// Texts done.
        done: usize,
        /// Texts in all.
        total: usize,
    },
    /// Batches of an epoch went through the network.
    Steps {
        /// The epoch, from 1.
        epoch: usize,
        /// The largest number of epochs.
        epochs: usize,
        /// Batches done.
        done: usize,
        /// Batches of an epoch.
        total: usize,
        /// The mean loss of the epoch's batches so far.
        loss: f64,
        /// Tokens per second through the trunk, over the steps so far; 0 for a frozen trunk.
        tokens_per_second: f64,
    },
    /// An epoch ended.
    Epoch {
        /// The epoch, from 1.
        epoch: usize,
        /// The largest number of epochs.
        epochs: usize,
        /// The mean training loss of a batch.
        loss: f64,
        /// The validation metric; of several heads the mean of their scores, more is better.
        metric: f64,
    },
}

/// One epoch of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The epoch, from 1.
    pub epoch: usize,
    /// The number of steps until its end, from the first epoch on.
    pub steps: usize,
    /// The mean training loss of a batch.
    pub loss: f64,
    /// The validation metric of each head, in the order of the heads.
    pub metrics: Vec<f64>,
}
