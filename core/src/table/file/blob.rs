//! Bytes that can be read from any place: a file, or an object in a store.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::regular;
use crate::{Error, Result};

/// Bytes of known length.
pub(crate) trait Blob: Send + Sync {
    /// The number of bytes.
    fn len(&self) -> u64;

    /// Reads some bytes from `offset` on; 0 at the end.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Whether its bytes are others by now than when it was found, as far as its place tells without reading
    /// them.
    fn is_changed(&self) -> bool;
}

/// The one file by name that is open: inputs are read one after the other, and there may be more of them than
/// a process may open.
pub(crate) type Open = Arc<Mutex<Option<(PathBuf, Arc<LocalFile>)>>>;

/// A file on this machine, opened when it is read.
pub(crate) struct NamedFile {
    path: PathBuf,
    found: Stamp,
    open: Open,
}

/// The length of a file and the time at which it was written: one that is written to gets another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(u64, Option<SystemTime>);

impl Stamp {
    pub(super) fn of(about: &Metadata) -> Self {
        Self(about.len(), about.modified().ok())
    }
}

impl NamedFile {
    /// # Errors
    /// `invalid-input` for no regular file; `io`.
    pub(crate) fn new(path: &Path, open: &Open) -> Result<Self> {
        let about = regular::open(path)?.metadata().map_err(|e| Error::io(path, e))?;
        Ok(Self { path: path.to_owned(), found: Stamp::of(&about), open: Arc::clone(open) })
    }

    fn file(&self) -> io::Result<Arc<LocalFile>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((path, file)) = &*open
            && *path == self.path
        {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(LocalFile::open(&self.path).map_err(io::Error::other)?);
        if Stamp::of(&file.file.metadata()?) != self.found {
            return Err(io::Error::other("it was changed"));
        }
        *open = Some((self.path.clone(), Arc::clone(&file)));
        Ok(file)
    }
}

impl Blob for NamedFile {
    fn len(&self) -> u64 {
        self.found.0
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.file()?.read_at(offset, into)
    }

    /// Of the file that is open, whatever has its name by now; else of the one that has.
    fn is_changed(&self) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let about = match &*open {
            Some((path, file)) if *path == self.path => file.file.metadata(),
            _ => std::fs::metadata(&self.path),
        };
        about.map_or(true, |about| Stamp::of(&about) != self.found)
    }
}

/// A blob that notes errors of reading: readers of formats report them like bytes that are damaged.
pub(crate) struct Noting {
    blob: Arc<dyn Blob>,
    last: Arc<Mutex<Option<io::Error>>>,
}

impl Noting {
    pub(crate) fn new(blob: Arc<dyn Blob>, last: &Arc<Mutex<Option<io::Error>>>) -> Self {
        Self { blob, last: Arc::clone(last) }
    }
}

impl Blob for Noting {
    fn len(&self) -> u64 {
        self.blob.len()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.blob.read_at(offset, into).inspect_err(|e| {
            let same = io::Error::new(e.kind(), e.to_string());
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(same);
        })
    }

    fn is_changed(&self) -> bool {
        self.blob.is_changed()
    }
}

/// An open file.
pub(crate) struct LocalFile {
    file: File,
    len: u64,
}

impl LocalFile {
    /// # Errors
    /// `invalid-input` for no regular file; `io`.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Self::new(regular::open(path)?).map_err(|e| Error::io(path, e))
    }

    pub(crate) fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

impl Blob for LocalFile {
    fn len(&self) -> u64 {
        self.len
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, into, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, into, offset)
    }

    /// It is one without a name, or a part of an output, whose digest its journal has.
    fn is_changed(&self) -> bool {
        false
    }
}

/// Reads a blob from one end to the other, or from where it is sent.
#[derive(Clone)]
pub(crate) struct BlobReader {
    blob: Arc<dyn Blob>,
    offset: u64,
    /// Receives the position.
    place: Option<Arc<AtomicU64>>,
}

impl BlobReader {
    pub(crate) fn new(blob: &Arc<dyn Blob>) -> Self {
        Self::from(blob, 0)
    }

    fn from(blob: &Arc<dyn Blob>, offset: u64) -> Self {
        Self { blob: Arc::clone(blob), offset, place: None }
    }

    pub(crate) fn counted(blob: &Arc<dyn Blob>, place: &Arc<AtomicU64>) -> Self {
        Self { place: Some(Arc::clone(place)), ..Self::new(blob) }
    }
}

impl Read for BlobReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.blob.read_at(self.offset, into)?;
        self.offset += count as u64;
        if let Some(place) = &self.place {
            place.store(self.offset, Ordering::Relaxed);
        }
        Ok(count)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let offset = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(by) => self.blob.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.offset.checked_add_signed(by),
        };
        self.offset = offset
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the beginning"))?;
        Ok(self.offset)
    }
}

/// Parquet's readers request parts of a file.
#[derive(Clone)]
pub(crate) struct Chunks(pub(crate) Arc<dyn Blob>);

impl parquet::file::reader::Length for Chunks {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl parquet::file::reader::ChunkReader for Chunks {
    type T = io::BufReader<BlobReader>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(io::BufReader::new(BlobReader::from(&self.0, start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<bytes::Bytes> {
        // No memory is allocated for a damaged length.
        if start.checked_add(length as u64).is_none_or(|end| end > self.0.len()) {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let mut bytes = vec![0; length];
        BlobReader::from(&self.0, start).read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}
