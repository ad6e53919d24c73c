//! Reports of a training: a value for the caller, and three files beside the bundle, for programs and for
//! people.
//!
//! Nothing in the files depends on the moment, the place or the number of threads: the same training leaves
//! the same bytes. Times are in [`Report`] alone.

mod card;
mod page;
mod plots;
mod record;

use std::path::Path;

use serde::Serialize;

use super::progress::Point;
use crate::learn::doctor::{Diagnosis, Finding, FindingKind, Severity};
use crate::{Error, ErrorKind, Result};

pub(super) use record::{
    Base, Calibration, Data, HeadRecord, Record, Training, rows_digest, settings, texts,
};

/// The file with all figures of a training, in its output directory.
pub const REPORT_JSON: &str = "report.json";

/// The same for people, as one page, in the output directory.
pub const REPORT_PAGE: &str = "report.html";

/// The model card, in the output directory.
pub const MODEL_CARD: &str = "README.md";

/// Writes the three files into a folder.
pub(super) fn write(folder: &Path, record: &Record) -> Result<()> {
    let internal = |e: serde_json::Error| Error::new(ErrorKind::Internal, e.to_string()).with_source(e);
    let json = serde_json::to_string_pretty(record).map_err(internal)?;
    // The other two files take their numbers from this one.
    let value = serde_json::from_str(&json).map_err(internal)?;
    let (page, card) = (page::render(&value, record)?, card::render(&value, record)?);
    let files = [(REPORT_JSON, json), (REPORT_PAGE, page), (MODEL_CARD, card)];
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|e| Error::io(&path, e))?;
    }
    Ok(())
}

/// The report of a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The method: `frozen`, `full` or `lora`.
    pub method: &'static str,
    /// The heads, in the order in which they were given.
    pub heads: Vec<HeadReport>,
    /// The epoch that was kept, from 1.
    pub epoch: usize,
    /// The number of steps of the optimizer, until the training stopped.
    pub steps: usize,
    /// Every epoch, in order.
    pub curve: Vec<Point>,
    /// The time of the whole training in seconds, reading of the base and writing included.
    pub seconds: f64,
    /// Tokens per second of the training's steps; 0 for a frozen trunk.
    pub tokens_per_second: f64,
}

/// The report of one head.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadReport {
    /// The name of the head.
    pub task: String,
    /// Its labels, in the order of the logits.
    pub labels: Vec<String>,
    /// The number of rows trained on.
    pub train_rows: usize,
    /// The number of rows that chose the epoch and the temperature.
    pub valid_rows: usize,
    /// The origin of the validation rows, a phrase for people.
    pub validation: String,
    /// The metric that chose the epoch: `macro_f1`, `accuracy`, `mean_absolute_error` or `loss`.
    pub metric: &'static str,
    /// Its value on the validation rows, of the bundle as it was written.
    pub value: f64,
    /// The calibration of the logits: `temperature`, or `vector` where a weight and a bias for each logit is
    /// better on held-out rows.
    pub calibration: &'static str,
    /// The temperature, above 0; 1 where the calibration is another.
    pub temperature: f32,
    /// Mean negative log-likelihood of a validation row before the calibration, in nats.
    pub nll_before: f64,
    /// The same after it, of each row under a calibration that was not fitted to it.
    pub nll_after: f64,
    /// The threshold of each label, in the order of the logits; empty unless
    /// [`super::TrainOptions::automate_at`] is set.
    pub thresholds: Vec<Threshold>,
    /// The doctor's findings in the rows, the gravest first.
    pub findings: Vec<FindingReport>,
}

/// The score from which on a label has the wanted precision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    /// The label.
    pub label: String,
    /// The score, 0 to 1; `None` where none has it: the engine then always abstains.
    pub score: Option<f32>,
}

/// A finding of the doctor, without its rows; see [`super::check`] for these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingReport {
    /// The kind of the finding.
    pub kind: FindingKind,
    /// Its severity.
    pub severity: Severity,
    /// The number of rows that it is about.
    pub rows: usize,
    /// A sentence for people.
    pub message: String,
}

/// The findings of a diagnosis.
pub(super) fn findings(diagnosis: &Diagnosis) -> Vec<FindingReport> {
    let finding = |finding: &Finding| FindingReport {
        kind: finding.kind,
        severity: finding.severity,
        rows: finding.count,
        message: finding.message.clone(),
    };
    diagnosis.findings.iter().map(finding).collect()
}
