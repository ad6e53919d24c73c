//! Which column is taken for which field of a ticket.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::options::ArchiveColumns;
use crate::{Error, ErrorKind, Result};

/// A field of a ticket that a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The message.
    Text,
    /// A thread of messages.
    Messages,
    /// The subject.
    Subject,
    /// The body.
    Body,
    /// The sender's own identifier.
    Id,
    /// The urgency that was given.
    Urgency,
    /// What is known of the customer.
    CustomerHistory,
    /// When it came: read for the counts by month alone.
    Created,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Field {
    const ALL: [Self; 8] = [
        Self::Text,
        Self::Messages,
        Self::Subject,
        Self::Body,
        Self::Id,
        Self::Urgency,
        Self::CustomerHistory,
        Self::Created,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Messages => "messages",
            Self::Subject => "subject",
            Self::Body => "body",
            Self::Id => "id",
            Self::Urgency => "urgency",
            Self::CustomerHistory => "customer_history",
            Self::Created => "created",
        }
    }

    /// Names that a column of this field usually has, the likeliest first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["text", "message", "issue", "content", "comment", "description"],
            Self::Messages => &["messages", "thread"],
            Self::Subject => &["subject", "title"],
            Self::Body => &["body"],
            Self::Id => &["id", "ticket_id", "ticketid"],
            Self::Urgency => &["urgency"],
            Self::CustomerHistory => &["customer_history", "customerhistory"],
            Self::Created => {
                &["created_at", "createdat", "created", "received_at", "opened_at", "date", "timestamp"]
            }
        }
    }

    fn named(self, columns: &ArchiveColumns) -> Option<&String> {
        match self {
            Self::Text => columns.tickets.text.as_ref(),
            Self::Messages => columns.messages.as_ref(),
            Self::Subject => columns.tickets.subject.as_ref(),
            Self::Body => columns.tickets.body.as_ref(),
            Self::Id => columns.tickets.id.as_ref(),
            Self::Urgency => columns.tickets.urgency.as_ref(),
            Self::CustomerHistory => columns.customer_history.as_ref(),
            Self::Created => columns.created.as_ref(),
        }
    }

    /// Whether only some texts can be a value of it.
    pub(crate) fn has_a_form(self) -> bool {
        matches!(self, Self::Urgency | Self::CustomerHistory | Self::Created)
    }

    /// Whether it holds what is read.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Messages | Self::Subject | Self::Body)
    }
}

/// A column that was taken for a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The field.
    pub field: Field,
    /// The column.
    pub column: String,
    /// Whether nobody named it.
    pub guessed: bool,
}

/// A column that has a field's name and is not taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone {
    /// The column.
    pub column: String,
    /// Why not.
    pub why: String,
}

/// Chooses among the columns that are there.
///
/// Where a text was found, nothing is guessed for a thread; where either was, nothing for subject and body.
pub(crate) fn map(there: &[String], wanted: &ArchiveColumns) -> Result<Vec<Taken>> {
    let mut taken: Vec<Taken> = Vec::new();
    for field in Field::ALL {
        if let Some(column) = field.named(wanted) {
            taken.push(Taken { field, column: column.clone(), guessed: false });
        }
    }
    let named = |taken: &[Taken], field: Field| taken.iter().any(|t| t.field == field);
    for field in Field::ALL {
        let has_text = taken.iter().any(|t| t.field.is_text());
        let alone = named(&taken, Field::Text) || named(&taken, Field::Messages);
        let open = match field {
            Field::Text | Field::Messages => !has_text,
            // A subject stands beside a body, whoever named that.
            Field::Subject | Field::Body => !alone,
            _ => true,
        };
        if wanted.only_named || named(&taken, field) || !open {
            continue;
        }
        let free = |column: &&String| !taken.iter().any(|t| t.column == **column);
        let found = field.names().iter().find_map(|name| {
            there.iter().filter(free).find(|column| column.trim().eq_ignore_ascii_case(name))
        });
        if let Some(column) = found {
            taken.push(Taken { field, column: column.clone(), guessed: true });
        }
    }
    check(&taken, there)?;
    Ok(taken)
}

fn check(taken: &[Taken], there: &[String]) -> Result<()> {
    let has = |field| taken.iter().any(|t| t.field == field);
    if !taken.iter().any(|t| t.field.is_text()) {
        let message =
            format!("no column holds the text; name one with --text-column. There are: {}", there.join(", "));
        return Err(Error::new(ErrorKind::DataInvalid, message));
    }
    let sources = [has(Field::Text), has(Field::Messages), has(Field::Subject) || has(Field::Body)];
    if sources.iter().filter(|there| **there).count() > 1 {
        return Err(Error::invalid(
            "columns",
            "a ticket is a text, or a thread, or a subject and a body; columns are named for several of them",
        ));
    }
    Ok(())
}

/// Refuses a column that is not there, or that stands there twice.
pub(crate) fn require(column: &str, there: &[String]) -> Result<()> {
    match there.iter().filter(|name| *name == column).count() {
        1 => Ok(()),
        0 => Err(Error::new(
            ErrorKind::DataInvalid,
            format!("there is no column `{column}`; there are: {}", there.join(", ")),
        )),
        _ => {
            let places = there.iter().enumerate().filter(|(_, name)| *name == column);
            let places: Vec<String> = places.map(|(place, _)| (place + 1).to_string()).collect();
            Err(Error::new(
                ErrorKind::DataInvalid,
                format!("the column `{column}` stands there more than once: columns {}", places.join(", ")),
            ))
        }
    }
}
