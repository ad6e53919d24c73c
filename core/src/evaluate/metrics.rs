//! Accuracy, F1, calibration and rank correlation over chosen rows.

use serde::Serialize;

/// What a model said of one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prediction {
    /// The labels that it gave, by index, rising.
    pub(crate) labels: Vec<usize>,
    /// The score of every label.
    pub(crate) scores: Vec<f32>,
}

/// Precision, recall and F1 of one label, each 0 where its denominator is 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerClass {
    /// The label.
    pub label: String,
    /// Right among those that the model gave.
    pub precision: f64,
    /// Found among those that the file has.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Rows of the file with this label.
    pub support: usize,
}

/// How often each label of the file was given which label by the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// The labels, of rows and columns alike.
    pub labels: Vec<String>,
    /// `matrix[true][predicted]`.
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
    fn f1(self) -> f64 {
        ratio(2 * self.hit, 2 * self.hit + self.spurious + self.missed)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
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
    let there: Vec<f64> = counts.iter().filter(|c| c.hit + c.missed > 0).map(|c| c.f1()).collect();
    if there.is_empty() { 0.0 } else { there.iter().sum::<f64>() / there.len() as f64 }
}

pub(super) fn per_class(labels: &[String], counts: &[Counts]) -> Vec<PerClass> {
    let class = |(label, c): (&String, &Counts)| PerClass {
        label: label.clone(),
        precision: ratio(c.hit, c.hit + c.spurious),
        recall: ratio(c.hit, c.hit + c.missed),
        f1: c.f1(),
        support: c.hit + c.missed,
    };
    labels.iter().zip(counts).map(class).collect()
}

pub(super) fn accuracy(truth: &[Vec<usize>], predictions: &[Prediction], rows: &[usize]) -> f64 {
    ratio(rows.iter().filter(|&&row| truth[row] == predictions[row].labels).count(), rows.len())
}

const BINS: usize = 15;

/// Σ over bins of |confidence - accuracy|, weighted by the bin's share.
pub(super) fn expected_calibration_error(
    truth: &[Vec<usize>],
    predictions: &[Prediction],
    rows: &[usize],
    every_label: bool,
) -> f64 {
    let mut bins = [(0usize, 0.0f64, 0usize); BINS];
    let mut add = |score: f32, right: bool| {
        let bin = &mut bins[((score * BINS as f32) as usize).min(BINS - 1)];
        *bin = (bin.0 + 1, bin.1 + f64::from(score), bin.2 + usize::from(right));
    };
    for &row in rows {
        let (truth, prediction) = (&truth[row], &predictions[row]);
        if every_label {
            for (label, &score) in prediction.scores.iter().enumerate() {
                add(score, truth.contains(&label));
            }
        } else if let Some(&label) = prediction.labels.first() {
            add(prediction.scores[label], truth.contains(&label));
        }
    }
    let total: usize = bins.iter().map(|bin| bin.0).sum();
    let gap: f64 = bins.iter().map(|&(_, confidence, right)| (confidence - right as f64).abs()).sum();
    if total == 0 { 0.0 } else { gap / total as f64 }
}

fn levels<'a>(
    truth: &'a [Vec<usize>],
    predictions: &'a [Prediction],
    rows: &'a [usize],
) -> impl Iterator<Item = (f64, f64)> + 'a {
    rows.iter()
        .filter_map(|&row| Some((*truth[row].first()? as f64, *predictions[row].labels.first()? as f64)))
}

pub(super) fn mean_absolute_error(truth: &[Vec<usize>], predictions: &[Prediction], rows: &[usize]) -> f64 {
    let sum: f64 = levels(truth, predictions, rows).map(|(a, b)| (a - b).abs()).sum();
    if rows.is_empty() { 0.0 } else { sum / rows.len() as f64 }
}

/// Pearson's correlation of the ranks, equal values sharing their mean rank; 0 where one side never varies.
pub(super) fn spearman(truth: &[Vec<usize>], predictions: &[Prediction], rows: &[usize]) -> f64 {
    let (a, b): (Vec<f64>, Vec<f64>) = levels(truth, predictions, rows).unzip();
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

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = order[start..]
            .iter()
            .take_while(|&&i| values[i].total_cmp(&values[order[start]]).is_eq())
            .count();
        let mean = start as f64 + (same as f64 + 1.0) / 2.0;
        order[start..start + same].iter().for_each(|&i| ranks[i] = mean);
        start += same;
    }
    ranks
}

pub(super) fn confusion(labels: &[String], truth: &[Vec<usize>], predictions: &[Prediction]) -> Confusion {
    let mut matrix = vec![vec![0; labels.len()]; labels.len()];
    for (truth, prediction) in truth.iter().zip(predictions) {
        if let (Some(&truth), Some(&given)) = (truth.first(), prediction.labels.first()) {
            matrix[truth][given] += 1;
        }
    }
    Confusion { labels: labels.to_vec(), matrix }
}
