//! Evaluation of a model on a labelled file, with the uncertainty of the file's size, and the comparison of
//! two.

mod abstention;
mod answers;
mod binomial;
mod bootstrap;
mod calibration;
mod changes;
mod classes;
mod compare;
mod coverage;
mod metrics;
mod mistakes;
mod outside;
mod ranks;
#[cfg(test)]
mod tests;
pub(crate) mod thresholds;

use std::ops::Bound;

use frontdesk_models::heads::Link;
use serde::{Deserialize, Serialize};

use crate::model::bundle::HeadMeaning;
use crate::table::LabelledRows;
#[cfg(feature = "train")]
use crate::table::{Labelled, Place};
use crate::{Engine, Error, ErrorKind, OnProgress, Result, number};
use answers::Answers;
use bootstrap::Bootstrap;

pub use abstention::Abstention;
pub use calibration::ReliabilityBin;
pub use changes::{Change, Effect, Flow, McNemar};
pub use classes::{Confusion, PerClass};
pub use compare::{Comparison, Contrast, compare};
pub use coverage::CoveragePoint;
pub use mistakes::Mistake;
pub use outside::{OutOfDomain, out_of_domain};
pub use ranks::auroc;
pub use thresholds::{Automation, LabelThreshold};

pub(crate) use answers::Prediction;
#[cfg(feature = "train")]
pub(crate) use answers::label_indexes;

/// Options of an evaluation. In JSON, a field that is left out has its default.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateOptions {
    /// The head to evaluate; `None` where the model has only one.
    pub task: Option<String>,
    /// The seed of the bootstrap; by default 17.
    pub seed: u64,
    /// The number of bootstrap samples, 0 to 100,000; by default 1,000. Without any, intervals have no
    /// width.
    pub resamples: usize,
    /// The largest number of wrong rows in the result; by default 20. [`compare`] names every row that
    /// changed.
    pub errors: usize,
    /// True: the rows in the result have their texts. By default they do not: a report travels further than
    /// its file.
    pub texts: bool,
    /// A precision above 0 and below 1: for each label, the score from which on it is reached; see
    /// [`Automation`]. `None`: no such figures.
    #[serde(alias = "automateAt")]
    pub automate_at: Option<f64>,
}

/// Bootstrap samples, at most: their figures are kept.
const MOST_RESAMPLES: usize = 100_000;

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self { task: None, seed: 17, resamples: 1000, errors: 20, texts: false, automate_at: None }
    }
}

impl EvaluateOptions {
    fn check(&self) -> Result<()> {
        if self.resamples > MOST_RESAMPLES {
            let message = format!("resamples: {} is not from 0 to {MOST_RESAMPLES}", self.resamples);
            return Err(Error::invalid("resamples", message));
        }
        let range = (Bound::Excluded(0.0), Bound::Excluded(1.0));
        self.automate_at
            .map_or(Ok(()), |wanted| number::check(ErrorKind::InvalidInput, "automate_at", wanted, range))
    }
}

/// A figure with the 95 % percentile bootstrap interval over the rows (Efron 1979).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The figure on all rows.
    pub value: f64,
    /// The 2.5th percentile of the samples.
    pub low: f64,
    /// The 97.5th percentile of the samples.
    pub high: f64,
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// The name of the head.
    pub task: String,
    /// The number of rows.
    pub rows: usize,
    /// The share of rows whose labels are all right, 0 to 1.
    pub accuracy: Interval,
    /// The mean of F1 over the labels that the file has, 0 to 1.
    pub macro_f1: Interval,
    /// Expected calibration error, 0 to 1: 15 bins of equal width over the score of the predicted label (Guo
    /// et al. 2017); over every label's score for a multi-label head. Less is better.
    pub ece: Interval,
    /// Brier score over all labels of a row, from 0 to 2 (Brier 1950); for a multi-label head the mean over
    /// the labels, from 0 to 1. Less is better.
    pub brier: Interval,
    /// Negative log-likelihood of a row's label, in nats; for a multi-label head the mean over the labels.
    /// Less is better.
    pub nll: Interval,
    /// Mean absolute error in levels, from 0; ordinal heads only. Less is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_absolute_error: Option<Interval>,
    /// Spearman's rank correlation, -1 to 1; ordinal heads only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spearman: Option<Interval>,
    /// The share of abstentions, and the accuracy on the other rows; absent where the head never abstains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abstention: Option<Abstention>,
    /// The score from which on each label is precise enough; absent unless [`EvaluateOptions::automate_at`]
    /// is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation: Option<Automation>,
    /// Precision, recall and F1 of each label, in the order of the logits.
    pub per_class: Vec<PerClass>,
    /// The confusion matrix; absent for a multi-label head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Confusion>,
    /// The 15 bins of `ece`: a reliability diagram.
    pub reliability: Vec<ReliabilityBin>,
    /// The precision-coverage curve, at up to 100 thresholds on the score of the given label, highest first.
    pub coverage: Vec<CoveragePoint>,
    /// The wrong rows of the highest scores, highest first; at most [`EvaluateOptions::errors`].
    pub errors: Vec<Mistake>,
}

