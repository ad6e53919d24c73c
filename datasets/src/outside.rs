//! Our own texts from outside of a desk's domain, and short English messages that only look so.

use crate::error::{DataError, Result};
use crate::files::read_text;
use crate::near::key;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// One text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideRow {
    /// The text.
    pub text: String,
    /// What it is: a genre, a language's ISO 639-1 code, or a kind of gibberish.
    pub kind: String,
}

/// The texts to learn from, to choose with and to report.
#[derive(Debug, Clone, Default)]
pub struct Family {
    /// To learn from.
    pub train: Vec<OutsideRow>,
    /// To choose settings with.
    pub dev: Vec<OutsideRow>,
    /// To report.
    pub test: Vec<OutsideRow>,
}

/// All texts of the folder.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// English of other genres than a message to a desk.
    pub domains: Family,
    /// Other languages than English.
    pub languages: Family,
    /// Gibberish written by hand, to report; that to learn from is [generated](crate::gibberish).
    pub gibberish: Vec<OutsideRow>,
    /// English that is inside and may not look so: short messages with names, typos and codes, and posts.
    pub english: Family,
}

/// Reads the folder.
///
/// # Errors
/// [`DataError::Json`] for a missing or unknown field, [`DataError::Field`] for a blank one, and
/// [`DataError::DuplicateText`] where a text stands twice in a file or in two files of a family.
pub fn read_outside(folder: &Path) -> Result<Outside> {
    let family = |name: &str| -> Result<Family> {
        let mut seen = HashMap::new();
        let mut part = |part: &str| read_rows(&folder.join(format!("{name}-{part}.jsonl")), &mut seen);
        Ok(Family { train: part("train")?, dev: part("dev")?, test: part("test")? })
    };
    let alone = |name: &str| read_rows(&folder.join(name), &mut HashMap::new());
    Ok(Outside {
        domains: family("domains")?,
        languages: family("languages")?,
        gibberish: alone("gibberish-test.jsonl")?,
        english: family("english")?,
    })
}

/// Where each text was seen first, by its letters and digits alone.
type Seen = HashMap<String, (PathBuf, usize)>;

fn read_rows(path: &Path, seen: &mut Seen) -> Result<Vec<OutsideRow>> {
    let text = read_text(path)?;
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (path, line_number) = (path.to_owned(), index + 1);
        let row: OutsideRow = serde_json::from_str(line).map_err(|source| DataError::Json {
            path: path.clone(),
            line: line_number,
            source,
        })?;
        for (field, value) in [("text", &row.text), ("kind", &row.kind)] {
            if value.trim().is_empty() {
                return Err(DataError::Field { path, line: line_number, field, problem: "is blank".into() });
            }
        }
        if let Some((first_path, first_line)) = seen.insert(key(&row.text), (path.clone(), line_number)) {
            return Err(DataError::DuplicateText { path, line: line_number, first_path, first_line });
        }
        rows.push(row);
    }
    Ok(rows)
}
