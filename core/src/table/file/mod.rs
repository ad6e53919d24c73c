//! Files and objects: their bytes, their formats, their columns, and what a row of them is.

mod arrow;
mod blob;
mod columns;
mod delimited;
mod fit;
mod input;
mod ipc;
mod json;
mod labelled;
mod locate;
mod parquet_file;
mod reading;
mod record;
#[cfg(feature = "object-store")]
mod remote;
mod text;
mod thread;
mod ticket;
mod tickets;
mod window;
mod zoned;

pub use columns::{Field, LeftAlone, Taken, TicketColumns};
pub use labelled::{LabelledFile, LabelledTexts, read_labelled, read_values};
pub use reading::{InputFormat, Notice, Reading};
pub use thread::Customer;
pub use tickets::{TicketFile, lines};

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
