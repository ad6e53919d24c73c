//! What a training did.

use serde::Serialize;

use super::progress::Point;

/// What a training did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What learnt: `frozen`, `full` or `lora`.
    pub method: &'static str,
    /// The heads, in the order in which they were given.
    pub heads: Vec<HeadReport>,
    /// The epoch that was kept, from 1.
    pub epoch: usize,
    /// Steps of the optimizer, until the training stopped.
    pub steps: usize,
    /// Every epoch.
    pub curve: Vec<Point>,
    /// Seconds from the first text to the last epoch.
    pub seconds: f64,
    /// Tokens a second of the training's steps; 0 for a frozen trunk.
    pub tokens_per_second: f64,
}

/// What became of one head.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadReport {
    /// The head.
    pub task: String,
    /// Its labels, in the order of the logits.
    pub labels: Vec<String>,
    /// Rows trained on.
    pub train_rows: usize,
    /// Rows that chose the epoch and the temperature.
    pub valid_rows: usize,
    /// Where the validation rows come from.
    pub validation: String,
    /// What chose the epoch: `macro_f1`, `accuracy`, `mean_absolute_error` or `loss`.
    pub metric: &'static str,
    /// Its value on the validation rows, of the bundle as it was written.
    pub value: f64,
    /// The temperature of the scaling.
    pub temperature: f32,
}
