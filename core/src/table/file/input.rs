//! One input: a file or an object, of whatever format, however it is packed.

use std::cell::Cell;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::blob::{Blob, BlobReader, Noting};
use super::damage::{fault, sound};
use super::delimited::Delimited;
use super::json::{self, Json};
use super::notices::Notices;
use super::record::{Fault, MAX_ROW_BYTES, Record, Records, SourceColumn, Wanted};
use super::spool::Unpacking;
use super::{InputFormat, Notice, Reading, ipc, parquet_file, text};
use crate::error::guarded;
use crate::{Error, ErrorKind, Result};

/// The compression of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// The properties of an input by its name.
struct Named {
    format: Option<InputFormat>,
    packing: Option<Packing>,
    tabs: bool,
}

impl Named {
    fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let packed = [(".gz", Packing::Gzip), (".zst", Packing::Zstd), (".zstd", Packing::Zstd)];
        let packed = packed.into_iter().find_map(|(end, packing)| Some((lower.strip_suffix(end)?, packing)));
        let (stem, packing) = packed.map_or((lower.as_str(), None), |(stem, packing)| (stem, Some(packing)));
        let ending = stem.rsplit_once('.').map_or("", |(_, ending)| ending);
        let format = match ending {
            "parquet" | "pq" => Some(InputFormat::Parquet),
            "csv" | "tsv" => Some(InputFormat::Csv),
            "jsonl" | "ndjson" | "json" => Some(InputFormat::Jsonl),
            "arrow" | "arrows" | "feather" | "ipc" => Some(InputFormat::Arrow),
            _ => None,
        };
        Self { format, packing, tabs: ending == "tsv" }
    }
}

/// The format by the ending of a name.
pub(crate) fn format_of(name: &str) -> Option<InputFormat> {
    Named::of(name).format
}

/// An input that can be read more than once.
#[derive(Clone)]
pub(crate) struct Input {
    pub(crate) name: String,
    blob: Arc<dyn Blob>,
    format: InputFormat,
    packing: Packing,
    reading: Reading,
    tabs: bool,
    /// The position, in its bytes as they are packed.
    read: Arc<AtomicU64>,
    /// Why its bytes could not be read, where they could not.
    trouble: Arc<Mutex<Option<std::io::Error>>>,
    notices: Notices,
}

impl Input {
    /// # Errors
    /// `invalid-input` where neither its name nor the options have its format.
    pub(crate) fn new(name: &str, blob: Arc<dyn Blob>, reading: &Reading) -> Result<Self> {
        let trouble = Arc::default();
        let blob: Arc<dyn Blob> = Arc::new(Noting::new(blob, &trouble));
        let Named { format, packing, tabs } = Named::of(name);
        let packing = packing.map_or_else(|| sniff(blob.as_ref(), name), Ok)?;
        let format = reading.format.or(format).ok_or_else(|| {
            let message = format!(
                "{name}: the name must end in .parquet, .csv, .tsv, .jsonl, .ndjson, .json or .arrow, with .gz or .zst where it is packed; or say its format"
            );
            Error::invalid("input_format", message)
        })?;
        Ok(Self {
            name: name.to_owned(),
            blob,
            format,
            packing,
            reading: reading.clone(),
            tabs,
            read: Arc::default(),
            trouble,
            notices: Notices::default(),
        })
    }

    /// The columns: of JSON, those of its first rows.
    pub(crate) fn columns(&self) -> Result<Vec<SourceColumn>> {
        let columns = || {
            let texts = |names: Vec<String>| names.into_iter().map(SourceColumn::text).collect();
            Ok(match self.format {
                InputFormat::Parquet => parquet_file::columns(self.seekable()?)?,
                InputFormat::Arrow => ipc::columns(&self.seekable()?, self.unpacking())?,
                InputFormat::Csv => texts(self.delimited()?.0.columns().to_vec()),
                InputFormat::Jsonl => texts(json::columns(self.text()?.0)?),
            })
        };
        self.sound(columns)
    }

