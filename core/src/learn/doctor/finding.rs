//! Findings of an examination, for people and for programs.

use std::fmt;
use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// The kind of a finding. A closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A file without rows.
    NoRows,
    /// The training rows have fewer than two classes.
    OneClass,
    /// A text of the validation rows is also a training row, word for word or nearly so.
    Leak,
    /// A label that only validation rows have.
    UnknownLabel,
    /// The same text, or nearly the same, with another label.
    ConflictingLabels,
    /// A row whose label is contradicted with confidence by a model that was not fitted to it.
    LikelyLabelError,
    /// A label's own name is in most of its texts.
    LabelInText,
    /// A word or a beginning is in most of a label's texts and in hardly any other.
    Giveaway,
    /// A class of one row, or of few.
    TinyClass,
    /// A text without anything to read.
    EmptyText,
    /// A text in another language than most of the training rows.
    LanguageOutlier,
    /// A text that is cut before the model reads it.
    OverLongText,
    /// A text that an earlier row of the file has with the same label, word for word.
    Duplicate,
    /// A text that an earlier row of the file has with the same label, nearly word for word.
    NearDuplicate,
    /// A text with more look-alikes than were compared with it.
    UncomparedText,
}

impl FindingKind {
    /// All kinds.
    pub const ALL: &'static [Self] = &[
        Self::NoRows,
        Self::OneClass,
        Self::Leak,
        Self::UnknownLabel,
        Self::ConflictingLabels,
        Self::LikelyLabelError,
        Self::LabelInText,
        Self::Giveaway,
        Self::TinyClass,
        Self::EmptyText,
        Self::LanguageOutlier,
        Self::OverLongText,
        Self::Duplicate,
        Self::NearDuplicate,
        Self::UncomparedText,
    ];
}

/// The severity of a finding; the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A model trained on these rows, or its figures, would be worth nothing.
    Stop,
    /// A model may be trained to something wrong.
    Warn,
    /// Worth knowing.
    Note,
}

/// The file of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataFile {
    /// The rows to train on.
    Train,
    /// The rows to validate on.
    Valid,
}

/// Their names in JSON.
impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for DataFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The place of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FindingPlace {
    /// The file.
    pub file: DataFile,
    /// The line on which its record begins, or its row in a table, from 1.
    pub line: u64,
}

/// A row that a finding is about, and its particulars.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingRow {
    /// The file.
    pub file: DataFile,
    /// The line on which its record begins, or its row in a table, from 1.
    pub line: u64,
    /// The other row of a pair; `None` where the finding is about no pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<FindingPlace>,
    /// The pair's Jaccard similarity, 0 to 1; 1 for the same text; `None` as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f32>,
    /// Of a likely label error, the probability of the row's label less that of the likeliest other, -1 to
    /// 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f32>,
    /// Of a likely label error, the label that it should perhaps have; several are joined by `|`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested: Option<String>,
    /// Of an over-long text, its number of tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<usize>,
    /// Of a text in another language, its language, ISO 639-3; `None` where only its script is known to be
    /// another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'static str>,
}

impl FindingRow {
    pub(super) fn new(place: FindingPlace) -> Self {
        Self {
            file: place.file,
            line: place.line,
            other: None,
            similarity: None,
            margin: None,
            suggested: None,
            tokens: None,
            language: None,
        }
    }

    /// The place of the row.
    pub fn place(&self) -> FindingPlace {
        FindingPlace { file: self.file, line: self.line }
    }
}

/// One finding: a fault, and the rows that it is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The kind of the fault.
    pub kind: FindingKind,
    /// Its severity.
    pub severity: Severity,
    /// A sentence for people.
    pub message: String,
    /// The labels that it is about; empty where it is not about labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The number of rows that it is about; [`Diagnosis::brief`] does not change it.
    pub count: usize,
    /// The rows, in order of file and line; likely label errors by margin, the likeliest first.
    pub rows: Vec<FindingRow>,
}

impl Finding {
    pub(super) fn new(kind: FindingKind, severity: Severity, message: String, rows: Vec<FindingRow>) -> Self {
        Self { kind, severity, message, labels: Vec::new(), count: rows.len(), rows }
    }

    pub(super) fn of(mut self, labels: Vec<String>) -> Self {
        self.labels = labels;
        self
    }
}

/// Numbers of rows of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RowCount {
    /// To train on.
    pub train: usize,
    /// To validate on; 0 without a file for it.
    pub valid: usize,
}

/// The number of rows that have a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelCount {
    /// The label.
    pub label: String,
    /// The number of training rows.
    pub train: usize,
    /// The number of validation rows.
    pub valid: usize,
}

/// The number of training rows in a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LanguageCount {
    /// The language, ISO 639-3.
    pub language: &'static str,
    /// The number of rows whose language was detected as this.
    pub rows: usize,
}

/// The result of an examination.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Rows examined.
    pub rows: RowCount,
    /// The labels, in order of their names.
    pub labels: Vec<LabelCount>,
    /// Languages of the training rows, the commonest first. Short texts, whose language cannot be detected,
    /// are not counted.
    pub languages: Vec<LanguageCount>,
    /// The findings, the gravest first.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// True where a finding is so grave that a training should not start ([`Severity::Stop`]).
    pub fn stops(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Stop)
    }

    /// The diagnosis with at most the first `rows` rows of each finding; `count` stays.
    #[must_use]
    pub fn brief(&self, rows: usize) -> Self {
        let cut = |finding: &Finding| Finding {
            rows: finding.rows.iter().take(rows).cloned().collect(),
            labels: finding.labels.clone(),
            message: finding.message.clone(),
            ..*finding
        };
        Self {
            labels: self.labels.clone(),
            languages: self.languages.clone(),
            findings: self.findings.iter().map(cut).collect(),
            ..*self
        }
    }

    /// Writes every row of every finding as one line of JSON: its `file` and `line`, its particulars, the
    /// `finding` and its `severity`.
    ///
    /// # Errors
    /// `io`.
    pub fn write_rows(&self, mut writer: impl Write) -> Result<()> {
        let mut write = |line: &Line<'_>| -> std::io::Result<()> {
            serde_json::to_writer(&mut writer, line)?;
            writer.write_all(b"\n")
        };
        for finding in &self.findings {
            for row in &finding.rows {
                let line = Line { row, finding: finding.kind, severity: finding.severity };
                write(&line).map_err(|e| {
                    Error::new(ErrorKind::Io, format!("the rows of the findings: {e}")).with_source(e)
                })?;
            }
        }
        writer.flush().map_err(|e| Error::new(ErrorKind::Io, e.to_string()).with_source(e))
    }
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    row: &'a FindingRow,
    finding: FindingKind,
    severity: Severity,
}

/// `1 row`, `2 rows`.
pub(super) fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// The first few of some names, and how many more there are.
pub(super) fn names(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = names.len() - shown.len();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
