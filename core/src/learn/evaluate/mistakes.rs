//! Wrong rows of the highest scores.

use serde::Serialize;

use super::EvaluateOptions;
use super::answers::Answers;

/// A row that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mistake {
    /// The line of the file, or the row of a table, from 1.
    pub line: u64,
    /// The label that the file has; several are joined by `|`.
    pub truth: String,
    /// The label that the model gave; several are joined by `|`.
    pub given: String,
    /// The score of the wrong label, 0 to 1; of a multi-label head, of its most certain wrong decision (for
    /// a label that it did not give, 1 - score).
    pub score: f32,
    /// The text; `None` unless [`super::EvaluateOptions::texts`] is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The wrong rows of the highest scores, highest first; equal ones stay in the order of the rows.
pub(super) fn worst(answers: &Answers<'_>, options: &EvaluateOptions) -> Vec<usize> {
    let wrong = (0..answers.places.len()).filter(|&row| !answers.right(row));
    let mut wrong: Vec<(f32, usize)> = wrong.map(|row| (certainty(answers, row), row)).collect();
    wrong.sort_by(|a, b| b.0.total_cmp(&a.0));
    wrong.into_iter().take(options.errors).map(|(_, row)| row).collect()
}

/// Returns the mistake of each of these rows; the texts are not filled in yet.
pub(super) fn mistakes(answers: &Answers<'_>, wrong: &[usize]) -> Vec<Mistake> {
    let mistake = |&row: &usize| Mistake {
        line: answers.places[row].number(),
        truth: answers.names(&answers.truth[row]),
        given: answers.names(&answers.predictions[row].labels),
        score: certainty(answers, row),
        text: None,
    };
    wrong.iter().map(mistake).collect()
}

fn certainty(answers: &Answers<'_>, row: usize) -> f32 {
    let (truth, prediction) = (&answers.truth[row], &answers.predictions[row]);
    let spurious = prediction.given(truth).filter(|(_, _, right)| !right).map(|(_, score, _)| score);
    let missed = truth.iter().filter(|label| answers.multi() && !prediction.labels.contains(label));
    spurious.chain(missed.map(|&label| 1.0 - prediction.scores[label])).fold(0.0, f32::max)
}
