//! One row of a table, and what can be wrong with it.

use crate::quote::bounded;
use crate::{Error, ErrorKind, Result};

use crate::table::Place;

/// Bytes of one row, at most: a larger row is reported and skipped.
pub(crate) const MAX_ROW_BYTES: usize = 16 << 20;

/// A column that an input has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceColumn {
    pub(crate) name: String,
    /// Its type, where that is none that can be read as text.
    pub(crate) unreadable: Option<String>,
}

impl SourceColumn {
    /// A column of texts.
    pub(super) fn text(name: String) -> Self {
        Self { name, unreadable: None }
    }
}

/// A column to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    /// True where it may have a list or an object of JSON, which is read as its text.
    pub(crate) nested: bool,
    /// Whether a value that cannot be read is as good as none: a JSON row has another one in its place.
    pub(crate) lenient: bool,
}

impl Wanted {
    /// A column of texts.
    pub(crate) fn text(name: &str) -> Self {
        Self { name: name.to_owned(), nested: false, lenient: false }
    }

    /// A column of texts or of JSON.
    pub(crate) fn nested(name: &str) -> Self {
        Self { name: name.to_owned(), nested: true, lenient: false }
    }
}

/// One row of an input.
#[derive(Debug)]
pub(crate) struct Record {
    /// Its number in the input, from 1.
    pub(crate) number: u64,
    /// The physical line on which it begins, from 1, where the input has lines.
    pub(crate) line: Option<u64>,
    /// The wanted columns, or the fault of the row.
    pub(crate) cells: std::result::Result<Vec<Option<String>>, Fault>,
}

impl Record {
    /// The place of the row.
    #[inline]
    pub(crate) fn place(&self) -> Place {
        self.line.map_or(Place::Row(self.number), Place::Line)
    }
}

/// The fault of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    /// The column that it is about, where it is about one.
    pub(crate) column: Option<String>,
}

impl Fault {
    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::DataInvalid, message)
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: bounded(message.into()), column: None }
    }

    /// Sets the column that it is about.
    pub(super) fn of(self, column: &str) -> Self {
        Self { column: Some(column.to_owned()), ..self }
    }

    pub(super) fn too_large() -> Self {
        let message = format!("the row has more than {MAX_ROW_BYTES} bytes");
        Self::new(ErrorKind::TooLarge, message)
    }

    #[allow(clippy::needless_pass_by_value, reason = "for map_err")]
    pub(super) fn not_utf8(column: &str, error: std::str::Utf8Error) -> Self {
        Self::data(format!("`{column}` is not valid UTF-8 from byte {} on", error.valid_up_to())).of(column)
    }

    /// The fault as the error of a reader that stops at it.
    pub(crate) fn error(self, place: Place) -> Error {
        Error::new(self.kind, self.message).context(place)
    }
}

/// The rows of an input, in their order.
pub(crate) trait Records {
    /// The next row; an error where the input is damaged and nothing after it can be read.
    fn next(&mut self) -> Result<Option<Record>>;

    /// Skips one row; false where there was none.
    fn pass(&mut self) -> Result<bool> {
        Ok(self.next()?.is_some())
    }

    /// Skips up to `rows` rows, and returns how many there were.
    fn pass_over(&mut self, rows: u64) -> Result<u64> {
        for passed in 0..rows {
            if !self.pass()? {
                return Ok(passed);
            }
        }
        Ok(rows)
    }
}
