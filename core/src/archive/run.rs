//! Scoring an archive: reading, inference and writing at the same time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use super::folder::Folder;
use super::in_flight::InFlight;
use super::journal::Done;
use super::options::ArchiveOptions;
use super::plan::Plan;
use super::summary;
use super::work::{Chunk, Quarantined, Reading, SelectedRow, write};
use super::write::OutRow;
use super::{ArchiveProgress, ArchiveReport, ArchiveStage};
use crate::table::{ColumnMapping, Input, Notice, SkippedColumn};
use crate::{Engine, Error, ErrorKind, OnProgress, Result};

/// Chunks that wait between two threads.
const WAITING: usize = 4;

/// The longest time between two reports of progress.
const PAUSE: Duration = Duration::from_millis(50);

/// An archive that is ready to be scored: its inputs can be opened, and the columns of the fields are known.
pub struct Archive {
    pub(super) engine: Engine,
    pub(super) options: ArchiveOptions,
    pub(super) plan: Plan,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive")
            .field("inputs", &self.inputs())
            .field("columns", &self.columns())
            .finish_non_exhaustive()
    }
}

impl Archive {
    /// Finds the inputs, reads them once for their digests, and chooses the columns and, of a sample, the
    /// rows.
    ///
    /// `inputs` are files, directories, patterns with `*`, `-` for standard input, or addresses of objects;
    /// they are read one after the other. `progress` is called some times a second; an error that it returns
    /// stops the work and is the result.
    ///
    /// # Errors
    /// `invalid-input` for options that do not fit, or an input that does not exist; `data-invalid` for one
    /// that is damaged, or lacks a column; `too-large` for one that has too many columns, or unpacks to more
    /// than it may ([`Reading::max_unpacked`](crate::table::Reading::max_unpacked)), and for a condition of
    /// more than 16 MiB; `io`, `network`.
    pub fn open(
        engine: &Engine,
        inputs: &[String],
        options: ArchiveOptions,
        progress: OnProgress<'_, ArchiveProgress>,
    ) -> Result<Self> {
        let plan = Plan::new(engine, inputs, &options, progress)?;
        Ok(Self { engine: engine.clone(), options, plan })
    }

    /// The column of each field that has one.
    pub fn columns(&self) -> &[ColumnMapping] {
        &self.plan.taken
    }

    /// The columns that have a field's name, and were skipped.
    pub fn skipped(&self) -> &[SkippedColumn] {
        &self.plan.skipped
    }

    /// Notices for a person about the rows read so far: rows that can be read, but may be meant otherwise.
    pub fn notices(&self) -> Vec<Notice> {
        self.plan.inputs.iter().flat_map(Input::notices).collect()
    }

    /// The names of the inputs, in the order in which they are read.
    pub fn inputs(&self) -> Vec<&str> {
        self.plan.inputs.iter().map(|input| input.name.as_str()).collect()
    }

    /// The columns that are copied to the output, each with its name there.
    pub fn kept(&self) -> impl Iterator<Item = (&str, &str)> {
        self.plan
            .keep
            .iter()
            .zip(&self.plan.shape.kept)
            .map(|(column, name)| (column.as_str(), name.as_str()))
    }

    /// Scores into a directory. Started again, it resumes an interrupted run, once the parts that are done
    /// have the digests with which they were written; for a run that is complete it does nothing more. A part
    /// whose file was deleted is scored once more, and so are those after it. `progress` as in
    /// [`Archive::open`].
    ///
    /// # Errors
    /// `invalid-input` where the directory holds another run, or one that is under way; `data-invalid` for a
    /// damaged input, one that is changed while it is read, a part that was changed after it was written,
    /// or more faulty rows than [`ArchiveOptions::max_errors`]; `io`, where the disk is full,
    /// for example; `network`; and those of the engine. Parts that are complete stay.
    pub fn score(&self, output: &Path, progress: OnProgress<'_, ArchiveProgress>) -> Result<ArchiveReport> {
        let Self { engine, options, plan } = self;
        let manifest = plan.manifest(engine, options)?;
        let mut checking = |bytes, all_bytes| {
            let stage = ArchiveStage::Checking;
            progress(ArchiveProgress { stage, bytes, all_bytes, ..ArchiveProgress::default() })
        };
        let (folder, done) = Folder::open(output, &manifest, &mut checking)?;
        let began = Instant::now();
        let state = ArchiveProgress {
            stage: ArchiveStage::Scoring,
            rows: done.tally.rows,
            all_rows: plan.known_rows(),
            all_bytes: plan.bytes(),
            errors: done.tally.quarantined,
            ..ArchiveProgress::default()
        };
        if let Some(error) = too_many(done.tally.quarantined, options.max_errors, None) {
            return Err(error);
        }
        plan.inputs.iter().for_each(Input::recount);
        let mut run = Run { options, plan, state, began, progress };
        let mut tally = done.tally.clone();
        if !done.whole {
            let (folder, added) = run.score(engine, folder, &done)?;
            tally.add(&added);
            folder.finish(&summary::page(&manifest, &tally)?, &tally)?;
        }
        Ok(ArchiveReport {
            tally,
            resumed_parts: done.parts,
            scored_now: run.state.scored,
            repeated: run.state.repeated,
            tokens_now: run.state.tokens,
            seconds: began.elapsed().as_secs_f64(),
        })
    }
}

