//! The files below a directory, and those that match a pattern.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use walkdir::{DirEntry, WalkDir};

use super::input::format_of;
use crate::{Error, Result};

/// The files that an output of `score` has, which is no archive itself.
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const JOURNAL: &str = "journal.jsonl";

/// A name of hidden files is matched by a pattern that begins with a point alone.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The files below a directory whose names are of a known kind, by name. Hidden ones and those of an output
/// are passed over.
///
/// # Errors
/// `invalid-input` for a name that is not UTF-8; `io`.
pub(super) fn below(root: &Path) -> Result<Vec<PathBuf>> {
    let mut outputs = HashMap::new();
    // An output may lie below the archive.
    let mut is_output = |path: &Path| {
        let Some(folder) = path.parent() else { return false };
        if let Some(known) = outputs.get(folder) {
            return *known;
        }
        let is = folder.join(MANIFEST).is_file() && folder.join(JOURNAL).is_file();
        outputs.insert(folder.to_owned(), is);
        is
    };
    let mut wants = |path: &Path| is_known(&path.to_string_lossy()) && !is_output(path);
    walk(root, usize::MAX, &|entry| !is_hidden(entry.file_name()), &mut wants)
}

/// The files that match a pattern of `*`, `?`, `[…]` and `**`, by name.
///
/// # Errors
/// As [`below`]; `invalid-input` for a pattern that is none.
pub(super) fn matching(pattern: &str) -> Result<Vec<PathBuf>> {
    // Windows has two separators, patterns have one.
    let pattern = &pattern.replace(MAIN_SEPARATOR, "/");
    let parse =
        |text: &str| Pattern::new(text).map_err(|e| Error::invalid("input", format!("{pattern}: {e}")));
    let first = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let (base, rest) = pattern.split_at(pattern[..first].rfind('/').map_or(0, |slash| slash + 1));
    let names: Vec<&str> = rest.split('/').filter(|name| !name.is_empty()).collect();
    let steps = names.iter().map(|name| parse(name)).collect::<Result<Vec<_>>>()?;
    let whole = parse(&names.join("/"))?;
    let anywhere = names.iter().position(|name| *name == "**").unwrap_or(usize::MAX);
    let depth = if anywhere == usize::MAX { names.len() } else { usize::MAX };
    let root = Path::new(if base.is_empty() { "." } else { base });
    if !root.is_dir() {
        return Ok(Vec::new());
    }
    let enters = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        if entry.depth() > anywhere {
            return !is_hidden(entry.file_name()) || names.iter().any(|name| name.starts_with('.'));
        }
        steps.get(entry.depth() - 1).is_some_and(|step| step.matches_with(&name, OPTIONS))
    };
    let mut wants = |path: &Path| {
        let below = path.strip_prefix(root).unwrap_or(path);
        whole.matches_with(&below.to_string_lossy().replace(MAIN_SEPARATOR, "/"), OPTIONS)
    };
    let found = walk(root, depth, &enters, &mut wants)?;
    let named = |path: PathBuf| match path.strip_prefix("./") {
        Ok(below) if base.is_empty() => below.to_owned(),
        _ => path,
    };
    Ok(found.into_iter().map(named).collect())
}

/// Whether a name is one of an archive, and not hidden.
pub(super) fn is_known(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    format_of(file).is_some() && !file.starts_with('.')
}

fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// The wanted files below a directory down to a depth, links followed. A link to a directory above leads to
/// what is walked already, and is passed over.
fn walk(
    root: &Path,
    depth: usize,
    enters: &dyn Fn(&DirEntry) -> bool,
    wants: &mut dyn FnMut(&Path) -> bool,
) -> Result<Vec<PathBuf>> {
    let entries = WalkDir::new(root).follow_links(true).max_depth(depth).into_iter();
    let (mut found, mut links) = (Vec::new(), false);
    for entry in entries.filter_entry(|entry| entry.depth() == 0 || enters(entry)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => {
                let at = error.path().unwrap_or(root).to_owned();
                let error = error.into_io_error().unwrap_or_else(|| io::Error::other("it cannot be read"));
                // A link to nothing, where no file of its name would be read.
                if error.kind() == io::ErrorKind::NotFound && !wants(&at) {
                    continue;
                }
                return Err(Error::io(&at, error));
            }
        };
        links |= entry.path_is_symlink();
        if entry.file_type().is_dir() || !wants(entry.path()) {
            continue;
        }
        let path = entry.into_path();
        if path.to_str().is_none() {
            // Outputs name every row's input, and the name of this one cannot be written.
            let message = format!("the name of {} is not UTF-8; give it another", path.display());
            return Err(Error::invalid("input", message));
        }
        found.push(path);
    }
    if links {
        found = once(root, found).map_err(|(path, e)| Error::io(&path, e))?;
    }
    found.sort();
    Ok(found)
}

/// Each file once, however many links lead to it: by the name without a link below the directory, where it
/// has one, else by the first of its names.
fn once(root: &Path, mut found: Vec<PathBuf>) -> std::result::Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let place = |path: &Path| path.canonicalize().map_err(|e| (path.to_owned(), e));
    let top = place(root)?;
    let mut names = BTreeMap::new();
    found.sort();
    for path in found {
        let place = place(&path)?;
        let is_own = path.strip_prefix(root).is_ok_and(|below| top.join(below) == place);
        if is_own || !names.contains_key(&place) {
            names.insert(place, path);
        }
    }
    Ok(names.into_values().collect())
}
