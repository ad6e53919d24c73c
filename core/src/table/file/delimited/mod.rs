//! CSV and its relatives: fields with something between them, quotes around those that need it (RFC 4180).

mod dialect;

use std::io::Read;

use csv_core::ReadRecordResult;

use self::dialect::{Dialect, Quotes, guessed, named, one_byte};
use super::Reading;
use super::columns::{Names, few_enough};
use super::notices::Notices;
use super::record::{Fault, MAX_ROW_BYTES, Record, Records, Wanted};
use super::window::Window;
use crate::{Error, ErrorKind, Result};

/// Bytes that are examined for the delimiter.
const FIRST_LINE: usize = 64 << 10;

/// The escape that some writers put before a quote that is a part of its field, where RFC 4180 doubles the
/// quote.
const ESCAPE: u8 = b'\\';

const STRAY: &str = "a quote is opened at the beginning of a field and closed in the midst of it: it is stray, or quotes inside of the field are not doubled";

const RAGGED: &str = "a quote is opened here and closed on a later line, which does not give the row the header's fields, and lines between would be rows by themselves: it is stray";

const SWALLOWS: &str = "a quoted field goes over several lines, and those behind the first would be rows by themselves: is the quote on the first one stray?";

fn never_closed(line: u64) -> Error {
    Error::new(ErrorKind::DataInvalid, format!("line {line}: a quote is opened here and never closed"))
}

pub(super) struct Delimited {
    window: Window,
    parser: csv_core::Reader,
    dialect: Dialect,
    header: Vec<String>,
    /// The places of the wanted columns.
    wanted: Vec<usize>,
    names: Vec<String>,
    row: Fields,
    number: u64,
    notices: Notices,
}

/// The fields of one row, as they come.
struct Fields {
    bytes: Vec<u8>,
    /// Where each field begins, if its fields lie in the window.
    starts: Vec<usize>,
    ends: Vec<usize>,
    len: usize,
    count: usize,
    too_large: bool,
    /// The reason why it is not to be read by its quotes.
    stray: Option<&'static str>,
    /// Whether its fields lie in the window as they are.
    plain: bool,
}

impl Delimited {
    pub(super) fn open(
        input: Box<dyn Read + Send>,
        reading: &Reading,
        tabs: bool,
        notices: &Notices,
    ) -> Result<Self> {
        let mut window = Window::new(input);
        let quote = one_byte("quote", reading.quote)?.unwrap_or(b'"');
        let there = window.begin()?;
        let mut given = one_byte("delimiter", reading.delimiter)?.or(tabs.then_some(b'\t'));
        if given == Some(quote) {
            return Err(Error::invalid("delimiter", "the delimiter and the quote are the same character"));
        }
        if let Some((delimiter, length)) = named(window.peek_line(FIRST_LINE)?) {
            given = given.or(Some(delimiter));
            window.take(length);
        }
        let delimiter = match given {
            Some(delimiter) => delimiter,
            None => guessed(window.peek_line(FIRST_LINE)?, quote),
        };
        let dialect = Dialect { delimiter, quote };
        let mut reader = Self {
            window,
            parser: parser(dialect, None),
            dialect,
            header: Vec::new(),
            wanted: Vec::new(),
            names: Vec::new(),
            row: Fields::new(),
            number: 0,
            notices: notices.clone(),
        };
        let line = if there { reader.read()? } else { None };
        let line =
            line.ok_or_else(|| Error::new(ErrorKind::DataInvalid, "there is no header, the file is empty"))?;
        if reader.row.too_large {
            return Err(Error::new(ErrorKind::TooLarge, Fault::too_large().message));
        }
        if let Some(stray) = reader.row.stray {
            return Err(Error::new(ErrorKind::DataInvalid, format!("line {line}: {stray}")));
        }
        few_enough(reader.row.count)?;
        for field in 0..reader.row.count {
            let name = std::str::from_utf8(reader.field(field)).map_err(|_| {
                let message = format!("line {line}: the header is not valid UTF-8; say its encoding");
                Error::new(ErrorKind::DataInvalid, message).at("encoding")
            })?;
            let name = name.to_owned();
            reader.header.push(name);
        }
        Ok(reader)
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.header
    }

    pub(super) fn of(mut self, columns: &[Wanted]) -> Result<Self> {
        let there = Names::of(&self.header);
        self.wanted = columns.iter().map(|wanted| there.place(&wanted.name)).collect::<Result<_>>()?;
        self.names = columns.iter().map(|wanted| wanted.name.clone()).collect();
        Ok(self)
    }