struct Run<'a> {
    options: &'a ArchiveOptions,
    plan: &'a Plan,
    state: ArchiveProgress,
    began: Instant,
    progress: OnProgress<'a, ArchiveProgress>,
}

impl Run<'_> {
    fn score(&mut self, engine: &Engine, folder: Folder, done: &Done) -> Result<(Folder, super::Tally)> {
        let mut in_flight = InFlight::new(engine, &self.plan.shape.layout, self.options)?;
        let names: Vec<Arc<str>> =
            self.plan.inputs.iter().map(|input| Arc::from(input.name.as_str())).collect();
        let (plan, options, from) = (self.plan, self.options, done.next);
        let unwanted = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (send, chunks) = sync_channel(WAITING);
            let (hand_over, scored) = sync_channel(WAITING);
            let reading = Reading {
                plan,
                options,
                names: &names,
                send,
                row: done.tally.rows,
                selected: done.tally.selected,
                chunk: Chunk::new(done.parts),
                bytes: 0,
                begun: false,
                unwanted: &unwanted,
            };
            let reader = scope.spawn(move || reading.run(from));
            let quarantined = done.quarantine_bytes;
            let writer = scope.spawn(move || write(folder, quarantined, plan, options, &scored));
            let ran = self.drive(&mut in_flight, &chunks, &hand_over);
            // Both threads end when the other ends of their channels are dropped.
            unwanted.store(true, Ordering::Relaxed);
            drop((chunks, hand_over));
            // A reader that panicked looks like the end of the inputs, and is not.
            let read = reader.join().map_err(|_| Error::new(ErrorKind::Internal, "the reader panicked"));
            let written =
                writer.join().map_err(|_| Error::new(ErrorKind::Internal, "the writer panicked"))?;
            // The writer's error is the cause of the error here.
            let written = written?;
            ran.and(read).map(|()| written)
        })
    }

    /// Takes chunks from the reader through the engine to the writer.
    fn drive(
        &mut self,
        in_flight: &mut InFlight<'_>,
        chunks: &Receiver<Result<Chunk<SelectedRow>>>,
        hand_over: &SyncSender<Chunk<OutRow>>,
    ) -> Result<()> {
        let mut last = None;
        let mut open = true;
        loop {
            while open && in_flight.takes_more() {
                match chunks.try_recv() {
                    Ok(Ok(chunk)) => in_flight.begin(chunk)?,
                    // Rows that were read before the fault are scored first.
                    Ok(Err(error)) => (last, open) = (Some(error), false),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => open = false,
                }
            }
            let counts = (in_flight.repeated, in_flight.tokens);
            let scored = in_flight.end(&mut || self.report(counts, 0, 0))?;
            let Some(scored) = scored else {
                if !open {
                    return last.map_or(Ok(()), Err);
                }
                match chunks.recv_timeout(PAUSE) {
                    Ok(Ok(chunk)) => in_flight.begin(chunk)?,
                    Ok(Err(error)) => (last, open) = (Some(error), false),
                    // The reader passes over rows that were scored before, or waits for bytes.
                    Err(RecvTimeoutError::Timeout) => self.report(counts, 0, 0)?,
                    Err(RecvTimeoutError::Disconnected) => open = false,
                }
                continue;
            };
            let (rows, count) = (scored.read, scored.rows.len() as u64);
            let over = self.over(&scored);
            if hand_over.send(scored).is_err() {
                return Err(Error::new(ErrorKind::Internal, "the writer ended early"));
            }
            over.map_or(Ok(()), Err)?;
            self.report((in_flight.repeated, in_flight.tokens), rows, count)?;
        }
    }

    /// Counts the faults, and returns an error where there are more than are allowed.
    fn over(&mut self, scored: &Chunk<OutRow>) -> Option<Error> {
        self.state.errors += scored.faults.len() as u64;
        let last = scored.faults.last()?;
        too_many(self.state.errors, self.options.max_errors, Some(last))
    }

    fn report(&mut self, (repeated, tokens): (u64, u64), rows: u64, scored: u64) -> Result<()> {
        self.state.rows += rows;
        self.state.scored += scored;
        (self.state.repeated, self.state.tokens) = (repeated, tokens);
        self.state.seconds = self.began.elapsed().as_secs_f64();
        self.state.bytes = self.plan.bytes_read();
        (self.progress)(self.state)
    }
}

/// The error of a run with more faulty rows than it may have.
fn too_many(errors: u64, allowed: u64, last: Option<&Quarantined>) -> Option<Error> {
    if errors <= allowed {
        return None;
    }
    let last = last.map_or_else(String::new, |last| {
        format!("; the last: {} row {}: {}", last.input, last.row, last.message)
    });
    let message = format!(
        "{errors} rows could not be read or scored, and {allowed} may{last}. The quarantine file has all of them"
    );
    Some(Error::new(ErrorKind::DataInvalid, message).at("max_errors"))
}
