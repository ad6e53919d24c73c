//! The bytes of a weights file, on disk or in memory.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::{ModelError, Result};

#[derive(Debug)]
pub(super) enum Source {
    /// Read and not mapped: a mapped file that another process shortens ends this one.
    File(File),
    Memory(Vec<u8>),
}

impl Source {
    /// Opens a file, and returns it with its length.
    pub(super) fn open(path: &Path) -> Result<(Self, u64)> {
        // A pipe would wait for its writer: it is not opened.
        if !std::fs::metadata(path)?.is_file() {
            return Err(ModelError::Weights("no regular file".to_owned()));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok((Self::File(file), length))
    }

    /// Fills `to` with the bytes from `at` on.
    pub(super) fn read(&self, at: usize, to: &mut [u8]) -> Result<()> {
        let short = || ModelError::Weights("the file became shorter while it was read".into());
        match self {
            Self::File(file) => read_exact_at(file, to, at as u64).map_err(|e| match e.kind() {
                io::ErrorKind::UnexpectedEof => short(),
                _ => e.into(),
            }),
            Self::Memory(bytes) => {
                to.copy_from_slice(bytes.get(at..at + to.len()).ok_or_else(short)?);
                Ok(())
            }
        }
    }
}

/// Fills `to` with the bytes of a file from `at` on, wherever other threads read it.
fn read_exact_at(file: &File, mut to: &mut [u8], mut at: u64) -> io::Result<()> {
    #[cfg(unix)]
    let read = |to: &mut [u8], at| std::os::unix::fs::FileExt::read_at(file, to, at);
    #[cfg(windows)]
    let read = |to: &mut [u8], at| std::os::windows::fs::FileExt::seek_read(file, to, at);
    while !to.is_empty() {
        match read(to, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => (to, at) = (&mut to[count..], at + count as u64),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
