//! `frontdesk score` and `frontdesk diff`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use frontdesk::archive::{ArchiveOptions, OutputFormat};
use frontdesk::prepare::Preparation;
use frontdesk::table::TicketColumns;
use frontdesk::{EngineOptions, LongText, ModelSource};

use super::{ColumnArgs, ContextArgs, EngineArgs, PolicyArgs, ReportFormat, RunArgs, TableArgs, named};

/// Options of reading archives.
#[derive(Debug, Args)]
pub(crate) struct ReadingArgs {
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    /// The column of the time at which a ticket came, in ISO 8601: the summary then counts by month
    #[arg(long, value_name = "NAME")]
    pub(crate) created_column: Option<String>,
    /// The parts that are removed from texts: all, none, or html, quotes, forwards, signature, disclaimer
    #[arg(long, value_name = "KINDS", default_value = "all")]
    pub(crate) prepare: Preparation,
    /// Only rows for which this SQL condition holds, such as "created_at >= '2026-01-01' AND channel IN
    /// ('mail', 'web')"
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Only so many rows
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Only so many rows, chosen at random over all inputs
    #[arg(long, value_name = "N")]
    pub(crate) sample: Option<u64>,
    /// Seeds the choice
    #[arg(long, value_name = "N", default_value_t = 17)]
    pub(crate) seed: u64,
    /// Rows that may fail before the run stops; the quarantine file has them
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) max_errors: u64,
    /// Where an input is damaged, continue with the next one instead of stopping
    #[arg(long)]
    pub(crate) skip_damaged: bool,
    /// The progress on stderr: a bar where that is a terminal, JSON lines, or nothing
    #[arg(long, value_enum, default_value = "bar", value_name = "HOW")]
    pub(crate) progress: Progress,
}

impl ReadingArgs {
    pub(crate) fn options(&self) -> ArchiveOptions {
        let mut options = ArchiveOptions {
            reading: self.table.reading(),
            columns: TicketColumns { created: self.created_column.clone(), ..self.columns.columns() },
            prepare: self.prepare,
            ..ArchiveOptions::default()
        };
        options.filter.clone_from(&self.filter);
        (options.limit, options.sample, options.seed) = (self.limit, self.sample, self.seed);
        (options.max_errors, options.skip_damaged) = (self.max_errors, self.skip_damaged);
        options
    }
}

/// The form of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// A bar, where stderr is a terminal
    Bar,
    /// One JSON object a line, some times a second
    Json,
    /// Nothing
    None,
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    /// Parquet, CSV, JSON lines, Arrow, each also packed with gzip or zstd: files, directories, patterns, -
    /// for standard input, or addresses of objects (s3://, gs://, az://)
    #[arg(required = true, value_name = "ARCHIVE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) archives: Vec<String>,
    /// The directory for the scores; a run that ended early is resumed
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    pub(crate) output: Option<PathBuf>,
    /// The format of the scores: parquet, csv, jsonl
    #[arg(long, value_name = "FORMAT", default_value = "parquet", value_parser = named::<OutputFormat>)]
    pub(crate) format: OutputFormat,
    /// Of csv: put an apostrophe before texts that a spreadsheet would take for formulas, such as =1+1
    #[arg(long)]
    pub(crate) spreadsheet_safe: bool,
    /// A column that is copied to the output, or several with commas between them, where no column has that
    /// name; may be given several times
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) keep: Vec<String>,
    /// Rows of the inputs in a part of the output
    #[arg(long, value_name = "N", default_value_t = 65_536)]
    pub(crate) part_rows: u64,
    /// Write nothing: score the first rows and estimate the time for all
    #[arg(long, conflicts_with = "output")]
    pub(crate) dry_run: bool,
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value = "table", value_name = "HOW")]
    pub(crate) summary: ReportFormat,
    /// The outputs to compute: sentiment, category, route, or a single-task model's tasks
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) outputs: Vec<String>,
    /// A sequence-classification checkpoint that replaces the bundle's sentiment head
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) sentiment_model: Option<OsString>,
    /// Of a text longer than the model reads: head, head-and-tail, refuse
    #[arg(long, default_value = "head-and-tail", value_name = "POLICY")]
    pub(crate) long_text: LongText,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

impl ScoreArgs {
    pub(crate) fn options(&self) -> ArchiveOptions {
        let mut options = self.reading.options();
        options.keep.clone_from(&self.keep);
        (options.format, options.part_rows) = (self.format, self.part_rows);
        options.spreadsheet_safe = self.spreadsheet_safe;
        options.route = self.context.context();
        options
    }

    pub(crate) fn engine(&self) -> EngineOptions {
        let mut options = self.engine.options();
        options.sentiment_model = self.sentiment_model.clone().map(ModelSource::from);
        options.outputs.clone_from(&self.outputs);
        options.long_text = self.long_text;
        options.route = self.policy.options();
        options
    }
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The old one: an output of score; with --archive, a model
    pub(crate) old: OsString,
    /// The new one: an output of score; with --archive, a model
    pub(crate) new: OsString,
    /// Score these archives with both models, and compare the answers
    #[arg(long, value_name = "ARCHIVE", num_args = 1..)]
    pub(crate) archive: Vec<String>,
    /// Examples of each change, at most
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) examples: usize,
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}
