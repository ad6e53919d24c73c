//! Models by name from the Hugging Face hub, into the cache that the other Hugging Face tools share.

mod settings;
mod transfer;

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use hf_hub::Repo;
use settings::Settings;
use transfer::Remote;

use super::trunk::{INDEX, read_index};
use super::{CONFIG, Files, HEADS, MANIFEST, TOKENIZER, TRUNK, unread};
use crate::model::tokenize::checkpoint;
use crate::quote::quoted;
use crate::regular::{open_with, read, read_text};
use crate::{Error, ErrorKind, HubOptions, Result};

const MAX_JSON_BYTES: u64 = 64 << 20;
/// The revision of a name that has none.
const MAIN: &str = "main";
/// Bytes of one weights file, and of all shards together.
const MAX_WEIGHTS_BYTES: u64 = 8 << 30;
const MAX_INDEX_BYTES: u64 = 16 << 20;
/// The largest file that names a commit, in bytes.
const MAX_REF_BYTES: u64 = 4 << 10;

/// Brings the model `owner/model` or `owner/model@revision` into the cache and gives its directory there.
pub(crate) fn fetch(name: &str, options: &HubOptions) -> Result<PathBuf> {
    let (id, revision) = parse(name)?;
    let settings = Settings::new(options, |name| std::env::var_os(name))?;
    let folder = settings.cache_dir.join(Repo::model(id.clone()).folder_name());
    let model = Model { id, revision, folder, settings };
    if model.settings.offline {
        return model.cached().map_err(|e| e.context("offline mode is on (HF_HUB_OFFLINE)"));
    }
    // A commit never changes: what is known to be whole needs no question.
    let asked = |file: &str| model.has(file) || model.absent(&model.revision, file).exists();
    let known = || model.has(MANIFEST) || (asked(MANIFEST) && checkpoint::OPTIONAL.into_iter().all(asked));
    if is_commit(&model.revision)
        && known()
        && let Ok(snapshot) = model.cached()
    {
        return Ok(snapshot);
    }
    model.download().map_err(|error| match model.cached() {
        Ok(_) if error.kind() == ErrorKind::Network => {
            let message = format!("{error}; HF_HUB_OFFLINE=1 opens the copy in the cache");
            Error::new(ErrorKind::Network, message).with_source(error)
        }
        _ => error,
    })
}

/// Both parts become folder names and parts of an address: only what the hub allows, no way out of a folder.
fn parse(name: &str) -> Result<(String, String)> {
    let (id, revision) = name.split_once('@').unwrap_or((name, MAIN));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let part = |text: &str| {
        (1..=96).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with(['.', '-'])
            && !text.contains("..")
    };
    // `--` is `/` in the cache's folder names.
    let valid =
        id.matches('/').count() <= 1 && id.split('/').all(part) && !id.contains("--") && part(revision);
    let message = || {
        format!("{} is no model name; a name on the hub is owner/model or owner/model@revision", quoted(name))
    };
    if valid { Ok((id.to_owned(), revision.to_owned())) } else { Err(Error::invalid("model", message())) }
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

struct Model {
    id: String,
    revision: String,
    /// The model's folder in the cache.
    folder: PathBuf,
    settings: Settings,
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.revision)
    }
}

impl Model {
    fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// Where the Hugging Face tools note that a commit does not have a file.
    fn absent(&self, commit: &str, file: &str) -> PathBuf {
        self.folder.join(".no_exist").join(commit).join(file)
    }

    fn has(&self, file: &str) -> bool {
        self.snapshot(&self.revision).join(file).is_file()
    }

