//! What is noticed of an input while it is read.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// Notices of one input that are kept.
const NOTICES: usize = 20;

/// Something that a person should look at: a row that can be read, and may be meant otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The input.
    pub input: String,
    /// The line on which the row begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What was noticed.
    pub message: String,
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.input)?;
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// What was noticed of an input, by whoever reads it. Reading it again notices the same again, and tells it
/// once.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices(Arc<Mutex<Vec<Noticed>>>);

/// The line of a row, where it has one, and what was noticed.
type Noticed = (Option<u64>, String);

impl Notices {
    pub(super) fn add(&self, line: Option<u64>, message: &str) {
        let mut notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = notices.iter().any(|(at, told)| *at == line && told == message);
        if !known && notices.len() < NOTICES {
            notices.push((line, message.to_owned()));
        }
    }

    /// What was noticed so far, of the input of that name.
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
