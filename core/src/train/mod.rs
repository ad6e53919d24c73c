//! From labelled texts to a bundle: heads on a frozen trunk, or a trunk that learns with its heads.
//!
//! The same data, options and seed give the same bytes on the same machine, at any number of threads, whether or not the training was cut off and
//! went on from a checkpoint.

mod calibrated;
mod check;
mod checkpoint;
mod config;
mod domain;
mod estimate;
mod export;
mod features;
mod fit;
mod head;
mod learner;
mod lora;
mod optimizer;
mod options;
mod plan;
mod progress;
mod report;
mod scale;
mod task;
mod transformers;

use std::time::Instant;

use frontdesk_models::encoder::Pooling as PoolingOf;
use frontdesk_models::kernels::Isa;
use frontdesk_models::training::Trunk;
use frontdesk_models::weights::{Limits, Weights};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sha2::{Digest, Sha256};

use crate::bundle::{Activation, Files, HeadKind, HeadManifest, PoolingName, digest_of, locate};
use crate::data::Labelled;
use crate::evaluate::label_indexes;
use crate::pipeline::check_place;
use crate::{EngineOptions, Error, ErrorKind, Result};
use calibrated::calibrated;
use check::Doctor;
use checkpoint::Checkpoints;
use export::{Base, Written};
use fit::Loop;
use head::{Between, Head, Objective};
use learner::{Body, Learner, Learning, Lesson, Rows};
use lora::Lora;
use options::Settings;
use report::Record;
use scale::Scale;

pub use check::{HeadDiagnosis, check};
pub use config::{HeadConfig, HeadRows, TrainConfig};
pub use estimate::Estimate;
pub use options::{Method, Metric, Pooling, TrainOptions};
pub use progress::{Point, Progress};
pub use report::{FindingReport, HeadReport, MODEL_CARD, REPORT_JSON, REPORT_PAGE, Report, Threshold};

/// What one head learns from.
#[derive(Debug, Clone, Copy)]
pub struct HeadData<'a> {
    /// The head's name; see [`TrainOptions::task`].
    pub task: &'a str,
    /// Rows to train on.
    pub train: &'a [Labelled],
    /// Rows that choose the epoch and the temperature; `None`: a tenth of each label's.
    pub valid: Option<&'a [Labelled]>,
    /// How often the rows come in an epoch: more for a small set beside a large one.
    pub passes: usize,
    /// What the head's loss is multiplied with.
    pub weight: f64,
    /// As [`TrainOptions::dense`].
    pub dense: Option<usize>,
}

