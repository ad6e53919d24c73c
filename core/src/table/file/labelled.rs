//! A file of texts with their labels.

use std::borrow::Cow;
use std::path::Path;

use super::columns::require;
use super::input::Input;
use super::locate::one;
use super::record::{Fault, Record, Wanted};
use super::{Notice, Reading};
use crate::Result;
use crate::table::labelled::{check, no_row};
use crate::table::{Labelled, LabelledRows};

/// Labelled texts of a file, in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelledTexts {
    /// The rows, in the order of the file; one at least.
    pub rows: Vec<Labelled>,
    /// Notices for a person: rows that can be read, but may be meant otherwise.
    pub notices: Vec<Notice>,
}

/// Reads the text and label columns, by name, of a file in any format of tables, or of an object by its
/// address.
///
/// # Errors
/// As [`LabelledFile::open`].
pub fn read_labelled(path: &Path, text: &str, label: &str, reading: &Reading) -> Result<LabelledTexts> {
    let input = open(path, [text, label], reading)?;
    let rows = rows(&input, [text, label])?.collect::<Result<Vec<_>>>()?;
    if rows.is_empty() {
        return Err(no_row().context(&input.name));
    }
    Ok(LabelledTexts { rows, notices: input.notices() })
}

/// A file of labelled texts that was read once: every row has a text and a label.
pub struct LabelledFile {
    input: Input,
    /// The columns of texts and of labels.
    names: [String; 2],
    count: usize,
}

impl std::fmt::Debug for LabelledFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = &mut f.debug_struct("LabelledFile");
        file.field("name", &self.input.name).field("count", &self.count).finish_non_exhaustive()
    }
}

impl LabelledFile {
    /// Opens a file in any format of tables, or an object by its address, and reads its columns of texts and
    /// of labels, by name, once to their end. The rows are not kept.
    ///
    /// # Errors
    /// `io`, `network`; `invalid-input` for an unknown format or options that do not fit; `data-invalid` for
    /// invalid UTF-8, a ragged row, broken JSON, an empty text (naming the line, or the row where the format
    /// has no lines), a missing column (naming those that exist), and no row at all; `too-large` as for a
    /// [`TicketFile`](super::TicketFile).
    pub fn open(path: &Path, text: &str, label: &str, reading: &Reading) -> Result<Self> {
        let input = open(path, [text, label], reading)?;
        let mut count = 0;
        for row in rows(&input, [text, label])? {
            row?;
            count += 1;
        }
        if count == 0 {
            return Err(no_row().context(&input.name));
        }
        Ok(Self { input, names: [text, label].map(str::to_owned), count })
    }

    /// The file's name or the object's address.
    pub fn name(&self) -> &str {
        &self.input.name
    }

    /// Notices for a person: rows that can be read, but may be meant otherwise.
    pub fn notices(&self) -> Vec<Notice> {
        self.input.notices()
    }
}

impl LabelledRows for LabelledFile {
    fn count(&self) -> usize {
        self.count
    }

    fn rows(&self) -> Result<impl Iterator<Item = Result<Cow<'_, Labelled>>>> {
        let rows = rows(&self.input, [&self.names[0], &self.names[1]])?;
        Ok(rows.map(|row| row.map(Cow::Owned)))
    }
}

/// The input, which has both columns.
fn open(path: &Path, [text, label]: [&str; 2], reading: &Reading) -> Result<Input> {
    let input = one(path, reading)?;
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
    Ok(input)
}

/// The rows up to the first that cannot be read.
fn rows<'a>(
    input: &'a Input,
    names: [&'a str; 2],
) -> Result<impl Iterator<Item = Result<Labelled>> + use<'a>> {
    let mut records = input.records(&names.map(Wanted::text))?;
    let mut ended = false;
    Ok(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let row = records.next().transpose()?.and_then(|record| {
            let place = record.place();
            row(record, input, names)
                .and_then(|row| check(&row).map(|()| row).map_err(Fault::data))
                .map_err(|fault| fault.error(place).context(&input.name))
        });
        ended = row.is_err();
        Some(row)
    }))
}

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

/// Reads a value from each row of a JSON file, with the row's line, from 1.
///
/// # Errors
/// `io`, `network`; `data-invalid` names the line and its fault.
pub fn read_values<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<(u64, T)>> {
    one(path, &Reading::default())?.values()
}
