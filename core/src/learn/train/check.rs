//! The doctor before a training: the parts of the base that it needs, and the findings that stop the
//! training.

use frontdesk_models::encoder::{PackedEncoder, Pooling};
use frontdesk_models::heads::Link;
use serde::Serialize;

use super::base::Base;
use super::features::{Features, encode, pooled, served};
use super::progress::TrainProgress;
use super::task::{kind_of, labels_of};
use super::{HeadData, TrainOptions, in_pool, options};
use crate::learn::doctor::{
    DataFile, Diagnosis, DoctorOptions, Examination, Finding, Folds, Severity, Split, examine,
};
use crate::learn::evaluate::label_indexes;
use crate::model::bundle::locate;
use crate::model::tokenize::Tokenizer;
use crate::table::{Labelled, Place};
use crate::{Error, ErrorKind, LongText, OnProgress, Result};

/// Rows up to which a training looks for label errors by itself: it costs a pass of the trunk over all rows.
const LABEL_ERRORS_UP_TO: usize = 5_000;

/// Folds of the cross-validation.
const FOLDS: usize = 5;

/// Rows whose vectors are kept until they are judged, beside those that the regression is fitted to.
const TURN: usize = 8192;

/// The doctor's diagnosis of one head's rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadDiagnosis {
    /// The name of the head.
    pub task: String,
    /// The diagnosis.
    pub diagnosis: Diagnosis,
}

