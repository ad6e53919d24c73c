//! A call that an event loop waits for.

use std::pin::Pin;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;
use std::vec;

use frontdesk::{Analysis, Pending};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::door::raise;
use crate::mirror::Mirror;

/// The process, and the channel to its thread that notifies event loops. The engine's own threads never wait
/// for the interpreter, and a forked child starts a thread of its own.
static NOTIFIER: Mutex<Option<(u32, Sender<Py<PyAny>>)>> = Mutex::new(None);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn notifier() -> std::io::Result<Sender<Py<PyAny>>> {
    let mut notifier = locked(&NOTIFIER);
    let process = std::process::id();
    if let Some((owner, sender)) = &*notifier
        && *owner == process
    {
        return Ok(sender.clone());
    }
    let (sender, finished) = mpsc::channel::<Py<PyAny>>();
    thread::Builder::new().name("frontdesk-python".to_owned()).spawn(move || {
        for ready in finished {
            // An event loop that has closed in between waits for nothing; nor does an interpreter that ends.
            let _ = Python::try_attach(|py| ready.call0(py).map(drop));
        }
    })?;
    *notifier = Some((process, sender.clone()));
    Ok(sender)
}

/// Wakes by way of the notifier, once.
struct Ready {
    notifier: Sender<Py<PyAny>>,
    ready: Mutex<Option<Py<PyAny>>>,
}

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        if let Some(ready) = locked(&self.ready).take() {
            // Without the notifier, the interpreter has ended.
            let _ = self.notifier.send(ready);
        }
    }
}

/// A call on its way. Dropping it, or `cancel`, gives its place in the queue to others.
#[pyclass(frozen, module = "frontdesk._native")]
pub struct NativeCall {
    state: Mutex<State>,
}

enum State {
    Waiting(Pending<Vec<Analysis>>),
    Answered(vec::IntoIter<Analysis>),
}

impl NativeCall {
    /// `ready` is called, on another thread, when the result is there.
    pub(crate) fn new(mut pending: Pending<Vec<Analysis>>, ready: Py<PyAny>) -> PyResult<Self> {
        let waker = Arc::new(Ready { notifier: notifier()?, ready: Mutex::new(Some(ready)) });
        let polled = Pin::new(&mut pending).poll(&mut Context::from_waker(&Waker::from(waker.clone())));
        let pending = match polled {
            std::task::Poll::Pending => pending,
            std::task::Poll::Ready(result) => {
                waker.wake();
                Pending::from(result)
            }
        };
        Ok(Self { state: Mutex::new(State::Waiting(pending)) })
    }
}

#[pymethods]
impl NativeCall {
    /// The next analyses, `count` at most, so that the event loop gets its turns; `None` where they are not
    /// there yet.
    fn take<'py>(&self, py: Python<'py>, count: usize) -> PyResult<Option<Bound<'py, PyList>>> {
        let mut state = locked(&self.state);
        if let State::Waiting(pending) = &mut *state {
            let Some(result) = pending.wait_for(Duration::ZERO) else { return Ok(None) };
            *state = State::Answered(result.map_err(|e| raise(py, &e))?.into_iter());
        }
        let State::Answered(analyses) = &mut *state else { return Ok(None) };
        let next: Vec<Analysis> = analyses.take(count).collect();
        drop(state);
        let next: Vec<_> = next.into_iter().map(|a| a.mirror(py)).collect::<PyResult<_>>()?;
        PyList::new(py, next).map(Some)
    }

    fn cancel(&self) {
        *locked(&self.state) = State::Answered(Vec::new().into_iter());
    }
}
