//! The files to be written, in memory until all of them are complete.

use super::Report;
use crate::error::{DataError, Result};
use crate::near::{Index, Keys};
use crate::public::Row;
use crate::rng::Rng;

#[derive(Default)]
pub(super) struct Output {
    /// Names under the output folder, and contents.
    pub(super) contents: Vec<(String, String)>,
    pub(super) report: Report,
}

impl Output {
    pub(super) fn add(&mut self, name: &str, rows: &[Row]) -> Result<()> {
        let failed = |source| DataError::Csv { name: name.to_owned(), source };
        let mut bytes = Vec::new();
        {
            let mut writer = csv::Writer::from_writer(&mut bytes);
            writer.write_record(["text", "label"]).map_err(failed)?;
            for row in rows {
                writer.write_record([&row.text, &row.label]).map_err(failed)?;
            }
            writer.flush().map_err(|error| failed(error.into()))?;
        }
        self.contents.push((name.to_owned(), String::from_utf8_lossy(&bytes).into_owned()));
        self.report.files.push((name.to_owned(), rows.len()));
        Ok(())
    }

    pub(super) fn note(&mut self, note: String) {
        self.report.notes.push(note);
    }
}

/// The texts that a training file must not have.
#[derive(Default)]
pub(super) struct Evaluated {
    /// Left out letter for letter, case and punctuation aside.
    pub(super) same: Keys,
    /// Left out with all that is near.
    pub(super) near: Index,
}

impl Evaluated {
    /// Draws up to `count` of the rows for the training file of this name.
    pub(super) fn draw(
        &self,
        out: &mut Output,
        rng: &mut Rng,
        mut rows: Vec<Row>,
        count: usize,
        name: &str,
    ) -> Vec<Row> {
        let before = rows.len();
        rows.retain(|row| !self.same.contains(&row.text) && !self.near.near(&row.text));
        let removed = before - rows.len();
        out.note(format!("{removed} {name} rows left out: they stand in an evaluation file, or nearly"));
        rng.shuffle(&mut rows);
        rows.truncate(count);
        rows
    }

    /// Takes what is evaluated out of a training file, our own rows and generated ones as well.
    pub(super) fn clear(&self, out: &mut Output, rows: &mut Vec<Row>, name: &str) {
        let before = rows.len();
        rows.retain(|row| !self.same.contains(&row.text));
        let removed = before - rows.len();
        out.note(format!(
            "{removed} rows of all sources of {name} left out: they stand in an evaluation file"
        ));
    }
}
