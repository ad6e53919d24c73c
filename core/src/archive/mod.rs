//! Archives: millions of tickets become a table, in parts, once each, also where a run is interrupted.
//!
//! Rows are read, prepared, scored and written at the same time, in their order, with as much of them in
//! memory as one part of the output has. Rows that cannot be read or scored go to a quarantine file. A run
//! that ended early, for whatever reason, is resumed by starting it again, and ends with the same bytes.

mod decimal;
mod diff;
mod digests;
mod estimate;
mod filter;
mod in_flight;
mod folder;
mod journal;
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
    /// Reads the inputs for their digests.
    #[default]
    Checking,
    /// Reads the inputs for the columns, or chooses the rows of a sample.
    Choosing,
    /// Scores the rows.
    Scoring,
}

/// The progress of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct ArchiveProgress {
    /// The stage of the run.
    pub stage: ArchiveStage,
    /// Rows that were read, those of earlier runs counted.
    pub rows: u64,
    /// Rows of all inputs; `None` where they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_rows: Option<u64>,
    /// Bytes of the inputs that were read, as they are packed.
    pub bytes: u64,
    /// Bytes of all inputs, as they are packed.
    pub all_bytes: u64,
    /// Rows that this run scored.
    pub scored: u64,
    /// Of them, those whose text was scored before in this run.
    pub repeated: u64,
    /// Rows that could not be read or scored, those of earlier runs counted.
    pub errors: u64,
    /// Tokens that the model read in this run.
    pub tokens: u64,
    /// Time since this run began to score, in seconds.
    pub seconds: f64,
}

impl ArchiveProgress {
    /// The time that is left at the rate so far, in seconds; `None` where it cannot be estimated yet.
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
    /// Counts over the whole output, earlier runs included.
    #[serde(flatten)]
    pub tally: Tally,
    /// The number of parts that earlier runs wrote.
    pub resumed_parts: u64,
    /// The number of rows that this run scored.
    pub scored_now: u64,
    /// Of them, those whose text was scored before in this run.
    pub repeated: u64,
    /// Tokens that the model read in this run.
    pub tokens_now: u64,
    /// Time that scoring took in this run, in seconds.
    pub seconds: f64,
}
