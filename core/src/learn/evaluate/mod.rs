//! How good a model is on a labelled file, with the uncertainty of the file's size; and which of two is
//! better.

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

use frontdesk_models::heads::Link;
use serde::{Deserialize, Serialize};

use crate::model::bundle::HeadMeaning;
use crate::table::LabelledRows;
#[cfg(feature = "train")]
use crate::table::{Labelled, Place};
use crate::{Engine, Error, OnProgress, Result};
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
    /// The head to evaluate; may be left out where the model has one.
    pub task: Option<String>,
    /// Seeds the bootstrap.
    pub seed: u64,
    /// Bootstrap samples.
    pub resamples: usize,
    /// Wrong rows to name, at most; [`compare`] names every row that changed.
    pub errors: usize,
    /// Whether the rows that are named come with their texts. By default they do not: a report travels
    /// further than its file.
    pub texts: bool,
    /// A precision above 0 and below 1: for each label, the score from which on it is reached; see
    /// [`Automation`].
    #[serde(alias = "automateAt")]
    pub automate_at: Option<f64>,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self { task: None, seed: 17, resamples: 1000, errors: 20, texts: false, automate_at: None }
    }
}

impl EvaluateOptions {
    fn check(&self) -> Result<()> {
        match self.automate_at {
            Some(wanted) if !(wanted > 0.0 && wanted < 1.0) => {
                Err(Error::invalid("automate_at", format!("precision {wanted}; above 0 and below 1")))
            }
            _ => Ok(()),
        }
    }
}

/// A figure with the 95 % percentile bootstrap interval over the rows (Efron 1979).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// On all rows.
    pub value: f64,
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// The head.
    pub task: String,
    /// Rows of the file.
    pub rows: usize,
    /// Share of rows whose labels are all right.
    pub accuracy: Interval,
    /// Mean of F1 over the labels that the file has.
    pub macro_f1: Interval,
    /// Expected calibration error, 15 bins of equal width over the score of the predicted label (Guo et al.
    /// 2017); over every label's score for a multi-label head.
    pub ece: Interval,
    /// Brier score over all labels of a row, from 0 to 2 (Brier 1950); for a multi-label head the mean over
    /// the labels, from 0 to 1. Less is better.
    pub brier: Interval,
    /// Negative log-likelihood of a row's label, in nats; for a multi-label head the mean over the labels.
    /// Less is better.
    pub nll: Interval,
    /// Mean absolute error in levels; ordinal heads only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_absolute_error: Option<Interval>,
    /// Spearman's rank correlation; ordinal heads only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spearman: Option<Interval>,
    /// How often the head abstains, and how good it is on the other rows; absent where it never abstains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abstention: Option<Abstention>,
    /// From which score on each label can be trusted, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation: Option<Automation>,
    /// Precision, recall and F1 of each label.
    pub per_class: Vec<PerClass>,
    /// Rows are the file's labels, columns the model's; absent for a multi-label head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Confusion>,
    /// The 15 bins of `ece`: a reliability diagram.
    pub reliability: Vec<ReliabilityBin>,
    /// How much is kept and how much of it is right, at up to 100 thresholds on the score of the given
    /// label, highest first.
    pub coverage: Vec<CoveragePoint>,
    /// The wrong rows of the highest scores, highest first.
    pub errors: Vec<Mistake>,
}

/// Evaluates one head of the engine's model on labelled texts, which are gone through twice, for their labels
/// first, and are not kept. `progress` is told the rows done, and may stop the work with an error, which is
/// then the result.
///
/// # Errors
/// `invalid-input` where the task is not a head of the model; `data-invalid` where a label is not one of the
/// head's.
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

/// Every figure from the truth and the predictions. The rows are gone through for texts, if those are asked
/// for.
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

/// As [`evaluate`], of logits that are there already; they are not scaled unless `head` says how.
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

/// Whether scores are probabilities.
#[cfg(feature = "train")]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Reliability {
    /// As [`Evaluation::ece`].
    pub(crate) ece: Interval,
    /// As [`Evaluation::reliability`].
    pub(crate) bins: Vec<ReliabilityBin>,
}

/// The part of [`evaluate_logits`] that says whether scores are probabilities.
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
