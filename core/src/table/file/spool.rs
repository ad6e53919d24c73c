//! Inputs that are read from a temporary file: packed ones whose readers begin at their end, and standard
//! input.

use std::io::Read;

use super::blob::LocalFile;
use super::damage::fault;
use crate::{Error, ErrorKind, Result};

/// Bytes that anything packed may have when it is unpacked.
const UNPACKED: u64 = 256 << 20;

/// Times its packed bytes that more of it may have.
const RATIO: u64 = 100;

/// Bytes of a temporary file, at most.
const MOST: u64 = 64 << 30;

/// Bytes that may be unpacked, as the caller gives them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unpacking(pub(super) Option<u64>);

impl Unpacking {
    /// Refuses so many bytes that are unpacked from so many.
    pub(super) fn check(self, packed: u64, unpacked: u64) -> Result<()> {
        let limit = self.of(packed);
        if unpacked <= limit {
            return Ok(());
        }
        let message = format!("{packed} packed bytes are more than {limit} when they are unpacked");
        Err(Error::new(ErrorKind::TooLarge, message).at("max_unpacked"))
    }

    fn of(self, packed: u64) -> u64 {
        self.0.unwrap_or_else(|| UNPACKED.max(packed.saturating_mul(RATIO)).min(MOST))
    }

    /// Unpacks an input of so many bytes into a file without a name, which is gone with the last of its
    /// readers.
    ///
    /// # Errors
    /// `too-large`, `data-invalid`, `io`.
    pub(super) fn unpack(self, packed: u64, unpacked: impl Read) -> Result<LocalFile> {
        let (file, bytes) = copied(unpacked, self.of(packed))?;
        self.check(packed, bytes)?;
        Ok(file)
    }

    /// Copies an input of unknown length as [`Unpacking::unpack`] does.
    pub(super) fn copy(self, input: impl Read) -> Result<LocalFile> {
        let limit = self.0.unwrap_or(MOST);
        let (file, bytes) = copied(input, limit)?;
        if bytes <= limit {
            return Ok(file);
        }
        let message = format!("more than {limit} bytes, which are kept in a temporary file");
        Err(Error::new(ErrorKind::TooLarge, message).at("max_unpacked"))
    }
}

/// Copies one byte more than so many, where there is one.
fn copied(input: impl Read, limit: u64) -> Result<(LocalFile, u64)> {
    let mut file = tempfile::tempfile().map_err(fault)?;
    let bytes = std::io::copy(&mut input.take(limit.saturating_add(1)), &mut file).map_err(fault)?;
    Ok((LocalFile::new(file).map_err(fault)?, bytes))
}
