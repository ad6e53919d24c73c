//! Routing decisions that are replayed, and policies that are fitted to outcomes.

use frontdesk::outcomes::{LearnReport, RouteTraining, RouteTrainingProgress, TrainedRoute};
use frontdesk::route::PolicySource;
use frontdesk::train::TrainProgress;
use frontdesk::{ByRoute, DecisionRecord, OnProgress, Route, from_json};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use serde::Deserialize;

use crate::door::{detached, watch};
use crate::mirror::{Maker, Mirror};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    record: DecisionRecord,
    #[serde(default)]
    policy: Option<PolicySource>,
}

/// Makes a decision again; the options, its record and the policy, are JSON.
#[pyfunction]
pub fn replay<'py>(py: Python<'py>, options: &str) -> PyResult<Bound<'py, PyAny>> {
    let again = || {
        let Replay { record, policy } = from_json(options.as_bytes())?;
        let policy = policy.as_ref().map(PolicySource::read).transpose()?.unwrap_or_default();
        Ok(frontdesk::route::replay(&record, &policy)??)
    };
    detached(py, again)?.mirror(py)
}

/// Fits a policy's weights to outcomes; the options are JSON. `progress` is called with the number of tickets
/// read.
#[pyfunction]
#[pyo3(signature = (options, progress=None))]
pub fn train_route<'py>(
    py: Python<'py>,
    options: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let work = |on_progress: OnProgress<'_, TrainProgress>| {
        let training: RouteTraining = from_json(options.as_bytes())?;
        let reading =
            |RouteTrainingProgress { done, total }| on_progress(TrainProgress::Features { done, total });
        frontdesk::outcomes::train_route(&training, &reading)
    };
    watch(py, progress, work)?.mirror(py)
}

impl Mirror for TrainedRoute {
    /// The report's fields and the file, side by side as JSON has them.
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        static MAKER: PyOnceLock<Maker> = PyOnceLock::new();
        const FIELDS: [&str; 11] = [
            "rows", "routes", "logged", "old", "new", "gain", "penalty", "error", "accepted", "reason",
            "policy",
        ];
        let Self { report, policy } = self;
        let LearnReport { rows, routes, logged, old, new, gain, penalty, error, accepted, reason } = report;
        let values = [
            rows.mirror(py)?,
            routes.mirror(py)?,
            logged.mirror(py)?,
            old.mirror(py)?,
            new.mirror(py)?,
            gain.mirror(py)?,
            penalty.mirror(py)?,
            error.mirror(py)?,
            accepted.mirror(py)?,
            reason.mirror(py)?,
            policy.map(|file| file.display().to_string()).mirror(py)?,
        ];
        MAKER.get_or_try_init(py, || Maker::new(py, "TrainedRoute", &FIELDS))?.make(py, values)
    }
}

impl<T: Mirror> Mirror for ByRoute<T> {
    /// A dictionary by the routes' names.
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let Self { ai_chatbot, live_chat, co_browse, video_call } = self;
        let values = PyDict::new(py);
        values.set_item(Route::AiChatbot.mirror(py)?, ai_chatbot.mirror(py)?)?;
        values.set_item(Route::LiveChat.mirror(py)?, live_chat.mirror(py)?)?;
        values.set_item(Route::CoBrowse.mirror(py)?, co_browse.mirror(py)?)?;
        values.set_item(Route::VideoCall.mirror(py)?, video_call.mirror(py)?)?;
        Ok(values.into_any())
    }
}

impl Mirror for Box<DecisionRecord> {
    /// A dictionary, to be handed back as it is: nothing in Python looks into it.
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let json = serde_json::to_string(&self);
        let json = json.map_err(|e| pyo3::exceptions::PyValueError::new_err(e.to_string()))?;
        LOADS.import(py, "json", "loads")?.call1((json,))
    }
}
