//! The mapping of columns to the fields of a ticket.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::record::SourceColumn;
use super::record::Wanted;
use super::thread::Customer;
use crate::quote::quoted;
use crate::{Error, ErrorKind, Result};

/// The columns that hold a ticket's fields, by name. A column that is not named here is guessed by its name
/// ([`Field::guessed_names`]), unless `only_named` is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketColumns {
    /// The column of the message.
    pub text: Option<String>,
    /// The column of the subject.
    pub subject: Option<String>,
    /// The column of the body.
    pub body: Option<String>,
    /// The column of the ticket's identifier.
    pub id: Option<String>,
    /// The column of the urgency: `low`, `medium`, `high` or `critical`.
    pub urgency: Option<String>,
    /// The column of the customer's history, as JSON.
    pub customer_history: Option<String>,
    /// The column of a thread, as a JSON list of messages.
    pub messages: Option<String>,
    /// The column of the customer's number, as `author_id` has it in the messages of a thread.
    pub requester: Option<String>,
    /// The column of the time at which a ticket came, in ISO 8601: a date, a time, with an offset or
    /// without.
    pub created: Option<String>,
    /// The marks of the customer's messages in a thread; empty: the marks that helpdesks usually have.
    pub customer: Vec<Customer>,
    /// True: no column is guessed.
    pub only_named: bool,
}

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
    /// The customer's history with the desk.
    CustomerHistory,
    /// The customer among those who wrote a thread.
    Requester,
    /// The time at which it came: for the counts by month alone.
    Created,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Field {
    /// All fields, in the order in which their columns are reported.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Messages,
        Self::Subject,
        Self::Body,
        Self::Id,
        Self::Urgency,
        Self::CustomerHistory,
        Self::Requester,
        Self::Created,
    ];

    /// Its name, such as `customer_history`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Messages => "messages",
            Self::Subject => "subject",
            Self::Body => "body",
            Self::Id => "id",
            Self::Urgency => "urgency",
            Self::CustomerHistory => "customer_history",
            Self::Requester => "requester",
            Self::Created => "created",
        }
    }

    /// The names by which a column is guessed to be this field, the likeliest first; capitals do not count.
    /// The only list of them.
    pub fn guessed_names(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["text", "message", "issue", "content", "comment", "description"],
            Self::Messages => &["messages", "thread", "comments", "conversations", "conversation_parts"],
            Self::Subject => &["subject", "title"],
            Self::Body => &["body"],
            Self::Id => &["id", "ticket_id", "ticketid"],
            Self::Urgency => &["urgency"],
            Self::CustomerHistory => &["customer_history", "customerhistory"],
            Self::Requester => &["requester_id", "requesterid"],
            Self::Created => {
                &["created_at", "createdat", "created", "received_at", "opened_at", "date", "timestamp"]
            }
        }
    }

    fn named(self, columns: &TicketColumns) -> Option<&String> {
        match self {
            Self::Text => columns.text.as_ref(),
            Self::Messages => columns.messages.as_ref(),
            Self::Subject => columns.subject.as_ref(),
            Self::Body => columns.body.as_ref(),
            Self::Id => columns.id.as_ref(),
            Self::Urgency => columns.urgency.as_ref(),
            Self::CustomerHistory => columns.customer_history.as_ref(),
            Self::Requester => columns.requester.as_ref(),
            Self::Created => columns.created.as_ref(),
        }
    }

    /// True for a field that holds text of the message.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Messages | Self::Subject | Self::Body)
    }

    /// True where its column may have a list or an object of JSON.
    pub(crate) fn is_nested(self) -> bool {
        matches!(self, Self::Messages | Self::CustomerHistory)
    }
}

/// A column that is mapped to a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnMapping {
    /// The field.
    pub field: Field,
    /// The name of the column.
    pub column: String,
    /// True where the caller did not name it.
    pub guessed: bool,
}

impl ColumnMapping {
    /// The column to read. Where a row's text was guessed, subject and body that were guessed beside it
    /// replace a missing one.
    pub(crate) fn wanted(&self, all: &[Self]) -> Wanted {
        let beside =
            matches!(self.field, Field::Subject | Field::Body) && all.iter().any(|t| t.field == Field::Text);
        let nested = self.field.is_nested() || self.field == Field::Created;
        Wanted { name: self.column.clone(), nested, lenient: self.guessed && beside }
    }
}

/// A column that has a field's name and is not mapped to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedColumn {
    /// The name of the column.
    pub column: String,
    /// The reason why it was skipped, a phrase for people.
    pub why: String,
}

/// The columns that are mapped to fields, and those that have a field's name and were skipped.
pub(crate) type Mapping = (Vec<ColumnMapping>, Vec<SkippedColumn>);

/// Maps the columns of an input to fields.
///
/// Where a text was found, nothing is guessed for a thread; where either was, nothing for subject and body,
/// unless rows may lack a column that others have (`sparse`): there a row without the text has them.
pub(crate) fn map(there: &[SourceColumn], wanted: &TicketColumns, sparse: bool) -> Result<Mapping> {
    let mut taken: Vec<ColumnMapping> = Vec::new();
    for &field in Field::ALL {
        if let Some(column) = field.named(wanted) {
            taken.push(ColumnMapping { field, column: column.clone(), guessed: false });
        }
    }
    let mut skipped = Vec::new();
    if !wanted.only_named {
        for &field in Field::ALL {
            guess(field, there, sparse, &mut taken, &mut skipped);
        }
    }
    check(&taken, there, &skipped)?;
    Ok((taken, skipped))
}

