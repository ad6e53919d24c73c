//! Archives: millions of tickets become a table, in parts, once each, whatever happens on the way.
//!
//! Rows are read, prepared, scored and written at the same time, in their order, with as much of them in
//! memory as one part of the output has. Rows that cannot be read or scored go to a quarantine file. A run
//! that ended early, however it ended, is resumed by starting it again, and ends with the same bytes.

mod decimal;
mod diff;
mod estimate;
mod filter;
mod in_flight;
mod folder;
mod options;
mod plan;
mod run;
mod select;
mod summary;
mod tally;
mod work;
mod write;

pub use diff::{AnswerChange, Diff, DiffOptions, Example, OutputDiff, diff};
pub use estimate::ArchiveEstimate;
pub use options::{ArchiveOptions, OutputFormat};
pub use run::Archive;
pub use tally::{Counts, Tally};

/// A stage of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveStage {
    /// It reads the inputs to know them again.
    #[default]
    Checking,
    /// It chooses the rows of a sample.
    Choosing,
    /// It scores.
    Scoring,
}

/// The progress of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct ArchiveProgress {
    /// The stage of the run.
    pub stage: ArchiveStage,
    /// Rows that were read, those of earlier runs counted.
    pub rows: u64,
    /// Rows of all inputs, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_rows: Option<u64>,
    /// Bytes of the inputs that were read.
    pub bytes: u64,
    /// Bytes of all inputs.
    pub all_bytes: u64,
    /// Rows that this run scored.
    pub scored: u64,
    /// Of them, those with a text that was scored before.
    pub repeated: u64,
    /// Rows that could not be read or scored.
    pub errors: u64,
    /// Tokens that the model read in this run.
    pub tokens: u64,
    /// Seconds since this run began to score.
    pub seconds: f64,
}

impl ArchiveProgress {
    /// Returns the seconds that are left at the rate so far; `None` where they cannot be estimated yet.
    pub fn seconds_left(&self) -> Option<f64> {
        let (done, all) = match self.all_rows {
            Some(all) => (self.rows, all),
            None => (self.bytes, self.all_bytes),
        };
        // Rows that an earlier run scored took this one no time.
        let share = self.scored as f64 / self.rows.max(1) as f64;
        let left = self.seconds * all.saturating_sub(done) as f64 / (done as f64 * share);
        left.is_finite().then_some(left)
    }
}

/// The report of a run.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ArchiveReport {
    /// Counts over the whole output.
    #[serde(flatten)]
    pub tally: Tally,
    /// Parts that were there already.
    pub resumed_parts: u64,
    /// Rows that this run scored.
    pub scored_now: u64,
    /// Of them, those with a text that it had scored before.
    pub repeated: u64,
    /// Tokens that the model read in this run.
    pub tokens_now: u64,
    /// Seconds that scoring took in this run.
    pub seconds: f64,
}
