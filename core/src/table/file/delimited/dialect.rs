//! The delimiter and the quotes of a CSV, and whether its quotes are where RFC 4180 has them.

use crate::{Error, Result};

/// The delimiter between fields, and the quote around those that need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    pub(super) quote: u8,
}

/// One ASCII character of an option.
pub(super) fn one_byte(option: &str, value: Option<char>) -> Result<Option<u8>> {
    let byte = |value: char| {
        u8::try_from(value)
            .ok()
            .filter(|byte| byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0))
            .ok_or_else(|| {
                Error::invalid(option, format!("`{}` is not one ASCII character", value.escape_default()))
            })
    };
    value.map(byte).transpose()
}

/// The delimiter that a first line of `sep=;` names, as spreadsheets write it, and the bytes of that line
/// without its end.
pub(super) fn named(first: &[u8]) -> Option<(u8, usize)> {
    let line = &first[..memchr::memchr2(b'\n', b'\r', first)?];
    let bare = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match bare {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => {
            delimiter.is_ascii().then_some((*delimiter, line.len()))
        }
        _ => None,
    }
}

/// Guesses the delimiter: the one that the header, the first line, has most of outside of quotes: a comma, a
/// semicolon, a tab or a bar; of equal counts the one named first here.
pub(super) fn guessed(first: &[u8], quote: u8) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in first {
        quoted ^= *byte == quote;
        if !quoted && matches!(byte, b'\n' | b'\r') {
            break;
        }
        if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| delimiter == byte && !quoted) {
            *count += 1;
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

/// The state of the quotes of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quotes {
    /// Each quote that opens a field closes it where the field ends.
    pub(super) sound: bool,
    /// The row has a carriage return in it.
    pub(super) returns: bool,
}

impl Dialect {
    /// The state of the quotes of a row; `escape` makes the byte after it a part of a quoted field.
    pub(super) fn quotes(self, row: &[u8], escape: Option<u8>) -> Quotes {
        let (mut open, mut returns) = (false, false);
        // Quotes up to here are a part of their field.
        let mut seen = 0;
        for (at, byte) in row.iter().enumerate() {
            returns |= *byte == b'\r';
            if *byte != self.quote {
                continue;
            }
            let begins = at == 0 || row[at - 1] == self.delimiter;
            if at < seen || !open && !begins {
                continue;
            }
            if !open {
                open = true;
            } else if escape.is_some_and(|escape| is_escaped(row, at, escape)) {
            } else if row.get(at + 1) == Some(&self.quote) {
                seen = at + 2;
            } else {
                open = false;
                if !row
                    .get(at + 1)
                    .is_none_or(|next| *next == self.delimiter || matches!(next, b'\n' | b'\r'))
                {
                    return Quotes { sound: false, returns };
                }
            }
        }
        Quotes { sound: !open, returns }
    }

    /// The number of lines of a row, behind its first, would be rows by themselves with so many fields, and
    /// whether they are more likely rows: all of them are, and there are several, or the first line would
    /// be one, too. The quote on the first line may be stray then.
    pub(super) fn could_be_rows(self, row: &[u8], fields: usize) -> (usize, bool) {
        let alone = |line: &[u8]| memchr::memchr_iter(self.delimiter, line).count() + 1 == fields;
        let mut lines = row.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
        let first = lines.next().is_some_and(alone);
        let (count, rows) =
            lines.fold((0, 0), |(count, rows), line| (count + 1, rows + usize::from(alone(line))));
        (rows, fields > 1 && rows == count && (rows > 1 || rows == 1 && first))
    }
}

/// Whether an odd number of escapes is before a place.
fn is_escaped(row: &[u8], at: usize, escape: u8) -> bool {
    row[..at].iter().rev().take_while(|byte| **byte == escape).count() % 2 == 1
}
