//! Errors of readers about bytes that they cannot read.

use arrow_schema::ArrowError;

use crate::error::called;
use crate::{Error, ErrorKind, Result};

/// Readers of columnar formats panic on some damage; here it is the data's fault as any other.
pub(super) fn sound<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    let damaged = || Error::new(ErrorKind::DataInvalid, "the data is damaged: its reader gave up");
    called(read).unwrap_or_else(|| Err(damaged()))
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

/// Converts an error of Arrow's reader: `io` for one of the system, else `data-invalid`.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn broken(error: ArrowError) -> Error {
    if let ArrowError::IoError(_, e) = &error
        && e.raw_os_error().is_some()
    {
        return Error::new(ErrorKind::Io, error.to_string());
    }
    Error::new(ErrorKind::DataInvalid, format!("the data is damaged: {error}"))
}
