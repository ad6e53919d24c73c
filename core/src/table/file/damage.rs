//! Errors of readers about bytes that they cannot read.

use crate::error::guarded;
use crate::{Error, ErrorKind, Result};

/// Readers of columnar formats panic on some damage; here it is the data's fault as any other.
pub(super) fn sound<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    guarded(read).map_err(|error| match error.kind() {
        ErrorKind::Internal => Error::new(ErrorKind::DataInvalid, "the data is damaged: its reader gave up"),
        _ => error,
    })
}

/// A stream that breaks off, or is no stream of its kind, is the data's fault; the rest is the machine's.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn fault(error: std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    let broken = matches!(error.kind(), Io::UnexpectedEof | Io::InvalidData | Io::InvalidInput | Io::Other)
        && error.raw_os_error().is_none();
    if broken {
        Error::new(ErrorKind::DataInvalid, format!("the data is damaged or ends too early: {error}"))
    } else {
        Error::new(ErrorKind::Io, error.to_string())
    }
}
