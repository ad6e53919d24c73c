//! A result that is not there yet: one primitive for sync and async callers.

use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
#[cfg(not(loom))]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(not(loom))]
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

// `ci/loom` tries every order in which threads may come to these.
#[cfg(loom)]
use loom::sync::atomic::{AtomicBool, Ordering};
#[cfg(loom)]
use loom::sync::{Arc, Condvar, Mutex, MutexGuard};

use crate::{Error, ErrorKind, Result};

/// A result that is not there yet. Wait for it with [`Pending::wait`] or `.await`; dropping it cancels.
#[derive(Debug)]
#[must_use = "dropping a pending result cancels it"]
pub struct Pending<T> {
    shared: Arc<Shared<T>>,
    deadline: Option<Instant>,
}

/// The other end of a [`Pending`].
#[derive(Debug)]
pub(crate) struct Promise<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    settled: Condvar,
    abandoned: AtomicBool,
}

#[derive(Debug)]
enum State<T> {
    Waiting(Option<Waker>),
    Settled(Result<T>),
    Taken,
}

/// The two ends of a result that is to be there by the deadline.
pub(crate) fn pair<T>(deadline: Option<Instant>) -> (Promise<T>, Pending<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State::Waiting(None)),
        settled: Condvar::new(),
        abandoned: AtomicBool::new(false),
    });
    (Promise { shared: Arc::clone(&shared) }, Pending { shared, deadline })
}

impl<T> Shared<T> {
    /// No code panics while it holds the lock, so a poisoned one is as good as another.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, result: Result<T>) {
        let waker = {
            let mut state = self.lock();
            // A caller that gave up has had its answer.
            if !matches!(*state, State::Waiting(_)) {
                return;
            }
            match std::mem::replace(&mut *state, State::Settled(result)) {
                State::Waiting(waker) => waker,
                State::Settled(_) | State::Taken => None,
            }
        };
        self.settled.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Promise<T> {
    /// Whether the caller still waits.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.shared.abandoned.load(Ordering::Relaxed)
    }

    pub(crate) fn settle(self, result: Result<T>) {
        self.shared.settle(result);
    }
}

impl<T> Drop for Promise<T> {
    /// A promise that was lost must not leave its caller waiting for ever.
    fn drop(&mut self) {
        let waiting = matches!(*self.shared.lock(), State::Waiting(_));
        if waiting {
            self.shared.settle(Err(Error::new(ErrorKind::Internal, "the work was lost")));
        }
    }
}

impl<T> Pending<T> {
    /// Blocks until the result is there, or its deadline passed.
    ///
    /// # Errors
    /// The error of the work; `timeout` where the deadline passed; `internal` where the result was taken
    /// before.
    pub fn wait(mut self) -> Result<T> {
        loop {
            if let Some(result) = self.wait_for(Duration::MAX) {
                return result;
            }
        }
    }

    /// Blocks for `time` at most; `None` where the result is not there yet. Errors are those of
    /// [`Pending::wait`].
    pub fn wait_for(&mut self, time: Duration) -> Option<Result<T>> {
        let until = Instant::now().checked_add(time);
        let mut state = self.shared.lock();
        loop {
            match std::mem::replace(&mut *state, State::Taken) {
                State::Settled(result) => return Some(result),
                waiting @ State::Waiting(_) => *state = waiting,
                State::Taken => return Some(Err(taken())),
            }
            let now = Instant::now();
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                *state = State::Taken;
                return Some(Err(Error::new(ErrorKind::Timeout, "the deadline passed")));
            }
            if until.is_some_and(|until| now >= until) {
                return None;
            }
            let end = self.deadline.into_iter().chain(until).min();
            // An hour is used for a time that no clock can show.
            let time = end.map_or(Duration::from_hours(1), |end| end - now);
            let waited = self.shared.settled.wait_timeout(state, time);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A result that is there already.
impl<T> From<Result<T>> for Pending<T> {
    fn from(result: Result<T>) -> Self {
        let (promise, pending) = pair(None);
        promise.settle(result);
        pending
    }
}

fn taken() -> Error {
    Error::new(ErrorKind::Internal, "the result was taken before")
}

impl<T> Future for Pending<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.lock();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Settled(result) => Poll::Ready(result),
            State::Waiting(_) => {
                *state = State::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            State::Taken => Poll::Ready(Err(taken())),
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.shared.abandoned.store(true, Ordering::Relaxed);
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;

    fn in_every_order(
        promise: impl Fn(Promise<u8>) + Sync + Send + Copy + 'static,
        check: impl Fn(Pending<u8>) + Sync + Send + 'static,
    ) {
        loom::model(move || {
            let (kept, pending) = pair(None);
            let worker = loom::thread::spawn(move || promise(kept));
            check(pending);
            worker.join().unwrap();
        });
    }

    #[test]
    fn who_waits_hears_of_the_result() {
        in_every_order(|promise| promise.settle(Ok(7)), |pending| assert_eq!(pending.wait().unwrap(), 7));
    }

    #[test]
    fn a_future_is_woken() {
        in_every_order(
            |promise| promise.settle(Ok(7)),
            |pending| assert_eq!(loom::future::block_on(pending).unwrap(), 7),
        );
    }

    #[test]
    fn a_lost_promise_leaves_nobody_waiting() {
        in_every_order(drop, |pending| {
            assert_eq!(pending.wait().unwrap_err().kind(), ErrorKind::Internal);
        });
    }

    #[test]
    fn a_caller_that_leaves_disturbs_nobody() {
        in_every_order(
            |promise| {
                let _ = promise.is_wanted();
                promise.settle(Ok(7));
            },
            drop,
        );
    }
}
