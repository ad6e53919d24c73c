//! Likely label errors by confident learning (Northcutt, Jiang & Chuang 2021, Journal of Artificial
//! Intelligence Research 70).

use std::collections::BTreeMap;

use super::Examination;
use super::corpus::{Corpus, CorpusRow};
use super::finding::{Finding, FindingKind, FindingRow, Severity, rows};
use crate::{Error, ErrorKind, Result};

/// Likely label errors, with the thresholds and counts that they follow from.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelErrors {
    /// The threshold of each label: the mean probability of the label over the rows that have it, 0 to 1;
    /// infinite where none has.
    pub thresholds: Vec<f64>,
    /// `[given][suggested]`: the number of rows whose probability of the second label reaches its threshold;
    /// where several do, the likeliest counts.
    pub joint: Vec<Vec<usize>>,
    /// Rows off the joint's diagonal whose own label is not the likeliest, the lowest margin first; none of
    /// a label with a single row.
    pub errors: Vec<LabelError>,
}

/// A row whose label is likely wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelError {
    /// The row's index, from 0.
    pub row: usize,
    /// The index of the label that it has.
    pub given: usize,
    /// The index of the label that the probabilities suggest.
    pub suggested: usize,
    /// The probability of the given label less that of the likeliest other, -1 to below 0.
    pub margin: f32,
}

/// Finds likely label errors. `probabilities[row][label]`, 0 to 1, are of a model that was not fitted to the
/// row; `labels[row]` is the index of the row's label.
///
/// # Errors
/// `invalid-input` where the two do not fit each other, or a probability is not from 0 to 1.
pub fn label_errors(probabilities: &[Vec<f32>], labels: &[usize]) -> Result<LabelErrors> {
    let classes = probabilities.first().map_or(0, Vec::len);
    if probabilities.len() != labels.len() {
        let message = format!("{} labels for {} rows", labels.len(), probabilities.len());
        return Err(Error::invalid("labels", message));
    }
    if let Some((row, what)) = fault(probabilities, classes) {
        return Err(Error::invalid("probabilities", format!("row {row}: {what}")));
    }
    if let Some(row) = labels.iter().position(|&label| label >= classes) {
        return Err(Error::invalid("labels", format!("row {row}: label {} of {classes}", labels[row])));
    }
    Ok(confident(labels, classes, |row, label| probabilities[row][label]))
}

/// Returns the first row that is not of `width` numbers from 0 to 1, and its fault.
pub(super) fn fault(probabilities: &[Vec<f32>], width: usize) -> Option<(usize, String)> {
    let fault = |values: &Vec<f32>| {
        if values.len() != width {
            return Some(format!("{} probabilities for {width} labels", values.len()));
        }
        // A sum of float32 may be a little over 1.
        let wrong = values.iter().find(|value| !(0.0..=1.0001).contains(*value));
        wrong.map(|value| format!("{value} is not a probability"))
    };
    probabilities.iter().enumerate().find_map(|(row, values)| fault(values).map(|what| (row, what)))
}

/// Probabilities within this of a threshold reach it: the mean of equal numbers may be a little more than
/// they are.
const TOLERANCE: f64 = 1e-6;

fn confident(labels: &[usize], classes: usize, probability: impl Fn(usize, usize) -> f32) -> LabelErrors {
    let (mut sums, mut counts) = (vec![0.0; classes], vec![0_usize; classes]);
    for (row, &label) in labels.iter().enumerate() {
        sums[label] += f64::from(probability(row, label));
        counts[label] += 1;
    }
    let mean = |(sum, &count): (f64, &usize)| if count == 0 { f64::INFINITY } else { sum / count as f64 };
    let thresholds: Vec<f64> = sums.into_iter().zip(&counts).map(mean).collect();
    let mut joint = vec![vec![0; classes]; classes];
    let mut errors = Vec::new();
    for (row, &given) in labels.iter().enumerate() {
        let likeliest = |labels: &mut dyn Iterator<Item = usize>| {
            labels.reduce(
                |best, label| if probability(row, label) > probability(row, best) { label } else { best },
            )
        };
        let reaches = |&label: &usize| f64::from(probability(row, label)) >= thresholds[label] - TOLERANCE;
        let Some(suggested) = likeliest(&mut (0..classes).filter(reaches)) else { continue };
        joint[given][suggested] += 1;
        let Some(other) = likeliest(&mut (0..classes).filter(|&label| label != given)) else { continue };
        let margin = probability(row, given) - probability(row, other);
        // A class of one row was not there when the row was judged.
        if suggested != given && margin < 0.0 && counts[given] > 1 {
            errors.push(LabelError { row, given, suggested, margin });
        }
    }
    errors.sort_by(|a, b| a.margin.total_cmp(&b.margin).then(a.row.cmp(&b.row)));
    LabelErrors { thresholds, joint, errors }
}

