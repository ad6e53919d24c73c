//! From heads and options to the learner: the base and the rows are read, the doctor examines them, the
//! network is put together.

use frontdesk_models::encoder::Pooling as PoolingOf;
use frontdesk_models::kernels::Isa;
use frontdesk_models::training::Trunk;
use rand::rngs::StdRng;
use sha2::{Digest, Sha256};

use super::base::Base;
use super::body::{Body, HeadDataset, Learning, Rows};
use super::check::{Doctor, HeadDiagnosis};
use super::distil::BaseVectors;
use super::head::{Head, Objective};
use super::learner::Learner;
use super::lora::Lora;
use super::options::{Method, Pooling, Settings, TrainOptions};
use super::plan::Plan;
use super::progress::TrainProgress;
use super::{HeadData, detector, features, task};
use crate::digest::digest_of;
use crate::learn::evaluate::label_indexes;
use crate::learn::scale::Scale;
use crate::model::bundle::{Activation, Files, HeadKind, HeadManifest, PoolingName, locate};
use crate::pipeline::check_place;
use crate::table::Labelled;
use crate::{Error, ErrorKind, OnProgress, Result};

/// A head before its rows are read by the network.
pub(super) struct Planned<'a> {
    pub(super) manifest: HeadManifest,
    pub(super) train: Vec<&'a Labelled>,
    pub(super) valid: Vec<&'a Labelled>,
    pub(super) validation: String,
    pub(super) passes: usize,
    pub(super) weight: f64,
}

/// A training before its rows become tokens.
pub(super) struct Prepared<'a> {
    pub(super) files: Files,
    pub(super) base: Base,
    pub(super) settings: Settings,
    pub(super) planned: Vec<Planned<'a>>,
    pub(super) diagnoses: Vec<HeadDiagnosis>,
}

/// Reads the base and the rows, and refuses those that cannot be trained on.
pub(super) fn prepare<'a>(
    heads: &[HeadData<'a>],
    options: &TrainOptions,
    progress: OnProgress<'_, TrainProgress>,
    random: &mut StdRng,
) -> Result<Prepared<'a>> {
    let files = locate(&options.base, &options.hub)?;
    let base = Base::read(&files, options.max_tokens)?;
    let settings = Settings::of(options, base.is_bundle());
    let frozen = settings.method == Method::Frozen;
    check_kept(heads, &base, frozen)?;
    if !frozen && !Trunk::is_trainable(&base.config) {
        let name = base.config.architecture.name();
        let reason = format!(
            "the trunk of {name} cannot be trained; `frozen` trains heads on it, and BERT, DistilBERT and RoBERTa can be trained whole"
        );
        return Err(Error::invalid("method", reason));
    }
    if options.probe && frozen {
        return Err(Error::invalid("probe", "the trunk is frozen: its heads learn on it as it is anyway"));
    }
    for (name, wanted) in
        [("distil", options.distil > 0.0), ("quantised_epochs", options.quantised_epochs > 0)]
    {
        if wanted && frozen {
            return Err(Error::invalid(name, "the trunk is frozen: it stays as it is anyway"));
        }
    }
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
                && task::kind_of(&heads[0]) != HeadKind::Ordinal
        }
    };
    let mut planned = Vec::new();
    for head in heads {
        planned.push(plan(head, &base, classifier, options.seed, random)?);
    }
    if let Some(place) = detector::place(heads, options)? {
        detector::check_labels(heads[place].task, &planned[place].manifest.labels)?;
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

/// Refuses to train a trunk whose other heads would no longer fit it.
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

fn plan<'a>(
    head: &HeadData<'a>,
    base: &Base,
    classifier: bool,
    seed: u64,
    random: &mut StdRng,
) -> Result<Planned<'a>> {
    let kind = task::kind_of(head);
    let labels = task::labels_of(head.task, kind, head.train)?;
    let (train, valid, validation) = match head.valid {
        Some(valid) => (head.train.iter().collect(), valid.iter().collect(), "a file of its own".to_owned()),
        None => task::split(head.train, seed, random)?,
    };
    // The dense layer of the checkpoint's classifier, unless another one is wanted.
    let whole = classifier && head.dense.is_none();
    // With a calibrated score below one half, the answer is more often wrong than right.
    let abstain_below = if kind == HeadKind::SingleLabel && labels.len() > 2 { 0.5 } else { 0.0 };
    let manifest = HeadManifest {
        name: head.task.to_owned(),
        kind,
        labels,
        pooling: if classifier { PoolingName::Cls } else { PoolingName::Mean },
        dense: head.dense.or(whole.then_some(base.config.hidden_size)),
        activation: base.between().filter(|_| whole).unwrap_or(Activation::Relu),
        temperature: 1.0,
        scaling: None,
        abstain_below,
        thresholds: Vec::new(),
        domain: None,
        detector: None,
    };
    Ok(Planned { manifest, train, valid, validation, passes: head.passes, weight: head.weight })
}

