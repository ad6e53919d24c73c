//! All that is known of a training, as `report.json` has it.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::digest::digest_named;
use crate::learn::doctor::Diagnosis;
use crate::learn::evaluate::{Evaluation, Reliability};
use crate::learn::train::options::{Method, Settings, TrainOptions};
use crate::learn::train::progress::Point;
use crate::model::bundle::{HeadKind, Manifest, PoolingName};
use crate::model::tokenize::Encoding;
use crate::table::Labelled;
use crate::{Error, ErrorKind, Result};

/// The version of the form of `report.json`.
const FORMAT: u32 = 1;

/// A training.
#[derive(Debug, Serialize)]
pub(in crate::learn::train) struct Record {
    format: u32,
    /// The version of this crate.
    frontdesk: &'static str,
    pub(in crate::learn::train) model: Model,
    pub(in crate::learn::train) base: Base,
    pub(in crate::learn::train) training: Training,
    pub(in crate::learn::train) heads: Vec<HeadRecord>,
    /// Heads of the base that stayed as they were, and were not measured.
    pub(in crate::learn::train) kept: Vec<String>,
}

/// The bundle that was written.
#[derive(Debug, Serialize)]
pub(in crate::learn::train) struct Model {
    name: String,
    version: String,
    licence: String,
    languages: Vec<String>,
}

/// The base that the training began with.
#[derive(Debug, Serialize)]
pub(in crate::learn::train) struct Base {
    /// A bundle's name, a name on the hub, or the last part of a directory's path.
    pub(in crate::learn::train) name: String,
    /// A bundle's version.
    pub(in crate::learn::train) version: Option<String>,
    pub(in crate::learn::train) architecture: &'static str,
    pub(in crate::learn::train) layers: usize,
    pub(in crate::learn::train) width: usize,
    /// SHA-256 of its weights' file.
    pub(in crate::learn::train) digest: String,
}

/// The course of the training.
#[derive(Debug, Serialize)]
pub(in crate::learn::train) struct Training {
    pub(in crate::learn::train) method: Method,
    /// The epoch that was kept, from 1.
    pub(in crate::learn::train) epoch: usize,
    pub(in crate::learn::train) steps: usize,
    pub(in crate::learn::train) curve: Vec<Point>,
    pub(in crate::learn::train) settings: Vec<Setting>,
}

/// A setting as it was used.
#[derive(Debug, Serialize)]
pub(in crate::learn::train) struct Setting {
    name: String,
    value: Value,
    /// Whether it is the default.
    default: bool,
}

/// One head: the data that it was trained on, and its figures on the validation rows.
#[derive(Debug, Serialize)]
pub(in crate::learn::train) struct HeadRecord {
    pub(in crate::learn::train) task: String,
    pub(in crate::learn::train) kind: HeadKind,
    pub(in crate::learn::train) pooling: PoolingName,
    /// Width of the dense layer before the output layer.
    pub(in crate::learn::train) dense: Option<usize>,
    /// The number of times that the rows came in an epoch.
    pub(in crate::learn::train) passes: usize,
    /// The factor that the head's loss was multiplied by.
    pub(in crate::learn::train) weight: f64,
    pub(in crate::learn::train) abstain_below: f32,
    pub(in crate::learn::train) data: Data,
    pub(in crate::learn::train) diagnosis: Diagnosis,
    /// The metric that chose the epoch.
    pub(in crate::learn::train) metric: &'static str,
    /// Its value on the validation rows, of the bundle as it was written.
    pub(in crate::learn::train) value: f64,
    pub(in crate::learn::train) calibration: Calibration,
    /// Every score under a calibration that was fitted on other rows.
    pub(in crate::learn::train) evaluation: Evaluation,
}

/// The rows of a head.
#[derive(Debug, Serialize)]
pub(in crate::learn::train) struct Data {
    /// [`rows_digest`] of the rows that were given to train on; where there is no other file, the validation
    /// rows are among them.
    pub(in crate::learn::train) sha256: String,
    /// The same of the validation rows, where they were given.
    pub(in crate::learn::train) valid_sha256: Option<String>,
    /// Where the validation rows come from.
    pub(in crate::learn::train) validation: String,
    pub(in crate::learn::train) train: Texts,
    pub(in crate::learn::train) valid: Texts,
    /// Training rows of each label, in the labels' order.
    pub(in crate::learn::train) label_rows: Vec<usize>,
}

