//! Training, evaluating and comparing, on files and on tables.

use std::ffi::CString;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use frontdesk::table::{Labelled, LabelledFile, Notice, Reading, labelled, read_labelled};
use frontdesk::train::{TrainOptions, TrainProgress};
use frontdesk::{OnProgress, Result, from_json};
use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;

use crate::door::watch;
use crate::engine::NativeEngine;
use crate::mirror::Mirror;

/// A file with the names of its columns of texts and labels, or the columns themselves.
#[derive(FromPyObject)]
pub enum Rows {
    /// Both columns.
    Columns(Vec<Option<String>>, Vec<Option<String>>),
    /// The file.
    File(PathBuf, String, String),
}

impl Rows {
    /// The rows, in memory.
    fn read(self, noticed: &Noticed) -> Result<Vec<Labelled>> {
        match self {
            Self::Columns(texts, labels) => labelled(texts.into_iter().zip(labels)),
            Self::File(path, text, label) => {
                let read = read_labelled(&path, &text, &label, &Reading::default())?;
                noticed.add(read.notices);
                Ok(read.rows)
            }
        }
    }

    fn open(self, noticed: &Noticed) -> Result<Opened> {
        Ok(match self {
            Self::Columns(..) => Opened::Texts(self.read(noticed)?),
            Self::File(path, text, label) => {
                let file = LabelledFile::open(&path, &text, &label, &Reading::default())?;
                noticed.add(file.notices());
                Opened::File(file)
            }
        })
    }
}

/// Rows; those of a file are read and not kept.
enum Opened {
    Texts(Vec<Labelled>),
    File(LabelledFile),
}

/// The notices about files that were read; Python warns of them.
#[derive(Default)]
struct Noticed(Mutex<Vec<Notice>>);

impl Noticed {
    fn add(&self, notices: Vec<Notice>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(notices);
    }

    fn warn(self, py: Python<'_>) -> PyResult<()> {
        let category = py.get_type::<PyUserWarning>();
        for notice in self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            // A text with a NUL in it cannot be a C string.
            let text = CString::new(notice.to_string().replace('\0', " ")).unwrap_or_default();
            PyErr::warn(py, &category, &text, 2)?;
        }
        Ok(())
    }
}

/// A verb of core on labelled rows.
type Verb<T> =
    fn(&[Labelled], Option<&[Labelled]>, &TrainOptions, OnProgress<'_, TrainProgress>) -> Result<T>;

fn run<'py, T: Mirror + Send>(
    py: Python<'py>,
    verb: Verb<T>,
    data: Rows,
    valid: Option<Rows>,
    options: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let noticed = Noticed::default();
    let work = |on_progress: OnProgress<'_, TrainProgress>| {
        let options: TrainOptions = from_json(options.as_bytes())?;
        let valid = valid.map(|rows| rows.read(&noticed)).transpose()?;
        verb(&data.read(&noticed)?, valid.as_deref(), &options, on_progress)
    };
    let done = watch(py, progress, work)?;
    noticed.warn(py)?;
    done.mirror(py)
}

/// Trains a head and writes the model; the options are JSON.
#[pyfunction]
#[pyo3(signature = (data, valid, options, progress=None))]
pub fn train<'py>(
    py: Python<'py>,
    data: Rows,
    valid: Option<Rows>,
    options: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    run(py, frontdesk::train::train, data, valid, options, progress)
}

/// Examines labelled rows as a training would; the options are JSON.
#[pyfunction]
#[pyo3(signature = (data, valid, options, progress=None))]
pub fn check<'py>(
    py: Python<'py>,
    data: Rows,
    valid: Option<Rows>,
    options: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    run(py, frontdesk::train::check, data, valid, options, progress)
}

/// The estimate of a training of these rows; the options are JSON.
#[pyfunction]
#[pyo3(signature = (data, valid, options, progress=None))]
pub fn estimate<'py>(
    py: Python<'py>,
    data: Rows,
    valid: Option<Rows>,
    options: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    run(py, frontdesk::train::estimate, data, valid, options, progress)
}

/// Evaluates a head of the engine's model; the options are JSON. `progress` is called with the rows
/// done.
#[pyfunction]
#[pyo3(signature = (engine, data, options, progress=None))]
pub fn evaluate<'py>(
    py: Python<'py>,
    engine: &NativeEngine,
    data: Rows,
    options: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let noticed = Noticed::default();
    let work = |on_progress: OnProgress<'_, usize>| {
        let (engine, options) = (engine.engine()?, from_json(options.as_bytes())?);
        match data.open(&noticed)? {
            Opened::Texts(rows) => frontdesk::evaluate::evaluate(engine, &rows, &options, on_progress),
            Opened::File(file) => frontdesk::evaluate::evaluate(engine, &file, &options, on_progress)
                .map_err(|e| e.context(file.name())),
        }
    };
    let done = watch(py, progress, work)?;
    noticed.warn(py)?;
    done.mirror(py)
}

/// Compares a head of two engines' models; the options are JSON. `progress` is called with the rows
/// done, of twice as many.
#[pyfunction]
#[pyo3(signature = (a, b, data, options, progress=None))]
pub fn compare<'py>(
    py: Python<'py>,
    a: &NativeEngine,
    b: &NativeEngine,
    data: Rows,
    options: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let noticed = Noticed::default();
    let work = |on_progress: OnProgress<'_, usize>| {
        let (a, b, options) = (a.engine()?, b.engine()?, from_json(options.as_bytes())?);
        match data.open(&noticed)? {
            Opened::Texts(rows) => frontdesk::evaluate::compare(a, b, &rows, &options, on_progress),
            Opened::File(file) => frontdesk::evaluate::compare(a, b, &file, &options, on_progress)
                .map_err(|e| e.context(file.name())),
        }
    };
    let done = watch(py, progress, work)?;
    noticed.warn(py)?;
    done.mirror(py)
}
