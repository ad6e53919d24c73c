//! Files of tickets.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use super::{File, Format, invalid, json_lines, no_column, utf8};
use crate::{Error, ErrorKind, Result, Ticket, Urgency};

/// The columns that hold a ticket's fields, where they are not called by the fields' names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketColumns {
    /// Holds `text`.
    pub text: Option<String>,
    /// Holds `subject`.
    pub subject: Option<String>,
    /// Holds `body`.
    pub body: Option<String>,
    /// Holds `id`.
    pub id: Option<String>,
    /// Holds `urgency`.
    pub urgency: Option<String>,
}

/// Which column was taken for which field: `(field, column)`.
pub type Mapping = Vec<(&'static str, String)>;

/// Reads tickets from a CSV, TSV or JSON lines file.
///
/// A column of a CSV is a field where `columns` names it, or where its name is the field's and all its values fit; a
/// JSON line may also have `customer_history` and either spelling. Other columns are left alone.
///
/// # Errors
/// As [`super::read_labelled`]; a named column that is missing or whose values do not fit is `data-invalid`.
pub fn read_tickets(path: &Path, columns: &TicketColumns) -> Result<(Vec<Ticket>, Mapping)> {
    let file = File::read(path)?;
    let there = file.columns()?;
    let mapping = map(&file, &there, columns).map_err(|e| e.context(&file.name))?;
    let tickets = match file.format {
        Format::Csv(_) => from_csv(&file, &mapping)?,
        Format::JsonLines => from_json(&file, &mapping)?,
    };
    if tickets.is_empty() {
        return Err(Error::new(ErrorKind::DataInvalid, format!("{} has no row", file.name)));
    }
    Ok((tickets, mapping))
}

/// Reads one ticket a line; empty lines are skipped.
///
/// # Errors
/// `io`; `data-invalid` for invalid UTF-8, with its line.
pub fn lines(mut input: impl Read) -> Result<Vec<Ticket>> {
    let mut bytes = Vec::new();
    let read = input.read_to_end(&mut bytes);
    read.map_err(|e| Error::new(ErrorKind::Io, format!("standard input: {e}")).with_source(e))?;
    let text = utf8(bytes).map_err(|e| e.context("standard input"))?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(Ticket::new).collect())
}

/// An urgency cell; an empty one says nothing.
fn urgency(cell: &str) -> Result<Option<Urgency>> {
    if cell.trim().is_empty() { Ok(None) } else { cell.trim().to_lowercase().parse().map(Some) }
}

fn map(file: &File, there: &[String], columns: &TicketColumns) -> Result<Mapping> {
    let fields = [
        ("text", &columns.text),
        ("subject", &columns.subject),
        ("body", &columns.body),
        ("id", &columns.id),
        ("urgency", &columns.urgency),
    ];
    let mut mapping = Mapping::new();
    for (field, named) in fields {
        match named {
            Some(column) if there.contains(column) => mapping.push((field, column.clone())),
            Some(column) => return Err(no_column(column, there)),
            None if !there.iter().any(|column| column == field) => {}
            // Subject and body give way to a text, which a ticket has instead of them.
            None if mapping.iter().any(|(taken, _)| *taken == "text")
                && matches!(field, "subject" | "body") => {}
            None if field == "urgency" && matches!(file.format, Format::Csv(_)) => {
                let values = file.records(&["urgency"])?;
                if values.iter().all(|(_, cells)| urgency(&cells[0]).is_ok()) {
                    mapping.push((field, field.to_owned()));
                }
            }
            None => mapping.push((field, field.to_owned())),
        }
    }
    if mapping.iter().any(|(field, _)| matches!(*field, "text" | "subject" | "body")) {
        return Ok(mapping);
    }
    Err(Error::new(
        ErrorKind::DataInvalid,
        format!("no column holds the text; name one with --text-column. There are: {}", there.join(", ")),
    ))
}

fn from_csv(file: &File, mapping: &Mapping) -> Result<Vec<Ticket>> {
    let names: Vec<&str> = mapping.iter().map(|(_, column)| column.as_str()).collect();
    let mut tickets = Vec::new();
    for (line, cells) in file.records(&names)? {
        let mut ticket = Ticket::default();
        for ((field, _), cell) in mapping.iter().zip(cells) {
            match *field {
                "text" => ticket.text = Some(cell),
                "subject" => ticket.subject = Some(cell),
                "body" => ticket.body = Some(cell),
                "id" => ticket.id = Some(cell),
                _ => {
                    ticket.urgency = urgency(&cell).map_err(|e| invalid(line, e).context(&file.name))?;
                }
            }
        }
        tickets.push(ticket);
    }
    Ok(tickets)
}

fn from_json(file: &File, mapping: &Mapping) -> Result<Vec<Ticket>> {
    let mut tickets = Vec::new();
    for (line, mut object) in json_lines::values(&file.text).map_err(|e| e.context(&file.name))? {
        let mut fields = Map::new();
        for (field, column) in mapping {
            if let Some(value) = object.remove(column).filter(|value| !value.is_null()) {
                let value = match value {
                    Value::Number(id) if *field == "id" => Value::String(id.to_string()),
                    value => value,
                };
                fields.insert((*field).to_owned(), value);
            }
        }
        for spelling in ["customer_history", "customerHistory"] {
            if let Some(history) = object.remove(spelling).filter(|value| !value.is_null()) {
                fields.insert("customer_history".to_owned(), history);
            }
        }
        let ticket: Ticket = serde_json::from_value(Value::Object(fields))
            .map_err(|e| invalid(line, e).context(&file.name))?;
        ticket.message().map_err(|e| invalid(line, e).context(&file.name))?;
        tickets.push(ticket);
    }
    Ok(tickets)
}
