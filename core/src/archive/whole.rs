//! A small archive as tickets in memory.

use std::path::Path;

use super::columns::{Field, map};
use super::locate::file;
use super::options::{ArchiveColumns, InputFormat, Reading};
use super::plan::fitting;
use super::read::format_of;
use super::tickets::ticket;
use crate::data::{self, TicketColumns, TicketFile};
use crate::prepare::Preparation;
use crate::{Error, ErrorKind, Result};

/// Reads all tickets of a file, with texts as they are: Parquet and Arrow as archives are read, packed files too, and plain text as [`data::read_tickets`] has it.
///
/// # Errors
/// `io`; `data-invalid` names the row of the first that cannot be read, or says that there is none.
pub fn read_tickets(path: &Path, columns: &TicketColumns) -> Result<TicketFile> {
    let packed = path
        .extension()
        .is_some_and(|ending| ["gz", "zst", "zstd"].iter().any(|known| ending.eq_ignore_ascii_case(known)));
    let format = format_of(&path.to_string_lossy());
    if !packed && !matches!(format, Some(InputFormat::Parquet | InputFormat::Arrow)) {
        return data::read_tickets(path, columns);
    }
    let columns = ArchiveColumns { tickets: columns.clone(), ..ArchiveColumns::default() };
    let input = file(path, &Reading::default())?;
    let (mut taken, _) = fitting(Some(&input), map(&input.columns()?, &columns)?)?;
    taken.retain(|taken| taken.field != Field::Created);
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
