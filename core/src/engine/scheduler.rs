//! Many callers, one stream of batches: calls are tokenized and run in turns, and each gets its answers in
//! its own order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use frontdesk_models::encoder::TokenBatch;

use super::call::Call;
use super::queue::{ModelQueue, Picked, QueuedRow};
use crate::error::guarded;
use crate::metrics::Recorder;
use crate::pipeline::Pipeline;
use crate::{Error, ErrorKind, Result, Shutdown};

/// Tickets of one call that are tokenized ahead of the batches: enough to fill batches, and where an encoder
/// pads, to find texts of near-equal length among.
const WINDOW: usize = 512;

/// Tickets that are tokenized in one turn.
const TURN: usize = 64;

/// Gives work to the threads of one pool.
#[derive(Debug)]
pub(crate) struct Scheduler {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) recorder: Recorder,
    threads: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Calls with tickets to tokenize.
    calls: VecDeque<PendingCall>,
    /// Tickets that may wait.
    limit: usize,
    /// Calls that wait for others to leave the queue.
    before: VecDeque<Arc<Call>>,
    /// Tickets of calls that are being tokenized right now.
    taken: usize,
    /// Tokenized rows, by the model that reads them next.
    queues: Vec<ModelQueue>,
    /// Threads at work.
    running: usize,
    closed: Option<Shutdown>,
}

/// A call whose tickets from `next` on are not tokenized yet.
#[derive(Debug)]
struct PendingCall {
    call: Arc<Call>,
    next: usize,
}

impl PendingCall {
    /// The number of tickets that wait here; for a long call, as many as its window has space for.
    fn waiting(&self) -> usize {
        (self.call.rows - self.next).min(WINDOW.saturating_sub(self.call.queued()))
    }
}

/// The next job of a thread.
enum Job {
    /// With the number of tickets that are counted as taken by it.
    Tokenize(PendingCall, usize),
    Run(usize, Picked),
}

