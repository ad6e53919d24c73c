//! The arguments of `frontdesk train`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use frontdesk::doctor::FindingKind;
use frontdesk::train::{HeadKind, Method, Metric, Pooling};

use super::{ReportFormat, TableArgs, named};

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["data", "config"]))]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct TrainArgs {
    /// Labelled texts: CSV, TSV, JSON, Parquet or Arrow, packed or not
    #[arg(long, value_name = "FILE", requires = "task")]
    pub(crate) data: Option<PathBuf>,
    /// Labelled texts that choose the epoch; default: a tenth of the data
    #[arg(long, value_name = "FILE", requires = "data")]
    pub(crate) valid: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// A training in a TOML file: options in the table training, heads with their files in tables heads;
    /// options given here count more
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "data", "task", "dense", "kind", "text_column", "label_column", "input_format", "delimiter", "quote", "encoding"
        ]
    )]
    pub(crate) config: Option<PathBuf>,
    /// The directory to write; must not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// A plain encoder, or a bundle whose other heads are kept; default: the bundled model
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) base: Option<OsString>,
    /// The head's name: category, sentiment, emotions, urgency, or your own; route: --data has outcomes, and
    /// --output is the policy's file
    #[arg(long, value_name = "NAME")]
    pub(crate) task: Option<String>,
    /// Of outcomes: the policy whose weights are fitted; default: the default policy
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub(crate) policy: Option<PathBuf>,
    /// Of outcomes: their rewards and the evidence that a new policy needs, a TOML file
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub(crate) reward: Option<PathBuf>,
    /// The column that holds the text
    #[arg(long, default_value = "text", value_name = "NAME")]
    pub(crate) text_column: String,
    /// The column that holds the label; several labels of one text are joined by |
    #[arg(long, default_value = "label", value_name = "NAME")]
    pub(crate) label_column: String,
    /// The bundle's name; default: the output directory's
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The bundle's version; default: 1
    #[arg(long = "bundle-version")]
    pub(crate) version: Option<String>,
    /// The bundle's licence, an SPDX expression
    #[arg(long)]
    pub(crate) licence: Option<String>,
    /// Store the trunk as float16
    #[arg(long)]
    pub(crate) half: bool,
    /// The part that is trained: frozen (the heads alone), full, lora; default: frozen on a bundle, full on
    /// a plain encoder
    #[arg(long, value_parser = named::<Method>)]
    pub(crate) method: Option<Method>,
    /// The pooling of tokens: mean, or cls as transformers' classifiers have it; default: cls for one task on
    /// a plain encoder that is trained, else mean
    #[arg(long, value_parser = named::<Pooling>)]
    pub(crate) pooling: Option<Pooling>,
    /// Width of a dense layer before the output layer; default: none, or with `cls` pooling the classifier's
    #[arg(long, value_name = "N")]
    pub(crate) dense: Option<usize>,
    /// The kind of the head: single-label, multi-label (joined by |), ordinal (levels in an order, whole
    /// numbers); default: multi-label for emotions, ordinal for urgency, else single-label
    #[arg(long, value_parser = named::<HeadKind>)]
    pub(crate) kind: Option<HeadKind>,
    /// Passes over the data, at most; default: 6, of a frozen trunk 40
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<usize>,
    /// Passes without improvement before training stops; default: 2, of a frozen trunk 6
    #[arg(long, value_name = "N")]
    pub(crate) patience: Option<usize>,
    /// The metric that chooses the epoch: macro_f1, accuracy, mean_absolute_error, loss
    #[arg(long, value_parser = named::<Metric>)]
    pub(crate) metric: Option<Metric>,
    /// Rows that go through the network at once; default: 32, of a frozen trunk 64
    #[arg(long, value_name = "N")]
    pub(crate) batch: Option<usize>,
    /// Batches whose gradients make one step
    #[arg(long, value_name = "N")]
    pub(crate) accumulate: Option<usize>,
    /// Learning rate at its peak; default: 1e-4, of a frozen trunk 2e-3, of lora 1e-3
    #[arg(long, value_name = "RATE")]
    pub(crate) learning_rate: Option<f64>,
    /// The heads' learning rate where the trunk is trained; default: 1e-3
    #[arg(long, value_name = "RATE")]
    pub(crate) head_learning_rate: Option<f64>,
    /// Each layer's rate is that of the layer above times this; default: 0.95
    #[arg(long, value_name = "FACTOR")]
    pub(crate) layer_decay: Option<f64>,
    /// Share of the steps in which the rate rises; default: 0.1
    #[arg(long, value_name = "SHARE")]
    pub(crate) warmup: Option<f64>,
    /// AdamW's weight decay; default: 0.01, of a frozen trunk 0.05
    #[arg(long, value_name = "RATE")]
    pub(crate) weight_decay: Option<f64>,
    /// Share of values set to 0 in a step; default: 0.1, of a frozen trunk's features 0.2
    #[arg(long, value_name = "SHARE")]
    pub(crate) dropout: Option<f64>,
    /// Share of a target that is spread over all labels; default: 0
    #[arg(long, value_name = "SHARE")]
    pub(crate) smoothing: Option<f64>,
    /// Weigh each label by one over its frequency
    #[arg(long)]
    pub(crate) balanced: bool,
    /// Train the heads on the frozen trunk first, before the trunk is trained with them: better with few rows
    #[arg(long)]
    pub(crate) probe: bool,
    /// Factor of a loss that keeps the trunk's vectors near its base's, for heads of other tasks; default: 0
    #[arg(long, value_name = "FACTOR")]
    pub(crate) distil: Option<f64>,
    /// Last epochs in which the trunk learns to bear int8's rounding; default: 0
    #[arg(long, value_name = "N")]
    pub(crate) quantised_epochs: Option<usize>,
    /// The rank of lora's additions; default: 8
    #[arg(long, value_name = "N")]
    pub(crate) lora_rank: Option<usize>,
    /// Steps between checkpoints, beside those at the end of each epoch
    #[arg(long, value_name = "N")]
    pub(crate) checkpoint_every: Option<usize>,
    /// Resume from the checkpoint of an interrupted training
    #[arg(long)]
    pub(crate) resume: bool,
    /// Threads, 1 to 1024; default: as many as this process may use
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Seeds everything that is random; default: 17
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// A precision that each label shall have, such as 0.95: below the score that this needs, the engine
    /// abstains
    #[arg(long, value_name = "PRECISION")]
    pub(crate) automate_at: Option<f64>,
    /// Let the report name the worst errors with their texts
    #[arg(long)]
    pub(crate) texts: bool,
    /// Train although the doctor found this, such as leak; may be given several times
    #[arg(long, value_parser = named::<FindingKind>, value_name = "FINDING")]
    pub(crate) allow: Vec<FindingKind>,
    /// Examine the rows and train nothing
    #[arg(long)]
    pub(crate) check_only: bool,
    /// Estimate the time and memory of the training, and train nothing
    #[arg(long, conflicts_with = "check_only")]
    pub(crate) dry_run: bool,
    /// With --check-only: write every row that a finding points at to this file, as JSON lines
    #[arg(long, value_name = "FILE", requires = "check_only")]
    pub(crate) findings: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
}
