//! The folder of a bundle that is not whole yet, and those that killed trainings have left.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use tempfile::TempDir;

use super::export::already;
use crate::{Error, Result, regular};

const PREFIX: &str = ".frontdesk-";

/// In each folder: locked by the training that writes to it, for as long as it lives.
const LOCK: &str = "unfinished-training.lock";

/// A folder beside the output's place; it is gone with this value.
pub(super) struct Unfinished {
    folder: TempDir,
    lock: File,
}

impl Unfinished {
    /// Made before the training, which would be lost where nothing can be written. Folders that other
    /// trainings have left here when they were killed are removed.
    ///
    /// # Errors
    /// `io` where nothing can be written beside the output.
    pub(super) fn beside(output: &Path) -> Result<Self> {
        let parent = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
        sweep(parent);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent);
        let folder = folder.map_err(|e| Error::io(parent, e))?;
        let place = folder.path().join(LOCK);
        let lock = File::create(&place).map_err(|e| Error::io(&place, e))?;
        // A file system without locks is none to keep a training from.
        let _ = lock.try_lock();
        Ok(Self { folder, lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Moves the folder to its place.
    ///
    /// # Errors
    /// `io`, also where something stands there.
    pub(super) fn place(self, output: &Path) -> Result<()> {
        if output.exists() {
            return Err(already(output));
        }
        let Self { folder, lock } = self;
        let place = folder.path().join(LOCK);
        // Removed while it is locked: a folder with a free lock is anybody's to remove.
        fs::remove_file(&place).map_err(|e| Error::io(&place, e))?;
        drop(lock);
        let kept = folder.keep();
        fs::rename(&kept, output).map_err(|e| {
            let _ = fs::remove_dir_all(&kept);
            Error::io(output, e)
        })
    }
}

/// Removes the folders whose trainings are gone. What cannot be looked at or removed stays: it is in nobody's
/// way.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_ours {
            continue;
        }
        let lock = regular::open_with(&entry.path().join(LOCK), OpenOptions::new().write(true));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