impl Scheduler {
    pub(crate) fn new(pipeline: Arc<Pipeline>, threads: usize, limit: usize) -> Arc<Self> {
        let queues = pipeline.stages().iter().map(|stage| ModelQueue::new(stage.model.pads())).collect();
        let (calls, before) = (VecDeque::new(), VecDeque::new());
        let state = State { calls, limit, before, taken: 0, queues, running: 0, closed: None };
        Arc::new(Self { pipeline, recorder: Recorder::new(), threads, state: Mutex::new(state) })
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as another.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts a call, or refuses it: `overloaded` where its tickets do not fit behind those that wait,
    /// unless it `waits` for that. `true`: a thread should run [`Scheduler::work`].
    pub(crate) fn accept(&self, call: &Arc<Call>, waits: bool) -> Result<bool> {
        let mut gone = Vec::new();
        let accepted = self.state().accept(call, waits, &mut gone);
        release(gone);
        let counter = if accepted.is_ok() { &self.recorder.calls } else { &self.recorder.overloaded };
        if accepted.as_ref().map_err(Error::kind) != Err(ErrorKind::InvalidInput) {
            Recorder::add(counter, 1);
        }
        accepted?;
        if call.rows == 0 {
            call.finish();
            return Ok(false);
        }
        Ok(self.state().engage(self.threads))
    }

    /// Works until nothing waits. `engage` starts one more thread on this.
    pub(crate) fn work(&self, engage: &dyn Fn()) {
        loop {
            let mut gone = Vec::new();
            let (job, more) = {
                let mut state = self.state();
                let job = state.next(&mut gone);
                if job.is_none() {
                    state.running -= 1;
                }
                (job, state.has_work() && state.engage(self.threads))
            };
            release(gone);
            if more {
                engage();
            }
            let Some(job) = job else { return };
            match job {
                Job::Tokenize(pending, counted) => self.tokenize(pending, counted),
                Job::Run(queue, picked) => self.run(queue, picked),
            }
            // Callers that use the pool itself, to train or to evaluate, get a turn.
            rayon::yield_now();
        }
    }

    /// One thread fewer: its work ended in a panic.
    pub(crate) fn lost_thread(&self) {
        self.state().running -= 1;
    }

    /// Accepts nothing more; what has not begun is finished, or answered `cancelled`.
    pub(crate) fn close(&self, shutdown: Shutdown) {
        let queued = {
            let mut state = self.state();
            state.closed = Some(shutdown);
            if state.is_cancelled() { state.everyone() } else { Vec::new() }
        };
        for call in queued {
            call.fail(cancelled());
        }
    }

    /// Tickets that wait for a batch.
    pub(crate) fn depth(&self) -> usize {
        let mut gone = Vec::new();
        let depth = {
            let mut state = self.state();
            state.sweep(&mut gone);
            state.depth()
        };
        release(gone);
        depth
    }

    fn tokenize(&self, PendingCall { call, next }: PendingCall, counted: usize) {
        let end = (next + TURN).min(call.rows);
        let mut rows = Vec::with_capacity(end - next);
        let failed = (next..end).find_map(|index| match guarded(|| self.encode(&call, index)) {
            Ok(row) => {
                rows.extend(row);
                None
            }
            Err(error) => Some((index, error)),
        });
        let mut state = self.state();
        state.taken -= counted;
        if let Some((index, error)) = failed {
            drop(state);
            return call.fail_at(index, error);
        }
        // Nobody saw this call in the queue when the engine was closed.
        if state.is_cancelled() {
            drop(state);
            return call.fail(cancelled());
        }
        state.queues[0].push(&call, rows);
        if end < call.rows {
            state.calls.push_back(PendingCall { call, next: end });
        }
    }

    /// The row of one ticket; a ticket with nothing to read is answered here.
    fn encode(&self, call: &Call, index: usize) -> Result<Option<QueuedRow>> {
        let (ticket, removed) = self.pipeline.prepare(call.tickets.get(index)?);
        let mut encoded = self.pipeline.encode(&ticket, &call.spec)?;
        encoded.usage.removed = removed;
        if encoded.encodings.is_empty() {
            let analysis = self.pipeline.decode(&ticket, encoded.usage, &[], &call.spec)?;
            Recorder::add(&self.recorder.tickets, 1);
            call.place(index, analysis);
            return Ok(None);
        }
        Ok(Some(QueuedRow { index, usage: encoded.usage, encodings: encoded.encodings, logits: Vec::new() }))
    }

    fn run(&self, queue: usize, picked: Picked) {
        for (call, _) in &picked {
            if let Some(waited) = call.begin() {
                self.recorder.queue.observe_duration(waited);
            }
        }
        let start = Instant::now();
        let result = guarded(|| {
            let stages = self.pipeline.stages();
            let stage = &stages[queue];
            stage.model.forward(&TokenBatch::new(picked.iter().map(|(_, row)| row.ids())), &stage.heads)
        });
        self.recorder.inference.observe_duration(start.elapsed());
        self.recorder.batch.observe(picked.len() as f64);
        Recorder::add(&self.recorder.tokens, picked.iter().map(|(_, row)| row.ids().len()).sum());
        match result {
            Ok(logits) => {
                for ((call, mut row), logits) in picked.into_iter().zip(logits) {
                    row.logits.push(logits);
                    if row.logits.len() == row.encodings.len() {
                        self.answer(&call, &row);
                    } else {
                        self.state().queues[row.logits.len()].push(&call, vec![row]);
                    }
                }
            }
            Err(error) => self.failed(queue, picked, error),
        }
    }

    /// A batch that failed is run again call by call, so that one caller's text does not fail another's.
    fn failed(&self, queue: usize, picked: Picked, error: Error) {
        let Some((first, _)) = picked.first() else { return };
        let first = Arc::clone(first);
        let (own, others): (Picked, Picked) =
            picked.into_iter().partition(|(call, _)| Arc::ptr_eq(call, &first));
        if others.is_empty() {
            return first.fail(error);
        }
        self.run(queue, own);
        self.run(queue, others);
    }

    fn answer(&self, call: &Call, row: &QueuedRow) {
        let decoded = guarded(|| {
            let (ticket, _) = self.pipeline.prepare(call.tickets.get(row.index)?);
            self.pipeline.decode(&ticket, row.usage.clone(), &row.logits, &call.spec)
        });
        match decoded {
            Ok(analysis) => {
                Recorder::add(&self.recorder.tickets, 1);
                call.place(row.index, analysis);
            }
            Err(error) => call.fail_at(row.index, error),
        }
    }
}

impl State {
    fn accept(&mut self, call: &Arc<Call>, waits: bool, gone: &mut Vec<Arc<Call>>) -> Result<()> {
        if self.closed.is_some() {
            return Err(closed());
        }
        if call.rows == 0 {
            return Ok(());
        }
        if !self.fits(call) {
            self.sweep(gone);
        }
        // Calls that wait come in their order.
        if waits && (!self.before.is_empty() || !self.fits(call)) {
            self.before.push_back(Arc::clone(call));
            return Ok(());
        }
        if !self.fits(call) {
            let (waiting, more, limit) = (self.depth(), call.rows.min(WINDOW), self.limit);
            let message = format!("{waiting} tickets wait, and {more} more are over the limit of {limit}");
            return Err(Error::new(ErrorKind::Overloaded, message));
        }
        self.calls.push_back(PendingCall { call: Arc::clone(call), next: 0 });
        Ok(())
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
            self.calls.push_back(PendingCall { call, next: 0 });
        }
    }

