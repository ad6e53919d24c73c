//! From the names that were given to the inputs that exist.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Reading;
use super::blob::{Blob, BlobReader, NamedFile, Open, Stamp};
use super::damage::fault;
use super::input::Input;
use super::spool::Unpacking;
use super::walk::{below, matching};
use crate::digest::digest_read;
use crate::{Error, ErrorKind, Result};

/// An input, and its identity, by which it is recognized when a run resumes.
pub(crate) struct Located {
    pub(crate) input: Input,
    /// The file itself, whatever it was called.
    place: Option<PathBuf>,
    pub(crate) identity: Identity,
}

/// The identity of an input, to detect a changed one.
pub(crate) enum Identity {
    /// By the SHA-256 of its bytes, which are still to be read.
    Bytes(Arc<dyn Blob>),
    /// By the tag of its store.
    #[cfg(feature = "object-store")]
    Store(String),
}

impl Identity {
    /// Whether a store vouches for it.
    pub(crate) fn is_tag(&self) -> bool {
        !matches!(self, Self::Bytes(_))
    }

    /// `sha256:…` of the bytes, or the store's entity tag. `progress` is called with the number of bytes that
    /// were read.
    pub(crate) fn digest(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<String> {
        let blob = match self {
            #[cfg(feature = "object-store")]
            Self::Store(tag) => return Ok(tag.clone()),
            Self::Bytes(blob) => blob,
        };
        digest_read(BlobReader::new(blob), fault, progress)
    }
}

/// The inputs in the order in which they were named; those of a pattern or a directory by name.
///
/// A name is a file, a directory (read with those below it), a pattern with `*`, `?`, `[…]` or `**`, `-` for
/// standard input, or the address of an object (`s3://`, `gs://`, `az://`) or of all objects under a prefix.
///
/// # Errors
/// `invalid-input` where there is nothing, no regular file, a name that is not UTF-8, or a file is named
/// twice; `io`.
pub(crate) fn locate(names: &[String], reading: &Reading) -> Result<Vec<Located>> {
    let (mut found, open) = (Vec::new(), Open::default());
    for name in names {
        if name == "-" {
            found.push(standard_input(reading)?);
        } else if let Some((scheme, _)) = name.split_once("://")
            && scheme != "file"
        {
            found.extend(remote(name, scheme, reading)?);
        } else {
            let name = name.strip_prefix("file://").unwrap_or(name);
            for path in files(name)? {
                found.push(local(&path, reading, &open)?);
            }
        }
    }
    if found.is_empty() {
        return Err(Error::invalid("input", "there is no input"));
    }
    let (mut names, mut places) = (HashSet::new(), HashSet::new());
    for one in &found {
        let is_new = one.place.as_ref().is_none_or(|place| places.insert(place));
        if !names.insert(&one.input.name) || !is_new {
            return Err(Error::invalid("input", format!("{} is named twice", one.input.name)));
        }
    }
    Ok(found)
}

fn files(name: &str) -> Result<Vec<PathBuf>> {
    let path = PathBuf::from(name);
    if path.is_dir() {
        let folder = name.trim_end_matches('/');
        let files = below(Path::new(if folder.is_empty() { name } else { folder }))?;
        if files.is_empty() {
            return Err(Error::invalid("input", format!("{name} has no file of a known kind")));
        }
        return Ok(files);
    }
    if !path.exists() && name.contains(['*', '?', '[']) {
        let files = matching(name)?;
        if files.is_empty() {
            return Err(Error::invalid("input", format!("no file matches {name}")));
        }
        return Ok(files);
    }
    Ok(vec![path])
}

/// The one input of a name, which is a file or the address of an object.
///
/// # Errors
/// `invalid-input` where it names several, or standard input; `io`, `network`.
pub(crate) fn one(name: &Path, reading: &Reading) -> Result<Input> {
    let address = name.to_string_lossy();
    if address.contains("://") {
        let mut found = locate(&[address.clone().into_owned()], reading)?;
        return match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only.input),
            _ => {
                Err(Error::invalid("input", format!("{address} names several inputs, and one is read here")))
            }
        };
    }
    local(name, reading, &Open::default()).map(|found| found.input)
}

fn local(path: &Path, reading: &Reading, open: &Open) -> Result<Located> {
    let named = NamedFile::new(path, open).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => {
            let message = format!(
                "{}: a table is read more than once; `score` reads standard input, where the input is -",
                error.message()
            );
            Error::invalid("input", message)
        }
        _ => error,
    })?;
    let blob: Arc<dyn Blob> = Arc::new(named);
    let input = Input::new(&path.display().to_string(), Arc::clone(&blob), reading)?;
    let place = path.canonicalize().ok();
    Ok(Located { input, identity: Identity::Bytes(blob), place })
}

/// Standard input is kept in a file without a name, so that its digest can be computed before its first row
/// is scored.
fn standard_input(reading: &Reading) -> Result<Located> {
    if reading.format.is_none() {
        return Err(Error::invalid("input_format", "standard input has no name: say its format"));
    }
    let mut stdin = std::io::stdin().lock();
    let before = redirected(&stdin);
    let file = Unpacking(reading.max_unpacked).copy(&mut stdin);
    let file = file.map_err(|e| e.context("standard input"))?;
    if redirected(&stdin) != before {
        let message =
            "standard input: the file was changed while it was read; start again when nothing writes to it";
        return Err(Error::new(ErrorKind::DataInvalid, message));
    }
    let blob: Arc<dyn Blob> = Arc::new(file);
    let input = Input::new("-", Arc::clone(&blob), reading)?;
    Ok(Located { input, identity: Identity::Bytes(blob), place: None })
}

/// Length and time of the file that standard input is, where it is one.
fn redirected(stdin: &std::io::StdinLock<'_>) -> Option<Stamp> {
    #[cfg(unix)]
    let file = std::os::fd::AsFd::as_fd(stdin).try_clone_to_owned();
    #[cfg(windows)]
    let file = std::os::windows::io::AsHandle::as_handle(stdin).try_clone_to_owned();
    let about = std::fs::File::from(file.ok()?).metadata().ok()?;
    about.is_file().then(|| Stamp::of(&about))
}

#[cfg(feature = "object-store")]
fn remote(name: &str, _: &str, reading: &Reading) -> Result<Vec<Located>> {
    super::remote::objects(name)?
        .into_iter()
        .filter(|object| object.alone || super::walk::is_known(&object.name))
        .map(|object| {
            let input = Input::new(&object.name, object.blob, reading)?;
            Ok(Located { input, identity: Identity::Store(object.tag), place: None })
        })
        .collect()
}

#[cfg(not(feature = "object-store"))]
fn remote(name: &str, scheme: &str, _: &Reading) -> Result<Vec<Located>> {
    let message =
        format!("{name}: this build reads no `{scheme}` (it was made without the feature `object-store`)");
    Err(Error::invalid("input", message))
}
