//! Options of a training, and their defaults.

use std::ops::{Bound, RangeInclusive};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::learn::doctor::FindingKind;
use crate::model::bundle::{DENSE, HeadKind, RESERVED, TOKENS};
use crate::options::threads;
use crate::quote::quoted;
use crate::{Error, ErrorKind, HubOptions, ModelSource, Result, number};

/// The part of the network that is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The heads alone, on vectors that the trunk gives once. The other heads of a bundle stay valid.
    Frozen,
    /// Every parameter.
    Full,
    /// Low-rank additions to the layers' matrices (Hu et al. 2022), merged when the bundle is written.
    Lora,
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Full => "full",
            Self::Lora => "lora",
        }
    }
}

/// The pooling: one vector from the states of a message's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Their mean, as sentence encoders have it.
    Mean,
    /// The first token's state. Without a dense layer of its own the head is the sequence classifier of
    /// transformers, with a dense layer as wide as the trunk, and transformers can open the result of a
    /// single task as one.
    Cls,
}

/// The metric that chooses the epoch that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean of F1 over the labels, 0 to 1; more is better.
    MacroF1,
    /// Share of rows whose labels are all right, 0 to 1; more is better.
    Accuracy,
    /// Mean absolute error in levels, of ordinal heads alone; less is better.
    MeanAbsoluteError,
    /// Mean negative log-likelihood of a row, in nats; less is better.
    Loss,
}

impl Metric {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MacroF1 => "macro_f1",
            Self::Accuracy => "accuracy",
            Self::MeanAbsoluteError => "mean_absolute_error",
            Self::Loss => "loss",
        }
    }
}

