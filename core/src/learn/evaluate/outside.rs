//! Detection of texts that a model was not trained for.

use serde::Serialize;

use super::answers::{head, outputs};
use super::ranks::auroc;
use super::{EvaluateOptions, Prediction};
use crate::model::forward::HeadOutput;
use crate::table::LabelledRows;
use crate::{Engine, Error, ErrorKind, OnProgress, Result};

/// Texts inside of a head's domain against texts outside of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutOfDomain {
    /// The name of the head.
    pub task: String,
    /// The number of texts inside.
    pub inside: usize,
    /// The number of texts outside.
    pub outside: usize,
    /// Area under the ROC curve of the detector's probability, of a head without a detector of the distance
    /// to the training texts, 0 to 1: the probability that a text outside has more of it than one inside.
    /// Absent where the head has neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auroc: Option<f64>,
    /// The same, with one less the score of the given label in its place.
    pub auroc_of_score: f64,
    /// The share of texts inside on which the head abstains as out of domain, 0 to 1; absent as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside_refused: Option<f64>,
    /// The share of texts outside on which it does, 0 to 1; absent as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside_refused: Option<f64>,
}

/// Measures how well a head tells texts inside of its domain from those outside; labels are not read.
/// `progress` is called with the rows done, of both together; an error that it returns stops the work and is
/// the result.
///
/// # Errors
/// `invalid-input` where the task is not a head of the model; `data-invalid` where either has no row; the
/// errors of reading them; `internal`.
pub fn out_of_domain<A: LabelledRows + Sync + ?Sized, B: LabelledRows + Sync + ?Sized>(
    engine: &Engine,
    inside: &A,
    outside: &B,
    options: &EvaluateOptions,
    progress: OnProgress<'_, usize>,
) -> Result<OutOfDomain> {
    engine.install(|pipeline| {
        let model = &pipeline.model;
        let index = head(model, options.task.as_deref())?;
        let head = &model.heads[index];
        let look = |output: HeadOutput| {
            let confidence = Prediction::of(head, &output.logits).confidence(head.link);
            Look {
                unsure: 1.0 - f64::from(confidence),
                outlying: output.outside.or(output.distance).map(f64::from),
                refused: output.is_outside(head),
            }
        };
        let near = outputs(model, index, inside, progress, &look)?;
        let before = inside.count();
        let far = outputs(model, index, outside, &|done| progress(before + done), &look)?;
        let none = || Error::new(ErrorKind::DataInvalid, "texts inside and outside are needed");
        let detects = head.domain.is_some() || head.detector.is_some();
        let refused = |looks: &[Look]| {
            let refused = looks.iter().filter(|look| look.refused).count();
            detects.then(|| refused as f64 / looks.len() as f64)
        };
        Ok(OutOfDomain {
            task: head.name.clone(),
            inside: inside.count(),
            outside: outside.count(),
            auroc: outlying(&near).zip(outlying(&far)).and_then(|(near, far)| auroc(&near, &far)),
            auroc_of_score: auroc(&unsure(&near), &unsure(&far)).ok_or_else(none)?,
            inside_refused: refused(&near),
            outside_refused: refused(&far),
        })
    })
}

/// A row as a head sees it.
struct Look {
    /// One less the score of the given label.
    unsure: f64,
    /// More for a text that is likelier outside.
    outlying: Option<f64>,
    refused: bool,
}

fn unsure(looks: &[Look]) -> Vec<f64> {
    looks.iter().map(|look| look.unsure).collect()
}

/// Of every row, if every row has it.
fn outlying(looks: &[Look]) -> Option<Vec<f64>> {
    looks.iter().map(|look| look.outlying).collect()
}
