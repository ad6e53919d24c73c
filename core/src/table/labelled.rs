//! Texts with their labels.

use std::borrow::{Borrow, Cow};

use super::Place;
use crate::{Error, ErrorKind, Result};

/// A text with its label and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The place of its row.
    pub place: Place,
    /// The text.
    pub text: String,
    /// The label as the file has it; several labels of one text are joined by `|`.
    pub label: String,
}

/// Labelled texts that can be read more than once, each time in the same order.
pub trait LabelledRows {
    /// The number of rows.
    fn count(&self) -> usize;

    /// The rows, in order.
    ///
    /// # Errors
    /// Those of opening the source; a fault of a row is the error of its item.
    fn rows(&self) -> Result<impl Iterator<Item = Result<Cow<'_, Labelled>>>>;
}

impl<T: Borrow<Labelled>> LabelledRows for [T] {
    fn count(&self) -> usize {
        self.len()
    }

    fn rows(&self) -> Result<impl Iterator<Item = Result<Cow<'_, Labelled>>>> {
        Ok(self.iter().map(|row| Ok(Cow::Borrowed(row.borrow()))))
    }
}

impl<T: Borrow<Labelled>> LabelledRows for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn rows(&self) -> Result<impl Iterator<Item = Result<Cow<'_, Labelled>>>> {
        self.as_slice().rows()
    }
}

/// Checks labelled texts in memory; rows count from 1.
///
/// # Errors
/// `data-invalid` for a missing text or label and an empty text, naming the row; also for no row at all.
pub fn labelled(rows: impl IntoIterator<Item = (Option<String>, Option<String>)>) -> Result<Vec<Labelled>> {
    let row = |(number, (text, label)): (u64, (Option<String>, Option<String>))| {
        let place = Place::Row(number);
        let invalid = |what: &str| Error::new(ErrorKind::DataInvalid, what).context(place);
        let text = text.ok_or_else(|| invalid("the text is missing"))?;
        let label = label.ok_or_else(|| invalid("the label is missing"))?;
        let row = Labelled { place, text, label };
        check(&row).map_err(invalid)?;
        Ok(row)
    };
    let rows = (1..).zip(rows).map(row).collect::<Result<Vec<_>>>()?;
    if rows.is_empty() { Err(no_row()) } else { Ok(rows) }
}

/// Checks a row that has a text and a label; the error is its fault.
pub(super) fn check(row: &Labelled) -> std::result::Result<(), &'static str> {
    if row.text.trim().is_empty() { Err("the text is empty") } else { Ok(()) }
}

/// The error of rows that are none.
pub(super) fn no_row() -> Error {
    Error::new(ErrorKind::DataInvalid, "there is no row")
}
