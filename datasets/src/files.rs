//! Bounded reading, all-or-nothing writing.

use crate::error::{DataError, Result};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The largest public file is under 4 MB; this only keeps a wrong path from filling the memory.
const MAX_BYTES: u64 = 64 << 20;

/// Turns an I/O error into one that names the path.
pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> DataError + '_ {
    move |source| DataError::Io { path: path.to_owned(), source }
}

/// Reads a whole text file; a bad byte is reported by its line.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    let file = fs::File::open(path).map_err(io(path))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(io(path))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(DataError::TooLarge { path: path.to_owned(), limit: MAX_BYTES });
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|&byte| byte == b'\n').count();
        DataError::NotUtf8 { path: path.to_owned(), line }
    })
}

/// Writes every file under `root`: all under temporary names first, and only when the last of them is on the
/// disk are they renamed into place. Until then a failure leaves the folder as it was; no file is ever
/// half-written.
pub(crate) fn write_all(root: &Path, files: &[(String, String)]) -> Result<()> {
    let mut staged = Staged(Vec::with_capacity(files.len()));
    for (name, content) in files {
        let target = root.join(name);
        let (Some(folder), Some(file_name)) = (target.parent(), target.file_name()) else {
            return Err(io(&target)(std::io::ErrorKind::InvalidInput.into()));
        };
        fs::create_dir_all(folder).map_err(io(folder))?;
        let temporary = folder.join(format!(".{}.{}.tmp", file_name.to_string_lossy(), std::process::id()));
        staged.0.push((temporary.clone(), target.clone()));
        let mut file = fs::File::create(&temporary).map_err(io(&temporary))?;
        file.write_all(content.as_bytes()).and_then(|()| file.sync_all()).map_err(io(&temporary))?;
        // A rename onto a folder would fail half-way through the second pass: find it in the first.
        if target.is_dir() {
            return Err(io(&target)(std::io::ErrorKind::IsADirectory.into()));
        }
    }
    for (temporary, target) in &staged.0 {
        fs::rename(temporary, target).map_err(io(target))?;
    }
    Ok(())
}

/// Temporary files with their targets; those that were not renamed are removed.
struct Staged(Vec<(PathBuf, PathBuf)>);

impl Drop for Staged {
    fn drop(&mut self) {
        for (temporary, _) in &self.0 {
            // After a rename there is nothing to remove, and that is the usual case.
            let _ = fs::remove_file(temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_or_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("b/c.csv")).unwrap();
        let files = [("a.csv".to_owned(), "x".to_owned()), ("b/c.csv".to_owned(), "y".to_owned())];
        write_all(folder.path(), &files).unwrap_err();
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["b"], "neither a.csv nor a temporary file stays");
        write_all(folder.path(), &files[..1]).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("a.csv")).unwrap(), "x");
    }
}
