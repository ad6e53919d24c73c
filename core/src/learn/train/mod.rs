//! From labelled texts to a bundle: heads on a frozen trunk, or a trunk that is trained with its heads.
//!
//! The same data, options and seed give the same bytes on the same machine, at any number of threads, whether
//! or not the training was cut off and resumed from a checkpoint.

mod base;
mod body;
mod calibrated;
mod check;
mod checkpoint;
mod config;
mod detector;
mod distil;
mod domain;
mod estimate;
mod export;
mod features;
mod fit;
mod head;
mod learner;
mod lora;
mod losses;
mod optimizer;
mod options;
mod plan;
mod prepare;
mod probe;
mod progress;
mod report;
mod state;
mod task;
mod tensors;
mod transformers;
mod unfinished;

use std::time::Instant;

use frontdesk_models::weights::{Limits, Weights};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::error::guarded;
use crate::learn::compute;
use crate::options::threads;
use crate::table::Labelled;
use crate::{Error, ErrorKind, OnProgress, Result};
use calibrated::calibrated;
use checkpoint::Checkpoints;
use fit::Loop;
use head::Written;
use prepare::{Prepared, datasets, fingerprint, learner, prepare};
use report::Record;
use unfinished::Unfinished;

pub use crate::HeadKind;
pub use check::{HeadDiagnosis, check, check_heads};
pub use config::{HeadConfig, HeadRows, TrainConfig};
pub use estimate::TrainEstimate;
pub use options::{Method, Metric, Pooling, TrainOptions};
pub use progress::{Point, TrainProgress};
pub use report::{FindingReport, HeadReport, MODEL_CARD, REPORT_JSON, REPORT_PAGE, Report, Threshold};

/// The data of one head, and its weight in the training.
#[derive(Debug, Clone, Copy)]
pub struct HeadData<'a> {
    /// The head's name; see [`TrainOptions::task`].
    pub task: &'a str,
    /// Rows to train on.
    pub train: &'a [Labelled],
    /// Rows that choose the epoch and the temperature; `None`: a tenth of each label's training rows, which
    /// are then not trained on.
    pub valid: Option<&'a [Labelled]>,
    /// The number of times that the rows come in an epoch, 1 to 10,000: more for a small set beside a
    /// large one.
    pub passes: usize,
    /// The factor that the head's loss is multiplied by, 1e-6 to 1e6.
    pub weight: f64,
    /// As [`TrainOptions::dense`].
    pub dense: Option<usize>,
    /// As [`TrainOptions::kind`].
    pub kind: Option<HeadKind>,
}

impl<'a> HeadData<'a> {
    /// Rows that come once in an epoch, with the weight 1, no dense layer, and the kind that the name has.
    pub fn new(task: &'a str, train: &'a [Labelled], valid: Option<&'a [Labelled]>) -> Self {
        Self { task, train, valid, passes: 1, weight: 1.0, dense: None, kind: None }
    }

    /// The one head of a training.
    fn of(options: &'a TrainOptions, train: &'a [Labelled], valid: Option<&'a [Labelled]>) -> Self {
        Self { dense: options.dense, kind: options.kind, ..Self::new(&options.task, train, valid) }
    }
}