/// Options of a training. In JSON and in a configuration file, a field that is left out has its value of
/// [`TrainOptions::default`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct TrainOptions {
    /// A trunk or a bundle in a directory, or a name on the hub.
    pub base: ModelSource,
    /// The directory to write; it must not exist.
    pub output: PathBuf,
    /// The head's name: at most 100 letters, digits, `-` and `_`, and no part of an analysis such as
    /// `usage`.
    pub task: String,
    /// The kind of the head; `None`: `emotions` is multi-label, `urgency` the ordered levels 1 to 10, every
    /// other head single-label. The labels of an ordinal head of another name are whole numbers.
    pub kind: Option<HeadKind>,
    /// The bundle's name; `None`: the base bundle's, else the output directory's.
    pub name: Option<String>,
    /// The bundle's version; by default `1`.
    pub version: String,
    /// The SPDX expression of the bundle's licence; `None`: the base bundle's, else `unknown`.
    pub licence: Option<String>,
    /// True: stores the trunk as float16, and calibrates on that trunk's logits.
    pub half: bool,
    /// The largest number of tokens that are read of a text, 3 to 65,536, special tokens counted; by default
    /// 256.
    #[serde(alias = "maxTokens")]
    pub max_tokens: usize,
    /// The part that is trained; `None`: the heads alone where the base is a bundle, everything where it is
    /// a plain encoder.
    pub method: Option<Method>,
    /// `None`: `Cls` where a plain encoder is trained on a single task, else `Mean`.
    pub pooling: Option<Pooling>,
    /// Width of a dense layer with ReLU before the output layer, from 1; `None`: the output layer alone, or,
    /// with `Cls` pooling, the dense layer of the checkpoint's classifier.
    pub dense: Option<usize>,
    /// The largest number of passes over the data, 1 to 10,000; `None`: 40 for a frozen trunk, else 6.
    pub epochs: Option<usize>,
    /// The number of passes without a better validation metric after which training stops, 1 to 10,000;
    /// `None`: 6 for a frozen trunk, else 2.
    pub patience: Option<usize>,
    /// The metric that chooses the epoch; `None`: mean absolute error for an ordinal head, else macro-F1.
    pub metric: Option<Metric>,
    /// Rows in a batch, 1 to 65,536; `None`: 64 for a frozen trunk, else 32.
    pub batch: Option<usize>,
    /// Batches whose gradients make one step, 1 to 65,536; by default 1.
    pub accumulate: usize,
    /// AdamW's learning rate at its peak, 1e-12 to 1e30; `None`: 2e-3 for a frozen trunk, 1e-4 for
    /// everything, 1e-3 for LoRA.
    #[serde(alias = "learningRate")]
    pub learning_rate: Option<f64>,
    /// The heads' learning rate, 1e-12 to 1e30, where the trunk is trained; `None`: 1e-3.
    #[serde(alias = "headLearningRate")]
    pub head_learning_rate: Option<f64>,
    /// The factor from a layer's learning rate to that of the layer below it, above 0 and up to 1; by
    /// default 0.95 (Howard & Ruder 2018).
    #[serde(alias = "layerDecay")]
    pub layer_decay: f64,
    /// The share of all steps in which the rate rises from 0, from 0 to below 1; then it falls to 0, both in
    /// a line. By default 0.1; 0 for a frozen trunk.
    pub warmup: f64,
    /// AdamW's decoupled weight decay (Loshchilov & Hutter 2019), of matrices only, 0 to 100; `None`:
    /// 0.05 for a frozen trunk, else 0.01.
    #[serde(alias = "weightDecay")]
    pub weight_decay: Option<f64>,
    /// The largest Euclidean norm of a step's gradients, 1e-9 to 1e9; larger ones are scaled down to it. By
    /// default 1.
    pub clip: f64,
    /// The share of values that is set to 0 in a step, from 0 to below 1; `None`: 0.2 of a frozen trunk's
    /// features, else 0.1 in the trunk and before the heads.
    pub dropout: Option<f64>,
    /// Label smoothing: the share of a target that is spread evenly over all labels, from 0 to below 1; by
    /// default 0 (Szegedy et al. 2016). Of single-label heads.
    pub smoothing: f64,
    /// True: weighs each label by one over its frequency.
    pub balanced: bool,
    /// True: the heads are first trained on the frozen trunk, before the trunk is trained with them (Kumar
    /// et al. 2022): better with few rows, for one more pass of them. Not for a frozen trunk.
    pub probe: bool,
    /// The factor of a loss that keeps the trunk's mean-pooled vectors near its base's: one less their
    /// cosine, 0 to 1,000; by default 0. With more, heads of other tasks that are later trained on the trunk
    /// lose less. Not for a frozen trunk.
    pub distil: f64,
    /// The number of last epochs in which the forward pass rounds to eight bits as `int8` serving does, so
    /// that the trunk learns to bear it, 0 to 10,000; by default 0. Of these the best is kept. Not for a
    /// frozen trunk.
    #[serde(alias = "quantisedEpochs")]
    pub quantised_epochs: usize,
    /// The head that tells texts outside of the domain from those inside: of the kind multi-label with one
    /// label, for the rows that are outside. Where its score is beyond that of 99 in 100 validation rows
    /// inside, and over one half, the other heads abstain as `out-of-domain`. `None`: each head has its
    /// distance alone.
    pub detector: Option<String>,
    /// The rank of LoRA's matrices, 1 to 1,024; by default 8.
    #[serde(alias = "loraRank")]
    pub lora_rank: usize,
    /// LoRA's matrices are scaled by this over the rank; 1e-6 to 1e6, by default 16.
    #[serde(alias = "loraAlpha")]
    pub lora_alpha: f64,
    /// Steps between checkpoints, 1 to 1e9; `None`: at the end of each epoch where the trunk is trained,
    /// never where it is frozen.
    #[serde(alias = "checkpointEvery")]
    pub checkpoint_every: Option<usize>,
    /// True: resumes from the last checkpoint of an interrupted training.
    pub resume: bool,
    /// A precision above 0 and below 1 that each label shall have, with a confidence of 95 %: below the
    /// score that this needs, the engine abstains. `None`: no thresholds.
    #[serde(alias = "automateAt")]
    pub automate_at: Option<f64>,
    /// True: the report names the worst errors with their texts. By default it does not: a model travels
    /// further than its data.
    pub texts: bool,
    /// Findings of the doctor that do not stop the training though they would.
    pub allow: Vec<FindingKind>,
    /// Threads, 1 to 1024; `None`: as many as this process may use. The result is the same for any number.
    pub threads: Option<usize>,
    /// The seed of the split, the initial weights, the order and the dropout; by default 17.
    pub seed: u64,
    /// The hub that the base is loaded from; by default as the environment variables have it.
    #[serde(skip)]
    pub hub: HubOptions,
}

