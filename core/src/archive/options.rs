//! Options of scoring an archive.

use serde::{Deserialize, Serialize};

use crate::RouteContext;
use crate::prepare::Preparation;
use crate::table::{Reading, TicketColumns};

/// Options of scoring an archive. The default reads every row that it can, prepares the texts, and writes
/// Parquet.
#[derive(Debug, Clone)]
pub struct ArchiveOptions {
    /// How the inputs are read.
    pub reading: Reading,
    /// Which columns hold a ticket's fields.
    pub columns: TicketColumns,
    /// Columns that are carried into the output, as text: each by its name, or several with commas between
    /// them, where no column has such a name.
    pub keep: Vec<String>,
    /// The outputs; empty: those that the engine was opened with.
    pub outputs: Vec<String>,
    /// The parts that are removed from a text before it is read.
    pub prepare: Preparation,
    /// Only rows for which this SQL condition holds.
    pub filter: Option<String>,
    /// Only so many of the rows that are left.
    pub limit: Option<u64>,
    /// Only so many of them, chosen at random over all inputs.
    pub sample: Option<u64>,
    /// Seeds the choice.
    pub seed: u64,
    /// The format of the output.
    pub format: OutputFormat,
    /// Rows of the inputs that one part of the output stands for.
    pub part_rows: u64,
    /// Rows that may fail before the run stops.
    pub max_errors: u64,
    /// Continues with the next input where one is damaged, instead of stopping.
    pub skip_damaged: bool,
    /// The context that hard rules of the routing policy ask for, the same for all rows.
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
            part_rows: 65_536,
            max_errors: 1_000,
            skip_damaged: false,
            route: RouteContext::default(),
        }
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
