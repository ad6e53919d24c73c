//! What waits: calls to tokenize, rows to run, and which of them is next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::admission::{Ahead, Pace, Refusal, in_time, late};
use super::call::Call;
use super::in_flight::{InFlight, JobNumber};
use super::queue::{ModelQueue, Picked, QueuedRow};
use crate::{Error, ErrorKind, Result, Shutdown};

/// Tickets of one call that are tokenized ahead of the batches: enough to fill batches, and where an encoder
/// pads, to find texts of near-equal length among.
const WINDOW: usize = 512;

/// The time between two searches for calls that will be late.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Tickets that are tokenized in one turn.
pub(super) const TURN: usize = 64;

/// The work of an engine that is not done yet.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// Calls with tickets to tokenize.
    calls: VecDeque<PendingCall>,
    /// Tickets that may wait.
    limit: usize,
    /// Calls that wait for others to leave the queue.
    before: VecDeque<Arc<Call>>,
    in_flight: InFlight,
    /// Tokenized rows, by the model that reads them next.
    queues: Vec<ModelQueue>,
    pace: Pace,
    /// When calls that will be late were last looked for; `None` where the next turn must look.
    looked: Option<Instant>,
    /// Threads at work, and all that there are.
    running: usize,
    threads: usize,
    closed: Option<Shutdown>,
}

/// A call whose tickets from `next` on are not tokenized yet.
#[derive(Debug)]
pub(crate) struct PendingCall {
    pub(super) call: Arc<Call>,
    pub(super) next: usize,
    /// Of the tickets from `next` on.
    pub(super) work: u64,
}

impl PendingCall {
    fn new(call: &Arc<Call>) -> Self {
        Self { call: Arc::clone(call), next: 0, work: call.work }
    }

    /// The number of tickets that wait here; for a long call, as many as its window has space for.
    fn waiting(&self) -> usize {
        (self.call.rows - self.next).min(WINDOW.saturating_sub(self.call.queued()))
    }
}

/// The next job of a thread.
pub(crate) enum Job {
    Tokenize(PendingCall),
    Run(usize, Picked),
}

impl Backlog {
    pub(super) fn new(queues: Vec<ModelQueue>, threads: usize, limit: usize) -> Self {
        Self {
            calls: VecDeque::new(),
            limit,
            before: VecDeque::new(),
            in_flight: InFlight::default(),
            queues,
            pace: Pace::default(),
            looked: None,
            running: 0,
            threads,
            closed: None,
        }
    }

    /// Takes a call, or refuses it, unless it waits; those that nobody waits for any more go to `gone`.
    pub(super) fn accept(&mut self, call: &Arc<Call>, gone: &mut Vec<Arc<Call>>) -> Result<()> {
        if self.closed.is_some() {
            return Err(closed());
        }
        if call.rows == 0 {
            return Ok(());
        }
        let is_late = |state: &Self| !call.waits && state.in_time(call).is_err();
        if !self.fits(call) || is_late(self) {
            self.sweep(gone);
        }
        // Calls that wait come in their order.
        if call.waits && (!self.before.is_empty() || !self.fits(call)) {
            self.before.push_back(Arc::clone(call));
            return Ok(());
        }
        if !self.fits(call) {
            let (waiting, more, limit) = (self.depth(), call.rows.min(WINDOW), self.limit);
            let message = format!("{waiting} tickets wait, and {more} more are over the limit of {limit}");
            let error = Error::new(ErrorKind::Overloaded, message);
            // As many must leave as do not fit.
            let excess = (waiting + more).saturating_sub(limit).min(waiting);
            let work = self.ahead(0).waiting / waiting.max(1) as u64 * excess as u64;
            return Err(match self.pace.time(work) {
                Some(time) => error.after(time),
                None => error,
            });
        }
        if !call.waits {
            self.in_time(call)?;
        }
        self.calls.push_back(PendingCall::new(call));
        Ok(())
    }

    /// Refuses a call that what waits would keep from its deadline. An idle engine accepts any call.
    fn in_time(&self, call: &Call) -> Result<()> {
        let Some(left) = call.time_left() else { return Ok(()) };
        let ahead = self.ahead(call.work);
        if ahead.is_nothing() {
            return Ok(());
        }
        match self.pace.time(ahead.until(call.work)).zip(self.pace.time(call.work)) {
            Some((time, alone)) => in_time(time, alone, left),
            None => Ok(()),
        }
    }