/// Texts as the network reads them.
#[derive(Debug, Serialize)]
pub(in crate::learn::train) struct Texts {
    rows: usize,
    /// That are read, special tokens counted.
    tokens: usize,
    /// Of the longest text, before any cut.
    longest: usize,
    /// The number of texts that are cut.
    cut: usize,
}

/// The calibration of the logits.
#[derive(Debug, Serialize)]
pub(in crate::learn::train) struct Calibration {
    pub(in crate::learn::train) method: &'static str,
    pub(in crate::learn::train) temperature: f32,
    pub(in crate::learn::train) nll_before: f64,
    pub(in crate::learn::train) nll_after: f64,
    /// Before the calibration; the evaluation has the figures after it.
    pub(in crate::learn::train) before: Reliability,
}

impl Record {
    pub(in crate::learn::train) fn new(
        manifest: &Manifest,
        base: Base,
        training: Training,
        heads: Vec<HeadRecord>,
    ) -> Self {
        let Manifest { name, version, licence, languages, heads: all, .. } = manifest;
        let trained = |name: &String| heads.iter().any(|head| head.task == *name);
        let kept = all.iter().map(|head| head.name.clone()).filter(|name| !trained(name)).collect();
        let model = Model {
            name: name.clone(),
            version: version.clone(),
            licence: licence.clone(),
            languages: languages.clone(),
        };
        Self { format: FORMAT, frontdesk: env!("CARGO_PKG_VERSION"), model, base, training, heads, kept }
    }
}

/// Options that do not change the result, such as paths and threads, or that have a place of their own in the
/// report.
const ELSEWHERE: [&str; 12] = [
    "base",
    "output",
    "task",
    "name",
    "version",
    "licence",
    "pooling",
    "dense",
    "metric",
    "checkpoint_every",
    "resume",
    "threads",
];

/// Every setting that has an effect, as it was used.
///
/// # Errors
/// `internal`, where a setting cannot be written as JSON.
pub(in crate::learn::train) fn settings(
    options: &TrainOptions,
    used: &Settings,
    max_tokens: usize,
) -> Result<Vec<Setting>> {
    let object = |value: serde_json::Result<Value>| match value {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Ok(Map::new()),
        Err(e) => Err(Error::new(ErrorKind::Internal, e.to_string()).with_source(e)),
    };
    let given = object(serde_json::to_value(options))?;
    let defaults = object(serde_json::to_value(TrainOptions::default()))?;
    let mut used_of = object(serde_json::to_value(used))?;
    used_of.insert("max_tokens".to_owned(), max_tokens.into());
    let idle: &[&str] = match used.method {
        Method::Frozen => &["head_learning_rate", "layer_decay", "warmup", "lora_rank", "lora_alpha"],
        Method::Full => &["lora_rank", "lora_alpha"],
        Method::Lora => &[],
    };
    let counts = |name: &str| !ELSEWHERE.contains(&name) && !idle.contains(&name);
    let setting = |(name, given): (String, Value)| Setting {
        default: defaults.get(&name) == Some(&given),
        value: used_of.remove(&name).unwrap_or(given),
        name,
    };
    Ok(given.into_iter().filter(|(name, _)| counts(name)).map(setting).collect())
}

/// SHA-256 of the rows as they were read: of each a line of JSON, `["text","label"]`, without spaces and with
/// every character that need not be escaped as it is.
pub(in crate::learn::train) fn rows_digest(rows: &[Labelled]) -> Result<String> {
    let mut hasher = Sha256::new();
    for row in rows {
        let line = serde_json::to_vec(&(&row.text, &row.label))
            .map_err(|e| Error::new(ErrorKind::Internal, e.to_string()).with_source(e))?;
        hasher.update(line);
        hasher.update(b"\n");
    }
    Ok(digest_named(&hasher.finalize()))
}

/// Counts the texts, their tokens, and those that are cut.
pub(in crate::learn::train) fn texts(encodings: &[Encoding]) -> Texts {
    Texts {
        rows: encodings.len(),
        tokens: encodings.iter().map(|encoding| encoding.ids.len()).sum(),
        longest: encodings.iter().map(|encoding| encoding.whole).max().unwrap_or(0),
        cut: encodings.iter().filter(|encoding| encoding.truncated).count(),
    }
}
