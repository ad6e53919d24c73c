//! Sources of tickets: a list, a borrowed column of texts, or JSON.

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::quote::{short, shortened};
use crate::{CustomerHistory, Error, ErrorKind, Result, Ticket, Urgency};

/// The parts of one ticket that the engine reads, borrowed from its source.
#[derive(Debug, Clone)]
pub struct TicketRef<'a> {
    /// The sender's own identifier.
    pub id: Option<&'a str>,
    /// The message.
    pub text: Cow<'a, str>,
    /// The urgency that the sender or the desk gave.
    pub urgency: Option<Urgency>,
    /// The customer's history with the desk.
    pub history: Option<&'a CustomerHistory>,
}

impl<'a> TicketRef<'a> {
    /// A ticket of nothing but a text.
    pub fn new(text: &'a str) -> Self {
        Self { id: None, text: Cow::Borrowed(text), urgency: None, history: None }
    }
}

/// A source of tickets that can be read from any thread. `Vec<Ticket>` is one; a table's column can be
/// another, whose texts are not copied.
pub trait Tickets: Send + Sync {
    /// The number of tickets.
    fn len(&self) -> usize;

    /// True where there is no ticket.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ticket at `index`, from 0 to below [`Tickets::len`].
    ///
    /// # Errors
    /// `invalid-input` where the ticket has no text, or both `text` and `subject` or `body`.
    fn get(&self, index: usize) -> Result<TicketRef<'_>>;

    /// The name of the ticket at `index` in an error, such as `ticket 3`; `None` where it is the only one.
    fn place(&self, index: usize) -> Option<String> {
        (self.len() > 1).then(|| format!("ticket {index}"))
    }
}

impl Tickets for Vec<Ticket> {
    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, index: usize) -> Result<TicketRef<'_>> {
        self[index].borrowed()
    }
}

impl Tickets for Arc<[Ticket]> {
    fn len(&self) -> usize {
        self.as_ref().len()
    }

    fn get(&self, index: usize) -> Result<TicketRef<'_>> {
        self[index].borrowed()
    }
}

impl Ticket {
    fn borrowed(&self) -> Result<TicketRef<'_>> {
        Ok(TicketRef {
            id: self.id.as_deref(),
            text: self.message()?,
            urgency: self.urgency,
            history: self.customer_history.as_ref(),
        })
    }
}

/// The input of a call, which the engine's threads keep until it is answered. A `Vec`, an array, an
/// `Arc<[Ticket]>` and any source in an `Arc` are moved; borrowed tickets are copied.
pub trait IntoTickets {
    /// Returns the source.
    fn into_tickets(self) -> Arc<dyn Tickets>;
}

impl IntoTickets for Arc<dyn Tickets> {
    fn into_tickets(self) -> Arc<dyn Tickets> {
        self
    }
}

impl<T: Tickets + 'static> IntoTickets for Arc<T> {
    fn into_tickets(self) -> Arc<dyn Tickets> {
        self
    }
}

impl IntoTickets for Vec<Ticket> {
    fn into_tickets(self) -> Arc<dyn Tickets> {
        Arc::new(self)
    }
}

impl IntoTickets for Arc<[Ticket]> {
    fn into_tickets(self) -> Arc<dyn Tickets> {
        Arc::new(self)
    }
}

impl<const N: usize> IntoTickets for [Ticket; N] {
    fn into_tickets(self) -> Arc<dyn Tickets> {
        Arc::new(Vec::from(self))
    }
}

impl IntoTickets for &[Ticket] {
    fn into_tickets(self) -> Arc<dyn Tickets> {
        Arc::new(self.to_vec())
    }
}

impl IntoTickets for &Vec<Ticket> {
    fn into_tickets(self) -> Arc<dyn Tickets> {
        self.as_slice().into_tickets()
    }
}

impl<const N: usize> IntoTickets for &[Ticket; N] {
    fn into_tickets(self) -> Arc<dyn Tickets> {
        self.as_slice().into_tickets()
    }
}

/// A ticket is written as an object with its fields, or as a string that is its text.
impl<'de> Deserialize<'de> for Ticket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Ticket;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a ticket: a text, or an object with `text`")
            }

            fn visit_str<E>(self, text: &str) -> std::result::Result<Ticket, E> {
                Ok(Ticket::new(text))
            }

            fn visit_string<E>(self, text: String) -> std::result::Result<Ticket, E> {
                Ok(Ticket::new(text))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> std::result::Result<Ticket, A::Error> {
                // The derived reader of the fields: `serde(remote)` gives it this name.
                Ticket::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for Ticket {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Ticket::serialize(self, serializer)
    }
}

/// Reads a value from JSON.
///
/// # Errors
/// `invalid-input`, with the line and column of broken JSON, or the path of a value that does not fit; the
/// error's field is the last name on that path.
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| refused(&e))?;
    deserializer.end().map_err(|e| Error::new(ErrorKind::InvalidInput, e.to_string()))?;
    Ok(value)
}

fn refused(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    use serde_path_to_error::Segment;
    let (path, mut reason) = (error.path(), error.inner().to_string());
    // The path is the place of a value that does not fit; lines and columns are for JSON that is broken.
    if error.inner().is_data()
        && let Some(end) = reason.rfind(" at line ")
    {
        reason.truncate(end);
    }
    let reason = shortened(reason);
    // serde knows an unknown field, and one that is missing, only by its message.
    let named = |start: &str| reason.strip_prefix(start).and_then(|rest| rest.split('`').next());
    let unknown = named("unknown field `").or_else(|| named("missing field `"));
    let last = path.iter().rev().find_map(|segment| match segment {
        Segment::Map { key } => Some(key.as_str()),
        _ => None,
    });
    let field = unknown.or(last).map(str::to_owned);
    let mut place = path.to_string();
    for segment in path {
        if let Segment::Map { key } = segment
            && let Cow::Owned(cut) = short(key)
        {
            place = place.replace(key.as_str(), &cut);
        }
    }
    let message = if place == "." { reason } else { format!("{place}: {reason}") };
    match field {
        Some(field) => Error::invalid(&field, message),
        None => Error::new(ErrorKind::InvalidInput, message),
    }
}
