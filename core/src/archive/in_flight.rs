//! Chunks of rows on their way through the engine, each text once.

use std::sync::{Arc, OnceLock};

use quick_cache::unsync::Cache;
use sha2::{Digest, Sha256};

use super::options::ArchiveOptions;
use super::work::{Chunk, Quarantined, SelectedRow};
use super::write::OutRow;
use crate::engine::stream::{Steps, Unplaced};
use crate::score::{Cell, Layout};
use crate::table::Fault;
use crate::{Analysis, AnalyzeOptions, Engine, Error, ErrorKind, Result, Ticket};

/// Texts whose scores are kept for when they come again: some hundred bytes each.
const REMEMBERED: usize = 1 << 16;

/// The engine's answer for one text, once it is there.
type Answer = Arc<OnceLock<std::result::Result<Arc<Vec<Option<Cell>>>, Fault>>>;

/// A digest of everything that a ticket's scores depend on.
type Key = [u8; 16];

pub(super) struct InFlight<'a> {
    layout: &'a Layout,
    /// Whether the answer depends on the ticket's id.
    by_id: bool,
    under_way: Steps<Flight>,
    known: Cache<Key, Answer>,
    pub(super) repeated: u64,
    pub(super) tokens: u64,
}

/// A chunk that the engine works on.
struct Flight {
    chunk: Chunk<SelectedRow>,
    answers: Vec<Answer>,
    /// The answers that wait for the tickets that were not known.
    waiting: Vec<Answer>,
}

impl<'a> InFlight<'a> {
    pub(super) fn new(engine: &Engine, layout: &'a Layout, options: &ArchiveOptions) -> Result<Self> {
        let mut call = AnalyzeOptions::default();
        call.outputs.clone_from(&options.outputs);
        call.route.clone_from(&options.route);
        let by_id = engine.install(|pipeline| Ok(pipeline.router().policy().0.exploration.is_some()))?;
        let (under_way, known) = (Steps::new(engine, call), Cache::new(REMEMBERED));
        Ok(Self { layout, by_id, under_way, known, repeated: 0, tokens: 0 })
    }

    pub(super) fn takes_more(&self) -> bool {
        self.under_way.takes_more()
    }

    /// Hands the texts that were not scored before to the engine.
    pub(super) fn begin(&mut self, mut chunk: Chunk<SelectedRow>) -> Result<()> {
        let (mut answers, mut tickets, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for row in &mut chunk.rows {
            let ticket = std::mem::take(&mut row.prepared.ticket);
            let key = key(&ticket, self.by_id)?;
            if let Some(answer) = self.known.get(&key) {
                self.repeated += 1;
                answers.push(Arc::clone(answer));
                continue;
            }
            let answer = Answer::default();
            self.known.insert(key, Arc::clone(&answer));
            answers.push(Arc::clone(&answer));
            waiting.push(answer);
            tickets.push(ticket);
        }
        self.under_way.push(Flight { chunk, answers, waiting }, Arc::new(Unplaced(tickets)));
        Ok(())
    }

    /// Waits for the chunk that began first; `None` where none is under way.
    pub(super) fn end(&mut self, idle: &mut dyn FnMut() -> Result<()>) -> Result<Option<Chunk<OutRow>>> {
        let Some((flight, results)) = self.under_way.next(idle)? else { return Ok(None) };
        for (result, answer) in results.into_iter().zip(&flight.waiting) {
            self.answer(answer, result);
        }
        let Chunk { part, rows, mut faults, read, selected, ends } = flight.chunk;
        let mut scored = Vec::with_capacity(rows.len());
        for (SelectedRow { place, kept, prepared }, answer) in rows.into_iter().zip(flight.answers) {
            match answer.get() {
                Some(Ok(cells)) => scored.push(OutRow {
                    input: place.input,
                    number: place.row,
                    id: place.id,
                    kept,
                    cells: Arc::clone(cells),
                    removed: prepared.removed,
                    month: prepared.month,
                }),
                Some(Err(fault)) => faults.push(Quarantined::new(place, fault.clone())),
                None => return Err(Error::new(ErrorKind::Internal, "a chunk ended before an earlier one")),
            }
        }
        faults.sort_by_key(|fault| (fault.number, fault.rest, fault.row));
        Ok(Some(Chunk { part, rows: scored, faults, read, selected, ends }))
    }

    fn answer(&mut self, answer: &Answer, result: Result<Analysis>) {
        let result = match result {
            Ok(analysis) => {
                self.tokens += analysis.usage.tokens as u64;
                Ok(Arc::new(self.layout.cells(&analysis)))
            }
            Err(error) => Err(Fault::new(error.kind(), error.message())),
        };
        // Set once: an answer waits in one chunk alone.
        let _ = answer.set(result);
    }
}

fn key(ticket: &Ticket, by_id: bool) -> Result<Key> {
    let mut hash = Sha256::new();
    hash.update(ticket.text.as_deref().unwrap_or_default());
    if ticket.urgency.is_some() || ticket.customer_history.is_some() || by_id {
        let id = ticket.id.as_ref().filter(|_| by_id);
        let others = serde_json::to_vec(&(&ticket.urgency, &ticket.customer_history, id));
        hash.update([0]);
        hash.update(others.map_err(|e| Error::new(ErrorKind::Internal, e.to_string()))?);
    }
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    Ok(key)
}
