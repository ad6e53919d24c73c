//! The output directory: the run that it belongs to, the parts that are done, and the lock that keeps other
//! runs out.
//!
//! `manifest.json` has the inputs that are scored, the model and the options; it is written first and
//! never changed. `journal.jsonl` gets a line for each part that is whole and on the disk; a part that is not
//! in it counts as missing. `summary.json` is written last. None of them holds a time or a number of threads.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use super::journal::{Done, Journal, PartDone, QUARANTINE, told};
use super::tally::Tally;
use crate::atomic::{PARTIAL, sync_directory, write_atomically};
use crate::gate::gate;
use crate::table::{JOURNAL, MANIFEST};
use crate::{Error, ErrorKind, Result, regular};

const SUMMARY: &str = "summary.json";
const PAGE: &str = "summary.html";
const LOCK: &str = ".lock";

/// The largest JSON file of an output, in bytes: a manifest has some hundred for each input.
const MAX_JSON_BYTES: u64 = 1 << 30;

/// The directory, which is this run's alone while it lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    journal: Journal,
    pub(crate) quarantine: File,
    /// Keeps other runs out.
    _lock: File,
}

impl Folder {
    /// Opens the directory for the run that `manifest` describes, and returns the work that is done. `read`
    /// is called with the bytes of parts that were read to check them, and those of all.
    ///
    /// # Errors
    /// `invalid-input` where the directory is none, holds something else, another run, or one that is under
    /// way; `data-invalid` where a part that is done was changed; `io`; those of `read`.
    pub(crate) fn open(
        path: &Path,
        manifest: &Value,
        read: &mut dyn FnMut(u64, u64) -> Result<()>,
    ) -> Result<(Self, Done)> {
        if path.metadata().is_ok_and(|there| !there.is_dir()) {
            return Err(Error::invalid("output", format!("{} is no directory", path.display())));
        }
        fs::create_dir_all(path).map_err(|e| Error::io(path, e))?;
        let lock = locked(path)?;
        let there = path.join(MANIFEST);
        if there.exists() {
            same(path, &read_json(&there)?, manifest)?;
        } else {
            if let Some(other) = others(path)? {
                let message = format!(
                    "{} holds `{other}`, which is not of a run; take an empty directory",
                    path.display()
                );
                return Err(Error::invalid("output", message));
            }
            write_atomically(&there, &pretty(manifest)?)?;
        }
        let open = |name: &str| {
            let file = path.join(name);
            let mut options = OpenOptions::new();
            regular::open_with(&file, options.read(true).write(true).create(true).truncate(false))
        };
        let (journal, mut quarantine) = (open(JOURNAL)?, open(QUARANTINE)?);
        let (journal, mut done) = Journal::open(journal, &mut quarantine, path, read)?;
        let summary = path.join(SUMMARY);
        if summary.exists() {
            // Counts that are not those of the parts are of a run that is not whole any more.
            done.whole = regular::read(&summary, MAX_JSON_BYTES)? == pretty(&done.tally)?;
            if !done.whole {
                fs::remove_file(&summary).map_err(|e| Error::io(&summary, e))?;
            }
        }
        let cut = quarantine.set_len(done.quarantine_bytes).and_then(|()| quarantine.seek(SeekFrom::End(0)));
        cut.map_err(|e| Error::io(&path.join(QUARANTINE), e))?;
        let folder = Self { path: path.to_owned(), journal, quarantine, _lock: lock };
        folder.sweep(done.parts)?;
        Ok((folder, done))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Puts a file that is whole in its place, then records it in the journal.
    pub(crate) fn commit(&mut self, part: &PartDone) -> Result<()> {
        if let Some(name) = &part.file {
            let place = self.path(name);
            fs::rename(self.path(&format!("{name}{PARTIAL}")), &place).map_err(|e| Error::io(&place, e))?;
        }
        gate("part-moved");
        self.quarantine.sync_data().map_err(|e| Error::io(&self.path(QUARANTINE), e))?;
        sync_directory(&self.path)?;
        self.journal.add(part, &self.path)?;
        gate("part-told");
        Ok(())
    }

    /// Marks the run as complete, with a page for people first.
    pub(crate) fn finish(&self, page: &str, tally: &Tally) -> Result<()> {
        write_atomically(&self.path(PAGE), page.as_bytes())?;
        write_atomically(&self.path(SUMMARY), &pretty(tally)?)
    }

    /// Removes the files of parts that an earlier run did not finish.
    fn sweep(&self, parts: u64) -> Result<()> {
        for name in names(&self.path)? {
            let is_later = part_of(&name).is_some_and(|part| part >= parts);
            if is_later || name.ends_with(PARTIAL) {
                let file = self.path(&name);
                fs::remove_file(&file).map_err(|e| Error::io(&file, e))?;
            }
        }
        Ok(())
    }
}

/// The files of the parts of a run that ended, in their order, each as it was written.
///
/// # Errors
/// `data-invalid` where a part, the journal or the counts were changed; `io`.
pub(crate) fn whole_parts(path: &Path) -> Result<Vec<String>> {
    let (files, tally) = told(path, MAX_JSON_BYTES)?;
    if regular::read(&path.join(SUMMARY), MAX_JSON_BYTES)? == pretty(&tally)? {
        return Ok(files);
    }
    let message = format!(
        "{}: {SUMMARY} has other counts than {JOURNAL}: one of them was changed; start the run again",
        path.display()
    );
    Err(Error::new(ErrorKind::DataInvalid, message))
}

/// The name of a part's file.
pub(crate) fn part_name(part: u64, extension: &str) -> String {
    format!("part-{part:06}.{extension}")
}

fn part_of(name: &str) -> Option<u64> {
    name.strip_prefix("part-")?.split('.').next()?.parse().ok()
}

fn locked(path: &Path) -> Result<File> {
    let place = path.join(LOCK);
    let lock = regular::open_with(&place, OpenOptions::new().write(true).create(true).truncate(false))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => {
            Err(Error::invalid("output", format!("another run is writing into {}", path.display())))
        }
        Err(fs::TryLockError::Error(e)) => Err(Error::io(&place, e)),
    }
}

