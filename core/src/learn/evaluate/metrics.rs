//! Accuracy and the figures of ordered levels, over chosen rows.

use super::answers::Answers;
use super::ranks::ranks;

/// The mean of the chosen rows' values; 0 of no row.
pub(super) fn mean(values: &[f64], rows: &[usize]) -> f64 {
    let sum: f64 = rows.iter().map(|&row| values[row]).sum();
    if rows.is_empty() { 0.0 } else { sum / rows.len() as f64 }
}

pub(super) fn accuracy(answers: &Answers<'_>, rows: &[usize]) -> f64 {
    let right = rows.iter().filter(|&&row| answers.right(row)).count();
    if rows.is_empty() { 0.0 } else { right as f64 / rows.len() as f64 }
}

/// The true and the given level of each row.
fn levels(answers: &Answers<'_>, rows: &[usize]) -> impl Iterator<Item = (f64, f64)> {
    rows.iter().filter_map(|&row| {
        Some((*answers.truth[row].first()? as f64, *answers.predictions[row].labels.first()? as f64))
    })
}

pub(super) fn mean_absolute_error(answers: &Answers<'_>, rows: &[usize]) -> f64 {
    let sum: f64 = levels(answers, rows).map(|(a, b)| (a - b).abs()).sum();
    if rows.is_empty() { 0.0 } else { sum / rows.len() as f64 }
}

/// Pearson's correlation of the ranks, equal values sharing their mean rank; 0 where one side never varies.
pub(super) fn spearman(answers: &Answers<'_>, rows: &[usize]) -> f64 {
    let (a, b): (Vec<f64>, Vec<f64>) = levels(answers, rows).unzip();
    let (a, b) = (ranks(&a), ranks(&b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let (mut cov, mut var_a, mut var_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(&b) {
        cov += (x - mean) * (y - mean);
        var_a += (x - mean).powi(2);
        var_b += (y - mean).powi(2);
    }
    if var_a * var_b == 0.0 { 0.0 } else { cov / (var_a * var_b).sqrt() }
}
