//! Rows become tickets.

use std::borrow::Cow;

use serde::Deserialize;

use super::columns::Field;
use super::read::Fault;
use crate::prepare::{Preparation, Removed, prepare};
use crate::{CustomerHistory, Error, Ticket, Urgency};

/// A ticket with what was taken away from its text.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) ticket: Ticket,
    pub(crate) removed: Vec<Removed>,
    /// The month in which it came, as `2026-03`, or [`UNKNOWN`]; `None` where no column says.
    pub(crate) month: Option<String>,
}

/// The month of a ticket of which nobody knows when it came.
pub(crate) const UNKNOWN: &str = "unknown";

/// A message of a thread.
#[derive(Deserialize)]
struct Message {
    #[serde(alias = "body", alias = "message")]
    text: String,
    /// Who wrote it; nobody named is the customer.
    #[serde(default, alias = "author", alias = "role")]
    from: Option<String>,
    /// When, as text that sorts by time, such as ISO 8601.
    #[serde(default, alias = "created_at", alias = "createdAt", alias = "time")]
    at: Option<String>,
}

/// Words for the customer among those who write.
const CUSTOMER: [&str; 6] = ["customer", "user", "end-user", "requester", "client", "contact"];

/// Makes a ticket of the values of its fields.
pub(crate) fn ticket<'a>(
    values: impl Iterator<Item = (Field, Option<&'a str>)>,
    how: Preparation,
) -> Result<Prepared, Fault> {
    let (mut ticket, mut parts, mut removed) = (Ticket::default(), Vec::new(), Vec::new());
    let mut clean = |text: &str| {
        let prepared = prepare(text, &how);
        removed.extend(prepared.removed);
        prepared.text.into_owned()
    };
    let (mut subject, mut body) = (None, None);
    let mut month = None;
    for (field, value) in values {
        if field == Field::Created {
            month = Some(value.and_then(month_of).unwrap_or_else(|| UNKNOWN.to_owned()));
            continue;
        }
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else { continue };
        match field {
            Field::Text => parts.push(clean(value)),
            Field::Messages => parts.extend(customers(value)?.iter().map(|text| clean(text))),
            Field::Subject => subject = Some(value.to_owned()),
            Field::Body => body = Some(clean(value)),
            Field::Id => ticket.id = Some(value.to_owned()),
            Field::Urgency => ticket.urgency = Some(urgency(value).map_err(|e| of(&e, "urgency"))?),
            Field::CustomerHistory => ticket.customer_history = Some(history(value)?),
            Field::Created => {}
        }
    }
    parts.extend(subject);
    parts.extend(body);
    let text = match parts.as_slice() {
        [] => return Err(Fault::data("there is no text")),
        [only] => Cow::Borrowed(only),
        all => Cow::Owned(all.join("\n")),
    };
    removed.sort_unstable();
    removed.dedup();
    ticket.text = Some(text.into_owned());
    Ok(Prepared { ticket, removed, month })
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

/// Characters of what is wrong with a value: it may hold the value.
const TOLD: usize = 200;

fn of(error: &Error, field: &str) -> Fault {
    let mut message = format!("{field}: {}", error.message());
    if message.chars().count() > TOLD {
        message = message.chars().take(TOLD).chain("...".chars()).collect();
    }
    Fault { kind: error.kind(), message }
}

fn urgency(value: &str) -> crate::Result<Urgency> {
    value.trim().to_lowercase().parse()
}

fn history(value: &str) -> Result<CustomerHistory, Fault> {
    crate::from_json(value.as_bytes()).map_err(|e| of(&e, "customer_history"))
}

/// What the customer wrote, the newest first: where the model reads no further, what is left out is old.
fn customers(thread: &str) -> Result<Vec<String>, Fault> {
    let messages: Vec<Message> =
        serde_json::from_str(thread).map_err(|e| Fault::data(format!("messages: {e}")))?;
    let is_customer = |message: &Message| {
        message.from.as_deref().is_none_or(|from| CUSTOMER.contains(&from.trim().to_lowercase().as_str()))
    };
    let mut theirs: Vec<Message> = messages.into_iter().filter(is_customer).collect();
    // Without times, a thread is told from its beginning.
    theirs.sort_by(|a, b| a.at.cmp(&b.at));
    let texts = theirs.into_iter().rev().map(|message| message.text);
    Ok(texts.filter(|text| !text.trim().is_empty()).collect())
}