    /// The snapshot as the cache has it, nothing asked of the network.
    fn cached(&self) -> Result<PathBuf> {
        let missing = |what: String| {
            let message = format!("{what} is not in the cache {}", self.settings.cache_dir.display());
            Error::new(ErrorKind::ModelNotFound, message)
        };
        let commit = if is_commit(&self.revision) {
            Some(self.revision.clone())
        } else {
            read_text(&self.folder.join("refs").join(&self.revision), MAX_REF_BYTES).ok()
        };
        let commit = commit.map(|text| text.trim().to_owned()).filter(|text| is_commit(text));
        let snapshot = self.snapshot(&commit.ok_or_else(|| missing(self.to_string()))?);
        let has = |file: &str| snapshot.join(file).is_file();
        let heads = has(MANIFEST).then_some(HEADS);
        // A bundle has one file of weights.
        let sharded = heads.is_none() && !has(TRUNK) && has(INDEX);
        let weights = if sharded { INDEX } else { TRUNK };
        let shards = if sharded { shards(&snapshot)? } else { Vec::new() };
        let tokenizer = (has(MANIFEST) || checkpoint::files(has).is_empty()).then_some(TOKENIZER);
        let mut needed = [CONFIG, weights]
            .into_iter()
            .chain(tokenizer)
            .chain(heads)
            .chain(shards.iter().map(String::as_str));
        match needed.find(|file| !has(file)) {
            Some(file) => Err(missing(format!("{file} of {self}"))),
            None => Ok(snapshot),
        }
    }

    fn download(&self) -> Result<PathBuf> {
        let info = Remote::new(&self.settings, &self.id, &self.revision)?.info()?;
        let has = |file: &str| info.siblings.iter().any(|sibling| sibling.rfilename == file);
        let check = |files: &[&str]| match files.iter().find(|file| !has(file)) {
            None => Ok(()),
            Some(file) => {
                let message = format!("{self} on {} has no {file}", self.settings.endpoint);
                Err(Error::new(ErrorKind::ModelNotFound, message))
            }
        };
        let sharded = !has(MANIFEST) && !has(TRUNK) && has(INDEX);
        if !has(MANIFEST) && !has(TRUNK) && !sharded {
            let revision = (self.revision != MAIN).then_some(self.revision.as_str());
            if let Some(error) = unread::refuse(&self.to_string(), &self.id, revision, has) {
                return Err(error);
            }
        }
        // The weights come last: a snapshot that has them has the rest.
        let mut wanted = vec![CONFIG];
        if has(MANIFEST) {
            wanted.splice(0..0, [MANIFEST, HEADS, TOKENIZER]);
        } else {
            wanted.extend(self.tokenizer(has)?);
        }
        wanted.push(if sharded { INDEX } else { TRUNK });
        check(&wanted)?;
        self.bring(&info.sha, &wanted)?;
        let snapshot = self.snapshot(&info.sha);
        if sharded {
            let shards = shards(&snapshot)?;
            let shards: Vec<_> = shards.iter().map(String::as_str).collect();
            check(&shards)?;
            self.bring(&info.sha, &shards)?;
        }
        for file in [MANIFEST].into_iter().chain(checkpoint::OPTIONAL).filter(|file| !has(file)) {
            write(&self.absent(&info.sha, file), "")?;
        }
        if !is_commit(&self.revision) {
            write(&self.folder.join("refs").join(&self.revision), &info.sha)?;
        }
        Ok(snapshot)
    }

    /// Brings the files of a commit that the cache lacks.
    fn bring(&self, commit: &str, files: &[&str]) -> Result<()> {
        let snapshot = self.snapshot(commit);
        if files.iter().all(|file| snapshot.join(file).is_file()) {
            return Ok(());
        }
        // The downloads of one model wait for each other, in this process and in others.
        let _lock = self.lock()?;
        // The commit's name, not the branch's: a push in the middle must not mix two versions.
        let remote = Remote::new(&self.settings, &self.id, commit)?;
        let mut left = MAX_WEIGHTS_BYTES;
        let mut lacking = Vec::new();
        for file in files {
            let size = match fs::metadata(snapshot.join(file)) {
                Ok(there) if there.is_file() => there.len(),
                _ => {
                    let (etag, size) = self.metadata(&remote, file)?;
                    lacking.push((file, etag, size));
                    size
                }
            };
            let counted = if file.ends_with(".safetensors") { size } else { 0 };
            left = left.checked_sub(counted).ok_or_else(|| {
                let message =
                    format!("the files of {self} up to {file} have more than {MAX_WEIGHTS_BYTES} bytes");
                Error::new(ErrorKind::TooLarge, message)
            })?;
        }
        lacking.into_iter().try_for_each(|(file, etag, size)| self.file(&remote, file, &etag, size))
    }

