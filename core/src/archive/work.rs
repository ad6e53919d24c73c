//! The two ends of a run: a thread that reads rows, and one that writes parts.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::folder::{Folder, part_name};
use super::journal::{PartDone, Position, QUARANTINE};
use super::options::ArchiveOptions;
use super::plan::{Chosen, Plan};
use super::tally::Tally;
use super::write::{OutRow, PartWriter};
use crate::atomic::PARTIAL;
use crate::digest::digest_named;
use crate::engine::stream::STREAM_STEP;
use crate::gate::gate;
use crate::table::{Fault, Input, Prepared, Record};
use crate::{Error, ErrorKind, Result};

/// Rows and bytes of a chunk, at most.
const CHUNK_ROWS: usize = STREAM_STEP;
const CHUNK_BYTES: usize = 1 << 20;

/// Rows that stand one after the other in one part: as they were read, and then as they were scored.
pub(super) struct Chunk<R> {
    pub(super) part: u64,
    pub(super) rows: Vec<R>,
    /// The rows that could not be read or scored.
    pub(super) faults: Vec<Quarantined>,
    /// Rows that were read for it, those counted that are not wanted.
    pub(super) read: u64,
    pub(super) selected: u64,
    /// Where the part ends with this chunk: the place after it.
    pub(super) ends: Option<Position>,
}

/// A row that is to be scored.
pub(super) struct SelectedRow {
    pub(super) place: Place,
    pub(super) kept: Vec<Option<String>>,
    pub(super) prepared: Prepared,
}

/// The place of a row.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The input's place among the inputs, and its name.
    pub(super) number: usize,
    pub(super) input: Arc<str>,
    pub(super) row: u64,
    pub(super) line: Option<u64>,
    pub(super) id: Option<String>,
}

/// An entry of the quarantine file.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Quarantined {
    #[serde(skip)]
    pub(super) number: usize,
    #[serde(serialize_with = "as_text")]
    pub(super) input: Arc<str>,
    pub(super) row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Whether it covers all rows of its input from here on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) rest: bool,
}

fn as_text<S: serde::Serializer>(text: &str, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl Quarantined {
    pub(super) fn new(place: Place, fault: Fault) -> Self {
        let Place { number, input, row, line, id } = place;
        Self { number, input, row, line, id, code: fault.kind.code(), message: fault.message, rest: false }
    }
}

/// Reads the rows from a place on and sends them in chunks; ends where the receiver is gone.
pub(super) struct Reading<'a> {
    pub(super) plan: &'a Plan,
    pub(super) options: &'a ArchiveOptions,
    pub(super) names: &'a [Arc<str>],
    pub(super) send: SyncSender<Result<Chunk<SelectedRow>>>,
    /// Rows of all inputs, and wanted ones, that were read so far.
    pub(super) row: u64,
    pub(super) selected: u64,
    pub(super) chunk: Chunk<SelectedRow>,
    pub(super) bytes: usize,
    /// Whether the part under way has anything in it.
    pub(super) begun: bool,
    /// Set where nobody waits for rows any more.
    pub(super) unwanted: &'a AtomicBool,
}

/// The receiver of the rows is gone.
struct Unwanted;

