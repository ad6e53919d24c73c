//! Chunks of rows on their way through the engine, each text once.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use quick_cache::unsync::Cache;
use sha2::{Digest, Sha256};

use super::options::ArchiveOptions;
use super::read::Fault;
use super::work::{Chunk, Quarantined, Row};
use super::write::OutRow;
use crate::score::{Cell, Layout, wait};
use crate::{Analysis, AnalyzeOptions, Engine, Error, ErrorKind, Pending, Result, Ticket, Tickets};

/// Chunks under way at a time, so that no thread waits for a chunk's last row.
const UNDER_WAY: usize = 6;

/// Texts whose scores are kept for when they come again: some hundred bytes each.
const REMEMBERED: usize = 1 << 16;

/// What the engine says of one text, once it has.
type Answer = Arc<OnceLock<std::result::Result<Arc<Vec<Option<Cell>>>, Fault>>>;

/// What a ticket's scores depend on, as a digest.
type Key = [u8; 16];

pub(super) struct Flights<'a> {
    engine: &'a Engine,
    layout: &'a Layout,
    call: AnalyzeOptions,
    /// Whether the answer depends on the ticket's id.
    by_id: bool,
    under_way: VecDeque<Flight>,
    known: Cache<Key, Answer>,
    pub(super) repeated: u64,
    pub(super) tokens: u64,
}

/// A chunk that the engine works on.
struct Flight {
    chunk: Chunk<Row>,
    answers: Vec<Answer>,
    /// The tickets that were not known, with the answers that wait for them.
    tickets: Arc<Vec<Ticket>>,
    waiting: Vec<Answer>,
    pending: Option<Pending<Vec<Analysis>>>,
}

impl<'a> Flights<'a> {
    pub(super) fn new(engine: &'a Engine, layout: &'a Layout, options: &ArchiveOptions) -> Result<Self> {
        let mut call = AnalyzeOptions::default();
        call.outputs.clone_from(&options.outputs);
        call.route.clone_from(&options.route);
        let by_id = engine.install(|pipeline| Ok(pipeline.router().policy().0.exploration.is_some()))?;
        let (under_way, known) = (VecDeque::new(), Cache::new(REMEMBERED));
        Ok(Self { engine, layout, call, by_id, under_way, known, repeated: 0, tokens: 0 })
    }

    pub(super) fn has_room(&self) -> bool {
        self.under_way.len() < UNDER_WAY
    }

    /// Hands over what was not scored before.
    pub(super) fn begin(&mut self, mut chunk: Chunk<Row>) -> Result<()> {
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
        let tickets = Arc::new(tickets);
        let pending = (!tickets.is_empty()).then(|| {
            let source: Arc<dyn Tickets> = Arc::clone(&tickets) as _;
            self.engine.submit_from(source, &self.call)
        });
        self.under_way.push_back(Flight { chunk, answers, tickets, waiting, pending });
        Ok(())
    }

    /// Waits for the chunk that began first; `None` where none is under way.
    pub(super) fn end(&mut self, idle: &mut dyn FnMut() -> Result<()>) -> Result<Option<Chunk<OutRow>>> {
        let Some(mut flight) = self.under_way.pop_front() else { return Ok(None) };
        if let Some(pending) = flight.pending.take() {
            self.settle(&flight, pending, idle)?;
        }
        let Chunk { part, rows, mut faults, read, selected, ends } = flight.chunk;
        let mut scored = Vec::with_capacity(rows.len());
        for (Row { place, kept, prepared }, answer) in rows.into_iter().zip(flight.answers) {
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

    fn settle(
        &mut self,
        flight: &Flight,
        pending: Pending<Vec<Analysis>>,
        idle: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        let source: Arc<dyn Tickets> = Arc::clone(&flight.tickets) as _;
        match wait(self.engine, &self.call, &source, pending, idle) {
            Ok(analyses) => {
                for (analysis, answer) in analyses.iter().zip(&flight.waiting) {
                    self.answer(answer, Ok(analysis));
                }
                Ok(())
            }
            // One bad ticket fails its call: each by itself, so that only it is lost.
            Err(error) if is_of_a_ticket(&error) => {
                for (ticket, answer) in flight.tickets.iter().zip(&flight.waiting) {
                    let source: Arc<dyn Tickets> = Arc::new(vec![ticket.clone()]);
                    let pending = self.engine.submit_from(Arc::clone(&source), &self.call);
                    match wait(self.engine, &self.call, &source, pending, idle) {
                        Ok(analyses) => {
                            let only = analyses.first();
                            let only = only.ok_or_else(|| {
                                Error::new(ErrorKind::Internal, "one ticket gave no analysis")
                            })?;
                            self.answer(answer, Ok(only));
                        }
                        Err(error) if is_of_a_ticket(&error) => self.answer(answer, Err(&error)),
                        Err(error) => return Err(error),
                    }
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn answer(&mut self, answer: &Answer, said: std::result::Result<&Analysis, &Error>) {
        let said = match said {
            Ok(analysis) => {
                self.tokens += analysis.usage.tokens as u64;
                Ok(Arc::new(self.layout.cells(analysis)))
            }
            Err(error) => Err(Fault { kind: error.kind(), message: error.message().to_owned() }),
        };
        // Set once: an answer waits in one flight alone.
        let _ = answer.set(said);
    }
}

/// Whether an error can be of one ticket; the others are of the engine or of its machine.
fn is_of_a_ticket(error: &Error) -> bool {
    use ErrorKind::{Internal, InvalidInput, TooLarge, TooLong};
    matches!(error.kind(), InvalidInput | TooLong | TooLarge | Internal)
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
