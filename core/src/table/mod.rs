//! Tables of tickets and of labelled texts, in whatever format: the one reader of every verb.
//!
//! An input is a file, standard input or an object, packed or not. Each format gives its rows as records of texts, with the line on which they begin and what is
//! wrong with one; columns become the fields of a ticket, or a text with its label. What becomes of a row that cannot be read is for the verb to say.

#[cfg(feature = "table")]
mod arrow;
#[cfg(feature = "table")]
mod blob;
#[cfg(feature = "table")]
mod columns;
#[cfg(feature = "table")]
mod delimited;
#[cfg(feature = "table")]
mod fit;
#[cfg(feature = "table")]
mod input;
#[cfg(feature = "table")]
mod ipc;
#[cfg(feature = "table")]
mod json;
mod labelled;
#[cfg(feature = "table")]
mod locate;
#[cfg(feature = "table")]
mod parquet_file;
mod place;
#[cfg(feature = "table")]
mod reading;
#[cfg(feature = "table")]
mod record;
#[cfg(feature = "object-store")]
mod remote;
#[cfg(feature = "table")]
mod text;
#[cfg(feature = "table")]
mod thread;
#[cfg(feature = "table")]
mod ticket;
#[cfg(feature = "table")]
mod tickets;
#[cfg(feature = "table")]
mod window;
#[cfg(feature = "table")]
mod zoned;

pub use labelled::{Labelled, labelled};
pub use place::Place;
#[cfg(feature = "table")]
pub use {
    columns::{Field, LeftAlone, Taken, TicketColumns},
    labelled::{LabelledFile, read_labelled, read_values},
    reading::{InputFormat, Notice, Reading},
    thread::Customer,
    tickets::{TicketFile, lines},
};

#[cfg(feature = "archive")]
pub(crate) use {
    blob::LocalFile,
    columns::{check, map, no_column, require},
    fit::fitting,
    input::{Input, There},
    locate::{JOURNAL, Located, MANIFEST, locate},
    record::{Fault, Record, Records, Wanted},
    ticket::{Making, Prepared, ticket},
};