fn names(path: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(path).map_err(|e| Error::io(path, e))?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned()).map_err(|e| Error::io(path, e))
    };
    entries.map(name).collect()
}

/// Returns the first name, in order, in a directory that belongs to no run.
fn others(path: &Path) -> Result<Option<String>> {
    let partial = format!("{MANIFEST}{PARTIAL}");
    let mut others: Vec<String> =
        names(path)?.into_iter().filter(|name| name != LOCK && *name != partial).collect();
    others.sort();
    Ok(others.into_iter().next())
}

/// Refuses to resume where the inputs, the model or the options differ.
fn same(path: &Path, before: &Value, now: &Value) -> Result<()> {
    let empty = Map::new();
    let fields = |value: &'_ Value| value.as_object().cloned().unwrap_or_else(|| empty.clone());
    let (before, now) = (fields(before), fields(now));
    let mut names: Vec<&String> =
        before.keys().chain(now.keys().filter(|name| !before.contains_key(*name))).collect();
    names.retain(|name| before.get(*name) != now.get(*name));
    if names.is_empty() {
        return Ok(());
    }
    let describe = |name: &String| {
        let of = |fields: &Map<String, Value>| fields.get(name).map_or("nothing".to_owned(), short);
        match (before.get(name), now.get(name)) {
            (Some(Value::Array(before)), Some(Value::Array(now))) if name == "inputs" => inputs(before, now),
            _ => format!("{name}: {} before, {} now", of(&before), of(&now)),
        }
    };
    let differences: Vec<String> = names.into_iter().map(describe).collect();
    let message = format!(
        "{} holds a run that differs ({}); it can only be resumed as it was begun, so take another directory",
        path.display(),
        differences.join("; ")
    );
    Err(Error::invalid("output", message))
}

/// Describes the first difference between two lists of inputs.
fn inputs(before: &[Value], now: &[Value]) -> String {
    let name = |input: &Value| input.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if before.len() != now.len() {
        return format!("inputs: {} before, {} now", before.len(), now.len());
    }
    let changed = before.iter().zip(now).find(|(before, now)| before != now);
    match changed {
        Some((before, now)) if name(before) != name(now) => {
            format!("inputs: {} before, {} now", name(before), name(now))
        }
        Some((_, now)) => format!("inputs: {} has changed", name(now)),
        None => String::new(),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 120 { text } else { text.chars().take(117).collect::<String>() + "..." }
}

pub(crate) fn read_json(path: &Path) -> Result<Value> {
    let bytes = regular::read(path, MAX_JSON_BYTES)?;
    serde_json::from_slice(&bytes)
        .map_err(|e| Error::new(ErrorKind::DataInvalid, format!("{}: {e}", path.display())))
}

fn pretty(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(unwritable)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("writing JSON: {error}"))
}