pub(super) fn datasets(
    planned: &[Planned<'_>],
    base: &Base,
    settings: &Settings,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<Vec<HeadDataset>> {
    let tokenizer = base.tokenizer()?;
    let total = planned.iter().map(|head| head.train.len() + head.valid.len()).sum();
    let mut before = 0;
    let mut read = |manifest: &HeadManifest, rows: &[&Labelled]| -> Result<Rows> {
        let link = manifest.kind.link();
        let targets =
            rows.iter().map(|row| label_indexes(&manifest.labels, link, row)).collect::<Result<_>>()?;
        let report = |done| progress(TrainProgress::Features { done: before + done, total });
        let encodings = features::encode(&tokenizer, rows, &report)?;
        before += rows.len();
        Ok(Rows { encodings, targets })
    };
    let dataset = |head: &Planned<'_>| {
        let (train, valid) = (read(&head.manifest, &head.train)?, read(&head.manifest, &head.valid)?);
        let (link, labels) = (head.manifest.kind.link(), head.manifest.labels.len());
        let weights = settings.balanced.then(|| task::balanced(link, labels, &train.targets));
        Ok(HeadDataset {
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
    planned.iter().map(dataset).collect()
}

pub(super) fn learner<'a>(
    planned: &[Planned<'_>],
    datasets: &'a [HeadDataset],
    base: &'a Base,
    settings: &'a Settings,
    half: bool,
    random: &mut StdRng,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<Learner<'a>> {
    let hidden = base.config.hidden_size;
    let head = |(planned, dataset): (&Planned<'_>, &HeadDataset)| {
        let between = planned.manifest.dense.map(|width| (width, planned.manifest.activation));
        let fits = planned.manifest.pooling == PoolingName::Cls
            && between == base.between().map(|activation| (hidden, activation));
        let dense = base.dense().filter(|_| fits);
        Head::new(dataset.link, dataset.labels, hidden, between, dense, random)
    };
    let heads = planned.iter().zip(datasets).map(head).collect();
    let tokens =
        |dataset: &'a HeadDataset| dataset.train.encodings.iter().map(|e| e.ids.as_slice()).collect();
    let of_heads = datasets.iter().map(|dataset| (tokens(dataset), dataset.passes));
    let plan = Plan::new::<[u32]>(of_heads, settings.batch, settings.seed);
    if settings.method != Method::Frozen {
        let trunk = Trunk::load(&base.config, base.weights(), Isa::chosen()?)?;
        let low_rank = settings.method == Method::Lora;
        let lora = low_rank.then(|| Lora::new(&trunk, settings.lora_rank, settings.lora_alpha, random));
        let of_base = || features::served(&base.config, base.weights());
        let of_base = (settings.distil > 0.0).then(of_base).transpose()?;
        let near = of_base.map(|encoder| BaseVectors::new(encoder, plan.texts.len()));
        let body = Body::Learning(Box::new(Learning::new(trunk, lora, near)));
        return Ok(Learner::new(datasets, plan, heads, body, base, settings));
    }
    let trunk = if half {
        features::served(&base.config, &base.rounded()?)?
    } else {
        features::served(&base.config, base.weights())?
    };
    let total = datasets.iter().map(|l| l.train.encodings.len() + l.valid.encodings.len()).sum();
    let mut before = 0;
    let mut features = |encodings: &[_], pooling| {
        let report = |done| progress(TrainProgress::Features { done: before + done, total });
        let features = features::pooled(&trunk, encodings, pooling, &report)?;
        before += encodings.len();
        Ok::<_, Error>(features)
    };
    let (mut train, mut valid, mut scales) = (Vec::new(), Vec::new(), Vec::new());
    for dataset in datasets {
        let mut of_train = features(&dataset.train.encodings, dataset.pooling)?;
        let mut of_valid = features(&dataset.valid.encodings, dataset.pooling)?;
        let scale = Scale::of(of_train.iter().map(Vec::as_slice));
        of_train.iter_mut().chain(&mut of_valid).for_each(|row| scale.apply(row));
        train.push(of_train);
        valid.push(of_valid);
        scales.push(scale);
    }
    let body = Body::Frozen { train, valid, scales };
    Ok(Learner::new(datasets, plan, heads, body, base, settings))
}

/// Returns a digest of everything that decides a training's result.
pub(super) fn fingerprint(planned: &[Planned<'_>], base: &Base, settings: &Settings) -> Result<String> {
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
