//! The place of a row.

use std::fmt;

/// The place of a row: its physical line, the header counted, or its number where the table has no lines
/// (Parquet, Arrow, memory); both from 1. It is written as `line 7` or `row 7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The line on which it begins, from 1.
    Line(u64),
    /// Its number, from 1.
    Row(u64),
}

impl Place {
    /// The number alone, from 1.
    pub fn number(self) -> u64 {
        match self {
            Self::Line(number) | Self::Row(number) => number,
        }
    }

    #[cfg(feature = "train")]
    /// The place with this number in the same table.
    pub(crate) fn with(self, number: u64) -> Self {
        match self {
            Self::Line(_) => Self::Line(number),
            Self::Row(_) => Self::Row(number),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}
