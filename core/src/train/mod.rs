//! Heads on a frozen trunk: features computed once, a head fitted to them, a bundle written.

mod export;
mod features;
mod fit;
mod temperature;

use std::path::PathBuf;

use frontdesk_models::heads::Link;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::bundle::{DENSE, HeadKind, HeadManifest, PoolingName, RESERVED, locate};
use crate::data::Labelled;
use crate::evaluate::label_indexes;
use crate::pipeline::check_place;
use crate::{EngineOptions, Error, ErrorKind, ModelSource, Result};

/// How to train one head. In JSON, what is left out is as [`TrainOptions::new`] has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainOptions {
    /// A trunk or a bundle in a directory, or a name on the hub. Of a bundle, the other heads are kept.
    pub base: ModelSource,
    /// The directory to write; must not be there.
    pub output: PathBuf,
    /// The head's name. `emotions` is multi-label, `urgency` the ordered levels 1 to 10, everything else single-label.
    pub task: String,
    /// The bundle's name; `None`: the base bundle's, else the output directory's.
    pub name: Option<String>,
    /// The bundle's version.
    pub version: String,
    /// The SPDX expression of the bundle's licence, `None`: the base bundle's, else `unknown`.
    pub licence: Option<String>,
    /// Stores the trunk as float16, and trains on what that trunk says.
    pub half: bool,
    /// Tokens that are read of a text, special tokens counted.
    #[serde(alias = "maxTokens")]
    pub max_tokens: usize,
    /// Width of a dense layer with ReLU before the output layer; `None`: the output layer alone.
    pub dense: Option<usize>,
    /// Passes over the data, at most.
    pub epochs: usize,
    /// Passes without a better validation metric after which training stops.
    pub patience: usize,
    /// Rows of one step.
    pub batch: usize,
    /// AdamW's rate at the start; it falls linearly to 0.
    #[serde(alias = "learningRate")]
    pub learning_rate: f64,
    /// AdamW's decoupled weight decay (Loshchilov & Hutter 2019).
    #[serde(alias = "weightDecay")]
    pub weight_decay: f64,
    /// The share of features that is set to 0 in a step.
    pub dropout: f64,
    /// Seeds the split, the start, the order and the dropout.
    pub seed: u64,
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
            dense: None,
            epochs: 40,
            patience: 6,
            batch: 64,
            learning_rate: 2e-3,
            weight_decay: 0.05,
            dropout: 0.2,
            seed: 17,
        }
    }
}

/// Where a training stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum Progress {
    /// Texts go through the trunk.
    Features {
        /// Texts done.
        done: usize,
        /// Texts in all.
        total: usize,
    },
    /// Batches of an epoch went through the head.
    Steps {
        /// From 1.
        epoch: usize,
        /// At most so many.
        epochs: usize,
        /// Batches done.
        done: usize,
        /// Batches of an epoch.
        total: usize,
    },
    /// An epoch ended.
    Epoch {
        /// From 1.
        epoch: usize,
        /// At most so many.
        epochs: usize,
        /// The mean training loss.
        loss: f64,
        /// The validation metric; see [`Report::metric`].
        metric: f64,
    },
}

/// What a training did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
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
    /// `macro_f1`, or `mean_absolute_error` for an ordinal head.
    pub metric: &'static str,
    /// Its value on the validation rows at the epoch that was kept.
    pub value: f64,
    /// The epoch that was kept, from 1.
    pub epoch: usize,
    /// The temperature of the scaling.
    pub temperature: f32,
}

