//! Our own labelled messages: one JSON object a line, one file an author batch.

use crate::error::{DataError, Result};
use crate::files::{io, read_text};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Declares a closed set of label names, so that the list, the names and the parser cannot drift apart.
macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every label, in the order of the guide.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The label's name in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The label with this name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|label| label.as_str() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use labels;

labels! {
    /// The action that the sender asks for.
    Category {
        /// Gives, asks for, chases or withholds a sign-off.
        Approval = "approval",
        /// Wants the work itself changed.
        Revision = "revision",
        /// Wants to know something.
        Question = "question",
        /// Reports that a thing that should work does not.
        Technical = "technical",
        /// The emergency is the message.
        Urgent = "urgent",
        /// The rest.
        General = "general",
    }
}

labels! {
    /// How the sender feels, as far as the words show.
    Sentiment {
        /// Displeasure, worry, anger, or a plain report of something broken.
        Negative = "negative",
        /// Requests, questions and facts without feeling.
        Neutral = "neutral",
        /// Thanks beyond the formula, praise, relief.
        Positive = "positive",
    }
}

labels! {
    /// The four coarse bands in which urgency is balanced and counted.
    UrgencyBand {
        /// 1 to 3.
        Low = "low (1-3)",
        /// 4 and 5.
        Medium = "medium (4-5)",
        /// 6 and 7.
        High = "high (6-7)",
        /// 8 to 10.
        Critical = "critical (8-10)",
    }
}

impl UrgencyBand {
    /// The band of a level from 1 to 10.
    pub fn of(urgency: u8) -> Self {
        match urgency {
            0..=3 => Self::Low,
            4..=5 => Self::Medium,
            6..=7 => Self::High,
            _ => Self::Critical,
        }
    }
}

/// One message with its labels; GUIDE.md says what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelledTicket {
    /// Batch and number, such as `b07-12`.
    pub id: String,
    /// The message.
    pub text: String,
    /// The action that the sender asks for.
    pub category: Category,
    /// How the sender feels.
    pub sentiment: Sentiment,
    /// How soon a person must act, 1 to 10.
    pub urgency: u8,
    /// Whether a careful reader could argue for another category.
    pub hard: bool,
    /// `print`, or the other industry's name in one word.
    pub domain: String,
}

impl LabelledTicket {
    /// The author batch: the id up to the dash.
    pub fn batch(&self) -> &str {
        self.id.split_once('-').map_or(self.id.as_str(), |(batch, _)| batch)
    }
}

/// Untyped values, so that an error can name the field; the field names themselves are checked by serde.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: serde_json::Value,
    text: serde_json::Value,
    category: serde_json::Value,
    sentiment: serde_json::Value,
    urgency: serde_json::Value,
    hard: serde_json::Value,
    domain: serde_json::Value,
}

struct Place<'a> {
    path: &'a Path,
    line: usize,
}

impl Place<'_> {
    fn field(&self, field: &'static str, problem: String) -> DataError {
        DataError::Field { path: self.path.to_owned(), line: self.line, field, problem }
    }

    fn string(&self, field: &'static str, value: serde_json::Value) -> Result<String> {
        match value {
            serde_json::Value::String(text) if !text.trim().is_empty() => Ok(text),
            serde_json::Value::String(_) => Err(self.field(field, "is blank".into())),
            other => Err(self.field(field, format!("expected a string, found {other}"))),
        }
    }

    fn label<T: Copy>(
        &self,
        field: &'static str,
        value: serde_json::Value,
        parse: fn(&str) -> Option<T>,
    ) -> Result<T> {
        let name = self.string(field, value)?;
        parse(&name).ok_or_else(|| self.field(field, format!("unknown label `{name}`")))
    }
}

fn parse_line(place: &Place<'_>, line: &str, batch: &str) -> Result<LabelledTicket> {
    let raw: Raw = serde_json::from_str(line).map_err(|source| DataError::Json {
        path: place.path.to_owned(),
        line: place.line,
        source,
    })?;
    let id = place.string("id", raw.id)?;
    if id.split_once('-').is_none_or(|(prefix, number)| prefix != batch || number.is_empty()) {
        return Err(place.field("id", format!("`{id}` does not begin with the file's name, `{batch}-`")));
    }
    let urgency = raw.urgency.as_u64().and_then(|level| u8::try_from(level).ok());
    let urgency = urgency
        .filter(|level| (1..=10).contains(level))
        .ok_or_else(|| place.field("urgency", format!("expected 1 to 10, found {}", raw.urgency)))?;
    let hard = raw
        .hard
        .as_bool()
        .ok_or_else(|| place.field("hard", format!("expected true or false, found {}", raw.hard)))?;
    let domain = place.string("domain", raw.domain)?;
    if !domain.chars().all(|c| c.is_ascii_lowercase()) {
        return Err(place.field("domain", format!("expected one lower-case word, found `{domain}`")));
    }
    Ok(LabelledTicket {
        id,
        text: place.string("text", raw.text)?,
        category: place.label("category", raw.category, Category::parse)?,
        sentiment: place.label("sentiment", raw.sentiment, Sentiment::parse)?,
        urgency,
        hard,
        domain,
    })
}

/// Reads one batch. Its name without `.jsonl` must be the prefix of every id in it.
pub fn read_batch(path: &Path) -> Result<Vec<LabelledTicket>> {
    let text = read_text(path)?;
    let batch = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut seen = HashMap::new();
    let mut tickets = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let place = Place { path, line: index + 1 };
        let ticket = parse_line(&place, line, &batch)?;
        if let Some(first) = seen.insert(ticket.id.clone(), place.line) {
            let (path, line) = (path.to_owned(), place.line);
            return Err(DataError::DuplicateId { path, line, id: ticket.id, first });
        }
        tickets.push(ticket);
    }
    Ok(tickets)
}

/// Reads the held-out messages' folder; none where there is no such folder.
pub fn read_held_out(folder: &Path) -> Result<Vec<LabelledTicket>> {
    if folder.is_dir() { read_batches(folder) } else { Ok(Vec::new()) }
}

/// Reads every `*.jsonl` in the folder, in the order of their names. Ids cannot repeat across batches,
/// because each begins with its file's name.
pub fn read_batches(folder: &Path) -> Result<Vec<LabelledTicket>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io(folder))? {
        let path = entry.map_err(io(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(DataError::NoBatches { path: folder.to_owned() });
    }
    paths.sort();
    let mut tickets = Vec::new();
    for path in &paths {
        tickets.extend(read_batch(path)?);
    }
    Ok(tickets)
}