impl Reading<'_> {
    pub(super) fn run(mut self, from: Position) {
        let mut at = from;
        for input in from.input..self.plan.inputs.len() {
            if at.input != input {
                at = Position { input, row: 0 };
            }
            match self.input(&mut at) {
                Ok(true) => {}
                Ok(false) => break,
                Err(Unwanted) => return,
            }
        }
        // The last part may have fewer rows than the others, or only a fault.
        if self.begun {
            let _ = self.end_part(at);
        }
    }

    /// Reads one input; the result is whether to continue with the next one.
    fn input(&mut self, at: &mut Position) -> std::result::Result<bool, Unwanted> {
        let opened = self.plan.open(at.input).and_then(|mut records| {
            let passed = records.pass_over(at.row)?;
            if passed == at.row {
                return Ok(records);
            }
            let name = &self.names[at.input];
            Err(Error::new(
                ErrorKind::DataInvalid,
                format!("{name} has {passed} rows; {} were read before", at.row),
            ))
        });
        let mut records = match opened {
            Ok(records) => records,
            Err(error) => return self.damaged(error, at),
        };
        loop {
            if self.options.limit.is_some_and(|limit| self.selected >= limit) {
                return Ok(false);
            }
            match records.next() {
                Ok(None) => return self.end_input(at.input).map(|()| true),
                Err(error) => return self.damaged(error, at),
                Ok(Some(record)) => {
                    at.row = record.number;
                    self.take(record, *at)?;
                }
            }
        }
    }

    fn take(&mut self, record: Record, at: Position) -> std::result::Result<(), Unwanted> {
        self.begun = true;
        let (row, line) = (record.number, record.line);
        if self.plan.wants(self.row, &record) {
            self.selected += 1;
            self.chunk.selected += 1;
            let Chosen { id, kept, ticket } = self.plan.choose(record, self.options);
            let place = Place { number: at.input, input: Arc::clone(&self.names[at.input]), row, line, id };
            match ticket {
                Ok(prepared) => {
                    self.bytes += prepared.ticket.text.as_ref().map_or(0, String::len);
                    self.bytes += kept.iter().flatten().map(String::len).sum::<usize>();
                    self.chunk.rows.push(SelectedRow { place, kept, prepared });
                }
                Err(fault) => {
                    self.bytes += fault.message.len();
                    self.chunk.faults.push(Quarantined::new(place, fault));
                }
            }
        }
        self.row += 1;
        self.chunk.read += 1;
        if self.row.is_multiple_of(self.options.part_rows) {
            return self.end_part(at);
        }
        let full = self.chunk.rows.len() + self.chunk.faults.len() >= CHUNK_ROWS
            || self.bytes >= CHUNK_BYTES
            || self.chunk.read >= 65_536;
        if full { self.flush(None) } else { Ok(()) }
    }

    /// Ends a part, whose rows are of bytes that were not changed until here.
    fn end_part(&mut self, at: Position) -> std::result::Result<(), Unwanted> {
        match self.plan.inputs.get(at.input).map_or(Ok(()), Input::unchanged) {
            Ok(()) => self.flush(Some(at)),
            Err(error) => self.stop(error),
        }
    }

    /// Ends an input, which still must have the digest by which the manifest names it.
    fn end_input(&mut self, place: usize) -> std::result::Result<(), Unwanted> {
        let unwanted = self.unwanted;
        let mut go_on = |_| {
            let stop = unwanted.load(Ordering::Relaxed);
            if stop { Err(Error::new(ErrorKind::Cancelled, "nobody waits")) } else { Ok(()) }
        };
        match self.plan.digests.check(place, &self.plan.inputs[place], &mut go_on) {
            Ok(()) => Ok(()),
            Err(error) => self.stop(error),
        }
    }

    /// Ends the run with an error, behind the rows that were read before it.
    fn stop(&mut self, error: Error) -> std::result::Result<(), Unwanted> {
        self.flush(None)?;
        let _ = self.send.send(Err(error));
        Err(Unwanted)
    }

    /// An input that cannot be read any further ends the run, or is skipped where the options have it so.
    fn damaged(&mut self, error: Error, at: &mut Position) -> std::result::Result<bool, Unwanted> {
        // What was changed meanwhile is not damaged, and not passed over.
        if let Err(changed) = self.plan.inputs[at.input].unchanged() {
            return self.stop(changed).map(|()| false);
        }
        if self.options.skip_damaged && error.kind() == ErrorKind::DataInvalid {
            let place = Place {
                number: at.input,
                input: Arc::clone(&self.names[at.input]),
                row: at.row + 1,
                line: None,
                id: None,
            };
            let fault = Fault::new(error.kind(), error.message());
            self.chunk.faults.push(Quarantined { rest: true, ..Quarantined::new(place, fault) });
            self.begun = true;
            // A run that resumes from here has counted the fault.
            *at = Position { input: at.input + 1, row: 0 };
            return Ok(true);
        }
        let error = if error.kind() == ErrorKind::DataInvalid {
            let message = format!(
                "{}; after row {}. The parts before it are done; the rest of this input can be passed over, and is then named in the quarantine file",
                error.message(),
                at.row
            );
            Error::new(ErrorKind::DataInvalid, message).at("skip_damaged")
        } else {
            error
        };
        self.stop(error).map(|()| false)
    }

    fn flush(&mut self, ends: Option<Position>) -> std::result::Result<(), Unwanted> {
        let part = self.chunk.part;
        let next = Chunk::new(if ends.is_some() { part + 1 } else { part });
        let mut chunk = std::mem::replace(&mut self.chunk, next);
        chunk.ends = ends;
        self.bytes = 0;
        self.begun &= ends.is_none();
        self.send.send(Ok(chunk)).map_err(|_| Unwanted)
    }
}

impl<R> Chunk<R> {
    pub(super) fn new(part: u64) -> Self {
        Self { part, rows: Vec::new(), faults: Vec::new(), read: 0, selected: 0, ends: None }
    }
}

/// Writes parts until no more chunks come, and returns the directory with the counts that were added to it.
pub(super) fn write(
    mut folder: Folder,
    mut quarantine_bytes: u64,
    plan: &Plan,
    options: &ArchiveOptions,
    scored: &Receiver<Chunk<OutRow>>,
) -> Result<(Folder, Tally)> {
    let (mut all, mut part) = (Tally::default(), Tally::default());
    let mut writer: Option<PartWriter> = None;
    let mut faults = None;
    for chunk in scored {
        let name = part_name(chunk.part, options.format.extension());
        for row in &chunk.rows {
            let open = if let Some(open) = &mut writer {
                open
            } else {
                let place = folder.path(&format!("{name}{PARTIAL}"));
                writer.insert(PartWriter::create(place, options.format, &plan.shape)?)
            };
            open.push(row)?;
            gate("row-written");
            part.count(&plan.shape.layout, row);
        }
        for fault in &chunk.faults {
            let line = quarantine(&mut folder, fault)?;
            quarantine_bytes += line.len() as u64;
            faults.get_or_insert_with(Sha256::new).update(&line);
            part.damaged.extend(fault.rest.then(|| fault.input.to_string()));
        }
        part.rows += chunk.read;
        part.selected += chunk.selected;
        part.quarantined += chunk.faults.len() as u64;
        let Some(next) = chunk.ends else { continue };
        let written = writer.take().map(PartWriter::finish).transpose()?;
        let done = PartDone {
            part: chunk.part,
            file: written.is_some().then_some(name),
            bytes: written.as_ref().map_or(0, |written| written.bytes),
            digest: written.map(|written| written.digest),
            next,
            quarantine_bytes,
            quarantine_digest: faults.take().map(|hash| digest_named(&hash.finalize())),
            tally: std::mem::take(&mut part),
        };
        folder.commit(&done)?;
        all.add(&done.tally);
    }
    Ok((folder, all))
}

/// Writes an entry, and returns its line.
fn quarantine(folder: &mut Folder, entry: &Quarantined) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(entry).map_err(|e| Error::new(ErrorKind::Internal, e.to_string()))?;
    line.push(b'\n');
    folder.quarantine.write_all(&line).map_err(|e| Error::io(&folder.path(QUARANTINE), e))?;
    Ok(line)
}
