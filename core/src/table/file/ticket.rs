//! Rows become tickets.

use std::borrow::Cow;

use super::columns::Field;
use super::record::Fault;
use super::thread::{Customer, customers, says_who};
use crate::prepare::{Preparation, Removed, prepare};
use crate::{CustomerHistory, Error, Ticket, Urgency};

/// A ticket with the kinds of text that were removed from it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) ticket: Ticket,
    pub(crate) removed: Vec<Removed>,
    /// The month in which it came, as `2026-03`, or [`UNKNOWN`]; `None` without a column of times.
    pub(crate) month: Option<String>,
}

/// The month of a ticket whose time is unknown.
pub(crate) const UNKNOWN: &str = "unknown";

/// Options of making rows into tickets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Making<'a> {
    /// The parts that are removed from texts.
    pub(crate) prepare: Preparation,
    /// The marks of the customer's messages in a thread.
    pub(crate) customer: &'a [Customer],
    /// Whether a text column with nothing in it gives a ticket with an empty text, which the engine then
    /// reports, or a fault of the row.
    pub(crate) empty: bool,
}

/// Makes a ticket of the values of its fields.
pub(crate) fn ticket(values: &[(Field, Option<&str>)], how: Making<'_>) -> Result<Prepared, Fault> {
    let (mut ticket, mut text, mut removed) = (Ticket::default(), None, Vec::new());
    let mut clean = |text: &str| {
        if how.prepare.is_none() {
            return text.to_owned();
        }
        let prepared = prepare(text, &how.prepare);
        removed.extend(prepared.removed);
        prepared.text.into_owned()
    };
    let (mut subject, mut body, mut thread) = (None, None, false);
    let mut month = None;
    for (field, value) in values {
        if *field == Field::Created {
            month = Some(value.and_then(month_of).unwrap_or_else(|| UNKNOWN.to_owned()));
            continue;
        }
        let missing = |value: &&str| value.trim().is_empty() || field.is_nested() && value.trim() == "null";
        let Some(value) = value.filter(|value| !missing(value)) else { continue };
        match field {
            Field::Text => text = Some(clean(value)),
            Field::Messages => {
                thread = true;
                let theirs = customers(value, requester(values), how.customer)?;
                text = Some(theirs.iter().map(|text| clean(text)).collect::<Vec<_>>().join("\n"))
                    .filter(|text| !text.is_empty());
            }
            Field::Subject => subject = Some(value),
            Field::Body => body = Some(value),
            Field::Id => ticket.id = Some(value.to_owned()),
            Field::Urgency => ticket.urgency = Some(urgency(value).map_err(|e| of(&e, "urgency"))?),
            Field::CustomerHistory if ticket.customer_history.is_some() => {
                return Err(Fault::data("the customer history stands there twice"));
            }
            Field::CustomerHistory => ticket.customer_history = Some(history(value)?),
            Field::Requester | Field::Created => {}
        }
    }
    // A row that has a text has it instead of subject and body.
    let text = match (text, subject, body) {
        (Some(text), ..) => Cow::Owned(text),
        (None, Some(subject), Some(body)) => Cow::Owned(format!("{subject}\n{}", clean(body))),
        (None, Some(subject), None) => Cow::Borrowed(subject),
        (None, None, Some(body)) => Cow::Owned(clean(body)),
        (None, None, None) if how.empty => Cow::Borrowed(""),
        (None, None, None) if thread => return Err(Fault::data("the thread has no message of the customer")),
        (None, None, None) => return Err(Fault::data("there is no text")),
    };
    removed.sort_unstable();
    removed.dedup();
    ticket.text = Some(text.into_owned());
    Ok(Prepared { ticket, removed, month })
}

fn requester<'a>(values: &[(Field, Option<&'a str>)]) -> Option<&'a str> {
    values.iter().find(|(field, _)| *field == Field::Requester).and_then(|(_, value)| *value)
}

/// Whether the thread of a row names the writers of its messages, and why not; `None` where the row has none.
pub(crate) fn thread_says_who(
    values: &[(Field, Option<&str>)],
    customer: &[Customer],
) -> Option<Result<(), String>> {
    let thread = values.iter().find(|(field, _)| *field == Field::Messages)?.1?;
    says_who(thread, requester(values), customer)
}

/// Whether a value can be one of the field.
pub(crate) fn fits(field: Field, value: &str) -> bool {
    value.trim().is_empty()
        || match field {
            Field::Urgency => urgency(value).is_ok(),
            Field::CustomerHistory => history(value).is_ok(),
            Field::Created => month_of(value).is_some(),
            _ => true,
        }
}

/// The month of a date or a time of ISO 8601, by the clock that it was written by.
fn month_of(value: &str) -> Option<String> {
    let value = value.trim();
    let local = || value.parse::<jiff::civil::DateTime>().ok();
    let date = match value.strip_suffix(['Z', 'z']) {
        Some(utc) => utc.parse::<jiff::civil::DateTime>().ok()?.date(),
        None => local()?.date(),
    };
    Some(format!("{:04}-{:02}", date.year(), date.month()))
}

/// The largest number of characters of a message about a value: it may hold the value.
const MESSAGE_LENGTH: usize = 200;

fn of(error: &Error, field: &str) -> Fault {
    let mut message = format!("{field}: {}", error.message());
    if message.chars().count() > MESSAGE_LENGTH {
        message = message.chars().take(MESSAGE_LENGTH).chain("...".chars()).collect();
    }
    Fault::new(error.kind(), message)
}

fn urgency(value: &str) -> crate::Result<Urgency> {
    value.trim().to_lowercase().parse()
}

fn history(value: &str) -> Result<CustomerHistory, Fault> {
    crate::from_json(value.as_bytes()).map_err(|e| of(&e, "customer_history"))
}