    /// Refuses calls that were accepted and cannot be answered in time: before the first pass nothing was
    /// measured, smaller calls have come since, and the machine may have become slower.
    pub(super) fn refuse_late(&mut self, gone: &mut Vec<Arc<Call>>, refused: &mut Vec<Refusal>) {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY) {
            return;
        }
        self.looked = Some(Instant::now());
        // What was refused before waits no more.
        self.sweep(gone);
        let mut waiting: Vec<_> = self.waiting().collect();
        waiting.sort_by_key(|(call, _)| (call.submitted, Arc::as_ptr(call)));
        waiting.dedup_by(|(next, more), (call, work)| {
            let same = Arc::ptr_eq(next, call);
            *work += if same { *more } else { 0 };
            same
        });
        refused.extend(late(&self.pace, &waiting, self.passes()));
    }

    /// The calls that wait with their work, some in more than one place.
    fn waiting(&self) -> impl Iterator<Item = (&Arc<Call>, u64)> {
        let pending = self.calls.iter().map(|pending| (&pending.call, pending.work));
        pending.chain(self.in_flight.tokenizing()).chain(self.queues.iter().flat_map(ModelQueue::work))
    }

    /// The work of the passes that have to end before another one can begin: none where a thread is idle.
    fn passes(&self) -> u64 {
        if self.running < self.threads { 0 } else { self.in_flight.passes() }
    }

    /// The work before a call of `own` work.
    fn ahead(&self, own: u64) -> Ahead {
        let none = Ahead { passes: self.passes(), ..Ahead::default() };
        self.waiting().fold(none, |ahead, (call, work)| Ahead {
            waiting: ahead.waiting + work,
            smaller: ahead.smaller + if call.work_left() <= own { work } else { 0 },
            ..ahead
        })
    }

    /// Whether a call fits behind the tickets that wait. An idle engine accepts a call of any length.
    fn fits(&self, call: &Call) -> bool {
        let waiting = self.depth();
        waiting == 0 || waiting + call.rows.min(WINDOW) <= self.limit
    }

    /// Takes the calls that waited for others into the queue, as far as they fit.
    fn admit(&mut self) {
        while self.before.front().is_some_and(|call| self.fits(call))
            && let Some(call) = self.before.pop_front()
        {
            self.calls.push_back(PendingCall::new(&call));
        }
    }

    /// Counts one more thread as running, if there may be one more.
    pub(super) fn engage(&mut self) -> bool {
        let more = self.running < self.threads;
        self.running += usize::from(more);
        more
    }

    /// Threads at work.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// One thread fewer is at work.
    pub(super) fn disengage(&mut self) {
        self.running -= 1;
    }

    /// Accepts nothing more.
    pub(super) fn close(&mut self, shutdown: Shutdown) {
        self.closed = Some(shutdown);
    }

    /// Takes the rows of a call that a job has tokenized, and what is left of it to tokenize.
    pub(super) fn tokenized(&mut self, job: JobNumber, rows: Vec<QueuedRow>, rest: PendingCall) {
        self.ended(job);
        self.queues[0].push(&rest.call, rows);
        if rest.next < rest.call.rows {
            self.calls.push_back(rest);
        }
    }

    /// What a job has taken counts no more.
    pub(super) fn ended(&mut self, job: JobNumber) {
        self.in_flight.end(job);
    }

    /// A row that has the logits of some models waits for the next one.
    pub(super) fn push(&mut self, call: &Arc<Call>, row: QueuedRow) {
        self.queues[row.logits.len()].push(call, vec![row]);
    }

    /// So much work was tokenized in this time.
    pub(super) fn timed(&mut self, work: u64, time: Duration, threads: usize) {
        self.pace.tokenized(work, time, threads);
    }

    /// A pass over rows of so much work took so long; what follows it has no work of its own.
    pub(super) fn passed(&mut self, work: u64, time: Duration, threads: usize) {
        let first = !self.pace.is_measured();
        self.pace.passed(work, time, threads);
        if first && self.pace.is_measured() {
            self.looked = None;
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.closed == Some(Shutdown::Cancel)
    }

    pub(super) fn has_work(&self) -> bool {
        !self.calls.is_empty() || !self.before.is_empty() || self.queues.iter().any(|queue| !queue.is_empty())
    }

    /// Tokenizing comes before running, until a call's window is full: it is what makes batches full. The
    /// last model comes first: its rows are nearest to their answers.
    pub(super) fn next(&mut self, gone: &mut Vec<Arc<Call>>) -> Option<(JobNumber, Job)> {
        self.admit();
        let ready = |pending: &PendingCall| pending.call.queued() + TURN <= WINDOW;
        if let Some(pending) = self.calls.iter().position(ready).and_then(|index| self.calls.remove(index)) {
            let job = self.in_flight.tokenize(&pending.call, pending.work, pending.waiting());
            return Some((job, Job::Tokenize(pending)));
        }
        self.sweep(gone);
        let mut queues = self.queues.iter_mut().enumerate().rev();
        let (index, picked) = queues.find_map(|(index, queue)| Some((index, queue.pick()?)))?;
        let job = self.in_flight.run(picked.iter().map(|(_, row)| row.work).sum());
        Some((job, Job::Run(index, picked)))
    }

    /// Tickets that wait; of a long call no more than its window.
    pub(super) fn depth(&self) -> usize {
        let pending: usize = self.calls.iter().map(PendingCall::waiting).sum();
        pending + self.in_flight.tickets() + self.queues.iter().map(ModelQueue::rows).sum::<usize>()
    }

    /// Moves the calls that nobody waits for any more to `gone`: they are released without the lock, since
    /// their callers' code runs then.
    pub(super) fn sweep(&mut self, gone: &mut Vec<Arc<Call>>) {
        self.calls.retain(|pending| {
            let wanted = pending.call.is_wanted();
            if !wanted {
                gone.push(Arc::clone(&pending.call));
            }
            wanted
        });
        self.before.retain(|call| {
            let wanted = call.is_wanted();
            if !wanted {
                gone.push(Arc::clone(call));
            }
            wanted
        });
        for queue in &mut self.queues {
            queue.sweep(gone);
        }
    }

    pub(super) fn everyone(&self) -> Vec<Arc<Call>> {
        let pending = self.calls.iter().map(|pending| &pending.call);
        pending.chain(&self.before).chain(self.queues.iter().flat_map(ModelQueue::calls)).cloned().collect()
    }
}

pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::InvalidInput, "the engine is closed")
}
