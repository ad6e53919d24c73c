//! A small archive as tickets in memory.

use std::path::Path;

use super::columns::map;
use super::locate::file;
use super::options::{ArchiveColumns, Reading};
use super::plan::fitting;
use super::tickets::ticket;
use crate::data::TicketFile;
use crate::prepare::Preparation;
use crate::{Error, ErrorKind, Result};

/// Reads all tickets of a file in any format that archives have, with texts as they are. Columns are chosen as [`super::Archive::columns`] tells.
///
/// # Errors
/// `io`; `data-invalid` names the row of the first that cannot be read, or says that there is none.
pub fn read_tickets(path: &Path, columns: &ArchiveColumns) -> Result<TicketFile> {
    let input = file(path, &Reading::default())?;
    let (taken, _) = fitting(Some(&input), map(&input.columns()?, columns)?)?;
    let names: Vec<String> = taken.iter().map(|taken| taken.column.clone()).collect();
    let mut records = input.records(&names)?;
    let mut tickets = Vec::new();
    while let Some(record) = records.next()? {
        let values = |cells: &Vec<Option<String>>| {
            ticket(taken.iter().zip(cells).map(|(t, cell)| (t.field, cell.as_deref())), Preparation::NONE)
        };
        let prepared = record.cells.as_ref().map_err(Clone::clone).and_then(values);
        let prepared = prepared.map_err(|fault| {
            Error::new(fault.kind, format!("{}: row {}: {}", input.name, record.number, fault.message))
        })?;
        tickets.push(prepared.ticket);
    }
    if tickets.is_empty() {
        return Err(Error::new(ErrorKind::DataInvalid, format!("{} has no row", input.name)));
    }
    let mapping = taken.iter().map(|taken| (taken.field.name(), taken.column.clone())).collect();
    Ok(TicketFile { tickets, lines: Vec::new(), mapping })
}