/// Examines the rows of a head as a training would, and for label errors whatever their number; nothing is
/// trained or written. Of the options, the task, the base, the number of tokens, the threads and the seed
/// count. `progress` is called as in [`super::train`].
///
/// # Errors
/// As [`super::train`] for the base and the options that count; faults of the rows are not errors but
/// findings.
pub fn check(
    train: &[Labelled],
    valid: Option<&[Labelled]>,
    options: &TrainOptions,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<Diagnosis> {
    let found = check_heads(&[HeadData::new(&options.task, train, valid)], options, progress)?;
    let of_head = found.into_iter().next().map(|head| head.diagnosis);
    of_head.ok_or_else(|| Error::new(ErrorKind::Internal, "a head was not examined"))
}

/// As [`check`], several heads; `options.task` is not read.
///
/// # Errors
/// As [`check`].
pub fn check_heads(
    heads: &[HeadData<'_>],
    options: &TrainOptions,
    progress: OnProgress<'_, TrainProgress>,
) -> Result<Vec<HeadDiagnosis>> {
    options::check(options)?;
    for head in heads {
        options::check_task(head.task)?;
    }
    in_pool(options, || {
        let base = Base::read(&locate(&options.base, &options.hub)?, options.max_tokens)?;
        let doctor = Doctor::new(&base, options.seed, progress)?;
        heads.iter().map(|head| doctor.examine(head, true)).collect()
    })
}

/// The doctor with the base that reads the texts.
pub(super) struct Doctor<'a> {
    base: &'a Base,
    tokenizer: Tokenizer,
    seed: u64,
    progress: OnProgress<'a, TrainProgress>,
}

impl<'a> Doctor<'a> {
    pub(super) fn new(base: &'a Base, seed: u64, progress: OnProgress<'a, TrainProgress>) -> Result<Self> {
        Ok(Self { base, tokenizer: base.tokenizer()?, seed, progress })
    }

    /// Examines the rows of a head that is about to be trained.
    ///
    /// # Errors
    /// `data-invalid` for a finding that stops the training and is not allowed by name.
    pub(super) fn admit(&self, head: &HeadData<'_>, options: &TrainOptions) -> Result<HeadDiagnosis> {
        let found = self.examine(head, head.train.len() <= LABEL_ERRORS_UP_TO)?;
        let stops =
            |finding: &&Finding| finding.severity == Severity::Stop && !options.allow.contains(&finding.kind);
        let Some(finding) = found.diagnosis.findings.iter().find(stops) else { return Ok(found) };
        // Rows of a table without lines are named by their numbers.
        let at = |file: DataFile, number: u64| {
            let rows = if file == DataFile::Valid { head.valid.unwrap_or_default() } else { head.train };
            rows.first().map_or(Place::Line(number), |first| first.place.with(number))
        };
        let first = finding.rows.first().map_or_else(String::new, |row| match row.other {
            Some(other) => format!(", first {} and {}", at(row.file, row.line), at(other.file, other.line)),
            None => format!(", first {}", at(row.file, row.line)),
        });
        let message = format!(
            "{}: {}{first}; allow `{}` to train nevertheless",
            head.task, finding.message, finding.kind
        );
        Err(Error::new(ErrorKind::DataInvalid, message))
    }

    fn examine(&self, head: &HeadData<'_>, label_errors: bool) -> Result<HeadDiagnosis> {
        let total = head.train.len() + head.valid.map_or(0, <[_]>::len);
        let report = |done| (self.progress)(TrainProgress::Features { done, total });
        let tokens = |rows: &[Labelled]| -> Result<Vec<usize>> {
            rows.iter().map(|row| self.tokenizer.count(&row.text)).collect()
        };
        let (of_train, of_valid) = (tokens(head.train)?, head.valid.map(tokens).transpose()?);
        let kind = kind_of(head);
        let link = kind.link();
        let labels = labels_of(head.task, kind, head.train).unwrap_or_default();
        let probabilities = if label_errors && link == Link::Softmax && labels.len() > 1 {
            match self.probabilities(head.train, &labels, link, &report) {
                // Rows that no regression can be fitted to are a finding.
                Err(error) if error.kind() == ErrorKind::DataInvalid => None,
                found => Some(found?),
            }
        } else {
            None
        };
        report(total)?;
        let train =
            Split { rows: head.train, tokens: Some(&of_train), probabilities: probabilities.as_deref() };
        let valid = head.valid.map(|rows| Split { rows, tokens: of_valid.as_deref(), probabilities: None });
        let examination =
            Examination { train, valid, labels: &labels, max_tokens: Some(self.base.input.max_tokens) };
        let options = DoctorOptions { multi_label: link == Link::Sigmoid, ..DoctorOptions::default() };
        let diagnosis = examine(&examination, &options, &|_| report(total))?;
        Ok(HeadDiagnosis { task: head.task.to_owned(), diagnosis })
    }

    /// Returns the probabilities of each row by a regression on the base's vectors that was not fitted to the
    /// row. Vectors are kept of the rows that it is fitted to, and of [`TURN`] others.
    fn probabilities(
        &self,
        rows: &[Labelled],
        labels: &[String],
        link: Link,
        progress: OnProgress<'_, usize>,
    ) -> Result<Vec<Vec<f32>>> {
        let trunk: PackedEncoder = served(&self.base.config, self.base.weights())?;
        let of_row = |row: &Labelled| Ok(label_indexes(labels, link, row)?.first().copied().unwrap_or(0));
        let targets: Vec<usize> = rows.iter().map(of_row).collect::<Result<_>>()?;
        let features = |of: &[usize], before: usize| -> Result<Features> {
            let of: Vec<&Labelled> = of.iter().map(|&row| &rows[row]).collect();
            let encodings = encode(&self.tokenizer, &of, &|_| progress(before))?;
            pooled(&trunk, &encodings, Pooling::Mean, &|done| progress(before + done))
        };
        let folds = Folds::new(&targets, labels.len(), FOLDS.min(rows.len()), self.seed)?;
        let learnt = features(folds.learnt(), 0)?;
        let fitted =
            folds.fit(&slices(&learnt), &targets, labels.len(), &|_| progress(folds.learnt().len()))?;
        let mut probabilities = vec![Vec::new(); rows.len()];
        let mut predict = |of: &[usize], features: Features, done: usize| -> Result<()> {
            let predicted = fitted.predict(of, &slices(&features), &|| progress(done))?;
            of.iter().zip(predicted).for_each(|(&row, predicted)| probabilities[row] = predicted);
            Ok(())
        };
        let mut done = folds.learnt().len();
        predict(folds.learnt(), learnt, done)?;
        let mut passing = vec![true; rows.len()];
        folds.learnt().iter().for_each(|&row| passing[row] = false);
        let rest: Vec<usize> = (0..rows.len()).filter(|&row| passing[row]).collect();
        for of in rest.chunks(TURN) {
            let vectors = features(of, done)?;
            done += of.len();
            predict(of, vectors, done)?;
        }
        Ok(probabilities)
    }
}

fn slices(features: &Features) -> Vec<&[f32]> {
    features.iter().map(Vec::as_slice).collect()
}

impl Tokenizer {
    /// Tokens of a text before any cut, special tokens counted.
    fn count(&self, text: &str) -> Result<usize> {
        self.encode(text, LongText::Head).map(|encoding| encoding.whole)
    }
}
