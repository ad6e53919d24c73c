//! Loaders of the public sets, each from its own folder under a root, and a card for each.
//!
//! None of their text is part of this project: fetch them from where the card says, and pass the root.

pub mod goemotions;
pub mod intents;
pub mod polarity;
pub mod tweets;

use crate::error::{DataError, Result};
use crate::files;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// The facts that must be known of a set before it is used.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Card {
    /// The folder under the root, and the card's file name.
    pub folder: &'static str,
    /// Its name on the Hugging Face hub, or its home where it is not there.
    pub hub_name: &'static str,
    /// The licence.
    pub licence: &'static str,
    /// How the licence is known.
    pub licence_source: &'static str,
    /// The use of the set here.
    pub task: &'static str,
    /// Map of the set's labels to ours.
    pub label_map: &'static [(&'static str, &'static str)],
    /// Caveats.
    pub notes: &'static [&'static str],
}

/// All cards, in the order of their folders.
pub const CARDS: [Card; 8] = [
    polarity::AIRLINE,
    intents::BANKING77,
    intents::CLINC150,
    goemotions::CARD,
    intents::NLUPP,
    polarity::SST2,
    tweets::CARD,
    polarity::UCI,
];

impl Card {
    /// The card as the Markdown committed in `cards/`.
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# {}\n\n| | |\n|---|---|\n| home | `{}` |\n| licence | {} |\n| licence known from | {} |\n| used for | {} |\n",
            self.folder, self.hub_name, self.licence, self.licence_source, self.task
        );
        out.push_str("\n## Labels\n\n| theirs | ours |\n|---|---|\n");
        for (theirs, ours) in self.label_map {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "| {theirs} | {ours} |");
        }
        out.push_str("\n## Mind\n\n");
        for note in self.notes {
            let _ = writeln!(out, "- {note}");
        }
        out.push_str("\nNone of the set's text is part of this project.\n");
        out
    }

    /// Writes the card into a folder, under the set's name.
    pub fn write(&self, folder: &Path) -> Result<()> {
        files::write_all(folder, &[(format!("{}.md", self.folder), self.markdown())])
    }
}

/// One text with one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The text.
    pub text: String,
    /// The label, in our names where the card maps it.
    pub label: String,
}

fn bad_row(path: &Path, line: usize, problem: impl Into<String>) -> DataError {
    DataError::Row { path: path.to_owned(), line, problem: problem.into() }
}

/// Tab-separated lines of exactly `columns` fields. These sets have no quoting: a quote is a quote.
fn read_tsv(path: &Path, columns: usize, header: bool) -> Result<Vec<(usize, Vec<String>)>> {
    let text = files::read_text(path)?;
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate().skip(usize::from(header)) {
        let fields: Vec<String> = line.split('\t').map(|field| field.trim().to_owned()).collect();
        if fields.len() != columns {
            let problem = format!("expected {columns} tab-separated fields, found {}", fields.len());
            return Err(bad_row(path, index + 1, problem));
        }
        rows.push((index + 1, fields));
    }
    Ok(rows)
}

/// A CSV file with a header and two columns, text and label.
fn read_csv(path: &Path) -> Result<Vec<(usize, Row)>> {
    let text = files::read_text(path)?;
    let mut rows = Vec::new();
    for record in csv::Reader::from_reader(text.as_bytes()).records() {
        let at = |position: Option<&csv::Position>| position.map_or(1, |at| at.line() as usize);
        let record = record.map_err(|error| bad_row(path, at(error.position()), error.to_string()))?;
        let line = at(record.position());
        match (record.len(), record.get(0), record.get(1)) {
            (2, Some(text), Some(label)) => {
                rows.push((line, Row { text: text.trim().to_owned(), label: label.trim().to_owned() }));
            }
            (found, ..) => return Err(bad_row(path, line, format!("expected 2 fields, found {found}"))),
        }
    }
    Ok(rows)
}
