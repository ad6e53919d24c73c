//! CSV and its relatives: fields with something between them, quotes around those that need it (RFC 4180).

use std::io::{BufRead, BufReader, Cursor, Read};

use csv_core::ReadRecordResult;

use super::{Fault, MAX_ROW_BYTES, Record, Records, fault};
use crate::archive::columns::require;
use crate::archive::options::Reading;
use crate::data::delimiter_of;
use crate::{Error, ErrorKind, Result};

/// A last row of our own: a quote that never closes swallows it with the rest of the input.
const END: &[u8] = b"\n\x01\n";

/// Bytes that are looked at for the delimiter.
const FIRST_LINE: usize = 64 << 10;

pub(super) struct Delimited {
    input: BufReader<Box<dyn Read + Send>>,
    parser: csv_core::Reader,
    header: Vec<String>,
    /// The places of the columns that were asked for.
    wanted: Vec<usize>,
    names: Vec<String>,
    row: Row,
    number: u64,
}

/// The fields of one row, as they come.
struct Row {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    len: usize,
    fields: usize,
    too_large: bool,
}

impl Delimited {
    pub(super) fn open(input: Box<dyn Read + Send>, reading: &Reading, tabs: bool) -> Result<Self> {
        let mut input = BufReader::with_capacity(1 << 16, input);
        let quote = one_byte("quote", reading.quote)?.unwrap_or(b'"');
        let delimiter = match one_byte("delimiter", reading.delimiter)? {
            Some(delimiter) => delimiter,
            None if tabs => b'\t',
            None => guessed(&mut input, quote)?,
        };
        let parser = csv_core::ReaderBuilder::new().delimiter(delimiter).quote(quote).build();
        let input: Box<dyn Read + Send> = Box::new(input.chain(Cursor::new(END)));
        let mut reader = Self {
            input: BufReader::with_capacity(1 << 16, input),
            parser,
            header: Vec::new(),
            wanted: Vec::new(),
            names: Vec::new(),
            row: Row { bytes: vec![0; 1 << 12], ends: vec![0; 64], len: 0, fields: 0, too_large: false },
            number: 0,
        };
        if reader.read()?.is_none() {
            return Err(Error::new(ErrorKind::DataInvalid, "there is no header"));
        }
        if reader.row.too_large {
            return Err(Error::new(ErrorKind::TooLarge, Fault::too_large().message));
        }
        for field in 0..reader.row.fields {
            let name = std::str::from_utf8(reader.row.field(field)).map_err(|_| {
                Error::new(ErrorKind::DataInvalid, "line 1: the header is not valid UTF-8; say --encoding")
            })?;
            let name = name.to_owned();
            reader.header.push(name);
        }
        Ok(reader)
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.header
    }

    pub(super) fn of(mut self, columns: &[String]) -> Result<Self> {
        for column in columns {
            require(column, &self.header)?;
            self.wanted.extend(self.header.iter().position(|name| name == column));
        }
        self.names = columns.to_vec();
        Ok(self)
    }

    /// Reads one row and gives the line on which it begins; `None` after the last.
    fn read(&mut self) -> Result<Option<u64>> {
        self.row.begin();
        let mut line = self.parser.line();
        let mut empty = true;
        loop {
            let bytes = self.input.fill_buf().map_err(fault)?;
            if empty {
                // Empty lines before a row are not its own.
                let before = bytes.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
                line += bytes[..before].iter().filter(|byte| **byte == b'\n').count() as u64;
                empty = before == bytes.len() && !bytes.is_empty();
            }
            let row = &mut self.row;
            let (result, read, written, ended) =
                self.parser.read_record(bytes, &mut row.bytes[row.len..], &mut row.ends[row.fields..]);
            self.input.consume(read);
            row.len += written;
            row.fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => row.grow(),
                ReadRecordResult::OutputEndsFull if row.ends.len() >= MAX_ROW_BYTES / 16 => {
                    (row.too_large, row.fields) = (true, 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    let more = row.ends.len() * 2;
                    row.ends.resize(more, 0);
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => {
                    let message = format!("line {line}: a quote is opened here and never closed");
                    return Err(Error::new(ErrorKind::DataInvalid, message));
                }
            }
        }
        let mark = self.row.fields == 1 && self.row.field(0) == [1] && !self.row.too_large;
        if mark && self.input.fill_buf().map_err(fault)?.is_empty() {
            return Ok(None);
        }
        if self.row.holds_the_end() {
            let message = format!("line {line}: a quote is opened here and never closed");
            return Err(Error::new(ErrorKind::DataInvalid, message));
        }
        Ok(Some(line))
    }

    fn cells(&self) -> std::result::Result<Vec<Option<String>>, Fault> {
        if self.row.too_large {
            return Err(Fault::too_large());
        }
        let (fields, columns) = (self.row.fields, self.header.len());
        if fields != columns {
            return Err(Fault::data(format!("the row has {fields} fields, the header {columns}")));
        }
        let cell = |(&place, name): (&usize, &String)| match std::str::from_utf8(self.row.field(place)) {
            Ok("") => Ok(None),
            Ok(text) => Ok(Some(text.to_owned())),
            Err(e) => {
                Err(Fault::data(format!("`{name}` is not valid UTF-8 from byte {} on", e.valid_up_to())))
            }
        };
        self.wanted.iter().zip(&self.names).map(cell).collect()
    }
}

impl Records for Delimited {
    fn next(&mut self) -> Result<Option<Record>> {
        let Some(line) = self.read()? else { return Ok(None) };
        self.number += 1;
        Ok(Some(Record { number: self.number, line: Some(line), cells: self.cells() }))
    }

    fn pass(&mut self) -> Result<bool> {
        let there = self.read()?.is_some();
        self.number += u64::from(there);
        Ok(there)
    }
}

impl Row {
    fn begin(&mut self) {
        (self.len, self.fields, self.too_large) = (0, 0, false);
    }

    fn field(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.bytes.get(start..self.ends[index]).unwrap_or_default()
    }

    /// Makes room; of a row that is too large only its end is kept.
    fn grow(&mut self) {
        if self.bytes.len() < MAX_ROW_BYTES {
            let more = self.bytes.len() * 2;
            self.bytes.resize(more, 0);
        } else {
            self.too_large = true;
            let tail = self.bytes.len() - END.len();
            self.bytes.copy_within(tail.., 0);
            self.len = END.len();
        }
    }

    /// Whether the row reaches beyond the input's end.
    fn holds_the_end(&self) -> bool {
        self.bytes[..self.len].ends_with(END)
    }
}

fn one_byte(option: &str, value: Option<char>) -> Result<Option<u8>> {
    let byte = |value: char| {
        u8::try_from(value)
            .ok()
            .filter(|byte| byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 1))
            .ok_or_else(|| {
                Error::invalid(option, format!("`{}` is not one ASCII character", value.escape_default()))
            })
    };
    value.map(byte).transpose()
}

/// What separates the first line, which stays to be read.
fn guessed(input: &mut BufReader<Box<dyn Read + Send>>, quote: u8) -> Result<u8> {
    let mut first = Vec::new();
    input.by_ref().take(FIRST_LINE as u64).read_until(b'\n', &mut first).map_err(fault)?;
    let delimiter = delimiter_of(&first, quote);
    let rest = std::mem::replace(input, BufReader::new(Box::new(std::io::empty())));
    *input = BufReader::with_capacity(1 << 16, Box::new(Cursor::new(first).chain(rest)));
    Ok(delimiter)
}
