//! A file of tickets, read one after the other.

use std::io::BufRead;
use std::path::Path;

use super::columns::{ColumnMapping, Field, SkippedColumn, TicketColumns, check, map, no_column, require};
use super::fit::fitting;
use super::input::Input;
use super::locate::one;
use super::record::{MAX_ROW_BYTES, Record, Records, Wanted};
use super::ticket::{Making, ticket};
use super::{Notice, Reading};
use crate::prepare::Preparation;
use crate::{Error, ErrorKind, Result, Ticket};

/// A file of tickets that was read once: its columns are mapped, and every row is a ticket.
pub struct TicketFile {
    input: Input,
    columns: TicketColumns,
    taken: Vec<ColumnMapping>,
    skipped: Vec<SkippedColumn>,
    rows: u64,
}

impl std::fmt::Debug for TicketFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketFile")
            .field("name", &self.name())
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}

impl TicketFile {
    /// Opens a file, or an object by its address, and reads it once to its end: a fault of a row is an error
    /// before the first ticket is used. The rows are not kept.
    ///
    /// A column is a field where `columns` names it, or where it has one of the field's usual names and its
    /// values fit. In JSON, whose rows are tickets, `urgency` and `customer_history` are the fields
    /// themselves, and a value that does not fit is a fault of its row.
    ///
    /// # Errors
    /// `io`, `network`; `data-invalid` for a fault of a row (naming the line, or the row where the format has
    /// no lines), a missing column, and no ticket at all; `too-large` for a row of more than 16 MiB, for more
    /// than 65,536 columns, and for a packed file that unpacks to more than it may
    /// ([`Reading::max_unpacked`]); `invalid-input` for options that do not fit.
    pub fn open(path: &Path, columns: &TicketColumns, reading: &Reading) -> Result<Self> {
        let input = one(path, reading)?;
        let there = input.columns()?;
        let named = |e: Error| e.context(&input.name);
        if there.is_empty() && input.is_sparse() {
            // Rows of which none could be read are read once more for what is wrong with the first.
            let fault =
                input.records(&[])?.next()?.and_then(|record| Some((record.place(), record.cells.err()?)));
            return Err(match fault {
                Some((place, fault)) => named(fault.error(place)),
                None => no_row(&input),
            });
        }
        let (mut taken, skipped) = map(&there, columns, input.is_sparse()).map_err(named)?;
        taken.retain(|taken| taken.field != Field::Created || !taken.guessed);
        let names: Vec<String> = there.iter().map(|column| column.name.clone()).collect();
        required(&input, &names, &taken)?;
        let strict = |taken: &ColumnMapping| {
            input.is_sparse() && matches!(taken.field, Field::Urgency | Field::CustomerHistory)
        };
        let (own, others): (Vec<ColumnMapping>, Vec<ColumnMapping>) = taken.into_iter().partition(strict);
        let fitting = fitting(std::iter::once(&input), (others, skipped), &columns.customer, &mut |_| Ok(()));
        let (mut taken, skipped) = fitting.map_err(named)?;
        check(&taken, &there, &skipped).map_err(named)?;
        taken.extend(own);
        taken.sort_by_key(|taken| Field::ALL.iter().position(|field| *field == taken.field));
        let mut file = Self { input, columns: columns.clone(), taken, skipped, rows: 0 };
        let mut rows = 0;
        for ticket in file.tickets()? {
            ticket?;
            rows += 1;
        }
        file.rows = rows;
        if rows == 0 {
            return Err(no_row(&file.input));
        }
        Ok(file)
    }

    /// The file's name or the object's address.
    pub fn name(&self) -> &str {
        &self.input.name
    }

    /// The number of tickets.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The column of each field that has one.
    pub fn columns(&self) -> &[ColumnMapping] {
        &self.taken
    }

    /// The columns that have a field's name, and were skipped.
    pub fn skipped(&self) -> &[SkippedColumn] {
        &self.skipped
    }

    /// Notices for a person: rows that can be read, but may be meant otherwise.
    pub fn notices(&self) -> Vec<Notice> {
        self.input.notices()
    }

