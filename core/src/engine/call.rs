//! One caller's tickets on their way through the scheduler.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::pending::Promise;
use crate::pipeline::CallSpec;
use crate::{Analysis, Error, ErrorKind, Tickets};

/// The request of one caller, and its progress so far.
pub(crate) struct Call {
    pub(crate) tickets: Arc<dyn Tickets>,
    pub(crate) spec: Arc<CallSpec>,
    /// The number of tickets.
    pub(crate) rows: usize,
    submitted: Instant,
    deadline: Option<Instant>,
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
        deadline: Option<Instant>,
        promise: Promise<Vec<Analysis>>,
    ) -> Arc<Self> {
        let rows = tickets.len();
        let progress =
            Progress { analyses: vec![None; rows], left: rows, promise: Some(promise), begun: false };
        let submitted = Instant::now();
        let queued = AtomicUsize::new(0);
        Arc::new(Self { tickets, spec, rows, submitted, deadline, queued, progress: Mutex::new(progress) })
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

    /// Puts one ticket's analysis in its place; the last one answers the caller.
    pub(crate) fn place(&self, index: usize, analysis: Analysis) {
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
    pub(crate) fn begin(&self) -> Option<std::time::Duration> {
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
