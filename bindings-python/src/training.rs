//! Training, evaluating and comparing, on files and on tables.

use std::ffi::CString;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use frontdesk::table::{Labelled, Notice, Reading, labelled, read_labelled};
use frontdesk::train::{Progress, TrainOptions};
use frontdesk::{Error, Result, from_json};
use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;

use crate::door::{Tell, watch};
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
    fn read(self, noticed: &Noticed) -> Result<(Vec<Labelled>, Option<String>)> {
        match self {
            Self::Columns(texts, labels) => Ok((labelled(texts.into_iter().zip(labels))?, None)),
            Self::File(path, text, label) => {
                let read = read_labelled(&path, &text, &label, &Reading::default())?;
                noticed.0.lock().unwrap_or_else(PoisonError::into_inner).extend(read.notices);
                Ok((read.rows, Some(path.display().to_string())))
            }
        }
    }
}

/// What a person should look at in files that were read; Python warns of it.
#[derive(Default)]
struct Noticed(Mutex<Vec<Notice>>);

impl Noticed {
    fn warn(self, py: Python<'_>) -> PyResult<()> {
        let category = py.get_type::<PyUserWarning>();
        for notice in self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            // A text with a NUL in it is none that C can say.
            let text = CString::new(notice.to_string().replace('\0', " ")).unwrap_or_default();
            PyErr::warn(py, &category, &text, 2)?;
        }
        Ok(())
    }
}

/// A verb of core on labelled rows.
type Verb<T> = fn(&[Labelled], Option<&[Labelled]>, &TrainOptions, Tell<'_, Progress>) -> Result<T>;

fn run<'py, T: Mirror + Send>(
    py: Python<'py>,
    verb: Verb<T>,
    data: Rows,
    valid: Option<Rows>,
    options: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let noticed = Noticed::default();
    let work = |tell: Tell<'_, Progress>| {
        let options: TrainOptions = from_json(options.as_bytes())?;
        let valid = valid.map(|rows| rows.read(&noticed)).transpose()?.map(|(rows, _)| rows);
        verb(&data.read(&noticed)?.0, valid.as_deref(), &options, tell)
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

/// What a training of these rows would take; the options are JSON.
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

/// Evaluates a head of the engine's model; the options are JSON. `progress` is told the rows done.
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
    let work = |tell: Tell<'_, usize>| {
        let (rows, file) = data.read(&noticed)?;
        let found =
            frontdesk::evaluate::evaluate(engine.engine()?, &rows, &from_json(options.as_bytes())?, tell);
        found.map_err(|e| named(e, file))
    };
    let done = watch(py, progress, work)?;
    noticed.warn(py)?;
    done.mirror(py)
}

/// Compares a head of two engines' models; the options are JSON. `progress` is told the rows done, of twice as many.
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
    let work = |tell: Tell<'_, usize>| {
        let (rows, file) = data.read(&noticed)?;
        let options = from_json(options.as_bytes())?;
        let found = frontdesk::evaluate::compare(a.engine()?, b.engine()?, &rows, &options, tell);
        found.map_err(|e| named(e, file))
    };
    let done = watch(py, progress, work)?;
    noticed.warn(py)?;
    done.mirror(py)
}

fn named(error: Error, file: Option<String>) -> Error {
    match file {
        Some(file) => error.context(file),
        None => error,
    }
}
