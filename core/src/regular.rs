//! Regular files: what is opened by its name has an end, and is there to be read at any time.
//!
//! A pipe waits for its writer and can be read once, a device may never end: neither is opened, nor a
//! directory.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::Path;

use crate::{Error, ErrorKind, Result};

/// Opens a file to read it.
///
/// # Errors
/// `invalid-input` for what is no regular file, before it is opened; `io`.
pub(crate) fn open(path: &Path) -> Result<File> {
    check(path, &fs::metadata(path).map_err(|e| Error::io(path, e))?)?;
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    // Something else may stand there by now.
    check(path, &file.metadata().map_err(|e| Error::io(path, e))?)?;
    Ok(file)
}

/// Opens a file with options, where there is none yet or a regular one.
///
/// # Errors
/// As [`open`].
#[cfg(any(feature = "archive", feature = "hub", feature = "train"))]
pub(crate) fn open_with(path: &Path, options: &fs::OpenOptions) -> Result<File> {
    if let Ok(there) = fs::metadata(path) {
        check(path, &there)?;
    }
    options.open(path).map_err(|e| Error::io(path, e))
}

/// The bytes of a file of at most `most` bytes.
///
/// # Errors
/// `invalid-input` for what is no regular file; `too-large`; `io`.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata().map_err(|e| Error::io(path, e))?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(most)).unwrap_or_default());
    // A file that grows while it is read has no more than its limit either.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| Error::io(path, e))?;
    let length = length.max(bytes.len() as u64);
    if length > most {
        let message = format!("{}: {length} bytes; at most {most}", path.display());
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(bytes)
}

/// The text of a file of at most `most` bytes: policies, records, configurations.
///
/// # Errors
/// As [`read`]; `data-invalid` for invalid UTF-8.
pub(crate) fn read_text(path: &Path, most: u64) -> Result<String> {
    String::from_utf8(read(path, most)?).map_err(|e| {
        let place = e.utf8_error().valid_up_to();
        let message = format!("{}: not valid UTF-8 from byte {place} on", path.display());
        Error::new(ErrorKind::DataInvalid, message)
    })
}

/// Refuses what is no regular file.
fn check(path: &Path, about: &Metadata) -> Result<()> {
    if about.is_file() {
        return Ok(());
    }
    let message = format!("{} is {}, and a file is needed", path.display(), kind(about));
    Err(Error::new(ErrorKind::InvalidInput, message))
}

/// What stands at a place, for a message.
fn kind(about: &Metadata) -> &'static str {
    if about.is_dir() {
        return "a directory";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = about.file_type();
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    "no regular file"
}
