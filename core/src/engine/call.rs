//! One caller's tickets on their way through the scheduler.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pending::Promise;
use crate::pipeline::CallSpec;
use crate::{Analysis, Error, ErrorKind, Tickets};

/// The request of one caller, and its progress so far.
pub(crate) struct Call {
    pub(crate) tickets: Arc<dyn Tickets>,
    pub(crate) spec: Arc<CallSpec>,
    /// The number of tickets.
    pub(crate) rows: usize,
    pub(crate) submitted: Instant,
    deadline: Option<Instant>,
    /// Whether it waits where the queue is full.
    pub(crate) waits: bool,
    /// All its tickets' ([`crate::pipeline::Pipeline::work`]).
    pub(crate) work: u64,
    /// Of those that have no answer yet.
    left: AtomicU64,
    queued: AtomicUsize,
    progress: Mutex<Progress>,
}

struct Progress {
    analyses: Vec<Option<Analysis>>,
    left: usize,
    /// `None` once the caller has an answer.
    promise: Option<Promise<Vec<Analysis>>>,
    begun: bool,
}

impl Call {
    pub(crate) fn new(
        tickets: Arc<dyn Tickets>,
        spec: Arc<CallSpec>,
        work: u64,
        waits: bool,
        deadline: Option<Instant>,
        promise: Promise<Vec<Analysis>>,
    ) -> Arc<Self> {
        let rows = tickets.len();
        let progress =
            Progress { analyses: vec![None; rows], left: rows, promise: Some(promise), begun: false };
        let submitted = Instant::now();
        let (left, queued) = (AtomicU64::new(work), AtomicUsize::new(0));
        let progress = Mutex::new(progress);
        Arc::new(Self { tickets, spec, rows, submitted, deadline, waits, work, left, queued, progress })
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as another.
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows that wait for a model.
    pub(crate) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    pub(crate) fn entered_queue(&self, rows: usize) {
        self.queued.fetch_add(rows, Ordering::Relaxed);
    }

    pub(crate) fn left_lane(&self, rows: usize) {
        self.queued.fetch_sub(rows, Ordering::Relaxed);
    }

    /// The work of the tickets that have no answer yet.
    pub(crate) fn work_left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// The time until the deadline; `None` where there is none.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The time that it was given; `None` where it has no deadline.
    pub(crate) fn time_given(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(self.submitted))
    }

    /// Whether one of its tickets was run.
    pub(crate) fn has_begun(&self) -> bool {
        self.progress().begun
    }

    /// Puts one ticket's analysis, which was so much work, in its place; the last one answers the caller.
    pub(crate) fn place(&self, index: usize, analysis: Analysis, work: u64) {
        // A source of tickets may give another text each time.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(work)));
        let mut progress = self.progress();
        if progress.analyses[index].replace(analysis).is_none() {
            progress.left -= 1;
        }
        let left = progress.left;
        drop(progress);
        if left == 0 {
            self.finish();
        }
    }

    /// Answers the caller with all analyses.
    pub(crate) fn finish(&self) {
        let mut progress = self.progress();
        let analyses = std::mem::take(&mut progress.analyses);
        let promise = progress.promise.take();
        drop(progress);
        if let Some(promise) = promise {
            promise.settle(Ok(analyses.into_iter().flatten().collect()));
        }
    }

    /// Answers the caller with an error; later results of the call are dropped.
    pub(crate) fn fail(&self, error: Error) {
        let promise = self.progress().promise.take();
        if let Some(promise) = promise {
            promise.settle(Err(error));
        }
    }

    /// An error in the ticket at `index`.
    pub(crate) fn fail_at(&self, index: usize, error: Error) {
        self.fail(named(self.tickets.as_ref(), index, error));
    }

    /// Whether the caller still waits, and its deadline has not passed.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.is_late() && self.progress().promise.as_ref().is_some_and(Promise::is_wanted)
    }

    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Releases a call that is not wanted any more; one whose deadline passed is answered with `timeout`.
    pub(crate) fn release(&self) {
        if self.is_late() {
            self.fail(Error::new(ErrorKind::Timeout, "the deadline passed"));
        }
    }

    /// Returns the time that the call waited, once: when the first of its tickets is run.
    pub(crate) fn begin(&self) -> Option<Duration> {
        let mut progress = self.progress();
        (!std::mem::replace(&mut progress.begun, true)).then(|| self.submitted.elapsed())
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("tickets", &self.rows).finish_non_exhaustive()
    }
}

/// An error with the place of the ticket that it is about.
pub(crate) fn named(tickets: &dyn Tickets, index: usize, error: Error) -> Error {
    match tickets.place(index) {
        Some(place) => error.context(place),
        None => error,
    }
    .of_ticket(index)
}
