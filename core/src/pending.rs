//! A result that is on its way: one primitive for sync and async callers.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::{Error, ErrorKind, Result};

/// A result that is on its way. Wait for it with [`Pending::wait`] or `.await`; dropping it cancels.
#[derive(Debug)]
pub struct Pending<T> {
    shared: Arc<Shared<T>>,
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

pub(crate) fn pair<T>() -> (Promise<T>, Pending<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State::Waiting(None)),
        settled: Condvar::new(),
        abandoned: AtomicBool::new(false),
    });
    (Promise { shared: Arc::clone(&shared) }, Pending { shared })
}

impl<T> Shared<T> {
    /// No code panics while it holds the lock, so a poisoned one is as good as another.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, result: Result<T>) {
        let waker = match std::mem::replace(&mut *self.lock(), State::Settled(result)) {
            State::Waiting(waker) => waker,
            State::Settled(_) | State::Taken => None,
        };
        self.settled.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Promise<T> {
    /// `cancelled` once nobody waits any more.
    pub(crate) fn wanted(&self) -> Result<()> {
        if self.shared.abandoned.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Cancelled, "the caller went away"));
        }
        Ok(())
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
    /// Blocks until the result is there.
    ///
    /// # Errors
    /// What the work gave.
    pub fn wait(self) -> Result<T> {
        let mut state = self.shared.lock();
        loop {
            match std::mem::replace(&mut *state, State::Taken) {
                State::Settled(result) => return result,
                waiting @ State::Waiting(_) => *state = waiting,
                State::Taken => return Err(taken()),
            }
            state = self.shared.settled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
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
