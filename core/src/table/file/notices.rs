//! Notices about an input, made while it is read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::readable;

/// The largest number of different notices about one input, and of rows of each, that are kept.
const NOTICES: usize = 20;
const ROWS: usize = 1000;

/// A notice for a person about a row that can be read, and may be meant otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The name of the input.
    pub input: String,
    /// The line on which the row begins, of several rows the first, from 1; `None` where the notice is about
    /// no row, or the format has no lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The text of the notice.
    pub message: String,
}

/// As a person can read it: [`crate::readable`].
impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", readable(&self.input))?;
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&readable(&self.message))
    }
}

/// Notices about an input from all of its readers, each with the lines of its rows. Reading the input again
/// adds nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices(Arc<Mutex<Vec<Noticed>>>);

/// The text of a notice, and the lines of the rows that it is about, as far as they have any.
type Noticed = (String, BTreeSet<Option<u64>>);

impl Notices {
    pub(super) fn add(&self, line: Option<u64>, message: &str) {
        let mut notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lines)) = notices.iter_mut().find(|(text, _)| text == message) {
            if lines.len() < ROWS {
                lines.insert(line);
            }
        } else if notices.len() < NOTICES {
            notices.push((message.to_owned(), [line].into()));
        }
    }

    /// Returns the notices so far, as those of the input of that name: one of each kind, with the first of
    /// its rows, and how many more there are.
    pub(super) fn of(&self, input: &str) -> Vec<Notice> {
        let notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let notice = |(message, lines): &Noticed| {
            let mut rest = lines.iter().flatten().skip(1);
            let more = match (rest.next(), lines.len() - 1) {
                (Some(next), 1) => format!(" (and one more row, on line {next})"),
                (Some(next), more) => {
                    let least = if lines.len() < ROWS { "" } else { "at least " };
                    format!(" (and {least}{more} more rows, the next on line {next})")
                }
                (None, _) => String::new(),
            };
            Notice {
                input: input.to_owned(),
                line: lines.first().copied().flatten(),
                message: format!("{message}{more}"),
            }
        };
        notices.iter().map(notice).collect()
    }
}
