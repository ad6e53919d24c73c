//! Examination of labelled rows: faults are found before a model is trained on them.
//!
//! With several labels in a row, joined by `|` ([`DoctorOptions::multi_label`]), labels conflict where the
//! sets differ, whatever their order; classes are counted, and text that gives a label away is searched for,
//! label by label; label errors are searched for as if each label were a yes-or-no question. Empty, long,
//! copied and foreign texts are found without their labels.

mod classes;
mod copies;
mod corpus;
mod cross_validation;
mod finding;
mod giveaways;
mod groups;
mod label_errors;
mod languages;
mod near;
mod normal;
mod softmax;
mod texts;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::table::Labelled;
use crate::{Error, ErrorKind, OnProgress, Result};

pub(crate) use cross_validation::Folds;
pub use cross_validation::{MAX_FIT_ROWS, cross_validated};
pub use finding::{
    DataFile, Diagnosis, Finding, FindingKind, FindingPlace, FindingRow, LabelCount, LanguageCount, RowCount,
    Severity,
};
pub use label_errors::{LabelError, LabelErrors, label_errors};

use corpus::Corpus;

/// The input of an examination: the rows of both files, and the model's labels.
#[derive(Debug, Clone, Copy)]
pub struct Examination<'a> {
    /// The rows to train on.
    pub train: Split<'a>,
    /// The rows to validate on, where they have a file of their own.
    pub valid: Option<Split<'a>>,
    /// The label of each column of the probabilities; empty without probabilities.
    pub labels: &'a [String],
    /// The number of tokens of a text that the model reads; `None`: lengths are not checked.
    pub max_tokens: Option<usize>,
}

/// The rows of a file, with a model's tokens and probabilities for them.
#[derive(Debug, Clone, Copy)]
pub struct Split<'a> {
    /// The rows, in any order.
    pub rows: &'a [Labelled],
    /// The number of tokens of each row's text before any cut, in the order of the rows; `None`: lengths are
    /// not checked.
    pub tokens: Option<&'a [usize]>,
    /// `[row][label]`, 0 to 1, of a model that was not fitted to the row: of [`cross_validated`] for
    /// training rows. `None`: label errors are not searched for.
    pub probabilities: Option<&'a [Vec<f32>]>,
}

impl<'a> Split<'a> {
    /// Rows without tokens and probabilities.
    pub fn new(rows: &'a [Labelled]) -> Self {
        Self { rows, tokens: None, probabilities: None }
    }
}

/// Options of an examination. In JSON, a field that is left out has its default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoctorOptions {
    /// True: a row may have several labels, joined by `|`, or none.
    #[serde(alias = "multiLabel")]
    pub multi_label: bool,
    /// The Jaccard similarity of two texts' character 5-grams from which they are near duplicates, 0.5 to 1;
    /// by default 0.7. Case, punctuation and digits do not count. At 0.7 one word of twelve may differ, or
    /// be added.
    pub near: f64,
    /// The number of training rows below which a class is tiny; by default 10.
    #[serde(alias = "tinyClass")]
    pub tiny_class: usize,
}

impl Default for DoctorOptions {
    fn default() -> Self {
        Self { multi_label: false, near: 0.7, tiny_class: 10 }
    }
}

/// A stage of an examination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoctorStage {
    /// Texts are normalized for the comparison.
    Texts,
    /// Texts are sketched and put into buckets with similar ones.
    Sketches,
    /// Texts are compared with the others in their buckets.
    NearDuplicates,
    /// Languages are detected.
    Languages,
    /// Words that give a label away are searched for.
    Giveaways,
    /// Folds of [`cross_validated`] are fitted.
    Folds,
}

/// The progress of an examination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DoctorProgress {
    /// The stage that is running.
    pub stage: DoctorStage,
    /// Rows done, or folds, from 0 to `total`.
    pub done: usize,
    /// All rows, or folds, of the stage.
    pub total: usize,
}

