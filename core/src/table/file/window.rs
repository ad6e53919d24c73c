//! Bytes of a text input from the beginning of the row that is being read, and the line on which it begins.

use std::io::Read;

use super::damage::fault;
use super::record::MAX_ROW_BYTES;
use crate::Result;

/// Bytes that are read at once.
const BLOCK: usize = 1 << 18;

/// A stream seen through a window. A row begins with [`Window::begin`]; until the next one begins it can be
/// read once more.
pub(super) struct Window {
    input: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    /// Where the row begins, up to where it was taken, and up to where there are bytes.
    row: usize,
    at: usize,
    end: usize,
    /// The line on which the row begins, from 1.
    line: u64,
    /// The last byte before the row: a line feed after a carriage return ends no second line.
    before: u8,
    /// Whether the beginning of the row had to be given up: it is larger than a row may be.
    lost: bool,
    /// The end of the row's one line, where it is known to be one.
    one_line: Option<usize>,
}

impl Window {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        let bytes = vec![0; BLOCK];
        Self { input, bytes, row: 0, at: 0, end: 0, line: 1, before: 0, lost: false, one_line: None }
    }

    /// Begins a row after the bytes that were taken, behind line ends with nothing before them. `false` at
    /// the end of the input.
    pub(super) fn begin(&mut self) -> Result<bool> {
        loop {
            let blank = self.bytes[self.at..self.end].iter();
            self.at += blank.take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
            self.forget();
            if self.at < self.end {
                return Ok(true);
            }
            if !self.more()? {
                return Ok(false);
            }
        }
    }

    /// Begins a row after the bytes that were taken.
    fn forget(&mut self) {
        if let Some(end) = self.one_line.take() {
            (self.row, self.before) = (end, self.bytes[end - 1]);
            self.line += 1;
        }
        let taken = &self.bytes[self.row..self.at];
        self.line += line_ends(taken, self.before);
        self.before = taken.last().copied().unwrap_or(self.before);
        (self.row, self.lost) = (self.at, false);
    }

    /// The line on which the row begins.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The bytes of the row that were taken; `None` where its beginning was given up.
    pub(super) fn taken(&self) -> Option<&[u8]> {
        (!self.lost).then(|| &self.bytes[self.row..self.at])
    }

    /// Bytes that were not taken yet; none at the end of the input.
    pub(super) fn rest(&mut self) -> Result<&[u8]> {
        if self.at == self.end {
            self.more()?;
        }
        Ok(&self.bytes[self.at..self.end])
    }

    /// Bytes that were not taken yet: the line that begins with them, whole where it has no more than so
    /// many.
    pub(super) fn peek_line(&mut self, most: usize) -> Result<&[u8]> {
        while memchr::memchr2(b'\n', b'\r', &self.bytes[self.at..self.end]).is_none()
            && self.end - self.at < most
            && self.more()?
        {}
        Ok(&self.bytes[self.at..self.end])
    }

    pub(super) fn take(&mut self, count: usize) {
        self.at += count;
    }

    /// Gives the row's bytes back.
    pub(super) fn give_back(&mut self) {
        (self.at, self.one_line) = (self.row, None);
    }

    /// The row's first line without its end, where it is there whole.
    pub(super) fn whole_line(&self) -> Option<&[u8]> {
        let rest = &self.bytes[self.row..self.end];
        Some(&rest[..memchr::memchr2(b'\n', b'\r', rest)?])
    }

    /// Marks what was taken of the row as one line with its end, which saves counting.
    pub(super) fn is_one_line(&mut self) {
        self.one_line = Some(self.at);
    }

    /// Takes the rest of the line and its end. `false` where the input ends without one.
    pub(super) fn take_line(&mut self) -> Result<bool> {
        loop {
            let rest = self.rest()?;
            if rest.is_empty() {
                return Ok(false);
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
                let count = rest.len();
                self.take(count);
                continue;
            };
            self.take(end + 1);
            self.one_line = Some(self.at);
            return Ok(true);
        }
    }

    /// Reads more bytes behind those that are there; `false` at the end of the input.
    fn more(&mut self) -> Result<bool> {
        if self.end == self.bytes.len() {
            if self.at - self.row > MAX_ROW_BYTES {
                let line = self.line + line_ends(&self.bytes[self.row..self.at], self.before);
                self.before = self.bytes[self.at - 1];
                (self.row, self.line, self.lost) = (self.at, line, true);
                self.one_line = None;
            }
            if self.row > 0 {
                self.bytes.copy_within(self.row..self.end, 0);
                (self.at, self.end, self.row) = (self.at - self.row, self.end - self.row, 0);
            }
            if self.end > self.bytes.len() / 2 {
                self.bytes.resize(self.bytes.len() * 2, 0);
            }
        }
        loop {
            match self.input.read(&mut self.bytes[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(fault(e)),
            }
        }
    }
}

/// Lines that end in these bytes: at a line feed, a carriage return, or both together.
pub(super) fn line_ends(bytes: &[u8], before: u8) -> u64 {
    let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
    let previous = |at: usize| if at == 0 { before } else { bytes[at - 1] };
    ends.filter(|&at| bytes[at] == b'\r' || previous(at) != b'\r').count() as u64
}
