//! An engine.

use frontdesk::{
    Engine, EngineOptions, Error, ErrorKind, OnProgress, Result, ScoreOptions, Shutdown, from_json, score,
};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::call::NativeCall;
use crate::column::column;
use crate::door::{detached, raise, wait, watch};
use crate::mirror::Mirror;
use crate::tickets::{read, read_options};

/// An engine; there is none only while it is let go of.
#[pyclass(frozen, module = "frontdesk._native")]
pub struct NativeEngine {
    engine: Option<Engine>,
}

/// Opens an engine; the options are JSON.
#[pyfunction]
pub fn open(py: Python<'_>, options: &str) -> PyResult<NativeEngine> {
    let open = || {
        let mut options: EngineOptions = from_json(options.as_bytes())?;
        options.shutdown = Shutdown::Cancel;
        Engine::open(options)
    };
    Ok(NativeEngine { engine: Some(detached(py, open)?) })
}

impl NativeEngine {
    pub(crate) fn engine(&self) -> Result<&Engine> {
        self.engine.as_ref().ok_or_else(|| Error::new(ErrorKind::InvalidInput, "the engine is closed"))
    }
}

#[pymethods]
impl NativeEngine {
    fn info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.engine().map_err(|e| raise(py, &e))?.info().clone().mirror(py)
    }

    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, || self.engine()?.metrics())?.mirror(py)
    }

    /// Analyzes one ticket.
    #[pyo3(signature = (ticket, options=None))]
    fn analyze<'py>(
        &self,
        py: Python<'py>,
        ticket: &Bound<'py, PyAny>,
        options: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.run(py, ticket, false, options)?.into_iter().next().mirror(py)
    }

    /// Analyzes tickets, in their order.
    #[pyo3(signature = (tickets, options=None))]
    fn analyze_batch<'py>(
        &self,
        py: Python<'py>,
        tickets: &Bound<'py, PyAny>,
        options: Option<&str>,
    ) -> PyResult<Bound<'py, PyList>> {
        let analyses = self.run(py, tickets, true, options)?;
        let analyses: Vec<_> = analyses.into_iter().map(|a| a.mirror(py)).collect::<PyResult<_>>()?;
        PyList::new(py, analyses)
    }

    /// Submits tickets and returns at once; `ready` is called on another thread when their analyses can be
    /// taken.
    #[pyo3(signature = (tickets, many, ready, options=None))]
    fn call(
        &self,
        py: Python<'_>,
        tickets: &Bound<'_, PyAny>,
        many: bool,
        ready: Py<PyAny>,
        options: Option<&str>,
    ) -> PyResult<NativeCall> {
        let (tickets, options) = (read(tickets, many)?, read_options(py, options)?);
        NativeCall::new(detached(py, || Ok(self.engine()?.submit(tickets, &options)))?, ready)
    }

    /// Scores a column of texts: name, type and values of each column of answers. `progress` is called
    /// with the rows done.
    #[pyo3(signature = (texts, outputs, progress=None))]
    fn score<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        outputs: Vec<String>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let texts = column(texts)?;
        let options = ScoreOptions { outputs };
        let work = |on_progress: OnProgress<'_, usize>| {
            score(self.engine()?, &texts, &options, &|done| on_progress(done))
        };
        let scores = watch(py, progress, work);
        // The owner of the texts may need the interpreter to release them.
        drop(texts);
        scores?.mirror(py)
    }

    /// Closes the engine: what is queued is cancelled, and the threads are joined.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || {
            self.engine()?.close(Shutdown::Cancel);
            Ok(())
        })
    }
}

impl NativeEngine {
    fn run(
        &self,
        py: Python<'_>,
        value: &Bound<'_, PyAny>,
        many: bool,
        json: Option<&str>,
    ) -> PyResult<Vec<frontdesk::Analysis>> {
        let (tickets, options) = (read(value, many)?, read_options(py, json)?);
        let engine = self.engine().map_err(|e| raise(py, &e))?;
        wait(py, || engine.submit(tickets, &options))
    }
}

impl Drop for NativeEngine {
    /// Its threads are joined without the interpreter: one of them may wait for it, to let go of a table's
    /// texts.
    fn drop(&mut self) {
        let engine = self.engine.take();
        // Where the interpreter has ended, the process does so too.
        let _ = Python::try_attach(|py| py.detach(|| drop(engine)));
    }
}