/// Evaluates one head of the engine's model on labelled texts. They are read twice, for their labels first,
/// and are not kept. `progress` is called with the rows done; an error that it returns stops the work and is
/// the result.
///
/// # Errors
/// `invalid-input` where the task is not a head of the model, or is a regression, and for an option out of
/// range; `data-invalid` where a label is not one of the head's; the errors of reading `rows`; `internal`.
pub fn evaluate<R: LabelledRows + Sync + ?Sized>(
    engine: &Engine,
    rows: &R,
    options: &EvaluateOptions,
    progress: OnProgress<'_, usize>,
) -> Result<Evaluation> {
    options.check()?;
    engine.install(|pipeline| {
        let model = &pipeline.model;
        let index = answers::head(model, options.task.as_deref())?;
        let head = &model.heads[index];
        let (truth, places) = answers::truth(head, rows)?;
        let predictions = answers::predict(model, index, rows, progress)?;
        measure(head, &Answers::of(head, &places, &truth, &predictions), rows, options)
    })
}

/// Every figure from the truth and the predictions. The rows are read for their texts where the options
/// include these.
fn measure<R: LabelledRows + ?Sized>(
    head: &HeadMeaning,
    answers: &Answers<'_>,
    rows: &R,
    options: &EvaluateOptions,
) -> Result<Evaluation> {
    let bootstrap = Bootstrap::new(answers.places.len(), options);
    let mean = |values: Vec<f64>| bootstrap.interval(&|rows| metrics::mean(&values, rows));
    let ordinal = head.link == Link::Ordinal;
    let claims = calibration::claims(answers);
    let wrong = mistakes::worst(answers, options);
    let mut errors = mistakes::mistakes(answers, &wrong);
    if options.texts {
        let texts = answers::texts(rows, &wrong)?;
        errors.iter_mut().zip(texts).for_each(|(mistake, text)| mistake.text = Some(text));
    }
    Ok(Evaluation {
        task: head.name.clone(),
        rows: answers.places.len(),
        accuracy: bootstrap.interval(&|rows| metrics::accuracy(answers, rows)),
        macro_f1: bootstrap.interval(&|rows| classes::macro_f1_of(answers, rows)),
        ece: bootstrap.interval(&|rows| calibration::expected_calibration_error(&claims, rows)),
        brier: mean(calibration::brier(answers)),
        nll: mean(calibration::negative_log_likelihood(answers)),
        mean_absolute_error: ordinal
            .then(|| bootstrap.interval(&|rows| metrics::mean_absolute_error(answers, rows))),
        spearman: ordinal.then(|| bootstrap.interval(&|rows| metrics::spearman(answers, rows))),
        abstention: abstention::abstention(head, answers, &bootstrap),
        automation: options.automate_at.map(|wanted| thresholds::automation(answers, wanted)),
        per_class: classes::per_class(answers, &bootstrap),
        confusion: (!answers.multi()).then(|| classes::confusion(answers)),
        reliability: calibration::reliability(&claims),
        coverage: coverage::curve(answers),
        errors,
    })
}

/// As [`evaluate`], of logits that are there already; they are scaled by the calibration of `head`, where it
/// has one.
#[cfg(feature = "train")]
pub(crate) fn evaluate_logits(
    head: &HeadMeaning,
    rows: &[&Labelled],
    truth: &[Vec<usize>],
    logits: &[Vec<f32>],
    options: &EvaluateOptions,
) -> Result<Evaluation> {
    let predictions: Vec<Prediction> = logits.iter().map(|logits| Prediction::of(head, logits)).collect();
    let places: Vec<Place> = rows.iter().map(|row| row.place).collect();
    measure(head, &Answers::of(head, &places, truth, &predictions), rows, options)
}

/// Calibration of scores.
#[cfg(feature = "train")]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Reliability {
    /// As [`Evaluation::ece`].
    pub(crate) ece: Interval,
    /// As [`Evaluation::reliability`].
    pub(crate) bins: Vec<ReliabilityBin>,
}

/// The part of [`evaluate_logits`] about calibration.
#[cfg(feature = "train")]
pub(crate) fn reliability_of_logits(
    head: &HeadMeaning,
    rows: &[&Labelled],
    truth: &[Vec<usize>],
    logits: &[Vec<f32>],
    options: &EvaluateOptions,
) -> Reliability {
    let predictions: Vec<Prediction> = logits.iter().map(|logits| Prediction::of(head, logits)).collect();
    let places: Vec<Place> = rows.iter().map(|row| row.place).collect();
    let claims = calibration::claims(&Answers::of(head, &places, truth, &predictions));
    let bootstrap = Bootstrap::new(rows.len(), options);
    Reliability {
        ece: bootstrap.interval(&|rows| calibration::expected_calibration_error(&claims, rows)),
        bins: calibration::reliability(&claims),
    }
}

/// Macro-F1 of labels that were given against the truth, over all rows.
#[cfg(feature = "train")]
pub(crate) fn macro_f1(labels: usize, truth: &[Vec<usize>], given: &[Vec<usize>]) -> f64 {
    let prediction = |labels: &Vec<usize>| Prediction { labels: labels.clone(), scores: Vec::new() };
    let predictions: Vec<Prediction> = given.iter().map(prediction).collect();
    let all: Vec<usize> = (0..truth.len()).collect();
    classes::macro_f1(&classes::counts(labels, truth, &predictions, &all))
}