/// Trains a head and writes the bundle, and beside it [`REPORT_JSON`], [`REPORT_PAGE`] and [`MODEL_CARD`], which say how good it is; nothing is at
/// `options.output` unless all of it is. `progress` is told where the training
/// stands, and may stop it with an error, which is then the result.
///
/// # Errors
/// `data-invalid` for labels that cannot be learnt (fewer than two, or unknown ones in `valid`) and a loss that is no number; `invalid-input`
/// for options; what opening the base gives; `io`.
pub fn train(
    train: &[Labelled],
    valid: Option<&[Labelled]>,
    options: &TrainOptions,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Report> {
    let head = HeadData { task: &options.task, train, valid, passes: 1, weight: 1.0, dense: options.dense };
    train_heads(&[head], options, progress)
}

/// As [`train`], several heads on one trunk, each with its own data; `options.task` and `options.dense` are not read.
///
/// # Errors
/// As [`train`].
pub fn train_heads(
    heads: &[HeadData<'_>],
    options: &TrainOptions,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Report> {
    options::check_output(options)?;
    check_heads(heads, options)?;
    if options.output.exists() {
        return Err(export::already(&options.output));
    }
    in_pool(options, || run(heads, options, progress))
}

/// What a training would take: a few of its steps are timed, and nothing is written. `options.output` is not read.
///
/// # Errors
/// As [`train_heads`].
pub fn estimate(
    heads: &[HeadData<'_>],
    options: &TrainOptions,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Estimate> {
    check_heads(heads, options)?;
    in_pool(options, || {
        let mut random = StdRng::seed_from_u64(options.seed);
        let Prepared { base, settings, planned, .. } = prepare(heads, options, progress, &mut random)?;
        let lessons = lessons(&planned, &base, &settings, progress)?;
        let mut learner = learner(&planned, &lessons, &base, &settings, options.half, &mut random, progress)?;
        estimate::estimate(&mut learner, &settings)
    })
}

fn check_heads(heads: &[HeadData<'_>], options: &TrainOptions) -> Result<()> {
    options::check(options)?;
    for (index, head) in heads.iter().enumerate() {
        options::check_task(head.task)?;
        options::check_dense(head.dense)?;
        if heads[..index].iter().any(|other| other.task == head.task) {
            return Err(Error::invalid("task", format!("`{}` stands twice", head.task)));
        }
        if head.passes == 0 || !(head.weight > 0.0 && head.weight.is_finite()) {
            let message = format!("`{}`: passes are at least 1, a weight is above 0", head.task);
            return Err(Error::invalid("heads", message));
        }
        if head.train.is_empty() || head.valid.is_some_and(<[_]>::is_empty) {
            return Err(Error::new(ErrorKind::DataInvalid, "no row to train on, or to validate on"));
        }
    }
    if heads.is_empty() {
        return Err(Error::invalid("heads", "no head to train"));
    }
    Ok(())
}

/// Runs the work on a pool of its own: a forked process has none of its parent's threads.
fn in_pool<T: Send>(options: &TrainOptions, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .thread_name(|index| format!("frontdesk-train-{index}"))
        .build()
        .map_err(|e| Error::new(ErrorKind::Internal, e.to_string()).with_source(e))?;
    pool.install(work)
}

/// A head before its rows are read by the network.
struct Planned<'a> {
    manifest: HeadManifest,
    train: Vec<&'a Labelled>,
    valid: Vec<&'a Labelled>,
    validation: String,
    passes: usize,
    weight: f64,
}

/// A training before its rows become tokens.
struct Prepared<'a> {
    files: Files,
    base: Base,
    settings: Settings,
    planned: Vec<Planned<'a>>,
    diagnoses: Vec<HeadDiagnosis>,
}

/// Reads the base and the rows, and refuses what cannot be trained.
fn prepare<'a>(
    heads: &[HeadData<'a>],
    options: &TrainOptions,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
    random: &mut StdRng,
) -> Result<Prepared<'a>> {
    let files = locate(&options.base, &EngineOptions::default())?;
    let base = Base::read(&files, options.max_tokens)?;
    let settings = Settings::of(options, base.is_bundle());
    let frozen = settings.method == Method::Frozen;
    check_kept(heads, &base, frozen)?;
    if options.half && frozen && base.is_bundle() {
        return Err(Error::invalid("half", "the base is a bundle, whose trunk stays as it is"));
    }

    let classifier = match options.pooling {
        Some(pooling) => pooling == Pooling::Cls,
        None => {
            !frozen
                && !base.is_bundle()
                && heads.len() == 1
                && heads[0].dense.is_none()
                && kind_fits(heads[0].task)
        }
    };
    let mut planned = Vec::new();
    for head in heads {
        planned.push(plan(head, &base, classifier, options.seed, random)?);
    }
    let tasks: Vec<&str> = heads.iter().map(|head| head.task).collect();
    if base.would_be_whole(&tasks, frozen) {
        for head in &planned {
            let fits = check_place(&head.manifest.meaning());
            fits.map_err(|e| Error::new(ErrorKind::DataInvalid, e.message().to_owned()).at("task"))?;
        }
    }
    let doctor = Doctor::new(&base, options.seed, progress)?;
    let diagnoses: Vec<HeadDiagnosis> =
        heads.iter().map(|head| doctor.admit(head, options)).collect::<Result<_>>()?;
    Ok(Prepared { files, base, settings, planned, diagnoses })
}

fn run(
    heads: &[HeadData<'_>],
    options: &TrainOptions,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Report> {
    let began = Instant::now();
    let mut random = StdRng::seed_from_u64(options.seed);
    let folder = export::beside(&options.output)?;
    let Prepared { files, base, settings, planned, diagnoses } =
        prepare(heads, options, progress, &mut random)?;
    let frozen = settings.method == Method::Frozen;
    let lessons = lessons(&planned, &base, &settings, progress)?;
    let checkpoints = if frozen && options.checkpoint_every.is_none() && !options.resume {
        None
    } else {
        let fingerprint = fingerprint(&planned, &base, &settings)?;
        Some(Checkpoints::new(&options.output, options.checkpoint_every, fingerprint, options.resume)?)
    };
    let mut learner = learner(&planned, &lessons, &base, &settings, options.half, &mut random, progress)?;
    let metrics: Vec<Metric> =
        lessons.iter().map(|lesson| options.metric.unwrap_or(Metric::of(lesson.link))).collect();
    let fitting = Loop { settings: &settings, metrics: &metrics, checkpoints, progress };
    let fitted = fitting.run(&mut learner)?;

    let trunk = base.trunk_file(&files, learner.trunk(), options.half)?;
    // Calibrated on the trunk as it is written.
    let as_written = Weights::from_bytes(trunk.clone(), Limits::default())?;
    let served = features::served(&base.config, &as_written)?;
    let logits = learner.validate(Some(&served), &|| Ok(()))?;
    let (mut written, mut reports, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (planned, lesson)) in planned.into_iter().zip(&lessons).enumerate() {
        let (logits, metric) = (&logits[index], metrics[index]);
        let (found, digests) = (&diagnoses[index].diagnosis, digests(&heads[index])?);
        let (mut manifest, report, record) =
            calibrated(planned, lesson, logits, metric, found, digests, options);
        let mut tensors =
            learner.heads[index].export(learner.scale(index)).map_err(frontdesk_models::ModelError::from)?;
        let (near, classes, held) = learner.vectors(index, &served)?;
        if let Some((domain, of_domain)) = domain::fit(&near, &classes, &held) {
            manifest.domain = Some(domain);
            tensors.extend(of_domain);
        }
        written.push(Written { manifest, tensors });
        reports.push(report);
        records.push(record);
    }
    let manifest = export::write(&folder, &base, written, trunk, frozen, options)?;
    let training = report::Training {
        method: settings.method,
        epoch: fitted.epoch,
        steps: fitted.steps,
        curve: fitted.curve.clone(),
        settings: report::settings(options, &settings, base.input.max_tokens)?,
    };
    report::write(folder.path(), &Record::new(&manifest, base.record(&options.base), training, records))?;
    export::place(folder, &options.output)?;
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

/// A trunk that learns leaves heads behind that it no longer fits.
fn check_kept(heads: &[HeadData<'_>], base: &Base, frozen: bool) -> Result<()> {
    let left: Vec<&str> =
        base.heads().into_iter().filter(|name| !heads.iter().any(|head| head.task == *name)).collect();
    if frozen || left.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the base's heads {} fit its trunk as it is: train them with it, take a plain encoder as base, or leave the trunk frozen",
        left.join(", ")
    );
    Err(Error::invalid("method", message))
}

/// Whether transformers has a classifier for heads of this kind.
fn kind_fits(task: &str) -> bool {
    task::kind_of(task) != HeadKind::Ordinal
}

fn plan<'a>(
    head: &HeadData<'a>,
    base: &Base,
    classifier: bool,
    seed: u64,
    random: &mut StdRng,
) -> Result<Planned<'a>> {
    let kind = task::kind_of(head.task);
    let labels = task::labels_of(head.task, kind, head.train)?;
    let (train, valid, validation) = match head.valid {
        Some(valid) => (head.train.iter().collect(), valid.iter().collect(), "a file of its own".to_owned()),
        None => task::split(head.train, seed, random)?,
    };
    if classifier && head.dense.is_some() {
        return Err(Error::invalid("dense", "the classifier of `cls` pooling has a dense layer of its own"));
    }
    // A calibrated score under one half says that the answer is more often wrong than right.
    let abstain_below = if kind == HeadKind::SingleLabel && labels.len() > 2 { 0.5 } else { 0.0 };
    let bert = base.config.architecture == frontdesk_models::config::Architecture::Bert;
    let manifest = HeadManifest {
        name: head.task.to_owned(),
        kind,
        labels,
        pooling: if classifier { PoolingName::Cls } else { PoolingName::Mean },
        dense: if classifier { Some(base.config.hidden_size) } else { head.dense },
        activation: if classifier && bert { Activation::Tanh } else { Activation::Relu },
        temperature: 1.0,
        scaling: None,
        abstain_below,
        thresholds: Vec::new(),
        domain: None,
    };
    Ok(Planned { manifest, train, valid, validation, passes: head.passes, weight: head.weight })
}

fn lessons(
    planned: &[Planned<'_>],
    base: &Base,
    settings: &Settings,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Vec<Lesson>> {
    let tokenizer = base.tokenizer()?;
    let total = planned.iter().map(|head| head.train.len() + head.valid.len()).sum();
    let mut before = 0;
    let mut read = |manifest: &HeadManifest, rows: &[&Labelled]| -> Result<Rows> {
        let link = manifest.kind.link();
        let targets =
            rows.iter().map(|row| label_indexes(&manifest.labels, link, row)).collect::<Result<_>>()?;
        let told = |done| progress(Progress::Features { done: before + done, total });
        let encodings = features::encode(&tokenizer, rows, &told)?;
        before += rows.len();
        Ok(Rows { encodings, targets })
    };
    let lesson = |head: &Planned<'_>| {
        let (train, valid) = (read(&head.manifest, &head.train)?, read(&head.manifest, &head.valid)?);
        let (link, labels) = (head.manifest.kind.link(), head.manifest.labels.len());
        let weights = settings.balanced.then(|| task::balanced(link, labels, &train.targets));
        Ok(Lesson {
            link,
            labels,
            pooling: match head.manifest.pooling {
                PoolingName::Cls => PoolingOf::Cls,
                PoolingName::Mean => PoolingOf::Mean,
            },
            objective: Objective { smoothing: settings.smoothing, weights },
            passes: head.passes,
            weight: head.weight,
            train,
            valid,
        })
    };
    planned.iter().map(lesson).collect()
}

fn learner<'a>(
    planned: &[Planned<'_>],
    lessons: &'a [Lesson],
    base: &'a Base,
    settings: &'a Settings,
    half: bool,
    random: &mut StdRng,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Learner<'a>> {
    let hidden = base.config.hidden_size;
    let head = |(planned, lesson): (&Planned<'_>, &Lesson)| {
        let (between, dense) = match (planned.manifest.dense, planned.manifest.activation) {
            (None, _) => (Between::Nothing, None),
            (Some(width), Activation::Relu) => (Between::Relu(width), None),
            (Some(width), Activation::Tanh) => (Between::Tanh(width), None),
        };
        let dense = if planned.manifest.pooling == PoolingName::Cls { base.dense() } else { dense };
        Head::new(lesson.link, lesson.labels, hidden, between, dense, random)
    };
    let heads = planned.iter().zip(lessons).map(head).collect();
    if settings.method != Method::Frozen {
        let trunk = Trunk::load(&base.config, base.weights(), Isa::chosen()?)?;
        let low_rank = settings.method == Method::Lora;
        let lora = low_rank.then(|| Lora::new(&trunk, settings.lora_rank, settings.lora_alpha, random));
        let body = Body::Learning(Box::new(Learning::new(trunk, lora)));
        return Ok(Learner::new(lessons, heads, body, base, settings));
    }
    let trunk = if half {
        features::served(&base.config, &base.rounded()?)?
    } else {
        features::served(&base.config, base.weights())?
    };
    let total = lessons.iter().map(|l| l.train.encodings.len() + l.valid.encodings.len()).sum();
    let mut before = 0;
    let mut features = |encodings: &[_], pooling| {
        let told = |done| progress(Progress::Features { done: before + done, total });
        let features = features::pooled(&trunk, encodings, pooling, &told)?;
        before += encodings.len();
        Ok::<_, Error>(features)
    };
    let (mut train, mut valid, mut scales) = (Vec::new(), Vec::new(), Vec::new());
    for lesson in lessons {
        let mut of_train = features(&lesson.train.encodings, lesson.pooling)?;
        let mut of_valid = features(&lesson.valid.encodings, lesson.pooling)?;
        let scale = Scale::of(&of_train);
        of_train.iter_mut().chain(&mut of_valid).for_each(|row| scale.apply(row));
        train.push(of_train);
        valid.push(of_valid);
        scales.push(scale);
    }
    Ok(Learner::new(lessons, heads, Body::Frozen { train, valid, scales }, base, settings))
}

/// A digest of all that decides what a training gives.
fn fingerprint(planned: &[Planned<'_>], base: &Base, settings: &Settings) -> Result<String> {
    let mut hasher = Sha256::new();
    let internal = |e: serde_json::Error| Error::new(ErrorKind::Internal, e.to_string()).with_source(e);
    hasher.update(serde_json::to_vec(settings).map_err(internal)?);
    hasher.update(&base.digest);
    for head in planned {
        hasher.update(serde_json::to_vec(&head.manifest).map_err(internal)?);
        hasher.update(format!("{} {}", head.passes, head.weight));
        for row in head.train.iter().chain(&head.valid) {
            hasher.update(format!("{} {}\0{}\0", row.text.len(), row.text, row.label));
        }
        hasher.update(head.train.len().to_le_bytes());
    }
    Ok(digest_of(&hasher.finalize()))
}
