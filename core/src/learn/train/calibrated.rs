//! A trained head: its scores calibrated, its thresholds, and its figures.

use super::body::{HeadDataset, Rows};
use super::options::{Metric, TrainOptions};
use super::prepare::Planned;
use super::report::{self, Calibration, Data, HeadRecord, HeadReport, Threshold};
use super::task::measure;
use crate::Result;
use crate::learn::calibrate::choose::{Choice, Method, choose};
use crate::learn::doctor::Diagnosis;
use crate::learn::evaluate::thresholds::thresholds;
use crate::learn::evaluate::{EvaluateOptions, Prediction, evaluate_logits, reliability_of_logits};
use crate::model::bundle::HeadManifest;

/// The most rows that the report names of a finding.
const BRIEF: usize = 10;

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::Vector => "vector",
        }
    }
}

/// Returns the head with its calibration and thresholds, its report for the caller, and its record for the
/// files. `logits` are of the validation rows; `digests` are of the training rows and of the validation rows,
/// where these are rows of their own.
pub(super) fn calibrated(
    planned: Planned<'_>,
    dataset: &HeadDataset,
    logits: &[Vec<f32>],
    metric: Metric,
    diagnosis: &Diagnosis,
    digests: (String, Option<String>),
    options: &TrainOptions,
) -> Result<(HeadManifest, HeadReport, HeadRecord)> {
    let Planned { mut manifest, train, valid, validation, passes, weight } = planned;
    let truth = &dataset.valid.targets;
    let choice = choose(dataset.link, logits, truth);
    manifest.thresholds = wanted_thresholds(&manifest, &choice, truth, options.automate_at);
    // The logits as they are, and out of fold as they are scaled: neither is scaled once more.
    let plain = manifest.meaning();
    let evaluating = EvaluateOptions {
        automate_at: options.automate_at,
        texts: options.texts,
        ..EvaluateOptions::default()
    };
    let before = reliability_of_logits(&plain, &valid, truth, logits, &evaluating);
    let evaluation = evaluate_logits(&plain, &valid, truth, &choice.out_of_fold, &evaluating)?;
    let method = choice.method.name();
    let (nll_before, nll_after) = (choice.identity_nll, nll_after(&choice));
    match choice.method {
        Method::Temperature => manifest.temperature = 1.0 / choice.scaling.weights[0],
        Method::Vector => manifest.scaling = Some(choice.scaling),
    }
    let meaning = manifest.meaning();
    let scaled: Vec<Vec<f32>> = logits.iter().map(|logits| meaning.scaled(logits)).collect();
    let (metric, value) = (metric.name(), measure(metric, dataset.link, dataset.labels, &scaled, truth));
    let report = HeadReport {
        task: manifest.name.clone(),
        labels: manifest.labels.clone(),
        train_rows: train.len(),
        valid_rows: valid.len(),
        validation: validation.clone(),
        metric,
        value,
        calibration: method,
        temperature: manifest.temperature,
        nll_before,
        nll_after,
        thresholds: by_label(&manifest),
        findings: report::findings(diagnosis),
    };
    let record = HeadRecord {
        task: manifest.name.clone(),
        kind: manifest.kind,
        pooling: manifest.pooling,
        dense: manifest.dense,
        passes,
        weight,
        abstain_below: manifest.abstain_below,
        data: data(dataset, digests, validation),
        diagnosis: diagnosis.brief(BRIEF),
        metric,
        value,
        calibration: Calibration { method, temperature: manifest.temperature, nll_before, nll_after, before },
        evaluation,
    };
    Ok((manifest, report, record))
}

/// Mean negative log-likelihood of a row after the calibration, under one that was fitted on other rows.
fn nll_after(choice: &Choice) -> f64 {
    match choice.method {
        Method::Temperature => choice.temperature_nll,
        Method::Vector => choice.vector_nll.min(choice.temperature_nll),
    }
}

fn data(dataset: &HeadDataset, (sha256, valid_sha256): (String, Option<String>), validation: String) -> Data {
    let mut label_rows = vec![0; dataset.labels];
    dataset.train.targets.iter().flatten().for_each(|&label| label_rows[label] += 1);
    let texts = |rows: &Rows| report::texts(&rows.encodings);
    let (train, valid) = (texts(&dataset.train), texts(&dataset.valid));
    Data { sha256, valid_sha256, validation, train, valid, label_rows }
}

/// For each label, the score from which on its precision on the validation rows is as wanted; the rows'
/// scores are of calibrations that were not fitted to them. Empty without a wanted precision.
fn wanted_thresholds(
    manifest: &HeadManifest,
    choice: &Choice,
    truth: &[Vec<usize>],
    wanted: Option<f64>,
) -> Vec<Option<f32>> {
    let Some(wanted) = wanted else { return Vec::new() };
    let meaning = manifest.meaning();
    let predictions: Vec<Prediction> =
        choice.out_of_fold.iter().map(|logits| Prediction::of(&meaning, logits)).collect();
    let found = thresholds(manifest.labels.len(), truth, &predictions, wanted);
    found.into_iter().map(|threshold| threshold.map(|found| found.score)).collect()
}

/// The thresholds with their labels.
fn by_label(manifest: &HeadManifest) -> Vec<Threshold> {
    let threshold =
        |(label, score): (&String, &Option<f32>)| Threshold { label: label.clone(), score: *score };
    manifest.labels.iter().zip(&manifest.thresholds).map(threshold).collect()
}