    /// Counts one more thread as running, if there may be one more.
    fn engage(&mut self, threads: usize) -> bool {
        let more = self.running < threads;
        self.running += usize::from(more);
        more
    }

    fn is_cancelled(&self) -> bool {
        self.closed == Some(Shutdown::Cancel)
    }

    fn has_work(&self) -> bool {
        !self.calls.is_empty() || !self.before.is_empty() || self.queues.iter().any(|queue| !queue.is_empty())
    }

    /// Tokenizing comes before running, until a call's window is full: it is what makes batches full. The
    /// last model comes first: its rows are nearest to their answers.
    fn next(&mut self, gone: &mut Vec<Arc<Call>>) -> Option<Job> {
        self.admit();
        let ready = |pending: &PendingCall| pending.call.queued() + TURN <= WINDOW;
        if let Some(pending) = self.calls.iter().position(ready).and_then(|index| self.calls.remove(index)) {
            let counted = pending.waiting();
            self.taken += counted;
            return Some(Job::Tokenize(pending, counted));
        }
        self.sweep(gone);
        let queues = self.queues.iter_mut().enumerate().rev();
        queues.into_iter().find_map(|(index, queue)| Some(Job::Run(index, queue.pick()?)))
    }

    /// Tickets that wait; of a long call no more than its window.
    fn depth(&self) -> usize {
        let pending: usize = self.calls.iter().map(PendingCall::waiting).sum();
        pending + self.taken + self.queues.iter().map(ModelQueue::rows).sum::<usize>()
    }

    /// Moves the calls that nobody waits for any more to `gone`: they are released without the lock, since
    /// their callers' code runs then.
    fn sweep(&mut self, gone: &mut Vec<Arc<Call>>) {
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

    fn everyone(&self) -> Vec<Arc<Call>> {
        let pending = self.calls.iter().map(|pending| &pending.call);
        pending.chain(&self.before).chain(self.queues.iter().flat_map(ModelQueue::calls)).cloned().collect()
    }
}

fn release(gone: Vec<Arc<Call>>) {
    for call in gone {
        call.release();
    }
}

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the engine was closed")
}

pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::InvalidInput, "the engine is closed")
}