impl TrainOptions {
    /// The defaults for a head called `task` on `base`, written to `output`.
    pub fn new(base: impl Into<ModelSource>, task: &str, output: impl Into<PathBuf>) -> Self {
        Self { base: base.into(), output: output.into(), task: task.to_owned(), ..Self::default() }
    }
}

impl Default for TrainOptions {
    /// Without a task and an output directory, which every training needs.
    fn default() -> Self {
        Self {
            base: ModelSource::Default,
            output: PathBuf::new(),
            task: String::new(),
            name: None,
            version: "1".to_owned(),
            licence: None,
            half: false,
            max_tokens: 256,
            method: None,
            pooling: None,
            dense: None,
            kind: None,
            epochs: None,
            patience: None,
            metric: None,
            batch: None,
            accumulate: 1,
            learning_rate: None,
            head_learning_rate: None,
            layer_decay: 0.95,
            warmup: 0.1,
            weight_decay: None,
            clip: 1.0,
            dropout: None,
            smoothing: 0.0,
            balanced: false,
            probe: false,
            distil: 0.0,
            quantised_epochs: 0,
            detector: None,
            lora_rank: 8,
            lora_alpha: 16.0,
            checkpoint_every: None,
            resume: false,
            automate_at: None,
            texts: false,
            allow: Vec::new(),
            threads: None,
            seed: 17,
            hub: HubOptions::default(),
        }
    }
}

/// The options with nothing left open.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Settings {
    pub(super) method: Method,
    pub(super) epochs: usize,
    pub(super) patience: usize,
    pub(super) batch: usize,
    pub(super) accumulate: usize,
    pub(super) learning_rate: f64,
    pub(super) head_learning_rate: f64,
    pub(super) layer_decay: f64,
    pub(super) warmup: f64,
    pub(super) weight_decay: f64,
    pub(super) clip: f64,
    pub(super) dropout: f64,
    pub(super) smoothing: f64,
    pub(super) balanced: bool,
    pub(super) probe: bool,
    pub(super) distil: f64,
    pub(super) quantised_epochs: usize,
    pub(super) lora_rank: usize,
    pub(super) lora_alpha: f64,
    pub(super) seed: u64,
}

impl Settings {
    pub(super) fn of(options: &TrainOptions, bundle: bool) -> Self {
        Self::by(options.method.unwrap_or(if bundle { Method::Frozen } else { Method::Full }), options)
    }

    /// Whether the forward pass of an epoch, from 1, rounds to eight bits.
    pub(super) fn is_quantised(&self, epoch: usize) -> bool {
        epoch > 0 && epoch + self.quantised_epochs > self.epochs
    }

    /// Whether training ends before an epoch, from 1, after so many without a better metric: not before the
    /// epochs that round.
    pub(super) fn is_over(&self, epoch: usize, stale: usize) -> bool {
        stale >= self.patience && (self.quantised_epochs == 0 || self.is_quantised(epoch - 1))
    }

    /// The defaults of a frozen trunk, for heads that are trained before their trunk.
    pub(super) fn probing(&self) -> Self {
        let defaults = TrainOptions::default();
        let Self { smoothing, balanced, seed, .. } = *self;
        Self { smoothing, balanced, seed, ..Self::by(Method::Frozen, &defaults) }
    }

    fn by(method: Method, options: &TrainOptions) -> Self {
        let frozen = method == Method::Frozen;
        let either = |of_frozen: usize, else_: usize| if frozen { of_frozen } else { else_ };
        let learning_rate = options.learning_rate.unwrap_or(match method {
            Method::Frozen => 2e-3,
            Method::Full => 1e-4,
            Method::Lora => 1e-3,
        });
        Self {
            method,
            epochs: options.epochs.unwrap_or(either(40, 6)),
            patience: options.patience.unwrap_or(either(6, 2)),
            batch: options.batch.unwrap_or(either(64, 32)),
            accumulate: options.accumulate,
            learning_rate,
            head_learning_rate: match options.head_learning_rate {
                Some(rate) => rate,
                None if frozen => learning_rate,
                None => 1e-3,
            },
            layer_decay: options.layer_decay,
            // Features need none.
            warmup: if frozen { 0.0 } else { options.warmup },
            weight_decay: options.weight_decay.unwrap_or(if frozen { 0.05 } else { 0.01 }),
            clip: options.clip,
            dropout: options.dropout.unwrap_or(if frozen { 0.2 } else { 0.1 }),
            smoothing: options.smoothing,
            balanced: options.balanced,
            probe: options.probe,
            distil: options.distil,
            quantised_epochs: options.quantised_epochs,
            lora_rank: options.lora_rank,
            lora_alpha: options.lora_alpha,
            seed: options.seed,
        }
    }
}