    /// Returns those of the names that no row has, where a row may lack a column that others have.
    pub(crate) fn lacking(&self, names: Vec<String>) -> Result<Vec<String>> {
        if names.is_empty() || !self.is_sparse() {
            return Ok(names);
        }
        self.sound(|| json::lacking(self.text()?.0, names))
    }

    fn is_columnar(&self) -> bool {
        matches!(self.format, InputFormat::Parquet | InputFormat::Arrow)
    }

    /// Whether a row may lack a column that others have.
    pub(crate) fn is_sparse(&self) -> bool {
        self.format == InputFormat::Jsonl
    }

    /// Whether an empty text and a missing one are written alike.
    pub(crate) fn empty_is_missing(&self) -> bool {
        self.format == InputFormat::Csv
    }

    /// The rows, with these columns in this order.
    pub(crate) fn records(&self, columns: &[Wanted]) -> Result<Box<dyn Records + '_>> {
        let decoded = Cell::new(false);
        let records = || -> Result<Box<dyn Records>> {
            Ok(match self.format {
                InputFormat::Parquet => parquet_file::open(self.seekable()?, columns)?,
                InputFormat::Arrow => ipc::open(&self.seekable()?, columns, self.unpacking())?,
                InputFormat::Csv => {
                    let (delimited, decodes) = self.delimited()?;
                    decoded.set(decodes);
                    Box::new(delimited.of(columns)?)
                }
                InputFormat::Jsonl => {
                    let (text, decodes) = self.text()?;
                    decoded.set(decodes);
                    Box::new(Json::new(text, columns)?)
                }
            })
        };
        let records = self.sound(records)?;
        let columns = columns.iter().map(|wanted| wanted.name.clone()).collect();
        Ok(Box::new(Checked { input: self, columns, decoded: decoded.get(), records }))
    }

    /// Every row of a JSON input as a value of its own, with its line.
    pub(crate) fn values<T: serde::de::DeserializeOwned>(&self) -> Result<Vec<(u64, T)>> {
        if self.format != InputFormat::Jsonl {
            let message = format!("{}: JSON is read here, one object a line or an array", self.name);
            return Err(Error::invalid("input", message));
        }
        let values = json::values(self.text()?.0).map_err(|e| self.cause(e))?;
        self.unchanged()?;
        Ok(values)
    }

    /// Returns the notices about it so far.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        self.notices.of(&self.name)
    }

    /// The number of rows, where the input's metadata has it.
    pub(crate) fn known_rows(&self) -> Option<u64> {
        if self.format != InputFormat::Parquet || self.packing != Packing::Plain {
            return None;
        }
        parquet_file::rows(&self.blob).ok()
    }

    /// Runs work of one of the readers.
    fn sound<T>(&self, read: impl FnOnce() -> Result<T>) -> Result<T> {
        let read = if self.is_columnar() { sound(read) } else { guarded(read) };
        read.map_err(|e| self.cause(e))
    }

    /// An error of this input: bytes that were changed are one, whatever came of it; those that could not be
    /// read are the machine's fault or the network's, whatever a format's reader made of it.
    pub(crate) fn cause(&self, error: Error) -> Error {
        let by_bytes = [ErrorKind::DataInvalid, ErrorKind::Io, ErrorKind::Network, ErrorKind::TooLarge];
        if by_bytes.contains(&error.kind())
            && let Err(changed) = self.unchanged()
        {
            return changed;
        }
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
        let error = match trouble {
            Some(cause) if error.kind() == ErrorKind::DataInvalid => {
                let aborted = cause.kind() == std::io::ErrorKind::ConnectionAborted;
                let kind = if aborted { ErrorKind::Network } else { ErrorKind::Io };
                Error::new(kind, cause.to_string())
            }
            _ => error,
        };
        error.context(&self.name)
    }

    /// Refuses an input whose bytes were changed since it was found: rows of before and of after would be
    /// taken for one table.
    ///
    /// # Errors
    /// `data-invalid`.
    pub(crate) fn unchanged(&self) -> Result<()> {
        if !self.blob.is_changed() {
            return Ok(());
        }
        let message = "it was changed while it was read; start again when nothing writes to it";
        Err(Error::new(ErrorKind::DataInvalid, message).context(&self.name))
    }

    /// Counts the bytes that are read from here on.
    pub(crate) fn recount(&self) {
        self.read.store(0, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.blob.len()
    }

    /// Bytes that were read of it: of Parquet, which is read here and there, none are counted.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    fn delimited(&self) -> Result<(Delimited, bool)> {
        let (text, decodes) = self.text()?;
        Ok((Delimited::open(text, &self.reading, self.tabs, &self.notices)?, decodes))
    }

    fn unpacked(&self) -> Result<Box<dyn Read + Send>> {
        let reader = BlobReader::counted(&self.blob, &self.read);
        Ok(match self.packing {
            Packing::Plain => Box::new(reader),
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(std::io::BufReader::new(reader))),
            Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(reader).map_err(fault)?),
        })
    }

    /// The text, and whether it is of another encoding than UTF-8.
    fn text(&self) -> Result<(Box<dyn Read + Send>, bool)> {
        text::decoded(self.unpacked()?, self.reading.encoding.as_deref())
    }

    /// Returns bytes that can be read from their end first: packed ones are unpacked into a file without a
    /// name.
    fn seekable(&self) -> Result<Arc<dyn Blob>> {
        if self.packing == Packing::Plain {
            return Ok(Arc::clone(&self.blob));
        }
        Ok(Arc::new(self.unpacking().unpack(self.blob.len(), self.unpacked()?)?))
    }

    fn unpacking(&self) -> Unpacking {
        Unpacking(self.reading.max_unpacked)
    }
}

