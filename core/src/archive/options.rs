//! Options of scoring an archive.

use serde::{Deserialize, Serialize};

use crate::RouteContext;
use crate::prepare::Preparation;
use crate::table::{Reading, TicketColumns};

/// Options of scoring an archive. The default reads every row that it can, prepares the texts, and writes
/// Parquet.
#[derive(Debug, Clone)]
pub struct ArchiveOptions {
    /// Options of reading the inputs.
    pub reading: Reading,
    /// The columns of a ticket's fields.
    pub columns: TicketColumns,
    /// Columns that are copied to the output, as text: each by its name, or several with commas between
    /// them, where no column has such a name.
    pub keep: Vec<String>,
    /// The outputs to compute, by the names of [`crate::Info::outputs`]; empty: those of
    /// [`crate::EngineOptions::outputs`].
    pub outputs: Vec<String>,
    /// The parts that are removed from a text before it is read; by default all.
    pub prepare: Preparation,
    /// A condition in SQL: only rows for which it holds are scored. `None`: all.
    pub filter: Option<String>,
    /// The largest number of rows that are scored, from 1, the first of those that the condition left;
    /// `None`: all.
    pub limit: Option<u64>,
    /// The number of rows that are scored, from 1, chosen at random over all inputs; `None`: all.
    pub sample: Option<u64>,
    /// The seed of the sample; by default 17.
    pub seed: u64,
    /// The format of the output.
    pub format: OutputFormat,
    /// True: in CSV, texts that a spreadsheet would take for a formula get an apostrophe before them: those
    /// that begin with `=`, `+`, `-`, `@`, a tab or a line break, and are no numbers. By default they are
    /// written as they were read.
    pub spreadsheet_safe: bool,
    /// The number of rows of the inputs in one part of the output, from 1; by default 65,536.
    pub part_rows: u64,
    /// The number of rows that may fail; with one more the run stops with `data-invalid`. By default 1,000.
    pub max_errors: u64,
    /// True: where an input is damaged, continues with the next one instead of stopping.
    pub skip_damaged: bool,
    /// Facts for the hard rules of the routing policy, the same for all rows.
    pub route: RouteContext,
}

impl Default for ArchiveOptions {
    fn default() -> Self {
        Self {
            reading: Reading::default(),
            columns: TicketColumns::default(),
            keep: Vec::new(),
            outputs: Vec::new(),
            prepare: Preparation::ALL,
            filter: None,
            limit: None,
            sample: None,
            seed: 17,
            format: OutputFormat::Parquet,
            spreadsheet_safe: false,
            part_rows: 65_536,
            max_errors: 1_000,
            skip_damaged: false,
            route: RouteContext::default(),
        }
    }
}

impl ArchiveOptions {
    /// The form of the output, as the manifest has it.
    pub(crate) fn form(&self) -> &'static str {
        if self.spreadsheet_safe { "csv, spreadsheet-safe" } else { self.format.extension() }
    }
}

/// A format that scores are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputFormat {
    /// Apache Parquet, compressed with zstd.
    #[default]
    Parquet,
    /// Separated by commas.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl OutputFormat {
    /// The ending of a part's name.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}