/// Trains a head and writes the bundle with its reports, [`REPORT_JSON`], [`REPORT_PAGE`] and [`MODEL_CARD`];
/// `options.output` is created whole or not at all. `progress` is called with the training's progress; an
/// error that it returns stops it and is the result.
///
/// # Errors
/// `data-invalid` for rows that cannot be trained on (none, fewer than two labels, labels of `valid` that no
/// training row has, findings of the doctor that are not allowed) and a loss that is not finite;
/// `invalid-input` for options; the errors of opening the base, as [`crate::Engine::open`]; `io`, also where
/// the output exists.
pub fn train(
    train: &[Labelled],
    valid: Option<&[Labelled]>,
    options: &TrainOptions,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<Report> {
    let head = HeadData::of(options, train, valid);
    train_heads(&[head], options, progress)
}

/// As [`train`], several heads on one trunk, each with its own data; `options.task`, `options.dense` and
/// `options.kind` are not read.
///
/// # Errors
/// As [`train`]; `invalid-input` for two heads of one name, and no head.
pub fn train_heads(
    heads: &[HeadData<'_>],
    options: &TrainOptions,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<Report> {
    options::check_output(options)?;
    refuse_heads(heads, options)?;
    if options.output.exists() {
        return Err(export::already(&options.output));
    }
    in_pool(options, || run(heads, options, progress))
}

/// Estimates the time and memory of a training: a few of its steps are timed, and nothing is written.
/// `options.output` is not read.
///
/// # Errors
/// As [`train`].
pub fn estimate(
    train: &[Labelled],
    valid: Option<&[Labelled]>,
    options: &TrainOptions,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<TrainEstimate> {
    let head = HeadData::of(options, train, valid);
    estimate_heads(&[head], options, progress)
}

/// As [`estimate`], of several heads; `options.task`, `options.dense` and `options.kind` are not read.
///
/// # Errors
/// As [`train_heads`].
pub fn estimate_heads(
    heads: &[HeadData<'_>],
    options: &TrainOptions,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<TrainEstimate> {
    refuse_heads(heads, options)?;
    in_pool(options, || {
        let mut random = StdRng::seed_from_u64(options.seed);
        let Prepared { base, settings, planned, .. } = prepare(heads, options, progress, &mut random)?;
        let datasets = datasets(&planned, &base, &settings, progress)?;
        let mut learner =
            learner(&planned, &datasets, &base, &settings, options.half, &mut random, progress)?;
        estimate::estimate(&mut learner, &settings)
    })
}

/// Passes over the rows of a head in an epoch, at most.
const MOST_PASSES: usize = 10_000;
/// Factors of a head's loss.
const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

fn refuse_heads(heads: &[HeadData<'_>], options: &TrainOptions) -> Result<()> {
    options::check(options)?;
    for (index, head) in heads.iter().enumerate() {
        options::check_task(head.task)?;
        options::check_dense(head.dense)?;
        if heads[..index].iter().any(|other| other.task == head.task) {
            return Err(Error::invalid("task", format!("`{}` is there twice", head.task)));
        }
        if !(1..=MOST_PASSES).contains(&head.passes) || !WEIGHTS.contains(&head.weight) {
            let (least, most) = (WEIGHTS.start(), WEIGHTS.end());
            let message = format!(
                "`{}`: {} passes with the weight {:e}; from 1 to {MOST_PASSES}, and from {least:e} to {most:e}",
                head.task, head.passes, head.weight
            );
            return Err(Error::invalid("heads", message));
        }
        if head.train.is_empty() || head.valid.is_some_and(<[_]>::is_empty) {
            return Err(Error::new(ErrorKind::DataInvalid, "no row to train on, or to validate on"));
        }
    }
    if heads.is_empty() {
        return Err(Error::invalid("heads", "no head to train"));
    }
    detector::place(heads, options).map(drop)
}

/// Runs the work on a pool of its own: a forked process has none of its parent's threads.
fn in_pool<T: Send>(options: &TrainOptions, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads(options.threads)?)
        .thread_name(|index| format!("frontdesk-train-{index}"))
        .build()
        .map_err(|e| Error::new(ErrorKind::Internal, e.to_string()).with_source(e))?;
    pool.install(|| guarded(work))
}

fn run(
    heads: &[HeadData<'_>],
    options: &TrainOptions,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<Report> {
    let began = Instant::now();
    let mut random = StdRng::seed_from_u64(options.seed);
    let folder = Unfinished::beside(&options.output)?;
    let Prepared { files, base, settings, planned, diagnoses } =
        prepare(heads, options, progress, &mut random)?;
    let detector = detector::place(heads, options)?;
    let frozen = settings.method == Method::Frozen;
    let datasets = datasets(&planned, &base, &settings, progress)?;
    let checkpoints = if frozen && options.checkpoint_every.is_none() && !options.resume {
        None
    } else {
        let fingerprint = fingerprint(&planned, &base, &settings)?;
        Some(Checkpoints::new(&options.output, options.checkpoint_every, fingerprint, options.resume)?)
    };
    let mut learner = learner(&planned, &datasets, &base, &settings, options.half, &mut random, progress)?;
    let metrics: Vec<Metric> =
        datasets.iter().map(|dataset| options.metric.unwrap_or(Metric::of(dataset.link))).collect();
    if settings.probe {
        probe::probe(&mut learner, &planned, &metrics, &mut random, progress)?;
    }
    let fitting = Loop { settings: &settings, metrics: &metrics, checkpoints, progress };
    let fitted = fitting.run(&mut learner)?;

    let trunk = base.trunk_file(&files, learner.trunk(), options.half)?;
    // Calibrated on the trunk as it is written.
    let as_written = Weights::from_bytes(trunk.clone(), Limits::default())?;
    let served = features::served(&base.config, &as_written)?;
    let logits = learner.validate(Some(&served), &|| Ok(()))?;
    let (mut written, mut reports, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (planned, dataset)) in planned.into_iter().zip(&datasets).enumerate() {
        let (logits, metric) = (&logits[index], metrics[index]);
        let (found, digests) = (&diagnoses[index].diagnosis, digests(&heads[index])?);
        let (mut manifest, report, record) =
            calibrated(planned, dataset, logits, metric, found, digests, options)?;
        let mut tensors = learner.heads[index].export(learner.scale(index)).map_err(compute)?;
        if detector.is_none() {
            let (near, classes, held) = learner.vectors(index, &served)?;
            if let Some((domain, of_domain)) = domain::fit(&near, &classes, &held) {
                manifest.domain = Some(domain);
                tensors.extend(of_domain);
            }
        }
        written.push(Written { manifest, tensors });
        reports.push(report);
        records.push(record);
    }
    if let Some(place) = detector {
        detector::join(&mut written, place, &logits[place], &datasets[place].valid.targets);
    }
    let manifest = export::write(folder.path(), &base, written, trunk, frozen, options)?;
    let training = report::Training {
        method: settings.method,
        epoch: fitted.epoch,
        steps: fitted.steps,
        curve: fitted.curve.clone(),
        settings: report::settings(options, &settings, base.input.max_tokens)?,
    };
    report::write(folder.path(), &Record::new(&manifest, base.record(&options.base), training, records))?;
    folder.place(&options.output)?;
    if let Some(checkpoints) = &fitting.checkpoints {
        checkpoints.clear();
    }
    Ok(Report {
        method: settings.method.name(),
        heads: reports,
        epoch: fitted.epoch,
        steps: fitted.steps,
        curve: fitted.curve,
        seconds: began.elapsed().as_secs_f64(),
        tokens_per_second: fitted.tokens_per_second,
    })
}

/// The digests of a head's training rows and, where they are rows of their own, of its validation rows.
fn digests(head: &HeadData<'_>) -> Result<(String, Option<String>)> {
    Ok((report::rows_digest(head.train)?, head.valid.map(report::rows_digest).transpose()?))
}