/// Detects the packing of bytes by the first of them.
fn sniff(blob: &dyn Blob, name: &str) -> Result<Packing> {
    let mut first = [0; 4];
    let count = blob.read_at(0, &mut first).map_err(|e| fault(e).context(name))?;
    Ok(match &first[..count] {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Packing::Zstd,
        _ => Packing::Plain,
    })
}

/// Rows whose faults name their input, and whose texts are texts.
struct Checked<'a> {
    input: &'a Input,
    columns: Vec<String>,
    /// Whether U+FFFD replaces bytes that the encoding does not have.
    decoded: bool,
    records: Box<dyn Records>,
}

impl Checked<'_> {
    fn fault(&self, cells: &[Option<String>]) -> Option<Fault> {
        if cells.iter().flatten().map(String::len).sum::<usize>() > MAX_ROW_BYTES {
            return Some(Fault::too_large());
        }
        cells.iter().zip(&self.columns).find_map(|(cell, column)| {
            let text = cell.as_ref()?;
            if let Some(place) = memchr::memchr(0, text.as_bytes()) {
                let message =
                    format!("`{column}` has a NUL at byte {place}: the input is not text, or damaged");
                return Some(Fault::data(message).of(column));
            }
            let place = if self.decoded { text.find('\u{fffd}')? } else { return None };
            let message = format!("`{column}` has bytes that are not of this encoding, at byte {place}");
            Some(Fault::data(message).of(column))
        })
    }
}

impl Records for Checked<'_> {
    fn next(&mut self) -> Result<Option<Record>> {
        // Readers of lines do not panic.
        let mut record = if self.input.is_columnar() {
            self.input.sound(|| self.records.next())?
        } else {
            self.records.next().map_err(|e| self.input.cause(e))?
        };
        // A file that was cut short may end between two rows, or in one.
        if record.as_ref().is_none_or(|record| record.cells.is_err()) {
            self.input.unchanged()?;
        }
        if let Some(record) = &mut record
            && let Ok(cells) = &record.cells
            && let Some(fault) = self.fault(cells)
        {
            record.cells = Err(fault);
        }
        Ok(record)
    }

    fn pass_over(&mut self, rows: u64) -> Result<u64> {
        let passed = self.input.sound(|| self.records.pass_over(rows))?;
        if passed < rows {
            self.input.unchanged()?;
        }
        Ok(passed)
    }
}
