//! Files that are either whole or absent, whatever ends the process or the machine.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// The suffix that is added to the name of a file that is not whole yet.
pub(crate) const PARTIAL: &str = ".partial";

/// Writes a file beside its place, puts it on the disk, and moves it there.
///
/// # Errors
/// `io`, where the disk is full, for example; then nothing is left of it, and what stood in its place before
/// still does.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(PARTIAL);
    let partial = PathBuf::from(partial);
    let write = || {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(&partial, path)
    };
    write().map_err(|e| {
        // This may fail: the first error is the one to report.
        let _ = fs::remove_file(&partial);
        Error::io(path, e)
    })?;
    sync_directory(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// A renamed file is there after a crash only when its directory is on the disk, too.
pub(crate) fn sync_directory(path: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(path).and_then(|directory| directory.sync_all()).map_err(|e| Error::io(path, e))?;
    }
    Ok(())
}
