//! How good a model is on a labelled file, with the uncertainty of the file's size.

mod bootstrap;
mod metrics;

use frontdesk_models::heads::{Link, ordinal_level};
use serde::{Deserialize, Serialize};

use crate::bundle::HeadMeaning;
use crate::data::Labelled;
use crate::{Engine, Error, ErrorKind, LongText, Result};

pub use metrics::{Confusion, PerClass};

pub(crate) use metrics::Prediction;

/// How to evaluate. In JSON, what is left out is as the default has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateOptions {
    /// The head to evaluate; may be left out where the model has one.
    pub task: Option<String>,
    /// Seeds the bootstrap.
    pub seed: u64,
    /// Bootstrap samples.
    pub resamples: usize,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self { task: None, seed: 17, resamples: 1000 }
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

/// What an evaluation found.
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
    /// Expected calibration error, 15 bins of equal width over the score of the predicted label (Guo et al. 2017); over
    /// every label's score for a multi-label head.
    pub ece: Interval,
    /// Mean absolute error in levels; ordinal heads only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_absolute_error: Option<Interval>,
    /// Spearman's rank correlation; ordinal heads only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spearman: Option<Interval>,
    /// Precision, recall and F1 of each label.
    pub per_class: Vec<PerClass>,
    /// Rows are the file's labels, columns the model's; absent for a multi-label head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Confusion>,
}

/// Evaluates one head of the engine's model on labelled texts. `progress` is told the rows done, and may stop the
/// work with an error, which is then the result.
///
/// # Errors
/// `invalid-input` where the task is not a head of the model; `data-invalid` where a label is not one of the head's.
pub fn evaluate(
    engine: &Engine,
    rows: &[Labelled],
    options: &EvaluateOptions,
    progress: &(dyn Fn(usize) -> Result<()> + Sync),
) -> Result<Evaluation> {
    engine.install(|pipeline| {
        let model = &pipeline.model;
        let names = || model.heads.iter().map(|head| head.name.as_str()).collect::<Vec<_>>().join(", ");
        let index = match &options.task {
            Some(task) => model.head(task).ok_or_else(|| {
                Error::invalid("task", format!("the model has no head `{task}`; known: {}", names()))
            })?,
            None if model.heads.len() == 1 => 0,
            None => {
                return Err(Error::invalid(
                    "task",
                    format!("the model has several heads, name one: {}", names()),
                ));
            }
        };
        let head = &model.heads[index];
        if head.link == Link::Identity {
            let message = format!("`{}` is a regression: its values have no labels to count", head.name);
            return Err(Error::invalid("task", message));
        }
        let truth: Vec<Vec<usize>> =
            rows.iter().map(|row| label_indexes(&head.labels, head.link, row)).collect::<Result<_>>()?;
        let mut predictions = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(256) {
            let encode = |row: &Labelled| {
                model
                    .tokenizer
                    .encode(&row.text, LongText::HeadAndTail)
                    .map_err(|e| e.context(format!("line {}", row.line)))
            };
            let encodings: Vec<_> = chunk.iter().map(encode).collect::<Result<_>>()?;
            let logits = model.logits(&encodings.iter().collect::<Vec<_>>(), &[index])?;
            predictions.extend(logits.iter().map(|logits| predict(head, &logits[0].logits)));
            progress(predictions.len())?;
        }
        Ok(measure(&head.name, &head.labels, head.link, &truth, &predictions, options))
    })
}

/// The indexes of a row's labels: one, or any number for a multi-label head.
pub(crate) fn label_indexes(labels: &[String], link: Link, row: &Labelled) -> Result<Vec<usize>> {
    let find = |name: &str| {
        labels.iter().position(|label| label == name).ok_or_else(|| {
            let message =
                format!("line {}: `{name}` is no label of the model; known: {}", row.line, labels.join(", "));
            Error::new(ErrorKind::DataInvalid, message)
        })
    };
    match link {
        Link::Sigmoid => row.label.split('|').filter(|name| !name.is_empty()).map(find).collect(),
        _ => Ok(vec![find(&row.label)?]),
    }
}

fn predict(head: &HeadMeaning, logits: &[f32]) -> Prediction {
    let scores = head.scores(logits);
    let labels = match head.link {
        Link::Sigmoid => (0..scores.len()).filter(|&i| scores[i] >= 0.5).collect(),
        Link::Ordinal => vec![ordinal_level(logits)],
        Link::Softmax | Link::Identity => vec![best(&scores)],
    };
    Prediction { labels, scores }
}

fn best(scores: &[f32]) -> usize {
    (0..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
}

/// Every figure from the truth and the predictions.
fn measure(
    task: &str,
    labels: &[String],
    link: Link,
    truth: &[Vec<usize>],
    predictions: &[Prediction],
    options: &EvaluateOptions,
) -> Evaluation {
    let all: Vec<usize> = (0..truth.len()).collect();
    let multi = link == Link::Sigmoid;
    let interval = |figure: &(dyn Fn(&[usize]) -> f64 + Sync)| {
        bootstrap::interval(truth.len(), options.resamples, options.seed, figure)
    };
    let counts = |rows: &[usize]| metrics::counts(labels.len(), truth, predictions, rows);
    let ordinal = link == Link::Ordinal;
    Evaluation {
        task: task.to_owned(),
        rows: truth.len(),
        accuracy: interval(&|rows| metrics::accuracy(truth, predictions, rows)),
        macro_f1: interval(&|rows| metrics::macro_f1(&counts(rows))),
        ece: interval(&|rows| metrics::expected_calibration_error(truth, predictions, rows, multi)),
        mean_absolute_error: ordinal
            .then(|| interval(&|rows| metrics::mean_absolute_error(truth, predictions, rows))),
        spearman: ordinal.then(|| interval(&|rows| metrics::spearman(truth, predictions, rows))),
        per_class: metrics::per_class(labels, &counts(&all)),
        confusion: (!multi).then(|| metrics::confusion(labels, truth, predictions)),
    }
}

/// Macro-F1 of labels that were given against the truth, over all rows.
#[cfg(feature = "train")]
pub(crate) fn macro_f1(labels: usize, truth: &[Vec<usize>], given: &[Vec<usize>]) -> f64 {
    let prediction = |labels: &Vec<usize>| Prediction { labels: labels.clone(), scores: Vec::new() };
    let predictions: Vec<Prediction> = given.iter().map(prediction).collect();
    let all: Vec<usize> = (0..truth.len()).collect();
    metrics::macro_f1(&metrics::counts(labels, truth, &predictions, &all))
}
