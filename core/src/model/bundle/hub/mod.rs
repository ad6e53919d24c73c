//! Models by name from the Hugging Face hub, into the cache that the other Hugging Face tools share.

mod settings;
mod transfer;

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use hf_hub::Repo;
use settings::Settings;
use transfer::Remote;

use super::{CONFIG, Files, HEADS, MANIFEST, TOKENIZER, TRUNK};
use crate::quote::quoted;
use crate::regular::{open_with, read, read_text};
use crate::{Error, ErrorKind, HubOptions, Result};

const MAX_JSON_BYTES: u64 = 64 << 20;
const MAX_WEIGHTS_BYTES: u64 = 8 << 30;
/// The largest file that names a commit, in bytes.
const MAX_REF_BYTES: u64 = 4 << 10;

/// Brings the model `owner/model` or `owner/model@revision` into the cache and gives its directory there.
pub(crate) fn fetch(name: &str, options: &HubOptions) -> Result<PathBuf> {
    let (id, revision) = parse(name)?;
    let settings = Settings::new(options, |name| std::env::var(name).ok())?;
    let folder = settings.cache_dir.join(Repo::model(id.clone()).folder_name());
    let model = Model { id, revision, folder, settings };
    if model.settings.offline {
        return model.cached().map_err(|e| e.context("offline mode is on (HF_HUB_OFFLINE)"));
    }
    // A commit never changes: what is known to be whole needs no question.
    let known = || model.has(MANIFEST) || model.absent(&model.revision, MANIFEST).exists();
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
    let (id, revision) = name.split_once('@').unwrap_or((name, "main"));
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
        let heads = snapshot.join(MANIFEST).is_file().then_some(HEADS);
        match [CONFIG, TOKENIZER, TRUNK].into_iter().chain(heads).find(|file| !snapshot.join(file).is_file())
        {
            Some(file) => Err(missing(format!("{file} of {self}"))),
            None => Ok(snapshot),
        }
    }

    fn download(&self) -> Result<PathBuf> {
        let info = Remote::new(&self.settings, &self.id, &self.revision)?.info()?;
        let has = |file: &str| info.siblings.iter().any(|sibling| sibling.rfilename == file);
        // The weights come last: a snapshot that has them has the rest.
        let mut wanted = vec![CONFIG, TOKENIZER, TRUNK];
        if has(MANIFEST) {
            wanted.splice(0..0, [MANIFEST, HEADS]);
        }
        if let Some(file) = wanted.iter().find(|file| !has(file)) {
            let message = format!("{self} on {} has no {file}", self.settings.endpoint);
            return Err(Error::new(ErrorKind::ModelNotFound, message));
        }
        let snapshot = self.snapshot(&info.sha);
        if wanted.iter().any(|file| !snapshot.join(file).is_file()) {
            // The downloads of one model wait for each other, in this process and in others.
            let _lock = self.lock()?;
            // The commit's name, not the branch's: a push in the middle must not mix two versions.
            let remote = Remote::new(&self.settings, &self.id, &info.sha)?;
            for file in wanted.into_iter().filter(|file| !snapshot.join(file).is_file()) {
                self.file(&remote, file)?;
            }
        }
        if !has(MANIFEST) {
            write(&self.absent(&info.sha, MANIFEST), "")?;
        }
        if !is_commit(&self.revision) {
            write(&self.folder.join("refs").join(&self.revision), &info.sha)?;
        }
        Ok(snapshot)
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

    /// Brings one file into the cache. Only a file whose size and digest are right gets a name there.
    fn file(&self, remote: &Remote, file: &str) -> Result<()> {
        let (etag, size) = remote.metadata(file)?;
        let what = format!("{file} of {self}");
        let limit = if matches!(file, TRUNK | HEADS) { MAX_WEIGHTS_BYTES } else { MAX_JSON_BYTES };
        if size > limit {
            return Err(Error::new(ErrorKind::TooLarge, format!("{what} has {size} bytes; at most {limit}")));
        }
        let blobs = self.folder.join("blobs");
        let blob = blobs.join(&etag);
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
                    let message = format!("{what} has the digest {digest}, the hub says {expected}");
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