fn guess(
    field: Field,
    there: &[SourceColumn],
    sparse: bool,
    taken: &mut Vec<ColumnMapping>,
    left: &mut Vec<SkippedColumn>,
) {
    let has = |wanted: &dyn Fn(&ColumnMapping) -> bool| taken.iter().any(wanted);
    let thread = has(&|t| t.field == Field::Messages);
    let open = match field {
        Field::Text | Field::Messages => !has(&|t| t.field.is_text()),
        // A subject may be beside a body that was named.
        Field::Subject | Field::Body => {
            !thread && !has(&|t| t.field == Field::Text && !(sparse && t.guessed))
        }
        Field::Requester => thread,
        _ => true,
    };
    if !open || has(&|t| t.field == field) {
        return;
    }
    for name in field.guessed_names() {
        let named = |column: &&SourceColumn| column.name.trim().eq_ignore_ascii_case(name);
        let free = |column: &&SourceColumn| !taken.iter().any(|t| t.column == column.name);
        let Some(column) = there.iter().filter(named).find(free) else { continue };
        if let Some(kind) = &column.unreadable {
            let why = format!("it is of the type {kind}, which is no text");
            left.push(SkippedColumn { column: column.name.clone(), why });
            continue;
        }
        let copies = there.iter().filter(|other| other.name == column.name).count();
        if copies > 1 && !field.is_text() {
            let why = "it stands there more than once".to_owned();
            left.push(SkippedColumn { column: column.name.clone(), why });
            continue;
        }
        taken.push(ColumnMapping { field, column: column.name.clone(), guessed: true });
        // One row may have the one spelling, another one the other.
        if !(sparse && field == Field::CustomerHistory) {
            return;
        }
    }
}

/// Refuses columns that are no ticket's.
pub(crate) fn check(
    taken: &[ColumnMapping],
    there: &[SourceColumn],
    skipped: &[SkippedColumn],
) -> Result<()> {
    if !taken.iter().any(|t| t.field.is_text()) {
        let names = listed(there.iter().map(|column| column.name.as_str()));
        let why: String =
            skipped.iter().map(|left| format!("; `{}` was left alone: {}", left.column, left.why)).collect();
        let message = format!("no column holds the text: name the one that does; there are: {names}{why}");
        return Err(Error::new(ErrorKind::DataInvalid, message).at("text_column"));
    }
    let named = |field| taken.iter().any(|t| t.field == field && !t.guessed);
    let has = |field| taken.iter().any(|t| t.field == field);
    let both = named(Field::Subject) || named(Field::Body);
    let several =
        [named(Field::Text), named(Field::Messages), both].iter().filter(|named| **named).count() > 1;
    if several || has(Field::Text) && has(Field::Messages) {
        return Err(Error::invalid(
            "columns",
            "a ticket is a text, or a thread, or a subject and a body; columns are named for several of them",
        ));
    }
    Ok(())
}

/// Columns of an input, at most.
const MAX_COLUMNS: usize = 65_536;

/// Refuses an input of too many columns.
pub(super) fn few_enough(columns: usize) -> Result<()> {
    if columns <= MAX_COLUMNS {
        return Ok(());
    }
    let message = format!("{columns} columns; an input may have {MAX_COLUMNS}");
    Err(Error::new(ErrorKind::TooLarge, message))
}

/// The names of an input's columns, to look them up.
pub(crate) struct Names<'a> {
    all: &'a [String],
    /// Where each stands first, and whether it stands there again.
    places: HashMap<&'a str, (usize, bool)>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(all: &'a [String]) -> Self {
        let mut places = HashMap::with_capacity(all.len());
        for (place, name) in all.iter().enumerate() {
            places.entry(name.as_str()).and_modify(|(_, again)| *again = true).or_insert((place, false));
        }
        Self { all, places }
    }

    /// The place of a column, from 0.
    ///
    /// # Errors
    /// `data-invalid` for one that does not exist, or that exists twice.
    pub(crate) fn place(&self, column: &str) -> Result<usize> {
        match self.places.get(column) {
            Some((place, false)) => Ok(*place),
            None => Err(no_column(column, self.all)),
            Some(_) => {
                let places = self.all.iter().enumerate().filter(|(_, name)| *name == column);
                let places = listed(places.map(|(place, _)| (place + 1).to_string()));
                Err(Error::new(
                    ErrorKind::DataInvalid,
                    format!("the column `{column}` stands there more than once: columns {places}"),
                ))
            }
        }
    }
}

/// Refuses a column that does not exist, or that exists twice.
pub(crate) fn require(column: &str, there: &[String]) -> Result<()> {
    Names::of(there).place(column).map(|_| ())
}

/// The error of a column that does not exist.
pub(crate) fn no_column(column: &str, there: &[String]) -> Error {
    let message = format!("there is no column {}; there are: {}", quoted(column), listed(there));
    Error::new(ErrorKind::DataInvalid, message)
}

/// Names that a message lists, at most.
const LISTED: usize = 100;

/// The first of some names, and how many more there are.
fn listed(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut names = names.into_iter();
    let first: Vec<_> = names.by_ref().take(LISTED).collect();
    let listed = first.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.count() {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}
