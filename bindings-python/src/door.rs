//! The one door between Python and the engine: releases the interpreter, checks for Ctrl-C, raises
//! errors.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use frontdesk::{Error, ErrorKind, OnProgress, Pending, Result};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::mirror::Mirror;

/// The longest time between two checks for Ctrl-C.
const SLICE: Duration = Duration::from_millis(50);

/// The exception of an error: one class for each kind, which `frontdesk.errors` has.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    static OF: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let retry_after = error.retry_after().map(|time| time.as_secs_f64());
    let arguments = (error.kind().code(), error.message(), error.field(), retry_after);
    let made = OF.import(py, "frontdesk.errors", "of").and_then(|of| of.call1(arguments));
    made.map_or_else(|e| e, PyErr::from_value)
}

/// Runs `work` while other Python threads run.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(work).map_err(|error| raise(py, &error))
}

/// Waits for a call. An exception of a signal handler drops the call, and so cancels it.
pub(crate) fn wait<T: Send>(py: Python<'_>, submit: impl FnOnce() -> Pending<T> + Send) -> PyResult<T> {
    let (mut pending, mut result) = py.detach(|| {
        let mut pending = submit();
        let result = pending.wait_for(SLICE);
        (pending, result)
    });
    loop {
        if let Some(result) = result {
            return result.map_err(|error| raise(py, &error));
        }
        py.check_signals()?;
        result = py.detach(|| pending.wait_for(SLICE));
    }
}

/// Does long work on a thread of its own, so that this one checks for Ctrl-C and calls `progress`. An
/// exception of either stops the work, and is raised when it has ended.
pub(crate) fn watch<T: Send, P: Mirror + Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(OnProgress<'_, P>) -> Result<T> + Send,
) -> PyResult<T> {
    let stopped = AtomicBool::new(false);
    let progress = progress.map(|callable| callable.clone().unbind());
    let (result, raised) = py.detach(|| {
        thread::scope(|scope| {
            let (sender, steps) = mpsc::channel();
            let stopped = &stopped;
            let worker = scope.spawn(move || {
                work(&|step| {
                    if stopped.load(Ordering::Relaxed) {
                        return Err(Error::new(ErrorKind::Cancelled, "the work was stopped"));
                    }
                    // The other end is there until this one is gone.
                    let _ = sender.send(step);
                    Ok(())
                })
            });
            let mut raised = None;
            loop {
                let step = match steps.recv_timeout(SLICE) {
                    Ok(step) => Some(step),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                };
                if raised.is_some() {
                    continue;
                }
                let heard = Python::attach(|py| {
                    py.check_signals()?;
                    if let (Some(step), Some(progress)) = (step, &progress) {
                        progress.call1(py, (step.mirror(py)?,))?;
                    }
                    Ok(())
                });
                if let Err(error) = heard {
                    stopped.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            let lost = |_| Err(Error::new(ErrorKind::Internal, "the work was lost"));
            (worker.join().unwrap_or_else(lost), raised)
        })
    });
    match raised {
        Some(error) => Err(error),
        None => result.map_err(|error| raise(py, &error)),
    }
}
