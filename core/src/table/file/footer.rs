//! What the footer of a Parquet file claims, before memory is asked for it.
//!
//! Thrift's compact protocol, of which no more is read here than where its values end, how many children the
//! columns have, and how many row groups there are.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use super::blob::{Blob, BlobReader};
use super::damage::fault;
use crate::{Error, ErrorKind, Result};

/// The end of a file: the footer's length, and these bytes.
const MAGIC: &[u8] = b"PAR1";
const TRAILER: u64 = 8;

/// How deep columns, and values of the footer, may be nested.
const DEPTH: usize = 64;

/// Row groups that a file may have: they are numbered with 16 bits.
const GROUPS: usize = 1 << 15;

/// Refuses a footer whose counts cannot be: a list that is longer than the footer, columns that have more
/// children than there are, or are nested too deep. A file that does not end with a footer is left to its
/// reader.
pub(super) fn check(blob: &Arc<dyn Blob>) -> Result<()> {
    let Some(end) = blob.len().checked_sub(TRAILER) else { return Ok(()) };
    let mut reader = BlobReader::new(blob);
    let mut read = |at: u64, bytes: &mut [u8]| {
        reader.seek(SeekFrom::Start(at)).and_then(|_| reader.read_exact(bytes)).map_err(fault)
    };
    let mut trailer = [0; TRAILER as usize];
    read(end, &mut trailer)?;
    let [a, b, c, d, magic @ ..] = trailer;
    let length = u32::from_le_bytes([a, b, c, d]);
    let Some(begin) = end.checked_sub(length.into()).filter(|_| magic == MAGIC) else { return Ok(()) };
    let mut footer = vec![0; length as usize];
    read(begin, &mut footer)?;
    let children = Walk { bytes: &footer }.file().ok_or_else(|| damaged("its footer is damaged"))?;
    tree(&children)
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::DataInvalid, format!("no whole Parquet file: {what}"))
}

/// Checks the children of columns, each column before those below it.
fn tree(children: &[i64]) -> Result<()> {
    // How many children are still to come, from the root to here.
    let mut open: Vec<usize> = Vec::new();
    for (place, count) in children.iter().enumerate() {
        let left = children.len() - place - 1;
        let count = usize::try_from(*count).ok().filter(|count| *count <= left);
        let count = count.ok_or_else(|| damaged("a column has more columns below it than there are"))?;
        if let Some(last) = open.last_mut() {
            *last -= 1;
        }
        open.push(count);
        while open.last() == Some(&0) {
            open.pop();
        }
        if open.len() > DEPTH {
            return Err(damaged(&format!("its columns are nested more than {DEPTH} deep")));
        }
    }
    Ok(())
}

/// The types of values, and what stands behind the last field.
const STOP: u8 = 0;
const TRUTH: [u8; 2] = [1, 2];
const BYTE: u8 = 3;
const INTEGERS: [u8; 3] = [4, 5, 6];
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LISTS: [u8; 2] = [9, 10];
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// A number whose sign is its last bit.
fn signed(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// The bytes that are left of a footer.
struct Walk<'a> {
    bytes: &'a [u8],
}

impl Walk<'_> {
    /// The numbers of children of the columns of a file's metadata; `None` where it is damaged.
    fn file(mut self) -> Option<Vec<i64>> {
        let (mut children, mut id) = (Vec::new(), 0);
        loop {
            let (kind, field) = self.field(id)?;
            id = field;
            match field {
                _ if kind == STOP => return Some(children),
                2 if LISTS.contains(&kind) => {
                    let (count, kind) = self.list()?;
                    for _ in 0..count {
                        children.push(if kind == STRUCT { self.column()? } else { return None });
                    }
                }
                4 if LISTS.contains(&kind) => {
                    let (count, kind) = self.list()?;
                    (count <= GROUPS).then_some(())?;
                    (0..count).try_for_each(|_| self.pass(kind, DEPTH))?;
                }
                _ => self.pass(kind, DEPTH)?,
            }
        }
    }

    /// The number of children of a column.
    fn column(&mut self) -> Option<i64> {
        let (mut children, mut id) = (0, 0);
        loop {
            let (kind, field) = self.field(id)?;
            id = field;
            if kind == STOP {
                return Some(children);
            }
            if field == 5 && INTEGERS.contains(&kind) {
                children = signed(self.number()?);
            } else {
                self.pass(kind, DEPTH)?;
            }
        }
    }

    /// The type and the number of the next field.
    fn field(&mut self, last: i64) -> Option<(u8, i64)> {
        let byte = self.byte()?;
        let (kind, more) = (byte & 0xf, i64::from(byte >> 4));
        if kind != STOP && more == 0 {
            return Some((kind, signed(self.number()?)));
        }
        Some((kind, last.wrapping_add(more)))
    }

    /// The length of a list, each of whose elements has a byte or more, and their type.
    fn list(&mut self) -> Option<(usize, u8)> {
        let byte = self.byte()?;
        let count = match byte >> 4 {
            15 => usize::try_from(self.number()?).ok()?,
            few => few.into(),
        };
        (count <= self.bytes.len()).then_some((count, byte & 0xf))
    }

    /// Passes over a value.
    fn pass(&mut self, kind: u8, depth: usize) -> Option<()> {
        let below = depth.checked_sub(1)?;
        match kind {
            kind if TRUTH.contains(&kind) => Some(()),
            BYTE => self.take(1),
            kind if INTEGERS.contains(&kind) => self.number().map(|_| ()),
            DOUBLE => self.take(8),
            BINARY => {
                let length = usize::try_from(self.number()?).ok()?;
                self.take(length)
            }
            kind if LISTS.contains(&kind) => {
                let (count, kind) = self.list()?;
                let kind = if TRUTH.contains(&kind) { BYTE } else { kind };
                (0..count).try_for_each(|_| self.pass(kind, below))
            }
            MAP => {
                let count = self.number()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                (0..count).try_for_each(|_| {
                    self.pass(kinds >> 4, below)?;
                    self.pass(kinds & 0xf, below)
                })
            }
            STRUCT => loop {
                match self.field(0)?.0 {
                    STOP => return Some(()),
                    kind => self.pass(kind, below)?,
                }
            },
            UUID => self.take(16),
            _ => None,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn take(&mut self, count: usize) -> Option<()> {
        self.bytes = self.bytes.get(count..)?;
        Some(())
    }

    /// A number of seven bits a byte, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}
