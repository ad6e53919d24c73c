//! What is scored of an archive, and how.

use serde::{Deserialize, Serialize};

use crate::RouteContext;
use crate::data::TicketColumns;
use crate::prepare::Preparation;

/// How to score an archive. The default reads every row that it can, prepares the texts, and writes Parquet.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ArchiveOptions {
    /// How the inputs are read.
    pub reading: Reading,
    /// Which columns hold a ticket's fields.
    pub columns: ArchiveColumns,
    /// Columns that are carried into the output, as text.
    pub keep: Vec<String>,
    /// The outputs; empty: those that the engine was opened with.
    pub outputs: Vec<String>,
    /// What is taken away from a text before it is read.
    pub prepare: Preparation,
    /// Only rows for which this SQL condition holds.
    pub filter: Option<String>,
    /// Only so many of the rows that are left.
    pub limit: Option<u64>,
    /// Only so many of them, chosen at random over all inputs.
    pub sample: Option<u64>,
    /// Seeds the choice.
    pub seed: u64,
    /// What the output is written as.
    pub format: OutputFormat,
    /// Rows of the inputs that one part of the output stands for.
    pub part_rows: u64,
    /// Rows that may fail before the run stops.
    pub max_errors: u64,
    /// Go on with the next input where one is damaged, instead of stopping.
    pub skip_damaged: bool,
    /// What hard rules of the routing policy ask for, the same for all rows.
    pub route: RouteContext,
}

impl Default for ArchiveOptions {
    fn default() -> Self {
        Self {
            reading: Reading::default(),
            columns: ArchiveColumns::default(),
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

/// How the inputs are read, where their names and contents do not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The format; `None`: by the name's ending.
    pub format: Option<InputFormat>,
    /// What stands between the fields of a CSV; `None`: a tab in `.tsv`, else what its first line has most of among `,` `;` tab `|`.
    pub delimiter: Option<char>,
    /// What stands around a field that has the delimiter in it; `None`: `"`.
    pub quote: Option<char>,
    /// The encoding of a CSV or of JSON lines by its label in the WHATWG Encoding Standard; `None`: UTF-8, or what a byte order mark says.
    pub encoding: Option<String>,
}

/// A format that archives are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputFormat {
    /// Apache Parquet.
    Parquet,
    /// Separated by commas, or by what [`Reading::delimiter`] says.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Arrow's IPC format, as a file or as a stream.
    Arrow,
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

/// The columns that hold a ticket's fields. What is not named here is guessed by its name, unless that is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArchiveColumns {
    /// Those that other files of tickets have, too.
    pub tickets: TicketColumns,
    /// Holds the customer's history as JSON.
    pub customer_history: Option<String>,
    /// Holds a thread as a JSON list of messages with `text`, `from` and `at`.
    pub messages: Option<String>,
    /// Holds when a ticket came, as ISO 8601 has it: a date, a time, with an offset or without.
    pub created: Option<String>,
    /// Take only what is named here.
    pub only_named: bool,
}
