//! Formats of lines: CSV and JSON.

use std::io::Write;

use serde_json::{Map, Value};

use super::{OutRow, Shape, failed};
use crate::score::Cell;
use crate::{Error, ErrorKind, Result};

/// CSV; a missing value is an empty field.
pub(super) struct Csv<W: Write> {
    writer: csv::Writer<W>,
    has_id: bool,
    has_removed: bool,
    spreadsheet_safe: bool,
}

fn names(shape: &Shape) -> impl Iterator<Item = &str> {
    let first = ["input", "row"].into_iter().chain(shape.has_id.then_some("id"));
    let scores = shape.layout.columns().iter().map(|(name, _)| name.as_str());
    first
        .chain(shape.kept.iter().map(String::as_str))
        .chain(scores)
        .chain(shape.has_removed.then_some("removed"))
}

impl<W: Write> Csv<W> {
    pub(super) fn new(sink: W, shape: &Shape) -> Result<Self> {
        let writer = csv::Writer::from_writer(sink);
        let Shape { has_id, has_removed, spreadsheet_safe, .. } = *shape;
        let mut csv = Self { writer, has_id, has_removed, spreadsheet_safe };
        names(shape).try_for_each(|name| csv.text(name))?;
        csv.end()?;
        Ok(csv)
    }

    /// Writes a field that comes from an input or a model.
    fn text(&mut self, text: &str) -> Result<()> {
        if self.spreadsheet_safe && is_formula(text) {
            return self.field(&format!("'{text}"));
        }
        self.field(text)
    }

    fn field(&mut self, value: &str) -> Result<()> {
        self.writer.write_field(value).map_err(broken)
    }

    fn end(&mut self) -> Result<()> {
        self.writer.write_record(None::<&[u8]>).map_err(broken)
    }

    pub(super) fn push(&mut self, row: &OutRow) -> Result<()> {
        self.text(&row.input)?;
        self.field(&row.number.to_string())?;
        if self.has_id {
            self.text(row.id.as_deref().unwrap_or_default())?;
        }
        for kept in &row.kept {
            self.text(kept.as_deref().unwrap_or_default())?;
        }
        for cell in row.cells.iter() {
            match cell {
                None => self.field("")?,
                Some(Cell::Text(text)) => self.text(text)?,
                Some(Cell::Score(score)) => self.field(&score.to_string())?,
                Some(Cell::Count(count)) => self.field(&count.to_string())?,
                Some(Cell::Flag(flag)) => self.field(&flag.to_string())?,
            }
        }
        if self.has_removed {
            self.field(&row.removed().unwrap_or_default())?;
        }
        self.end()
    }

    pub(super) fn finish(self) -> Result<W> {
        self.writer.into_inner().map_err(|e| failed(e.into_error()))
    }
}

/// Whether a spreadsheet takes a text for a formula, or drops what stands before one: a number is none.
fn is_formula(text: &str) -> bool {
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    text.starts_with(begins) && !text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn broken(error: csv::Error) -> Error {
    Error::new(ErrorKind::Io, error.to_string())
}

/// JSON lines; a missing value is `null`.
pub(super) struct JsonLines<W: Write> {
    sink: W,
    names: Vec<String>,
    has_id: bool,
    has_removed: bool,
}

impl<W: Write> JsonLines<W> {
    pub(super) fn new(sink: W, shape: &Shape) -> Self {
        let names = names(shape).map(str::to_owned).collect();
        Self { sink, names, has_id: shape.has_id, has_removed: shape.has_removed }
    }

    pub(super) fn push(&mut self, row: &OutRow) -> Result<()> {
        let text = |value: Option<&str>| value.map_or(Value::Null, |value| Value::String(value.to_owned()));
        let mut values = vec![text(Some(&row.input)), Value::from(row.number)];
        values.extend(self.has_id.then(|| text(row.id.as_deref())));
        values.extend(row.kept.iter().map(|kept| text(kept.as_deref())));
        values.extend(row.cells.iter().map(|cell| match cell {
            None => Value::Null,
            Some(Cell::Text(value)) => Value::String(value.clone()),
            Some(Cell::Score(score)) => score_of(*score),
            Some(Cell::Count(count)) => Value::from(*count),
            Some(Cell::Flag(flag)) => Value::Bool(*flag),
        }));
        values.extend(self.has_removed.then(|| text(row.removed().as_deref())));
        let object: Map<String, Value> = self.names.iter().cloned().zip(values).collect();
        let mut line =
            serde_json::to_vec(&object).map_err(|e| Error::new(ErrorKind::Internal, e.to_string()))?;
        line.push(b'\n');
        self.sink.write_all(&line).map_err(failed)
    }

    pub(super) fn finish(self) -> W {
        self.sink
    }
}

/// The shortest decimal that is this float32; as float64 it would have digits that were not computed.
fn score_of(score: f32) -> Value {
    score.to_string().parse().map_or(Value::Null, Value::Number)
}