    /// Reads one row and gives the line on which it begins; `None` after the last.
    fn read(&mut self) -> Result<Option<u64>> {
        if !self.window.begin()? {
            return Ok(None);
        }
        let line = self.window.line();
        if self.split_line() {
            return Ok(Some(line));
        }
        let before = self.parser.line();
        if !parse(&mut self.window, &mut self.parser, &mut self.row)? {
            return Err(never_closed(line));
        }
        let feeds = self.parser.line() - before;
        self.look_at_quotes(line, feeds)?;
        Ok(Some(line))
    }

    /// Takes a row that is one line, with a quote only where a quoted field begins and ends: its fields lie
    /// in the window as they are. `false` where it may be anything else.
    fn split_line(&mut self) -> bool {
        let Some(line) = self.window.whole_line() else { return false };
        let Dialect { delimiter, quote } = self.dialect;
        if memchr::memchr(quote, line).is_none() {
            self.row.split(line, delimiter);
        } else if !self.row.split_quoted(line, self.dialect)
            || !self.header.is_empty() && self.row.count != self.header.len()
        {
            return false;
        }
        let length = line.len() + 1;
        self.window.take(length);
        self.window.is_one_line();
        true
    }

    /// Looks whether the quotes of the row that was taken, with so many line feeds, stand where they should,
    /// and mends what can be mended.
    fn look_at_quotes(&mut self, line: u64, feeds: u64) -> Result<()> {
        let Some(taken) = self.window.taken() else { return Ok(()) };
        let Quotes { sound, returns } = self.dialect.quotes(taken, None);
        let one_line = feeds == 1 && !returns && taken.last() == Some(&b'\n');
        let fields = if self.header.is_empty() { self.row.count } else { self.header.len() };
        if sound && self.row.count == fields {
            if one_line {
                self.window.is_one_line();
            } else if self.dialect.could_be_rows(taken, fields).1 {
                self.notices.add(Some(line), SWALLOWS);
            }
            return Ok(());
        }
        let swallows = fields > 1 && self.dialect.could_be_rows(taken, fields).0 > 0;
        let escapes = memchr::memmem::find(taken, &[ESCAPE, self.dialect.quote]).is_some();
        if escapes && self.with_escapes(line, fields)? {
            return Ok(());
        }
        self.window.give_back();
        self.parser = parser(self.dialect, None);
        if sound && !swallows {
            parse(&mut self.window, &mut self.parser, &mut self.row)?;
        } else {
            // What a stray quote would swallow are rows: this one is its first line alone.
            self.window.take_line()?;
            self.row.begin();
            self.row.stray = Some(if sound { RAGGED } else { STRAY });
        }
        Ok(())
    }

    /// Reads the row once more, with `\"` for a quote inside of a field. `false` where that does not make it
    /// sound.
    fn with_escapes(&mut self, line: u64, fields: usize) -> Result<bool> {
        self.window.give_back();
        let whole = parse(&mut self.window, &mut parser(self.dialect, Some(ESCAPE)), &mut self.row)?;
        let Some(taken) = self.window.taken() else { return Err(never_closed(line)) };
        let sound = self.dialect.quotes(taken, Some(ESCAPE)).sound;
        let mended = whole && sound && self.row.count == fields && !self.row.too_large;
        if mended && self.dialect.could_be_rows(taken, fields).1 {
            self.notices.add(Some(line), SWALLOWS);
        }
        if mended {
            self.parser = parser(self.dialect, None);
        }
        Ok(mended)
    }

    fn field(&self, index: usize) -> &[u8] {
        let Fields { bytes, starts, ends, plain, .. } = &self.row;
        let (row, start) = match index.checked_sub(1) {
            _ if *plain => (self.window.taken().unwrap_or_default(), starts[index]),
            None => (&bytes[..], 0),
            Some(before) => (&bytes[..], ends[before]),
        };
        row.get(start..ends[index]).unwrap_or_default()
    }

    fn cells(&self) -> std::result::Result<Vec<Option<String>>, Fault> {
        if self.row.too_large {
            return Err(Fault::too_large());
        }
        if let Some(stray) = self.row.stray {
            return Err(Fault::data(stray));
        }
        let (fields, columns) = (self.row.count, self.header.len());
        if fields != columns {
            return Err(Fault::data(format!("the row has {fields} fields, the header {columns}")));
        }
        let mut cells = Vec::with_capacity(self.wanted.len());
        for (&place, name) in self.wanted.iter().zip(&self.names) {
            let text = std::str::from_utf8(self.field(place)).map_err(|e| Fault::not_utf8(name, e))?;
            cells.push((!text.is_empty()).then(|| text.to_owned()));
        }
        Ok(cells)
    }
}