/// Examines labelled rows, on the rayon pool of the caller. The same rows give the same diagnosis in whatever
/// order, since they are sorted by their lines. `progress` is called with the stage and the rows done; an
/// error that it returns stops the work and is the result.
///
/// Beside the rows it takes up to 400 bytes for each, and time in proportion to their number: near duplicates
/// are found by their sketches, not by comparing each with each.
///
/// # Errors
/// `invalid-input` for options out of range and for tokens or probabilities that do not fit the rows;
/// `data-invalid` where a training row's label has no column of probabilities; `too-large` for more rows than
/// 2^31. Faults of the rows are not errors but findings.
pub fn examine(
    examination: &Examination<'_>,
    options: &DoctorOptions,
    progress: OnProgress<'_, DoctorProgress>,
) -> Result<Diagnosis> {
    check(examination, options)?;
    let corpus = Corpus::new(examination, options.multi_label);
    let mut findings = classes::examine(&corpus, examination.valid.is_some(), options.tiny_class);
    findings.extend(texts::examine(&corpus, examination));
    findings.extend(copies::examine(&corpus, options.near, progress)?);
    let (languages, foreign) = languages::examine(&corpus, progress)?;
    findings.extend(foreign);
    findings.extend(giveaways::examine(&corpus, progress)?);
    findings.extend(label_errors::examine(&corpus, examination, options.multi_label)?);
    findings.sort_by(|a, b| (a.severity, a.kind, &a.labels).cmp(&(b.severity, b.kind, &b.labels)));
    Ok(Diagnosis {
        rows: RowCount { train: corpus.train().len(), valid: corpus.valid().len() },
        labels: classes::counts(&corpus),
        languages,
        findings,
    })
}

fn check(examination: &Examination<'_>, options: &DoctorOptions) -> Result<()> {
    if !(0.5..=1.0).contains(&options.near) {
        return Err(Error::invalid("near", format!("{} is not a similarity from 0.5 to 1", options.near)));
    }
    let splits = || std::iter::once(&examination.train).chain(&examination.valid);
    let rows: usize = splits().map(|split| split.rows.len()).sum();
    if rows > 1 << 31 {
        return Err(Error::new(ErrorKind::TooLarge, format!("{rows} rows; at most {}", 1_u32 << 31)));
    }
    for split in splits() {
        let rows = split.rows.len();
        if let Some(tokens) = split.tokens.filter(|tokens| tokens.len() != rows) {
            let message = format!("token counts of {} texts for {rows} rows", tokens.len());
            return Err(Error::invalid("tokens", message));
        }
        let Some(probabilities) = split.probabilities else { continue };
        if probabilities.len() != rows {
            let message = format!("probabilities of {} texts for {rows} rows", probabilities.len());
            return Err(Error::invalid("probabilities", message));
        }
        let width = examination.labels.len();
        if let Some((row, what)) = label_errors::fault(probabilities, width) {
            return Err(Error::invalid("probabilities", format!("{}: {what}", split.rows[row].place)));
        }
    }
    Ok(())
}

/// Rows of one turn of [`in_turns`].
const TURN: usize = 4096;

/// Does `work` for 0 to `total` on all threads, and hands the results to `sink` in order. The progress is
/// reported between the turns.
fn in_turns<T: Send>(
    stage: DoctorStage,
    total: usize,
    progress: OnProgress<'_, DoctorProgress>,
    work: impl Fn(usize) -> T + Sync,
    mut sink: impl FnMut(T),
) -> Result<()> {
    for start in (0..total).step_by(TURN) {
        progress(DoctorProgress { stage, done: start, total })?;
        let turn: Vec<T> = (start..total.min(start + TURN)).into_par_iter().map(&work).collect();
        turn.into_iter().for_each(&mut sink);
    }
    progress(DoctorProgress { stage, done: total, total })
}
