//! The files of a model, from a directory or from memory.

use std::collections::BTreeMap;
use std::path::PathBuf;

use frontdesk_models::weights::{Limits, Weights};

use crate::digest::{digest_of, digest_read};
use crate::regular;
use crate::{Error, ErrorKind, Result};

pub(crate) const CONFIG: &str = "config.json";
pub(crate) const TOKENIZER: &str = "tokenizer.json";
pub(crate) const TRUNK: &str = "model.safetensors";
pub(crate) const HEADS: &str = "heads.safetensors";
pub(crate) const MANIFEST: &str = "frontdesk.json";

/// The largest JSON file that is read: a tokenizer of a large vocabulary has some 20 MB.
const MAX_JSON_BYTES: u64 = 64 << 20;

/// Where a model's files lie.
#[derive(Debug, Clone)]
pub(crate) enum Files {
    /// The directory, and the name of the model in it.
    Directory(PathBuf, String),
    Memory(BTreeMap<String, Vec<u8>>),
}

impl Files {
    /// A directory, whose last part is the name of its model.
    pub(crate) fn directory(path: PathBuf) -> Self {
        let name =
            path.file_name().map_or_else(|| "checkpoint".into(), |name| name.to_string_lossy().into_owned());
        Self::Directory(path, name)
    }

    /// The name of a model that does not state one itself.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Directory(_, name) => name,
            Self::Memory(_) => "checkpoint",
        }
    }

    /// The name of this place in messages.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Directory(path, _) => path.display().to_string(),
            Self::Memory(_) => "the model's bytes".to_owned(),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::Directory(path, _) => path.join(name).is_file(),
            Self::Memory(files) => files.contains_key(name),
        }
    }

    pub(super) fn missing(&self, name: &str) -> Error {
        // Something stands there: a directory, a pipe.
        let there = matches!(self, Self::Directory(path, _) if path.join(name).exists());
        if there {
            let message = format!("{} is no regular file", self.named(name));
            return Error::new(ErrorKind::ModelInvalid, message);
        }
        Error::new(ErrorKind::ModelNotFound, format!("{} has no {name}", self.place()))
    }

    /// A whole file of the small kind.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        self.read_up_to(name, MAX_JSON_BYTES)
    }

    /// A whole file of the small kind; `None` where it is not there.
    pub(crate) fn read_if_there(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Directory(path, _) if !path.join(name).exists() => Ok(None),
            Self::Memory(files) if !files.contains_key(name) => Ok(None),
            _ => self.read(name).map(Some),
        }
    }

    /// A whole file of any kind, within the limit for weights.
    #[cfg(feature = "train")]
    pub(crate) fn read_weights(&self, name: &str) -> Result<Vec<u8>> {
        self.read_up_to(name, Limits::default().file_bytes)
    }

    /// A whole file of at most `max` bytes.
    pub(super) fn read_up_to(&self, name: &str, max: u64) -> Result<Vec<u8>> {
        if !self.has(name) {
            return Err(self.missing(name));
        }
        match self {
            Self::Memory(files) => Ok(files.get(name).cloned().unwrap_or_default()),
            Self::Directory(dir, _) => {
                let path = dir.join(name);
                regular::read(&path, max).map_err(|error| match error.kind() {
                    ErrorKind::TooLarge => Error::new(ErrorKind::ModelInvalid, error.message()),
                    _ => error,
                })
            }
        }
    }

    /// A weights file, its header checked.
    pub(crate) fn weights(&self, name: &str) -> Result<Weights> {
        if !self.has(name) {
            return Err(self.missing(name));
        }
        let opened = match self {
            Self::Directory(dir, _) => Weights::open(&dir.join(name), Limits::default()),
            Self::Memory(files) => {
                Weights::from_bytes(files.get(name).cloned().unwrap_or_default(), Limits::default())
            }
        };
        opened.map_err(|e| Error::from(e).context(self.named(name)))
    }

    /// A file's name for a message, with its place.
    pub(crate) fn named(&self, name: &str) -> String {
        match self {
            Self::Directory(dir, _) => dir.join(name).display().to_string(),
            Self::Memory(_) => name.to_owned(),
        }
    }

    /// `sha256:` and the digest of a file in hexadecimal.
    pub(crate) fn digest(&self, name: &str) -> Result<String> {
        if !self.has(name) {
            return Err(self.missing(name));
        }
        match self {
            Self::Memory(files) => Ok(digest_of(files.get(name).map_or(&[][..], Vec::as_slice))),
            Self::Directory(dir, _) => {
                let path = dir.join(name);
                digest_read(regular::open(&path)?, |e| Error::io(&path, e), &mut |_| Ok(()))
            }
        }
    }
}
