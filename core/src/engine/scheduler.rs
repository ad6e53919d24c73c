//! Many callers, one stream of batches: calls are tokenized and run in turns, and each gets its answers in
//! its own order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use frontdesk_models::encoder::{Stop, TokenBatch};

use super::admission::Refusal;
use super::backlog::{Backlog, Job, PendingCall, TURN};
use super::call::Call;
use super::in_flight::JobNumber;
use super::queue::{ModelQueue, Picked, QueuedRow};
use crate::error::guarded;
use crate::metrics::Recorder;
use crate::pipeline::{Encoded, Pipeline};
use crate::{Error, ErrorKind, Result, Shutdown};

/// Gives work to the threads of one pool.
#[derive(Debug)]
pub(crate) struct Scheduler {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) recorder: Recorder,
    state: Mutex<Backlog>,
}

impl Scheduler {
    pub(crate) fn new(pipeline: Arc<Pipeline>, threads: usize, limit: usize) -> Arc<Self> {
        let queues = pipeline.stages().iter().map(|stage| ModelQueue::new(stage.model.pads())).collect();
        let state = Mutex::new(Backlog::new(queues, threads, limit));
        Arc::new(Self { pipeline, recorder: Recorder::new(), state })
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as another.
    fn state(&self) -> MutexGuard<'_, Backlog> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts a call, or refuses it, unless it waits: `overloaded` where its tickets do not fit behind those
    /// that wait, or would be answered too late. `true`: a thread should run [`Scheduler::work`].
    pub(crate) fn accept(&self, call: &Arc<Call>) -> Result<bool> {
        let mut gone = Vec::new();
        let accepted = self.state().accept(call, &mut gone);
        release(gone);
        match accepted.as_ref().map_err(Error::kind) {
            Ok(()) => Recorder::add(&self.recorder.calls, 1),
            Err(ErrorKind::Overloaded) => Recorder::add(&self.recorder.overloaded, 1),
            Err(_) => {}
        }
        accepted?;
        if call.rows == 0 {
            call.finish();
            return Ok(false);
        }
        Ok(self.state().engage())
    }

    /// Works until nothing waits. `engage` starts one more thread on this.
    pub(crate) fn work(&self, engage: &dyn Fn()) {
        loop {
            let (mut gone, mut refused) = (Vec::new(), Vec::new());
            let (job, more, threads) = {
                let mut state = self.state();
                state.refuse_late(&mut gone, &mut refused);
                let job = state.next(&mut gone);
                if job.is_none() {
                    state.disengage();
                }
                let threads = state.running();
                (job, state.has_work() && state.engage(), threads)
            };
            let overloaded = refused.iter().filter(|refusal| refusal.error.kind() == ErrorKind::Overloaded);
            Recorder::add(&self.recorder.overloaded, overloaded.count());
            for Refusal { call, error } in refused {
                call.fail(error);
            }
            release(gone);
            if more {
                engage();
            }
            let Some((number, job)) = job else { return };
            // A caller's own code, a waker, may panic.
            let _ended = Ended { scheduler: self, number };
            match job {
                Job::Tokenize(pending) => {
                    let start = Instant::now();
                    let work = self.tokenize(number, pending);
                    self.state().timed(work, start.elapsed(), threads);
                }
                Job::Run(queue, picked) => self.run(number, queue, picked, threads),
            }
            // Callers that use the pool itself, to train or to evaluate, get a turn.
            rayon::yield_now();
        }
    }

    /// One thread fewer: its work ended in a panic.
    pub(crate) fn lost_thread(&self) {
        self.state().disengage();
    }

    /// Accepts nothing more; what has not begun is finished, or answered `cancelled`.
    pub(crate) fn close(&self, shutdown: Shutdown) {
        let queued = {
            let mut state = self.state();
            state.close(shutdown);
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

    /// Returns the work that was tokenized.
    fn tokenize(&self, job: JobNumber, PendingCall { call, next, work }: PendingCall) -> u64 {
        let end = (next + TURN).min(call.rows);
        let mut rows = Vec::with_capacity(end - next);
        let mut left = work;
        let failed = (next..end).find_map(|index| match guarded(|| self.encode(&call, index)) {
            Ok((row, work)) => {
                left = left.saturating_sub(work);
                rows.extend(row);
                None
            }
            Err(error) => Some((index, error)),
        });
        let mut state = self.state();
        // Nobody saw this call in the queue when the engine was closed.
        if failed.is_some() || state.is_cancelled() {
            state.ended(job);
            drop(state);
            match failed {
                Some((index, error)) => call.fail_at(index, error),
                None => call.fail(cancelled()),
            }
            return work - left;
        }
        state.tokenized(job, rows, PendingCall { call, next: end, work: left });
        work - left
    }

    /// The row of one ticket and its work; a ticket with nothing to read is answered here.
    fn encode(&self, call: &Call, index: usize) -> Result<(Option<QueuedRow>, u64)> {
        let ticket = call.tickets.get(index)?;
        let work = self.pipeline.work(&ticket);
        let (ticket, removed) = self.pipeline.prepare(ticket);
        let mut encoded = self.pipeline.encode(&ticket, &call.spec)?;
        encoded.usage.removed = removed;
        if encoded.encodings.is_empty() {
            let unwanted = || !call.is_wanted();
            let stop = Stop::when(&unwanted);
            let analysis = self.pipeline.decode(&ticket, encoded.usage, &[], &call.spec, &stop)?;
            Recorder::add(&self.recorder.tickets, 1);
            call.place(index, analysis, work);
            return Ok((None, work));
        }
        let Encoded { encodings, usage } = encoded;
        Ok((Some(QueuedRow { index, usage, work, encodings, logits: Vec::new() }), work))
    }

    fn run(&self, job: JobNumber, queue: usize, picked: Picked, threads: usize) {
        for (call, _) in &picked {
            if let Some(waited) = call.begin() {
                self.recorder.queue.observe_duration(waited);
            }
        }
        let start = Instant::now();
        // A pass ends when nobody waits for any of its rows any more.
        let unwanted = || !picked.iter().any(|(call, _)| call.is_wanted());
        let result = guarded(|| {
            let stages = self.pipeline.stages();
            let stage = &stages[queue];
            let batch = TokenBatch::new(picked.iter().map(|(_, row)| row.ids()));
            stage.model.forward(&batch, &stage.heads, &Stop::when(&unwanted))
        });
        let time = start.elapsed();
        let work = if queue == 0 { picked.iter().map(|(_, row)| row.work).sum() } else { 0 };
        {
            // Before its callers hear of it, who may come with their next calls.
            let mut state = self.state();
            state.passed(work, time, threads);
            // What failed is run again.
            if result.is_ok() {
                state.ended(job);
            }
        }
        self.recorder.inference.observe_duration(time);
        self.recorder.batch.observe(picked.len() as f64);
        Recorder::add(&self.recorder.tokens, picked.iter().map(|(_, row)| row.ids().len()).sum());
        match result {
            Ok(logits) => {
                let start = Instant::now();
                for ((call, mut row), logits) in picked.into_iter().zip(logits) {
                    row.logits.push(logits);
                    if row.logits.len() == row.encodings.len() {
                        self.answer(&call, &row);
                    } else {
                        self.state().push(&call, row);
                    }
                }
                self.state().passed(0, start.elapsed(), threads);
            }
            Err(error) => self.failed(job, queue, picked, threads, error),
        }
    }

    /// A batch that failed is run again call by call, so that one caller's text does not fail another's.
    fn failed(&self, job: JobNumber, queue: usize, picked: Picked, threads: usize, error: Error) {
        let Some((first, _)) = picked.first() else { return };
        let first = Arc::clone(first);
        let (own, others): (Picked, Picked) =
            picked.into_iter().partition(|(call, _)| Arc::ptr_eq(call, &first));
        if others.is_empty() {
            return first.fail(error);
        }
        self.run(job, queue, own, threads);
        self.run(job, queue, others, threads);
    }

    fn answer(&self, call: &Call, row: &QueuedRow) {
        let unwanted = || !call.is_wanted();
        let decoded = guarded(|| {
            let (ticket, _) = self.pipeline.prepare(call.tickets.get(row.index)?);
            self.pipeline.decode(&ticket, row.usage.clone(), &row.logits, &call.spec, &Stop::when(&unwanted))
        });
        match decoded {
            Ok(analysis) => {
                Recorder::add(&self.recorder.tickets, 1);
                call.place(row.index, analysis, row.work);
            }
            Err(error) => call.fail_at(row.index, error),
        }
    }
}

/// Tells at its end that a job has ended, whatever ended it.
struct Ended<'a> {
    scheduler: &'a Scheduler,
    number: JobNumber,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.scheduler.state().ended(self.number);
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