pub(super) fn examine(
    corpus: &Corpus<'_>,
    examination: &Examination<'_>,
    multi_label: bool,
) -> Result<Option<Finding>> {
    let mut found: Vec<FindingRow> = Vec::new();
    let valid = examination.valid.and_then(|split| split.probabilities);
    for (rows, probabilities, must) in
        [(corpus.train(), examination.train.probabilities, true), (corpus.valid(), valid, false)]
    {
        let Some(probabilities) = probabilities else { continue };
        let columns = columns(corpus, rows, examination.labels, must)?;
        found.extend(of_file(corpus, rows, probabilities, &columns, examination.labels, multi_label));
    }
    // Rows of both files are reported in one order, by their margins.
    found.sort_by(|a, b| {
        let margin = |row: &FindingRow| row.margin.unwrap_or(0.0);
        margin(a).total_cmp(&margin(b)).then(a.place().cmp(&b.place()))
    });
    let message = format!(
        "{} whose label is likely wrong, as a model sees it that has not read them",
        rows(found.len())
    );
    Ok((!found.is_empty())
        .then(|| Finding::new(FindingKind::LikelyLabelError, Severity::Warn, message, found)))
}

/// Of each label of the corpus, its column of the probabilities. Only labels of training rows must have one:
/// those of validation rows that nothing is known of are a finding of their own.
fn columns(
    corpus: &Corpus<'_>,
    rows: &[CorpusRow<'_>],
    labels: &[String],
    must: bool,
) -> Result<Vec<Option<usize>>> {
    let columns: Vec<Option<usize>> =
        corpus.labels.iter().map(|name| labels.iter().position(|label| label == name)).collect();
    let unknown = |row: &CorpusRow<'_>| {
        let label = corpus.labels_of(row).iter().find(|&&label| columns[label].is_none())?;
        let what = format!("line {}: there is no probability of `{}`", row.place.line, corpus.labels[*label]);
        Some(Error::new(ErrorKind::DataInvalid, what))
    };
    match rows.iter().find_map(unknown).filter(|_| must) {
        Some(error) => Err(error),
        None => Ok(columns),
    }
}

fn of_file(
    corpus: &Corpus<'_>,
    rows: &[CorpusRow<'_>],
    probabilities: &[Vec<f32>],
    columns: &[Option<usize>],
    labels: &[String],
    multi_label: bool,
) -> Vec<FindingRow> {
    // Rows with a label that has no column are left out.
    let known = |row: &&CorpusRow<'_>| corpus.labels_of(row).iter().all(|&label| columns[label].is_some());
    let rows: Vec<&CorpusRow<'_>> = rows.iter().filter(known).collect();
    let given: Vec<Vec<usize>> = rows
        .iter()
        .map(|row| corpus.labels_of(row).iter().filter_map(|&label| columns[label]).collect())
        .collect();
    let point = |row: usize, margin: f32, suggested: String| FindingRow {
        margin: Some(margin),
        suggested: Some(suggested),
        ..FindingRow::new(rows[row].place)
    };
    let probability = |row: usize, column: usize| probabilities[rows[row].index][column];
    if !multi_label {
        let given: Vec<usize> = given.iter().map(|labels| labels[0]).collect();
        let errors = confident(&given, labels.len(), probability).errors;
        return errors.iter().map(|e| point(e.row, e.margin, labels[e.suggested].clone())).collect();
    }
    // Each label is a question of its own: a row's wrong answers are put right together.
    let mut wrong = BTreeMap::<usize, (Vec<usize>, f32)>::new();
    for column in 0..labels.len() {
        let holds: Vec<usize> = given.iter().map(|labels| usize::from(labels.contains(&column))).collect();
        let answer = |row: usize, yes: usize| {
            let p = probability(row, column);
            if yes == 1 { p } else { 1.0 - p }
        };
        for error in confident(&holds, 2, answer).errors {
            let (flipped, margin) = wrong.entry(error.row).or_insert((Vec::new(), 0.0));
            flipped.push(column);
            *margin = margin.min(error.margin);
        }
    }
    let suggest = |(row, (flipped, margin)): (usize, (Vec<usize>, f32))| {
        let holds = |column: &usize| given[row].contains(column) != flipped.contains(column);
        let names: Vec<&str> =
            (0..labels.len()).filter(holds).map(|column| labels[column].as_str()).collect();
        point(row, margin, names.join("|"))
    };
    wrong.into_iter().map(suggest).collect()
}