    /// The files of a checkpoint's tokenizer.
    fn tokenizer(&self, has: impl Fn(&str) -> bool) -> Result<Vec<&'static str>> {
        let files = checkpoint::files(&has);
        match checkpoint::sentence_piece(&has) {
            Some(file) if files.is_empty() => {
                let message = checkpoint::conversion(file, &self.id, "a folder with the model's other files");
                Err(Error::new(ErrorKind::ModelInvalid, message).context(self.to_string()))
            }
            _ if files.is_empty() => Ok(vec![TOKENIZER]),
            _ => Ok(files),
        }
    }

    fn lock(&self) -> Result<File> {
        let name = self.folder.file_name().unwrap_or_default();
        let folder = self.settings.cache_dir.join(".locks").join(name);
        let io = |e| Error::io(&folder, e);
        fs::create_dir_all(&folder).map_err(io)?;
        let file = open_with(&folder.join("frontdesk.lock"), OpenOptions::new().create(true).append(true))?;
        match file.lock() {
            // Some network file systems have no locks; two downloads then do the same work twice.
            Err(error) if error.kind() != std::io::ErrorKind::Unsupported => Err(io(error)),
            _ => Ok(file),
        }
    }

    /// The name of a file's content and its size, which is within the limit.
    fn metadata(&self, remote: &Remote, file: &str) -> Result<(String, u64)> {
        let (etag, size) = remote.metadata(file)?;
        let limit = match file {
            INDEX => MAX_INDEX_BYTES,
            file if file.ends_with(".safetensors") => MAX_WEIGHTS_BYTES,
            _ => MAX_JSON_BYTES,
        };
        if size > limit {
            let message = format!("{file} of {self} has {size} bytes; at most {limit}");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        Ok((etag, size))
    }

    /// Brings one file into the cache. Only a file whose size and digest are right gets a name there.
    fn file(&self, remote: &Remote, file: &str, etag: &str, size: u64) -> Result<()> {
        let blobs = self.folder.join("blobs");
        let blob = blobs.join(etag);
        let io = |e| Error::io(&blob, e);
        if !fs::metadata(&blob).is_ok_and(|there| there.len() == size) {
            fs::create_dir_all(&blobs).map_err(io)?;
            let part_name = format!("{etag}.frontdesk-part");
            let part = blobs.join(&part_name);
            remote.body(file, &part, size)?;
            if etag.len() == 64 {
                let digest = Files::directory(blobs.clone()).digest(&part_name)?;
                let expected = format!("sha256:{etag}");
                if digest != expected {
                    fs::remove_file(&part).map_err(io)?;
                    let message =
                        format!("{file} of {self} has the digest {digest}, the hub says {expected}");
                    return Err(Error::new(ErrorKind::ModelInvalid, message));
                }
            }
            fs::rename(&part, &blob).map_err(io)?;
        }
        let snapshot = self.snapshot(remote.revision());
        fs::create_dir_all(&snapshot).map_err(io)?;
        // A link may be there whose content was deleted.
        let _ = fs::remove_file(snapshot.join(file));
        link(&blob, &snapshot.join(file)).map_err(io)
    }
}

/// The shards of a snapshot's index.
fn shards(snapshot: &Path) -> Result<Vec<String>> {
    Ok(read_index(&Files::directory(snapshot.to_owned()))?.shards().to_vec())
}

/// Writes a small file unless it has `text` already: a complete cache may be read-only.
fn write(path: &Path, text: &str) -> Result<()> {
    if read(path, MAX_REF_BYTES).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(());
    }
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|e| Error::io(path, e))
}

/// The cache's links are relative, so that it can be moved.
#[cfg(unix)]
fn link(blob: &Path, pointer: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(Path::new("../../blobs").join(blob.file_name().unwrap_or_default()), pointer)
}

/// Symbolic links need a privilege on Windows.
#[cfg(not(unix))]
fn link(blob: &Path, pointer: &Path) -> std::io::Result<()> {
    fs::hard_link(blob, pointer)
}
