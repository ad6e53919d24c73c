//! Tickets and options as Python hands them over: a text is taken as it is, everything else goes through
//! JSON.

use frontdesk::{AnalyzeOptions, Error, ErrorKind, MAX_TICKETS, Result, Ticket, from_json};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

use crate::door::raise;

/// A Python string's text. Python's strings may hold half a surrogate pair, which no text has.
pub(crate) fn text(string: &Bound<'_, PyString>) -> Result<String> {
    let refused =
        |e: PyErr| Error::invalid("text", format!("the text is no valid Unicode: {}", e.value(string.py())));
    string.to_str().map(str::to_owned).map_err(refused)
}

/// `frontdesk._json.ticket`.
static TO_JSON: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// One ticket: a text, a `Ticket`, or a mapping with its fields. `place` names it in errors.
fn ticket(value: &Bound<'_, PyAny>, place: Option<usize>) -> PyResult<Ticket> {
    let py = value.py();
    let named = |error: Error| match place {
        Some(index) => error.context(format!("ticket {index}")),
        None => error,
    };
    if let Ok(string) = value.cast::<PyString>() {
        return text(string).map(Ticket::new).map_err(|e| raise(py, &named(e)));
    }
    let json = TO_JSON.import(py, "frontdesk._json", "ticket")?.call1((value, place))?;
    from_json(json.cast::<PyString>()?.to_str()?.as_bytes()).map_err(|e| raise(py, &named(e)))
}

/// One ticket, or a list of them.
pub(crate) fn read(value: &Bound<'_, PyAny>, many: bool) -> PyResult<Vec<Ticket>> {
    if !many {
        return Ok(vec![ticket(value, None)?]);
    }
    let mut tickets = Vec::with_capacity(value.len().unwrap_or_default().min(MAX_TICKETS));
    for (index, item) in value.try_iter()?.enumerate() {
        if index >= MAX_TICKETS {
            let count = value.len().map_or_else(|_| format!("more than {MAX_TICKETS}"), |n| n.to_string());
            let message = format!("{count} tickets in one call; at most {MAX_TICKETS}");
            return Err(raise(value.py(), &Error::new(ErrorKind::TooLarge, message).at("tickets")));
        }
        tickets.push(ticket(&item?, Some(index))?);
    }
    Ok(tickets)
}

/// A call's options, as JSON; `None` for the usual.
pub(crate) fn read_options(py: Python<'_>, json: Option<&str>) -> PyResult<AnalyzeOptions> {
    let options = json.map(|json| from_json(json.as_bytes())).transpose();
    options.map(Option::unwrap_or_default).map_err(|e| raise(py, &e))
}
