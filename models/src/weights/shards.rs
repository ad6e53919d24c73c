//! The files of an index, opened as one set of tensors.

use std::io;
use std::path::Path;

use super::file::TensorFile;
use super::{Index, Limits};
use crate::{ModelError, Result};

/// Opens the files of an index with `open`, and checks that they have the index's tensors and no others.
pub(super) fn open(
    index: &Index,
    limits: Limits,
    mut open: impl FnMut(&str) -> Result<TensorFile>,
) -> Result<Vec<TensorFile>> {
    let mut files = Vec::with_capacity(index.shards().len());
    let (mut bytes, mut headers, mut tensors) = (0_u64, 0_u64, 0);
    for name in index.shards() {
        let file = open(name).map_err(|error| of_shard(name, error))?;
        bytes = bytes.saturating_add(file.length);
        headers += file.header_bytes();
        tensors += file.names().len();
        let most = [
            ("bytes", bytes, limits.file_bytes),
            ("bytes of headers", headers, limits.header_bytes),
            ("tensors", tensors as u64, limits.tensors as u64),
        ];
        if let Some((what, count, most)) = most.into_iter().find(|(_, count, most)| count > most) {
            let reason = format!("the files of the index have {count} {what} up to {name}; at most {most}");
            return Err(ModelError::Weights(reason));
        }
        files.push(file);
    }
    for (place, file) in files.iter().enumerate() {
        check(index, place, file)?;
    }
    for (tensor, place) in index.tensors() {
        if files[place].info(tensor).is_none() {
            let reason =
                format!("is in {} by the index, and that file does not have it", index.shards()[place]);
            return Err(ModelError::tensor(tensor, reason));
        }
    }
    Ok(files)
}

/// Checks that the index has each tensor of a file in this file.
fn check(index: &Index, place: usize, file: &TensorFile) -> Result<()> {
    let name = &index.shards()[place];
    for tensor in file.names() {
        let reason = match index.place(&tensor) {
            Some(right) if right == place => continue,
            Some(other) => format!("is in {name}, and by the index in {}", index.shards()[other]),
            None => format!("is in {name}, and not in the index"),
        };
        return Err(ModelError::tensor(&tensor, reason));
    }
    Ok(())
}

/// An error with the name of the shard that it is about.
fn of_shard(name: &str, error: ModelError) -> ModelError {
    match error {
        ModelError::Weights(reason) => ModelError::Weights(format!("{name}: {reason}")),
        ModelError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            ModelError::Weights(format!("{name} is named by the index, and there is no such file"))
        }
        ModelError::Io(error) => ModelError::Io(io::Error::new(error.kind(), format!("{name}: {error}"))),
        other => other,
    }
}

/// Refuses a link that leads out of the directory: an index that came from elsewhere must not open any file of
/// the machine. The snapshots of a hub's cache, `models--NAME/snapshots/COMMIT`, are links into its `blobs`.
pub(super) fn check_path(directory: &Path, path: &Path) -> Result<()> {
    let (directory, real) = (directory.canonicalize()?, path.canonicalize()?);
    let blobs = directory.ancestors().nth(2).map(|model| model.join("blobs"));
    let in_hub_cache = blobs.is_some_and(|blobs| real.parent() == Some(&blobs));
    if real.starts_with(&directory) || in_hub_cache {
        return Ok(());
    }
    Err(ModelError::Weights(format!("a link to {}, which is not in the model's directory", real.display())))
}
