//! Whether the files of a model stayed as they were while they were read: its digests are taken beside the
//! read of the weights, and its small files before.

use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

use super::Trunk;
use super::files::{CONFIG, Files, HEADS, MANIFEST, TOKENIZER};
use crate::{Error, ErrorKind, Result};

/// What is told of each file that was there when the first was read; nothing of files in memory.
#[derive(Debug)]
pub(crate) struct Stamps(Vec<(String, Stamp)>);

/// Length, time of the last write, and what else the system changes with a file.
#[derive(Debug, PartialEq, Eq)]
struct Stamp(u64, Option<SystemTime>, [i64; 3]);

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let about = path.metadata().ok()?;
        Some(Self(about.len(), about.modified().ok(), change(&about)))
    }
}

/// The time of the last change, which no program sets, and the number of the file.
#[cfg(unix)]
fn change(about: &Metadata) -> [i64; 3] {
    use std::os::unix::fs::MetadataExt;
    [about.ctime(), about.ctime_nsec(), about.ino().cast_signed()]
}

#[cfg(not(unix))]
fn change(_: &Metadata) -> [i64; 3] {
    [0; 3]
}

impl Stamps {
    pub(crate) fn take(files: &Files) -> Self {
        let Files::Directory(folder, _) = files else { return Self(Vec::new()) };
        // What is wrong with an index is told where it is read.
        let trunk = Trunk::of(files).ok();
        let weights = trunk.iter().flat_map(Trunk::names);
        let names = [CONFIG, TOKENIZER, MANIFEST, HEADS].into_iter().chain(weights);
        let stamp = |name: &str| Some((name.to_owned(), Stamp::of(&folder.join(name))?));
        Self(names.filter_map(stamp).collect())
    }

    /// # Errors
    /// `model-invalid` for a file that was changed since, or is gone.
    pub(crate) fn check(&self, files: &Files) -> Result<()> {
        let Files::Directory(folder, _) = files else { return Ok(()) };
        let changed =
            self.0.iter().find(|(name, stamp)| Stamp::of(&folder.join(name)).as_ref() != Some(stamp));
        changed.map_or(Ok(()), |(name, _)| {
            let message = format!("{} was changed while it was read", files.named(name));
            Err(Error::new(ErrorKind::ModelInvalid, message))
        })
    }
}