/// Trains a head and writes the bundle; nothing is at `options.output` unless all of it is. `progress` is told where the training
/// stands, and may stop it with an error, which is then the result.
///
/// # Errors
/// `data-invalid` for labels that cannot be learnt (fewer than two, or unknown ones in `valid`); `invalid-input` for
/// options; what opening the base gives; `io`.
pub fn train(
    train: &[Labelled],
    valid: Option<&[Labelled]>,
    options: &TrainOptions,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Report> {
    check(options)?;
    // A pool of its own: a forked process has none of its parent's threads.
    let pool = rayon::ThreadPoolBuilder::new()
        .thread_name(|index| format!("frontdesk-train-{index}"))
        .build()
        .map_err(|e| Error::new(ErrorKind::Internal, e.to_string()).with_source(e))?;
    pool.install(|| run(train, valid, options, progress))
}

fn run(
    train: &[Labelled],
    valid: Option<&[Labelled]>,
    options: &TrainOptions,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Report> {
    if train.is_empty() || valid.is_some_and(<[_]>::is_empty) {
        return Err(Error::new(ErrorKind::DataInvalid, "no row to train on, or to validate on"));
    }
    let kind = kind_of(&options.task);
    let labels = labels_of(&options.task, kind, train)?;
    let mut random = StdRng::seed_from_u64(options.seed);
    let (train, valid, validation) = match valid {
        Some(valid) => (train.iter().collect(), valid.iter().collect(), "a file of its own".to_owned()),
        None => split(train, options.seed, &mut random)?,
    };
    let targets = |rows: &[&Labelled]| -> Result<Vec<Vec<usize>>> {
        rows.iter().map(|row| label_indexes(&labels, kind.link(), row)).collect()
    };
    let (train_targets, valid_targets) = (targets(&train)?, targets(&valid)?);

    let folder = export::beside(&options.output)?;
    let files = locate(&options.base, &EngineOptions::default())?;
    let base = export::Base::read(&files, options)?;
    // A calibrated score under one half says that the answer is more often wrong than right.
    let abstain_below = if kind == HeadKind::SingleLabel && labels.len() > 2 { 0.5 } else { 0.0 };
    let mut head = HeadManifest {
        name: options.task.clone(),
        kind,
        labels: labels.clone(),
        pooling: PoolingName::Mean,
        dense: options.dense,
        temperature: 1.0,
        abstain_below,
    };
    if base.would_be_whole(&options.task) {
        let fits = check_place(&head.meaning());
        fits.map_err(|e| Error::new(ErrorKind::DataInvalid, e.message().to_owned()).at("task"))?;
    }
    let total = train.len() + valid.len();
    progress(Progress::Features { done: 0, total })?;
    let encoder = features::Encoder::new(&base)?;
    let train_features = encoder.pooled(&train, &|done| progress(Progress::Features { done, total }))?;
    let valid_features =
        encoder.pooled(&valid, &|done| progress(Progress::Features { done: train.len() + done, total }))?;

    let data = fit::Data {
        link: kind.link(),
        labels: labels.len(),
        train: (&train_features, &train_targets),
        valid: (&valid_features, &valid_targets),
    };
    let fitted = fit::fit(&data, options, &mut random, progress)?;
    let temperature = temperature::fit(kind.link(), &fitted.valid_logits, &valid_targets);
    head.temperature = temperature;
    export::write(folder, &base, head, &fitted.tensors, options)?;
    Ok(Report {
        task: options.task.clone(),
        labels,
        train_rows: train.len(),
        valid_rows: valid.len(),
        validation,
        metric: if kind == HeadKind::Ordinal { "mean_absolute_error" } else { "macro_f1" },
        value: fitted.metric.abs(),
        epoch: fitted.epoch,
        temperature,
    })
}

fn check(options: &TrainOptions) -> Result<()> {
    if options.output.as_os_str().is_empty() {
        return Err(Error::invalid("output", "a training needs a directory to write"));
    }
    if options.task.is_empty()
        || !options.task.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    {
        let message = format!("`{}`: a task's name has letters, digits, - and _", options.task);
        return Err(Error::invalid("task", message));
    }
    for (field, value) in
        [("epochs", options.epochs), ("patience", options.patience), ("batch", options.batch)]
    {
        if value == 0 {
            return Err(Error::invalid(field, format!("{field} must be at least 1")));
        }
    }
    if RESERVED.contains(&options.task.as_str()) {
        let message = format!("`{}` is a part of every analysis; a task needs another name", options.task);
        return Err(Error::invalid("task", message));
    }
    if options.dense.is_some_and(|width| !DENSE.contains(&width)) {
        return Err(Error::invalid("dense", format!("the width is from 1 to {}", DENSE.end())));
    }
    if options.output.exists() {
        return Err(export::already(&options.output));
    }
    if options.max_tokens < 3 {
        let message = format!("{} tokens; two are special, so at least 3", options.max_tokens);
        return Err(Error::invalid("max_tokens", message));
    }
    if !(options.weight_decay >= 0.0 && options.weight_decay.is_finite()) {
        let message = format!("{} is not a rate of 0 or above", options.weight_decay);
        return Err(Error::invalid("weight_decay", message));
    }
    let rate = options.learning_rate;
    if !(rate > 0.0 && rate.is_finite()) {
        return Err(Error::invalid("learning_rate", format!("{rate} is not a rate above 0")));
    }
    if !(0.0..1.0).contains(&options.dropout) {
        return Err(Error::invalid("dropout", format!("{}; from 0 to below 1", options.dropout)));
    }
    Ok(())
}

fn kind_of(task: &str) -> HeadKind {
    match task {
        "emotions" => HeadKind::MultiLabel,
        "urgency" => HeadKind::Ordinal,
        _ => HeadKind::SingleLabel,
    }
}

fn labels_of(task: &str, kind: HeadKind, rows: &[Labelled]) -> Result<Vec<String>> {
    if task == "urgency" {
        return Ok((1..=10).map(|level: u8| level.to_string()).collect());
    }
    let mut labels: Vec<String> = match kind {
        HeadKind::MultiLabel => rows
            .iter()
            .flat_map(|row| row.label.split('|'))
            .filter(|l| !l.is_empty())
            .map(str::to_owned)
            .collect(),
        _ => rows.iter().map(|row| row.label.clone()).collect(),
    };
    labels.sort();
    labels.dedup();
    if labels.len() < 2 {
        let message = format!("{} distinct label in {} rows; at least 2", labels.len(), rows.len());
        return Err(Error::new(ErrorKind::DataInvalid, message));
    }
    if let Some(row) = rows.iter().find(|row| kind != HeadKind::MultiLabel && row.label.trim().is_empty()) {
        return Err(Error::new(ErrorKind::DataInvalid, format!("line {}: the label is empty", row.line)));
    }
    Ok(labels)
}

/// Rows to train on, rows to validate on, and how they were told apart.
type Split<'a> = (Vec<&'a Labelled>, Vec<&'a Labelled>, String);

/// A tenth of each label's rows for validation, at least one where a label has two.
fn split<'a>(rows: &'a [Labelled], seed: u64, random: &mut StdRng) -> Result<Split<'a>> {
    let mut order: Vec<&Labelled> = rows.iter().collect();
    order.shuffle(random);
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    let (mut train, mut valid) = (Vec::new(), Vec::new());
    for row in order {
        let count = seen.entry(&row.label).or_default();
        *count += 1;
        if *count % 10 == 2 { valid.push(row) } else { train.push(row) }
    }
    if valid.is_empty() {
        let message = "no label has two rows: there is nothing to validate on; give a validation file";
        return Err(Error::new(ErrorKind::DataInvalid, message));
    }
    let how = format!("{} of {} rows, a tenth of each label, seed {seed}", valid.len(), rows.len());
    Ok((train, valid, how))
}

/// A random number of a normal distribution (Box & Muller 1958).
fn normal(random: &mut StdRng) -> f32 {
    let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
}

/// Whether one of several labels may hold alone.
fn is_multi(link: Link) -> bool {
    link == Link::Sigmoid
}
