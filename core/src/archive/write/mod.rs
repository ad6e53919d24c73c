//! A part of the output, in the format of the options.

mod columnar;
mod lines;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::options::OutputFormat;
use crate::digest::digest_named;
use crate::prepare::Removed;
use crate::score::{Cell, Layout};
use crate::{Error, ErrorKind, Result};

use columnar::Columnar;
use lines::{Csv, JsonLines};

/// The columns of an output row.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) layout: Layout,
    pub(crate) has_id: bool,
    /// The names of the columns that are carried along, as the output has them.
    pub(crate) kept: Vec<String>,
    /// Whether it has a column with the parts that were removed from the text.
    pub(crate) has_removed: bool,
    /// Whether texts in CSV are kept from being formulas.
    pub(crate) spreadsheet_safe: bool,
}

/// One scored row.
#[derive(Debug)]
pub(crate) struct OutRow {
    pub(crate) input: Arc<str>,
    pub(crate) number: u64,
    pub(crate) id: Option<String>,
    pub(crate) kept: Vec<Option<String>>,
    pub(crate) cells: Arc<Vec<Option<Cell>>>,
    pub(crate) removed: Vec<Removed>,
    pub(crate) month: Option<String>,
}

impl OutRow {
    fn removed(&self) -> Option<String> {
        (!self.removed.is_empty())
            .then(|| self.removed.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }
}

/// A file that grows row by row, beside its place.
pub(crate) struct PartWriter {
    partial: PathBuf,
    rows: Option<Rows>,
}

enum Rows {
    Columnar(Box<Columnar<Sink>>),
    Csv(Box<Csv<Sink>>),
    JsonLines(Box<JsonLines<Sink>>),
}

/// The size and the digest of a written file.
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) digest: String,
}

impl PartWriter {
    pub(crate) fn create(partial: PathBuf, format: OutputFormat, shape: &Shape) -> Result<Self> {
        let file = File::create(&partial).map_err(|e| Error::io(&partial, e))?;
        let sink = Sink { file: BufWriter::with_capacity(1 << 18, file), hash: Sha256::new(), bytes: 0 };
        let rows = match format {
            OutputFormat::Parquet => Columnar::new(sink, shape).map(|rows| Rows::Columnar(Box::new(rows))),
            OutputFormat::Csv => Csv::new(sink, shape).map(|rows| Rows::Csv(Box::new(rows))),
            OutputFormat::Jsonl => Ok(Rows::JsonLines(Box::new(JsonLines::new(sink, shape)))),
        };
        let mut part = Self { partial, rows: None };
        part.rows = Some(rows.map_err(|e| e.context(part.partial.display()))?);
        Ok(part)
    }

    pub(crate) fn push(&mut self, row: &OutRow) -> Result<()> {
        let pushed = match &mut self.rows {
            Some(Rows::Columnar(rows)) => rows.push(row),
            Some(Rows::Csv(rows)) => rows.push(row),
            Some(Rows::JsonLines(rows)) => rows.push(row),
            None => Ok(()),
        };
        pushed.map_err(|e| e.context(self.partial.display()))
    }

    /// Writes the rest, and waits until it is on the disk.
    pub(crate) fn finish(mut self) -> Result<Written> {
        let sink = match self.rows.take() {
            Some(Rows::Columnar(rows)) => rows.finish(),
            Some(Rows::Csv(rows)) => rows.finish(),
            Some(Rows::JsonLines(rows)) => Ok(rows.finish()),
            None => Err(Error::new(ErrorKind::Internal, "a part was finished twice")),
        };
        let finished = sink.and_then(Sink::finish).map_err(|e| e.context(self.partial.display()));
        if finished.is_err() {
            let _ = fs::remove_file(&self.partial);
        }
        finished
    }
}

/// A part that was not finished leaves nothing behind.
impl Drop for PartWriter {
    fn drop(&mut self) {
        if self.rows.take().is_some() {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Bytes on their way to a file, counted and hashed.
struct Sink {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Sink {
    fn finish(mut self) -> Result<Written> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        synced.map_err(failed)?;
        Ok(Written { bytes: self.bytes, digest: digest_named(&self.hash.finalize()) })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, error.to_string())
}
