//! Texts with nothing to read, and texts with more than is read.

use super::Examination;
use super::corpus::{Corpus, CorpusRow};
use super::finding::{DataFile, Finding, FindingKind, FindingRow, Severity, rows};
use super::normal::is_blank;

pub(super) fn examine(corpus: &Corpus<'_>, examination: &Examination<'_>) -> Vec<Finding> {
    let blank = |row: &&CorpusRow<'_>| is_blank(row.text);
    let empty: Vec<FindingRow> =
        corpus.rows.iter().filter(blank).map(|row| FindingRow::new(row.place)).collect();
    let mut findings = Vec::new();
    if !empty.is_empty() {
        let message = format!("{} without a visible character in the text", rows(empty.len()));
        findings.push(Finding::new(FindingKind::EmptyText, Severity::Warn, message, empty));
    }
    let Some(most) = examination.max_tokens else { return findings };
    let tokens = |row: &CorpusRow<'_>| {
        let split = match row.place.file {
            DataFile::Train => Some(examination.train),
            DataFile::Valid => examination.valid,
        };
        split.and_then(|split| split.tokens).map_or(0, |tokens| tokens[row.index])
    };
    let long = |row: &CorpusRow<'_>| {
        let tokens = tokens(row);
        (tokens > most).then(|| FindingRow { tokens: Some(tokens), ..FindingRow::new(row.place) })
    };
    let long: Vec<FindingRow> = corpus.rows.iter().filter_map(long).collect();
    if let Some(longest) = long.iter().filter_map(|row| row.tokens).max() {
        let message = format!(
            "{} with more than the {most} tokens that are read, {longest} at most: the rest is not seen",
            rows(long.len())
        );
        findings.push(Finding::new(FindingKind::OverLongText, Severity::Note, message, long));
    }
    findings
}
