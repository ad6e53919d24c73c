//! TrainProgress of a training while it runs.

use serde::{Deserialize, Serialize};

/// The progress of a training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum TrainProgress {
    /// Texts become tokens and, for a frozen trunk, vectors.
    Features {
        /// Texts done.
        done: usize,
        /// Texts in all.
        total: usize,
    },
    /// Batches of an epoch went through the network.
    Steps {
        /// From 1.
        epoch: usize,
        /// At most so many.
        epochs: usize,
        /// Batches done.
        done: usize,
        /// Batches of an epoch.
        total: usize,
        /// The mean loss of the epoch's batches so far.
        loss: f64,
        /// Tokens that went through the trunk in a second of the steps so far; 0 for a frozen trunk.
        tokens_per_second: f64,
    },
    /// An epoch ended.
    Epoch {
        /// From 1.
        epoch: usize,
        /// At most so many.
        epochs: usize,
        /// The mean training loss.
        loss: f64,
        /// The validation metric; of several heads the mean of their scores.
        metric: f64,
    },
}

/// One epoch of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// From 1.
    pub epoch: usize,
    /// Steps made until its end.
    pub steps: usize,
    /// The mean training loss.
    pub loss: f64,
    /// The validation metric of each head, in the order of the heads.
    pub metrics: Vec<f64>,
}
