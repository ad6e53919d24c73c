//! Files of tickets and of labelled texts: CSV and JSON lines, every fault with its line.

mod csv_file;
mod json_lines;
mod tickets;

use std::path::Path;

pub(crate) use csv_file::delimiter_of;
pub use tickets::{Mapping, TicketColumns, TicketFile, lines, read_tickets};

use crate::{Error, ErrorKind, Result};

/// A text with its label, and the line on which its record begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The line, from 1.
    pub line: u64,
    /// The text.
    pub text: String,
    /// The label as the file has it; several labels of one text are joined by `|`.
    pub label: String,
}

/// The largest data file that is read whole, in bytes.
pub const MAX_FILE_BYTES: u64 = 4 << 30;

/// Takes a record: its line and the value of each column that was asked for.
type Take<'a> = &'a mut dyn FnMut(u64, Vec<String>) -> Result<()>;

/// Reads the text and label columns of a CSV (`.csv`; separated by what its header has most of: comma, semicolon, tab or bar), TSV (`.tsv`) or JSON lines (`.jsonl`, `.ndjson`) file.
///
/// # Errors
/// `io` where it cannot be read; `data-invalid` names the line and what is wrong: invalid UTF-8, a ragged row, broken JSON,
/// a missing column (and which there are), an empty text, no row at all.
pub fn read_labelled(path: &Path, text: &str, label: &str) -> Result<Vec<Labelled>> {
    let file = File::read(path)?;
    let columns = file.columns()?;
    for column in [text, label] {
        if !columns.iter().any(|c| c == column) {
            return Err(no_column(column, &columns).context(path.display()));
        }
    }
    let mut rows = Vec::new();
    file.records(&[text, label], &mut |line, values| {
        let [text, label]: [String; 2] = values
            .try_into()
            .map_err(|_| Error::new(ErrorKind::Internal, "a record of other than two columns"))?;
        rows.push(Labelled { line, text, label });
        Ok(())
    })?;
    checked(rows).map_err(|e| e.context(path.display()))
}

/// Reads a value from each line of a JSON lines file, with the line's number from 1; empty lines are skipped.
///
/// # Errors
/// `io`; `data-invalid` names the line and what is wrong there.
pub fn read_values<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<(u64, T)>> {
    let file = File::read(path)?;
    if file.format != Format::JsonLines {
        let message = format!("{}: the name must end in .jsonl or .ndjson", path.display());
        return Err(Error::invalid("input", message));
    }
    let lines = file.text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let value = |(line, number)| match serde_json::from_str(line) {
        Ok(value) => Ok((number, value)),
        Err(e) => Err(invalid(number, e).context(path.display())),
    };
    lines.map(value).collect()
}

/// Labelled texts that are in memory: as those of a file with one row to a line.
///
/// # Errors
/// `data-invalid` names the line of a text or a label that is missing, of an empty text; no row at all.
pub fn labelled(rows: impl IntoIterator<Item = (Option<String>, Option<String>)>) -> Result<Vec<Labelled>> {
    let row = |(line, (text, label)): (u64, (Option<String>, Option<String>))| {
        let text = text.ok_or_else(|| invalid(line, "the text is missing"))?;
        let label = label.ok_or_else(|| invalid(line, "the label is missing"))?;
        Ok(Labelled { line, text, label })
    };
    checked((1..).zip(rows).map(row).collect::<Result<_>>()?)
}

fn checked(rows: Vec<Labelled>) -> Result<Vec<Labelled>> {
    match rows.iter().find(|row| row.text.trim().is_empty()) {
        Some(row) => Err(invalid(row.line, "the text is empty")),
        None if rows.is_empty() => Err(Error::new(ErrorKind::DataInvalid, "there is no row")),
        None => Ok(rows),
    }
}

fn no_column(column: &str, columns: &[String]) -> Error {
    Error::new(
        ErrorKind::DataInvalid,
        format!("there is no column `{column}`; there are: {}", columns.join(", ")),
    )
}

fn invalid(line: u64, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::DataInvalid, format!("line {line}: {what}"))
}

/// A file whose bytes are UTF-8.
#[derive(Debug)]
struct File {
    name: String,
    format: Format,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv(u8),
    JsonLines,
}

impl File {
    fn read(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let format = match extension.as_str() {
            "csv" => Format::Csv(b','),
            "tsv" => Format::Csv(b'\t'),
            "jsonl" | "ndjson" => Format::JsonLines,
            _ => {
                let message =
                    format!("{}: the name must end in .csv, .tsv, .jsonl or .ndjson", path.display());
                return Err(Error::invalid("input", message));
            }
        };
        let length = std::fs::metadata(path).map_err(|e| Error::io(path, e))?.len();
        if length > MAX_FILE_BYTES {
            let message = format!("{}: {length} bytes; at most {MAX_FILE_BYTES}", path.display());
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        let name = path.display().to_string();
        let text = utf8(bytes).map_err(|e| e.context(&name))?;
        let format = match format {
            Format::Csv(b',') => {
                let header = text.split(['\n', '\r']).next().unwrap_or_default();
                Format::Csv(delimiter_of(header.as_bytes(), b'"'))
            }
            told => told,
        };
        Ok(Self { name, format, text })
    }

    fn columns(&self) -> Result<Vec<String>> {
        let columns = match self.format {
            Format::Csv(delimiter) => csv_file::columns(&self.text, delimiter),
            Format::JsonLines => json_lines::columns(&self.text),
        };
        columns.map_err(|e| e.context(&self.name))
    }

    /// Hands the named values of every record to `take`, in the order of the file.
    fn records(&self, columns: &[&str], take: Take<'_>) -> Result<()> {
        let read = match self.format {
            Format::Csv(delimiter) => csv_file::records(&self.text, delimiter, columns, take),
            Format::JsonLines => json_lines::records(&self.text, columns, take),
        };
        read.map_err(|e| e.context(&self.name))
    }
}

/// The text of a file's bytes; a byte order mark is dropped.
fn utf8(bytes: Vec<u8>) -> Result<String> {
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = 1 + e.as_bytes()[..at].iter().filter(|&&b| b == b'\n').count() as u64;
        invalid(line, format!("byte {at} of the file is not valid UTF-8"))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
