//! Notices about an input, made while it is read.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::readable;

/// The largest number of notices about one input that are kept.
const NOTICES: usize = 20;

/// A notice for a person about a row that can be read, and may be meant otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The name of the input.
    pub input: String,
    /// The line on which the row begins, from 1; `None` where the notice is about no row, or the format has
    /// no lines.
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

/// Notices about an input from all of its readers. Reading it again gives the same notices, each of which is
/// kept once.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices(Arc<Mutex<Vec<Noticed>>>);

/// The line of a row, where it has one, and the text of the notice.
type Noticed = (Option<u64>, String);

impl Notices {
    pub(super) fn add(&self, line: Option<u64>, message: &str) {
        let mut notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = notices.iter().any(|(at, text)| *at == line && text == message);
        if !known && notices.len() < NOTICES {
            notices.push((line, message.to_owned()));
        }
    }

    /// Returns the notices so far, as those of the input of that name.
    pub(super) fn of(&self, input: &str) -> Vec<Notice> {
        let notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let notice = |(line, message): &Noticed| Notice {
            input: input.to_owned(),
            line: *line,
            message: message.clone(),
        };
        notices.iter().map(notice).collect()
    }
}
