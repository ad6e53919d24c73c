//! Tables of tickets and of labelled texts, in whatever format: the one reader of every verb.
//!
//! An input is a file, standard input or an object, packed or not. Each format gives its rows as records of
//! texts, with the line on which they begin and what is wrong with one; columns become the fields of a
//! ticket, or a text with its label. Each verb decides on the treatment of a row that cannot be read.

#[cfg(feature = "table")]
mod file;
mod labelled;
mod place;

#[cfg(feature = "table")]
pub use file::{
    ColumnMapping, Customer, Field, InputFormat, LabelledFile, LabelledTexts, Notice, Reading, SkippedColumn,
    TicketColumns, TicketFile, lines, read_labelled, read_values,
};
pub use labelled::{Labelled, LabelledRows, labelled};
pub use place::Place;

#[cfg(feature = "archive")]
pub(crate) use file::{
    Fault, Identity, Input, JOURNAL, LocalFile, Located, MANIFEST, Making, Names, Prepared, Record, Records,
    SourceColumn, Wanted, check, fitting, locate, map, no_column, ticket,
};
