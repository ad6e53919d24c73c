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
    /// Area under the ROC curve of the distance to the training texts, 0 to 1: the probability that a text
    /// outside is farther than one inside. Absent where the head has no distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auroc: Option<f64>,
    /// The same, with one less the score of the given label in place of the distance.
    pub auroc_of_score: f64,
    /// The share of texts inside on which the head abstains as out of domain, 0 to 1; absent as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside_refused: Option<f64>,
    /// The share of texts outside on which it does, 0 to 1; absent as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside_refused: Option<f64>,
}

/// Measures a head's distance on texts inside and outside of its domain; labels are not read. `progress` is
/// called with the rows done, of both together; an error that it returns stops the work and is the result.
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
            (1.0 - f64::from(confidence), output.distance.map(f64::from))
        };
        let (unsure_inside, near) = split(outputs(model, index, inside, progress, &look)?);
        let before = inside.count();
        let (unsure_outside, far) =
            split(outputs(model, index, outside, &|done| progress(before + done), &look)?);
        let none = || Error::new(ErrorKind::DataInvalid, "texts inside and outside are needed");
        let refused = |distances: &Option<Vec<f64>>| {
            let (distances, (_, limit)) = (distances.as_ref()?, head.domain?);
            let over = distances.iter().filter(|&&distance| distance > f64::from(limit)).count();
            Some(over as f64 / distances.len() as f64)
        };
        Ok(OutOfDomain {
            task: head.name.clone(),
            inside: inside.count(),
            outside: outside.count(),
            auroc: near.as_ref().zip(far.as_ref()).and_then(|(near, far)| auroc(near, far)),
            auroc_of_score: auroc(&unsure_inside, &unsure_outside).ok_or_else(none)?,
            inside_refused: refused(&near),
            outside_refused: refused(&far),
        })
    })
}

/// The scores of every row, and the distances if every row has one.
fn split(looks: Vec<(f64, Option<f64>)>) -> (Vec<f64>, Option<Vec<f64>>) {
    let distances = looks.iter().map(|(_, distance)| *distance).collect();
    (looks.into_iter().map(|(unsure, _)| unsure).collect(), distances)
}
