//! The command line.

mod archive;
mod route;
mod table;
mod train;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use frontdesk::prepare::Preparation;
use frontdesk::{DeviceChoice, EngineOptions, LongText, ModelSource, Precision, Urgency};

pub(crate) use archive::{DiffArgs, Progress, ScoreArgs};
pub(crate) use route::{ContextArgs, PolicyArgs, RouteArgs};
pub(crate) use table::{ColumnArgs, TableArgs};
pub(crate) use train::TrainArgs;

/// Reads support messages on this machine: sentiment, urgency, category and route.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Analyze one message, a file of tickets, or lines on standard input
    Analyze(Box<AnalyzeArgs>),
    /// Score archives of millions of tickets into a directory; started again, it resumes
    Score(Box<ScoreArgs>),
    /// Compare two scorings of one archive, or two models on it
    Diff(Box<DiffArgs>),
    /// Decide which channel takes a ticket or a file of tickets, or make a recorded decision again
    Route(Box<RouteArgs>),
    /// Train a model on labelled texts and write a bundle, or a routing policy on outcomes
    Train(Box<TrainArgs>),
    /// Measure a model on a labelled file, or compare two
    Evaluate(EvaluateArgs),
    /// Serve the engine over HTTP until SIGTERM, SIGHUP or Ctrl-C
    Serve(ServeArgs),
    /// Show the model, the device and the versions
    Info(InfoArgs),
}

/// Which engine to open.
#[derive(Debug, Args)]
pub(crate) struct EngineArgs {
    /// A directory, a name, or a name on the hub (owner/name@revision); default: the bundled model
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) model: Option<OsString>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

impl EngineArgs {
    pub(crate) fn options(&self) -> EngineOptions {
        let mut options = EngineOptions {
            model: self.model.clone().map_or(ModelSource::Default, ModelSource::from),
            ..EngineOptions::default()
        };
        self.run.set(&mut options);
        options
    }
}

/// Options of running a model.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The device: auto, cpu, cuda or cuda:N, metal
    #[arg(long, default_value = "auto")]
    pub(crate) device: DeviceChoice,
    /// Number type: auto, int8, bf16, f32
    #[arg(long, default_value = "auto")]
    pub(crate) precision: Precision,
    /// Threads, 1 to 1024; default: as many as this process may use
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Bytes of memory that the model's weights and buffers may take, by an estimate; default: no limit
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_memory: Option<u64>,
}

impl RunArgs {
    pub(crate) fn set(&self, options: &mut EngineOptions) {
        (options.device, options.precision, options.threads) = (self.device, self.precision, self.threads);
        options.max_memory = self.max_memory;
    }
}

/// The message, or the file of tickets.
#[derive(Debug, Args)]
pub(crate) struct TicketArgs {
    /// The message
    #[arg(conflicts_with = "input")]
    pub(crate) text: Option<String>,
    /// CSV, TSV, JSON, Parquet or Arrow, packed or not; - for one message a line on standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    /// The message's urgency: low, medium, high, critical
    #[arg(long, value_parser = named::<Urgency>, conflicts_with = "input")]
    pub(crate) urgency: Option<Urgency>,
}

/// The output of analyses.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Write here instead of to stdout; nothing is left there if the run fails
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Default: table on stdout, jsonl in a file
    #[arg(long)]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("tickets").required(true).args(["text", "input"]))]
pub(crate) struct AnalyzeArgs {
    #[command(flatten)]
    pub(crate) tickets: TicketArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// The outputs to print: sentiment, category, route, or a single-task model's tasks
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) outputs: Vec<String>,
    /// A sequence-classification checkpoint that replaces the bundle's sentiment head
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) sentiment_model: Option<OsString>,
    /// Of a text longer than the model reads: head, head-and-tail, refuse
    #[arg(long, default_value = "head-and-tail", value_name = "POLICY")]
    pub(crate) long_text: LongText,
    /// The parts that are removed from texts before they are read: all, none, or html, quotes, forwards,
    /// signature, disclaimer
    #[arg(long, value_name = "KINDS", default_value = "none")]
    pub(crate) prepare: Preparation,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

/// A value by the name that JSON has for it.
pub(crate) fn named<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).map_err(|e| e.to_string())
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// Labelled texts: CSV, TSV, JSON, Parquet or Arrow, packed or not
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// The head; may be left out where the model has one
    #[arg(long, value_name = "NAME")]
    pub(crate) task: Option<String>,
    /// The column that holds the text
    #[arg(long, default_value = "text", value_name = "NAME")]
    pub(crate) text_column: String,
    /// The column that holds the label; several labels of one text are joined by |
    #[arg(long, default_value = "label", value_name = "NAME")]
    pub(crate) label_column: String,
    /// Compare with this model, which has the same labels: whether it is better, and which rows change
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) compare: Option<OsString>,
    /// A precision such as 0.95: for each label, the score from which on it is reached, and the coverage
    #[arg(long, value_name = "PRECISION", conflicts_with = "compare")]
    pub(crate) automate_at: Option<f64>,
    /// Texts out of the model's domain, with the same text column: measures how well it distinguishes them
    /// from those of --data
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compare", "automate_at"])]
    pub(crate) outside: Option<PathBuf>,
    /// Wrong rows to name, at most; with --compare, changed rows in the table
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) errors: usize,
    /// Name rows with their texts
    #[arg(long)]
    pub(crate) texts: bool,
    /// Seeds the bootstrap
    #[arg(long, default_value_t = 17)]
    pub(crate) seed: u64,
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,
    /// Bearer keys, one a line; without it FRONTDESK_API_KEYS is read, and without that everybody is served
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// Bytes of a request's body, at most
    #[arg(long, default_value_t = 8 << 20, value_name = "N")]
    pub(crate) max_body: usize,
    /// Bytes that the bodies of all requests and unread answers may have together before more of them are
    /// answered 429
    #[arg(long, default_value_t = 256 << 20, value_name = "N")]
    pub(crate) max_buffered: usize,
    /// Tickets of one request, at most
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub(crate) max_tickets: usize,
    /// Seconds from a request's first byte to its answer
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS")]
    pub(crate) timeout: f64,
    /// Tickets that may wait before requests are answered 429
    #[arg(long, value_name = "N")]
    pub(crate) queue: Option<usize>,
    /// The parts that are removed from texts before they are read: all, none, or html, quotes, forwards,
    /// signature, disclaimer
    #[arg(long, value_name = "KINDS", default_value = "none")]
    pub(crate) prepare: Preparation,
    /// A sequence-classification checkpoint that replaces the bundle's sentiment head
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) sentiment_model: Option<OsString>,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

/// The format of analyses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person
    Table,
    /// One document
    Json,
    /// One analysis a line
    Jsonl,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For a person
    Table,
    /// For a program
    Json,
}
