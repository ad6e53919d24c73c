//! Small files that people write or keep: policies, records, the values of outcomes.

use std::path::Path;

use crate::{Error, ErrorKind, Result};

/// The text of a file of at most `most` bytes.
///
/// # Errors
/// `io`; `too-large`.
pub(crate) fn read_small(path: &Path, most: u64) -> Result<String> {
    let length = std::fs::metadata(path).map_err(|e| Error::io(path, e))?.len();
    if length > most {
        let message = format!("{}: {length} bytes; at most {most}", path.display());
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    std::fs::read_to_string(path).map_err(|e| Error::io(path, e))
}
