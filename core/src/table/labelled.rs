//! Texts with their labels.

#[cfg(feature = "table")]
use std::path::Path;

use super::Place;
#[cfg(feature = "table")]
use super::{
    Notice, Reading,
    columns::require,
    input::Input,
    locate::one,
    record::{Fault, Record, Wanted},
};
use crate::{Error, ErrorKind, Result};

/// A text with its label, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Where its row stands.
    pub place: Place,
    /// The text.
    pub text: String,
    /// The label as the file has it; several labels of one text are joined by `|`.
    pub label: String,
}

/// The rows of a file.
#[cfg(feature = "table")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelledFile {
    /// In the order of the file.
    pub rows: Vec<Labelled>,
    /// What a person should look at: rows that can be read, and may be meant otherwise.
    pub notices: Vec<Notice>,
}

/// Reads the text and label columns of a file of any format that tables come in, or of an object by its address.
///
/// # Errors
/// `io` where it cannot be read; `data-invalid` names the line, or the row where the format has no lines, and what is wrong: invalid UTF-8, a ragged row, broken JSON, a missing column (and which
/// there are), an empty text, no row at all.
#[cfg(feature = "table")]
pub fn read_labelled(path: &Path, text: &str, label: &str, reading: &Reading) -> Result<LabelledFile> {
    let input = one(path, reading)?;
    let rows = rows(&input, text, label)?;
    Ok(LabelledFile { rows, notices: input.notices() })
}

#[cfg(feature = "table")]
fn rows(input: &Input, text: &str, label: &str) -> Result<Vec<Labelled>> {
    let there: Vec<String> = input.columns()?.into_iter().map(|column| column.name).collect();
    // Rows of which none could be read are read once more for what is wrong with the first.
    let unknown = input.is_sparse() && there.is_empty();
    let asked = [(text, "text_column"), (label, "label_column")];
    let lacking = asked.iter().map(|(name, _)| (*name).to_owned()).filter(|name| !there.contains(name));
    let lacking = input.lacking(lacking.collect())?;
    for (column, field) in asked {
        if !input.is_sparse() || !unknown && lacking.iter().any(|name| name == column) {
            require(column, &there).map_err(|e| e.at(field).context(&input.name))?;
        }
    }
    let mut records = input.records(&[Wanted::text(text), Wanted::text(label)])?;
    let mut rows = Vec::new();
    while let Some(record) = records.next()? {
        let place = record.place();
        let row = row(record, input, [text, label])
            .and_then(|row| check(&row).map(|()| row).map_err(Fault::data))
            .map_err(|fault| fault.error(place).context(&input.name))?;
        rows.push(row);
    }
    if rows.is_empty() { Err(no_row().context(&input.name)) } else { Ok(rows) }
}

#[cfg(feature = "table")]
fn row(record: Record, input: &Input, names: [&str; 2]) -> std::result::Result<Labelled, Fault> {
    let place = record.place();
    let mut cells = record.cells?.into_iter();
    let mut cell = |name: &str| match cells.next().flatten() {
        Some(text) => Ok(text),
        None if input.empty_is_missing() => Ok(String::new()),
        None => Err(Fault::data(format!("`{name}` is missing"))),
    };
    Ok(Labelled { place, text: cell(names[0])?, label: cell(names[1])? })
}

/// Reads a value from each row of a JSON file, with the row's line.
///
/// # Errors
/// `io`; `data-invalid` names the line and what is wrong there.
#[cfg(feature = "table")]
pub fn read_values<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<(u64, T)>> {
    one(path, &Reading::default())?.values()
}

/// Labelled texts that are in memory; rows count from 1.
///
/// # Errors
/// `data-invalid` names the row of a text or a label that is missing, of an empty text; no row at all.
pub fn labelled(rows: impl IntoIterator<Item = (Option<String>, Option<String>)>) -> Result<Vec<Labelled>> {
    let row = |(number, (text, label)): (u64, (Option<String>, Option<String>))| {
        let place = Place::Row(number);
        let told = |what: &str| Error::new(ErrorKind::DataInvalid, what).context(place);
        let text = text.ok_or_else(|| told("the text is missing"))?;
        let label = label.ok_or_else(|| told("the label is missing"))?;
        let row = Labelled { place, text, label };
        check(&row).map_err(told)?;
        Ok(row)
    };
    let rows = (1..).zip(rows).map(row).collect::<Result<Vec<_>>>()?;
    if rows.is_empty() { Err(no_row()) } else { Ok(rows) }
}

fn check(row: &Labelled) -> std::result::Result<(), &'static str> {
    if row.text.trim().is_empty() { Err("the text is empty") } else { Ok(()) }
}

fn no_row() -> Error {
    Error::new(ErrorKind::DataInvalid, "there is no row")
}
