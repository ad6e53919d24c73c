//! Labels one by one: precision, recall, F1, and the confusion between them.

use serde::Serialize;

use super::Interval;
use super::answers::{Answers, Prediction};
use super::bootstrap::Bootstrap;

/// Precision, recall and F1 of one label, each 0 to 1, and 0 where its denominator is 0. Samples in which it
/// is 0 are left out of the interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerClass {
    /// The label.
    pub label: String,
    /// The share of right rows among those that the model gave the label.
    pub precision: Interval,
    /// The share of found rows among those that have the label in the file.
    pub recall: Interval,
    /// The harmonic mean of the two.
    pub f1: Interval,
    /// Rows of the file with this label.
    pub support: usize,
}

/// Counts of the file's labels by the label that the model gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// The labels of rows and columns alike, in the order of the logits.
    pub labels: Vec<String>,
    /// Counts of rows, `matrix[true][predicted]`.
    pub matrix: Vec<Vec<usize>>,
}

/// True positives, false positives and false negatives of one label.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    hit: usize,
    spurious: usize,
    missed: usize,
}

impl Counts {
    /// Precision, recall and F1; NaN where the denominator is 0.
    fn figures(self) -> [f64; 3] {
        let ratio = |part: usize, whole: usize| part as f64 / whole as f64;
        [
            ratio(self.hit, self.hit + self.spurious),
            ratio(self.hit, self.hit + self.missed),
            ratio(2 * self.hit, 2 * self.hit + self.spurious + self.missed),
        ]
    }
}

pub(super) fn counts(
    labels: usize,
    truth: &[Vec<usize>],
    predictions: &[Prediction],
    rows: &[usize],
) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); labels];
    for &row in rows {
        let (truth, given) = (&truth[row], &predictions[row].labels);
        for &label in given {
            let slot =
                if truth.contains(&label) { &mut counts[label].hit } else { &mut counts[label].spurious };
            *slot += 1;
        }
        for &label in truth.iter().filter(|label| !given.contains(label)) {
            counts[label].missed += 1;
        }
    }
    counts
}

/// The mean over the labels that occur in the rows.
pub(super) fn macro_f1(counts: &[Counts]) -> f64 {
    let there: Vec<f64> = counts.iter().filter(|c| c.hit + c.missed > 0).map(|c| c.figures()[2]).collect();
    if there.is_empty() { 0.0 } else { there.iter().sum::<f64>() / there.len() as f64 }
}

/// As [`macro_f1`], of chosen rows.
pub(super) fn macro_f1_of(answers: &Answers<'_>, rows: &[usize]) -> f64 {
    macro_f1(&counts(answers.labels.len(), answers.truth, answers.predictions, rows))
}

pub(super) fn per_class(answers: &Answers<'_>, bootstrap: &Bootstrap) -> Vec<PerClass> {
    let count = |rows: &[usize]| counts(answers.labels.len(), answers.truth, answers.predictions, rows);
    let drawn = bootstrap.draw(&|rows| count(rows).into_iter().flat_map(Counts::figures).collect());
    let class = |(index, label): (usize, &String)| PerClass {
        label: label.clone(),
        precision: drawn.interval(3 * index),
        recall: drawn.interval(3 * index + 1),
        f1: drawn.interval(3 * index + 2),
        support: answers.truth.iter().filter(|truth| truth.contains(&index)).count(),
    };
    answers.labels.iter().enumerate().map(class).collect()
}

pub(super) fn confusion(answers: &Answers<'_>) -> Confusion {
    let mut matrix = vec![vec![0; answers.labels.len()]; answers.labels.len()];
    for (truth, prediction) in answers.truth.iter().zip(answers.predictions) {
        if let (Some(&truth), Some(&given)) = (truth.first(), prediction.labels.first()) {
            matrix[truth][given] += 1;
        }
    }
    Confusion { labels: answers.labels.to_vec(), matrix }
}