    /// The tickets in the order of the file, each with its place, such as `line 7`. The first error is the
    /// last item.
    ///
    /// # Errors
    /// As [`TicketFile::open`].
    pub fn tickets(&self) -> Result<impl Iterator<Item = Result<(String, Ticket)>> + '_> {
        let wanted: Vec<Wanted> = self.taken.iter().map(|taken| taken.wanted(&self.taken)).collect();
        let mut records = self.input.records(&wanted)?;
        let mut ended = false;
        Ok(std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let next = next(records.as_mut(), &mut |record| self.ticket(record));
            ended = !matches!(next, Some(Ok(_)));
            next
        }))
    }

    fn ticket(&self, record: Record) -> Result<(String, Ticket)> {
        let place = record.place();
        let how = Making {
            prepare: Preparation::NONE,
            customer: &self.columns.customer,
            empty: self.input.empty_is_missing(),
        };
        let made = record.cells.and_then(|cells| {
            let values: Vec<_> =
                self.taken.iter().zip(&cells).map(|(taken, cell)| (taken.field, cell.as_deref())).collect();
            // A text that is present and empty is reported as such by the engine.
            let empty = values.iter().any(|(field, value)| field.is_text() && *value == Some(""));
            ticket(&values, Making { empty: how.empty || empty, ..how })
        });
        match made {
            Ok(prepared) => Ok((place.to_string(), prepared.ticket)),
            Err(fault) => Err(fault.error(place).context(&self.input.name)),
        }
    }
}

fn no_row(input: &Input) -> Error {
    Error::new(ErrorKind::DataInvalid, format!("{} has no row", input.name))
}

/// The next row of all, made into something; `None` after the last.
fn next<T>(records: &mut dyn Records, make: &mut dyn FnMut(Record) -> Result<T>) -> Option<Result<T>> {
    match records.next() {
        Ok(None) => None,
        Ok(Some(record)) => Some(make(record)),
        Err(error) => Some(Err(error)),
    }
}

/// Refuses columns that do not exist; for JSON, those that no row has.
fn required(input: &Input, names: &[String], taken: &[ColumnMapping]) -> Result<()> {
    let lacks = |taken: &&ColumnMapping| !names.contains(&taken.column);
    if input.is_sparse() {
        let lacking: Vec<String> = taken.iter().filter(lacks).map(|taken| taken.column.clone()).collect();
        let lacking = input.lacking(lacking)?;
        return lacking.first().map_or(Ok(()), |column| Err(no_column(column, names).context(&input.name)));
    }
    let required = taken.iter().try_for_each(|taken| require(&taken.column, names));
    required.map_err(|e| e.context(&input.name))
}

/// Plain lines as tickets, each with its place, such as `line 7`; blank lines are skipped.
///
/// An item is an error of `io`, of `data-invalid` for invalid UTF-8, or of `too-large` for a line of more
/// than 16 MiB, each with its line; it is the last item.
pub fn lines(mut input: impl BufRead) -> impl Iterator<Item = Result<(String, Ticket)>> {
    let (mut number, mut bytes, mut ended) = (0_u64, Vec::new(), false);
    std::iter::from_fn(move || {
        while !ended {
            bytes.clear();
            let read =
                std::io::Read::take(&mut input, MAX_ROW_BYTES as u64 + 1).read_until(b'\n', &mut bytes);
            match read {
                Err(e) => {
                    ended = true;
                    let message = format!("standard input: {e}");
                    return Some(Err(Error::new(ErrorKind::Io, message).with_source(e)));
                }
                Ok(0) => return None,
                Ok(_) => number += 1,
            }
            let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
            let ticket = line_ticket(line).map_err(|e| e.context(format!("standard input: line {number}")));
            ended = ticket.is_err();
            match ticket {
                Ok(None) => {}
                Ok(Some(ticket)) => return Some(Ok((format!("line {number}"), ticket))),
                Err(error) => return Some(Err(error)),
            }
        }
        None
    })
}

fn line_ticket(line: &[u8]) -> Result<Option<Ticket>> {
    if line.len() > MAX_ROW_BYTES {
        return Err(Error::new(ErrorKind::TooLarge, format!("more than {MAX_ROW_BYTES} bytes")));
    }
    let text = std::str::from_utf8(line).map_err(|e| {
        let message = format!("not valid UTF-8 from byte {} on", e.valid_up_to());
        Error::new(ErrorKind::DataInvalid, message)
    })?;
    Ok((!text.trim().is_empty()).then(|| Ticket::new(text)))
}
