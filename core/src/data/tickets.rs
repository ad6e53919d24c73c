//! Files of tickets.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use super::{File, Format, MAX_FILE_BYTES, invalid, json_lines, no_column, utf8};
use crate::{Error, ErrorKind, Result, Ticket, TicketRef, Tickets, Urgency};

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

/// The tickets of a file. Errors about them name the line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketFile {
    /// The tickets, in the order of the file.
    pub tickets: Vec<Ticket>,
    /// The line on which each begins, from 1; empty where there was no file, or one without lines.
    pub lines: Vec<u64>,
    /// Which column was taken for which field; empty for plain lines.
    pub mapping: Mapping,
}

impl Tickets for TicketFile {
    fn len(&self) -> usize {
        self.tickets.len()
    }

    fn get(&self, index: usize) -> Result<TicketRef<'_>> {
        self.tickets.get(index)
    }

    fn place(&self, index: usize) -> Option<String> {
        match self.lines.get(index) {
            Some(line) => Some(format!("line {line}")),
            // A file without lines.
            None => (!self.mapping.is_empty()).then(|| format!("row {}", index + 1)),
        }
    }
}

/// Reads tickets from a CSV, TSV or JSON lines file.
///
/// A column of a CSV is a field where `columns` names it, or where its name is the field's and all its values fit; a
/// JSON line may also have `customer_history` and either spelling. Other columns are left alone.
///
/// # Errors
/// As [`super::read_labelled`]; a named column that is missing or whose values do not fit is `data-invalid`.
pub fn read_tickets(path: &Path, columns: &TicketColumns) -> Result<TicketFile> {
    let file = File::read(path)?;
    let there = file.columns()?;
    let mapping = map(&file, &there, columns).map_err(|e| e.context(&file.name))?;
    let rows = match file.format {
        Format::Csv(_) => from_csv(&file, &mapping)?,
        Format::JsonLines => from_json(&file, &mapping, columns)?,
    };
    if rows.is_empty() {
        return Err(Error::new(ErrorKind::DataInvalid, format!("{} has no row", file.name)));
    }
    for (line, ticket) in &rows {
        ticket.message().map_err(|e| invalid(*line, e).context(&file.name))?;
    }
    let (lines, tickets) = rows.into_iter().unzip();
    Ok(TicketFile { tickets, lines, mapping })
}

/// Reads one ticket a line; empty lines are skipped.
///
/// # Errors
/// `io`; `data-invalid` for invalid UTF-8, with its line.
pub fn lines(input: impl Read) -> Result<TicketFile> {
    let mut bytes = Vec::new();
    let read = input.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|e| Error::new(ErrorKind::Io, format!("standard input: {e}")).with_source(e))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("standard input has more than {MAX_FILE_BYTES} bytes");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    let text = utf8(bytes).map_err(|e| e.context("standard input"))?;
    let full = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let (tickets, lines) = full.map(|(line, number)| (Ticket::new(line), number)).unzip();
    Ok(TicketFile { tickets, lines, mapping: Mapping::new() })
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
                && matches!((field, file.format), ("subject" | "body", Format::Csv(_))) => {}
            None if field == "urgency" && matches!(file.format, Format::Csv(_)) => {
                let mut fits = true;
                file.records(&["urgency"], &mut |_, cells| {
                    fits &= urgency(&cells[0]).is_ok();
                    Ok(())
                })?;
                if fits {
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

fn from_csv(file: &File, mapping: &Mapping) -> Result<Vec<(u64, Ticket)>> {
    let names: Vec<&str> = mapping.iter().map(|(_, column)| column.as_str()).collect();
    let mut tickets = Vec::new();
    file.records(&names, &mut |line, cells| {
        let mut ticket = Ticket::default();
        for ((field, _), cell) in mapping.iter().zip(cells) {
            match *field {
                "text" => ticket.text = Some(cell),
                "subject" => ticket.subject = Some(cell),
                "body" => ticket.body = Some(cell),
                "id" => ticket.id = Some(cell),
                _ => {
                    ticket.urgency = urgency(&cell).map_err(|e| invalid(line, e))?;
                }
            }
        }
        tickets.push((line, ticket));
        Ok(())
    })?;
    Ok(tickets)
}

fn from_json(file: &File, mapping: &Mapping, columns: &TicketColumns) -> Result<Vec<(u64, Ticket)>> {
    let mut tickets = Vec::new();
    for (line, mut object) in json_lines::values(&file.text).map_err(|e| e.context(&file.name))? {
        let mut fields = Map::new();
        for (field, column) in mapping {
            if let Some(value) = object.remove(column).filter(|value| !value.is_null()) {
                let value = match value {
                    Value::Number(id) if *field == "id" => Value::String(id.to_string()),
                    Value::String(cell) if *field == "urgency" => {
                        match urgency(&cell).map_err(|e| invalid(line, e).context(&file.name))? {
                            Some(urgency) => Value::String(urgency.to_string()),
                            None => continue,
                        }
                    }
                    value => value,
                };
                fields.insert((*field).to_owned(), value);
            }
        }
        // Subject and body that were not asked for give way to a text.
        if fields.contains_key("text") {
            for (field, named) in [("subject", &columns.subject), ("body", &columns.body)] {
                if named.is_none() {
                    fields.remove(field);
                }
            }
        }
        for spelling in ["customer_history", "customerHistory"] {
            if let Some(history) = object.remove(spelling).filter(|value| !value.is_null())
                && fields.insert("customer_history".to_owned(), history).is_some()
            {
                return Err(invalid(line, "the customer history stands there twice").context(&file.name));
            }
        }
        let ticket: Ticket = serde_json::from_value(Value::Object(fields))
            .map_err(|e| invalid(line, e).context(&file.name))?;
        tickets.push((line, ticket));
    }
    Ok(tickets)
}
