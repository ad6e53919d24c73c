//! Files and objects: their bytes, their formats, their columns and their rows.

#![cfg_attr(not(feature = "archive"), allow(dead_code, reason = "an archive asks more of an input"))]

mod arrow;
mod blob;
mod columns;
mod damage;
mod delimited;
mod fit;
mod footer;
mod input;
mod ipc;
mod json;
mod labelled;
mod locate;
mod notices;
mod parquet_file;
mod reading;
mod record;
#[cfg(feature = "object-store")]
mod remote;
mod spool;
mod text;
mod thread;
mod ticket;
mod tickets;
mod values;
mod walk;
mod window;
mod zoned;

pub use columns::{ColumnMapping, Field, SkippedColumn, TicketColumns};
pub use labelled::{LabelledFile, LabelledTexts, read_labelled, read_values};
pub use notices::Notice;
pub use reading::{InputFormat, Reading};
pub use thread::Customer;
pub use tickets::{TicketFile, lines};

#[cfg(feature = "archive")]
pub(crate) use blob::LocalFile;
#[cfg(feature = "archive")]
pub(crate) use columns::{Names, check, map, no_column};
#[cfg(feature = "archive")]
pub(crate) use fit::fitting;
#[cfg(feature = "archive")]
pub(crate) use input::Input;
#[cfg(feature = "archive")]
pub(crate) use locate::{Identity, Located, locate};
#[cfg(feature = "archive")]
pub(crate) use record::{Fault, Record, Records, SourceColumn, Wanted};
#[cfg(feature = "archive")]
pub(crate) use ticket::{Making, Prepared, ticket};
#[cfg(feature = "archive")]
pub(crate) use walk::{JOURNAL, MANIFEST};