/// Refuses a training without an output directory.
pub(super) fn check_output(options: &TrainOptions) -> Result<()> {
    if options.output.as_os_str().is_empty() {
        return Err(Error::invalid("output", "a training needs a directory to write"));
    }
    Ok(())
}

/// Refuses options that no training can follow, naming the field.
pub(super) fn check(options: &TrainOptions) -> Result<()> {
    let counts = [
        ("epochs", options.epochs, MOST_EPOCHS),
        ("patience", options.patience, MOST_EPOCHS),
        ("batch", options.batch, MOST_ROWS),
        ("accumulate", Some(options.accumulate), MOST_ROWS),
        ("lora_rank", Some(options.lora_rank), 1024),
        ("checkpoint_every", options.checkpoint_every, 1_000_000_000),
        ("quantised_epochs", Some(options.quantised_epochs).filter(|&epochs| epochs > 0), MOST_EPOCHS),
    ];
    for (field, value, most) in counts {
        number::check_count(ErrorKind::InvalidInput, field, value, most)?;
    }
    threads(options.threads)?;
    check_dense(options.dense)?;
    if !TOKENS.contains(&options.max_tokens) {
        let (least, most) = (TOKENS.start(), TOKENS.end());
        let message =
            format!("max_tokens: {} is not from {least} to {most}; two are special", options.max_tokens);
        return Err(Error::invalid("max_tokens", message));
    }
    let rates = [
        ("learning_rate", options.learning_rate, RATES),
        ("head_learning_rate", options.head_learning_rate, RATES),
        ("clip", Some(options.clip), 1e-9..=1e9),
        ("lora_alpha", Some(options.lora_alpha), 1e-6..=1e6),
        ("weight_decay", options.weight_decay, 0.0..=100.0),
        ("distil", Some(options.distil), 0.0..=1000.0),
    ];
    for (field, value, range) in rates {
        if let Some(value) = value {
            number::check(ErrorKind::InvalidInput, field, value, range)?;
        }
    }
    let factor = (Bound::Excluded(0.0), Bound::Included(1.0));
    number::check(ErrorKind::InvalidInput, "layer_decay", options.layer_decay, factor)?;
    if let Some(wanted) = options.automate_at {
        let range = (Bound::Excluded(0.0), Bound::Excluded(1.0));
        number::check(ErrorKind::InvalidInput, "automate_at", wanted, range)?;
    }
    let shares = [
        ("dropout", options.dropout.unwrap_or(0.0)),
        ("smoothing", options.smoothing),
        ("warmup", options.warmup),
    ];
    shares
        .into_iter()
        .try_for_each(|(field, share)| number::check(ErrorKind::InvalidInput, field, share, 0.0..1.0))
}

/// Passes, at most.
const MOST_EPOCHS: usize = 10_000;
/// Rows of a batch, and batches of a step, at most.
const MOST_ROWS: usize = 65_536;
/// Learning rates that float32 holds; one that is too high for the data is told by its loss.
const RATES: RangeInclusive<f64> = 1e-12..=1e30;

pub(super) fn check_dense(dense: Option<usize>) -> Result<()> {
    match dense {
        Some(width) if !DENSE.contains(&width) => {
            Err(Error::invalid("dense", format!("the width is from 1 to {}", DENSE.end())))
        }
        _ => Ok(()),
    }
}

/// Characters of a task's name, at most.
const LONGEST_TASK: usize = 100;

/// Refuses a name that no head may have.
pub(super) fn check_task(task: &str) -> Result<()> {
    let length = task.chars().count();
    if length > LONGEST_TASK {
        let message = format!("a task's name has at most {LONGEST_TASK} characters, not {length}");
        return Err(Error::invalid("task", message));
    }
    if task.is_empty() || !task.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return Err(Error::invalid(
            "task",
            format!("{}: a task's name has letters, digits, - and _", quoted(task)),
        ));
    }
    if RESERVED.contains(&task) {
        let message = format!("`{task}` is a part of every analysis; a task needs another name");
        return Err(Error::invalid("task", message));
    }
    Ok(())
}
