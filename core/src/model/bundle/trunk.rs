//! The files that have a model's tensors: one, or an index and its shards.

use frontdesk_models::weights::{Index, Limits, Weights};

use super::files::{Files, TRUNK};
use super::unread;
use crate::digest::digest_of;
use crate::{Error, Result};

/// Which of several files has which tensor, where there is no [`TRUNK`].
pub(crate) const INDEX: &str = "model.safetensors.index.json";

/// The files of a trunk, none of them opened but the index.
#[derive(Debug)]
pub(crate) struct Trunk(Option<Index>);

impl Trunk {
    /// Finds the files as transformers does: the one file where it is there, even beside an index.
    ///
    /// # Errors
    /// `model-not-found` where there is neither; `model-invalid` for a bad index, and where the weights are in
    /// a format that is not read.
    pub(crate) fn of(files: &Files) -> Result<Self> {
        if files.has(TRUNK) {
            return Ok(Self(None));
        }
        if files.has(INDEX) {
            return Ok(Self(Some(read_index(files)?)));
        }
        let place = files.place();
        let source = if matches!(files, Files::Memory(_)) { "MODEL" } else { &place };
        let unread = unread::refuse(&place, source, None, |name| files.has(name));
        Err(unread.unwrap_or_else(|| files.missing(TRUNK)))
    }

    /// The name of the file that is opened by its name.
    pub(crate) fn name(&self) -> &'static str {
        if self.0.is_some() { INDEX } else { TRUNK }
    }

    /// The names of all files, the index's own first.
    pub(crate) fn names(&self) -> Vec<&str> {
        let shards = self.0.iter().flat_map(Index::shards);
        std::iter::once(self.name()).chain(shards.map(String::as_str)).collect()
    }

    /// Opens the files, and checks their headers.
    pub(crate) fn open(&self, files: &Files) -> Result<Weights> {
        let Some(index) = &self.0 else { return files.weights(TRUNK) };
        if let Some(shard) = index.shards().iter().find(|shard| !files.has(shard)) {
            return Err(files.missing(shard).context(files.named(INDEX)));
        }
        let limits = Limits::default();
        let opened = match files {
            Files::Directory(directory, _) => Weights::open_shards(directory, index, limits),
            Files::Memory(files) => Weights::from_shards(index, limits, |shard| files.get(shard).cloned()),
        };
        opened.map_err(|e| Error::from(e).context(files.named(INDEX)))
    }

    /// The digest of the one file, or one over those of all.
    #[cfg(feature = "train")]
    pub(crate) fn digest(&self, files: &Files) -> Result<String> {
        if self.0.is_none() {
            return files.digest(TRUNK);
        }
        let line = |name: &str| files.digest(name).map(|digest| format!("{name} {digest}\n"));
        let lines: Result<Vec<_>> = self.names().into_iter().map(line).collect();
        Ok(digest_of(lines?.concat().as_bytes()))
    }
}

/// The index among a model's files.
pub(super) fn read_index(files: &Files) -> Result<Index> {
    let limits = Limits::default();
    let bytes = files.read_up_to(INDEX, limits.header_bytes)?;
    Index::from_json(&bytes, limits).map_err(|e| Error::from(e).context(files.named(INDEX)))
}
