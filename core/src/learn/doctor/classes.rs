//! Files without rows, one class, tiny classes, labels that only the validation rows have.

use super::corpus::{Corpus, CorpusRow};
use super::finding::{Finding, FindingKind, FindingRow, LabelCount, Severity, names};

pub(super) fn counts(corpus: &Corpus<'_>) -> Vec<LabelCount> {
    let (train, valid) = (corpus.train_counts(), corpus.counts(corpus.valid()));
    let count = |(label, name): (usize, &&str)| LabelCount {
        label: (*name).to_owned(),
        train: train[label],
        valid: valid[label],
    };
    corpus.labels.iter().enumerate().map(count).collect()
}

pub(super) fn examine(corpus: &Corpus<'_>, has_valid: bool, tiny: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut stop = |kind, message: &str| {
        findings.push(Finding::new(kind, Severity::Stop, message.to_owned(), Vec::new()));
    };
    if has_valid && corpus.valid().is_empty() {
        stop(FindingKind::NoRows, "there is no row to validate on");
    }
    if corpus.train().is_empty() {
        stop(FindingKind::NoRows, "there is no row to train on");
        return findings;
    }
    let train = corpus.train_counts();
    // Rows without any label are a class of their own.
    let unlabelled = corpus.train().iter().any(|row| corpus.labels_of(row).is_empty());
    let classes = train.iter().filter(|&&count| count > 0).count() + usize::from(unlabelled);
    if classes < 2 {
        let message = format!("the training rows have {classes} class: there is nothing to distinguish");
        stop(FindingKind::OneClass, &message);
    }
    findings.extend(about(
        corpus,
        corpus.valid(),
        |label| train[label] == 0,
        |labels| {
            let message =
                format!("no training row has these labels of the validation rows: {}", names(labels));
            (FindingKind::UnknownLabel, Severity::Warn, message)
        },
    ));
    findings.extend(about(
        corpus,
        corpus.train(),
        |label| train[label] == 1,
        |labels| {
            let message = format!(
                "one row is too little to learn a label from, and leaves none to validate it on: {}",
                names(labels)
            );
            (FindingKind::TinyClass, Severity::Warn, message)
        },
    ));
    findings.extend(about(
        corpus,
        corpus.train(),
        |label| (2..tiny).contains(&train[label]),
        |labels| {
            let message = format!("these labels have fewer than {tiny} training rows: {}", names(labels));
            (FindingKind::TinyClass, Severity::Note, message)
        },
    ));
    findings
}

/// A finding about the labels for which `holds` is true and those of `rows` that have them, where there are
/// any.
fn about(
    corpus: &Corpus<'_>,
    rows: &[CorpusRow<'_>],
    holds: impl Fn(usize) -> bool,
    describe: impl Fn(&[String]) -> (FindingKind, Severity, String),
) -> Option<Finding> {
    let counts = corpus.counts(rows);
    let labels: Vec<usize> = (0..counts.len()).filter(|&label| counts[label] > 0 && holds(label)).collect();
    if labels.is_empty() {
        return None;
    }
    let has =
        |row: &&CorpusRow<'_>| corpus.labels_of(row).iter().any(|label| labels.binary_search(label).is_ok());
    let rows_found = rows.iter().filter(has).map(|row| FindingRow::new(row.place)).collect();
    let labels: Vec<String> = labels.iter().map(|&label| corpus.labels[label].to_owned()).collect();
    let (kind, severity, message) = describe(&labels);
    Some(Finding::new(kind, severity, message, rows_found).of(labels))
}
