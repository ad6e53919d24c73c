//! Separated files, as RFC 4180 has them, whatever separates them.

use std::io::{Chain, Read};

use csv::ReaderBuilder;

use super::{Take, invalid, no_column};
use crate::{Error, ErrorKind, Result};

/// What a header has most of outside of quotes: a comma, a semicolon, a tab or a bar; of equal counts the one named first.
pub(crate) fn delimiter_of(header: &[u8], quote: u8) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in header {
        quoted ^= *byte == quote;
        if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| delimiter == byte && !quoted) {
            *count += 1;
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes())
}

pub(super) fn columns(text: &str, delimiter: u8) -> Result<Vec<String>> {
    let columns: Vec<String> =
        reader(text, delimiter).headers().map_err(fault)?.iter().map(str::to_owned).collect();
    if let Some(twice) = columns.iter().enumerate().find(|(i, c)| columns[..*i].contains(c)) {
        return Err(invalid(1, format!("the column `{}` stands twice", twice.1)));
    }
    Ok(columns)
}

/// A last row of our own: a quote that never closes swallows it with the rest of the file.
const END: &[u8] = b"\n\x01\n";

fn rows(text: &str, delimiter: u8) -> csv::Reader<Chain<&[u8], &'static [u8]>> {
    ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes().chain(END))
}

/// The named columns of every row.
pub(super) fn records(text: &str, delimiter: u8, names: &[&str], take: Take<'_>) -> Result<()> {
    let columns = columns(text, delimiter)?;
    let place = |name: &&str| columns.iter().position(|c| c == name).ok_or_else(|| no_column(name, &columns));
    let places: Vec<usize> = names.iter().map(place).collect::<Result<_>>()?;
    for record in rows(text, delimiter).into_records() {
        let record = record.map_err(fault)?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() == 1 && record[0].as_bytes() == [1] {
            return Ok(());
        }
        if record.iter().any(|field| field.ends_with("\n\x01\n")) {
            return Err(invalid(line, "a quote is opened here and never closed"));
        }
        if record.len() != columns.len() {
            let message = format!("the row has {} fields, the header {}", record.len(), columns.len());
            return Err(invalid(line, message));
        }
        take(line, places.iter().map(|&place| record[place].to_owned()).collect())?;
    }
    Err(Error::new(ErrorKind::DataInvalid, "the last row is not closed"))
}

fn fault(error: csv::Error) -> Error {
    let line = error.position().map_or(1, csv::Position::line);
    invalid(line, error.to_string()).with_source(error)
}