/// A parser at the beginning of a row. It has read something, since at an input's beginning it would pass
/// over a byte order mark, and not only there; a clone would have lost its dialect (csv-core 0.1.13).
fn parser(dialect: Dialect, escape: Option<u8>) -> csv_core::Reader {
    let Dialect { delimiter, quote } = dialect;
    let mut parser = csv_core::ReaderBuilder::new().delimiter(delimiter).quote(quote).escape(escape).build();
    parser.read_record(b"\n", &mut [0], &mut [0]);
    parser
}

/// Takes one row. `false` where the input ends, or reaches the size of a row, inside of a quoted field.
fn parse(window: &mut Window, parser: &mut csv_core::Reader, row: &mut Fields) -> Result<bool> {
    row.begin();
    let mut lines = false;
    loop {
        let rest = window.rest()?;
        // An input that ends without a line end gets one: a row that does not end with it is still inside of
        // a quote.
        let (bytes, last): (&[u8], bool) = if rest.is_empty() { (b"\n", true) } else { (rest, false) };
        let (result, read, written, ended) =
            parser.read_record(bytes, &mut row.bytes[row.len..], &mut row.ends[row.count..]);
        // Only a quoted field continues after a line end.
        let goes_on = !matches!(result, ReadRecordResult::Record);
        lines |= row.too_large && goes_on && memchr::memchr2(b'\n', b'\r', &bytes[..read]).is_some();
        row.len += written;
        row.count += ended;
        if !last {
            window.take(read);
        }
        match result {
            ReadRecordResult::Record => return Ok(true),
            ReadRecordResult::End => return Ok(false),
            ReadRecordResult::InputEmpty if last => return Ok(false),
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => row.grow(),
            ReadRecordResult::OutputEndsFull => row.grow_ends(),
        }
        if lines {
            return Ok(false);
        }
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

impl Fields {
    fn new() -> Self {
        Self {
            bytes: vec![0; 1 << 12],
            starts: vec![0; 64],
            ends: vec![0; 64],
            len: 0,
            count: 0,
            too_large: false,
            stray: None,
            plain: false,
        }
    }

    fn begin(&mut self) {
        (self.len, self.count, self.too_large, self.stray, self.plain) = (0, 0, false, None, false);
    }

    /// The fields of a line that has no quote.
    fn split(&mut self, line: &[u8], delimiter: u8) {
        self.begin();
        self.plain = true;
        let mut start = 0;
        for end in memchr::memchr_iter(delimiter, line).chain(std::iter::once(line.len())) {
            self.add(start, end);
            start = end + 1;
        }
        self.too_large |= line.len() > MAX_ROW_BYTES;
    }

    /// The fields of a line with quotes. `false` where one of them is stray, doubled or escaped, or continues
    /// after the line.
    fn split_quoted(&mut self, line: &[u8], dialect: Dialect) -> bool {
        self.begin();
        self.plain = true;
        let mut start = 0;
        loop {
            let (quotes, end) = if line.get(start) == Some(&dialect.quote) {
                let Some(length) = memchr::memchr(dialect.quote, &line[start + 1..]) else { return false };
                (1, start + 1 + length)
            } else {
                let length = memchr::memchr(dialect.delimiter, &line[start..]);
                (0, length.map_or(line.len(), |length| start + length))
            };
            self.add(start + quotes, end);
            match line.get(end + quotes) {
                None => break,
                Some(next) if *next == dialect.delimiter => start = end + quotes + 1,
                Some(_) => return false,
            }
        }
        self.too_large |= line.len() > MAX_ROW_BYTES;
        true
    }

    /// Adds a field that lies in the window.
    fn add(&mut self, start: usize, end: usize) {
        if self.count == self.ends.len() {
            self.grow_ends();
        }
        if !self.too_large {
            (self.starts[self.count], self.ends[self.count]) = (start, end);
            self.count += 1;
        }
    }

    /// Makes space; of a row that is too large nothing is kept.
    fn grow(&mut self) {
        if self.bytes.len() < MAX_ROW_BYTES {
            self.bytes.resize(self.bytes.len() * 2, 0);
        } else {
            (self.too_large, self.len) = (true, 0);
        }
    }

    fn grow_ends(&mut self) {
        if self.ends.len() < MAX_ROW_BYTES / 16 {
            self.starts.resize(self.starts.len() * 2, 0);
            self.ends.resize(self.ends.len() * 2, 0);
        } else {
            (self.too_large, self.count) = (true, 0);
        }
    }
}
