//! Comma and tab separated files, as RFC 4180 has them.

use csv::{ErrorKind as CsvErrorKind, ReaderBuilder};

use super::{Record, invalid, no_column};
use crate::{Error, ErrorKind, Result};

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

/// The named columns of every row; a quote that never closes would swallow the rest of the file and is refused.
pub(super) fn records(text: &str, delimiter: u8, names: &[&str]) -> Result<Vec<Record>> {
    let columns = columns(text, delimiter)?;
    let place = |name: &&str| columns.iter().position(|c| c == name).ok_or_else(|| no_column(name, &columns));
    let places: Vec<usize> = names.iter().map(place).collect::<Result<_>>()?;
    if text.bytes().filter(|&b| b == b'"').count() % 2 == 1 {
        return Err(Error::new(ErrorKind::DataInvalid, "a quote is opened and never closed"));
    }
    let mut records = Vec::new();
    for record in reader(text, delimiter).into_records() {
        let record = record.map_err(fault)?;
        let line = record.position().map_or(0, csv::Position::line);
        records.push((line, places.iter().map(|&place| record[place].to_owned()).collect()));
    }
    Ok(records)
}

fn fault(error: csv::Error) -> Error {
    let line = error.position().map_or(1, csv::Position::line);
    let what = match error.kind() {
        CsvErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} fields, the header {expected_len}")
        }
        _ => error.to_string(),
    };
    invalid(line, what).with_source(error)
}
