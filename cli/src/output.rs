//! Where results go: stdout, or a file that is whole or not there.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use frontdesk::table::Notice;
use frontdesk::{Error, ErrorKind, Result, readable};
use tempfile::NamedTempFile;

use crate::args::ReportFormat;
use crate::render::Text;
use crate::unfinished;

/// A place for results.
#[derive(Debug)]
pub(crate) enum Output {
    Stdout(io::StdoutLock<'static>),
    /// Written beside its place and moved there at the end.
    File(NamedTempFile, PathBuf),
}

impl Output {
    /// Opens it now, so that an unwritable place is found before the work, not after.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::Stdout(io::stdout().lock())) };
        let path = &place(path)?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = beside(parent).map_err(|e| at(path, e))?;
        Ok(Self::File(file, path.to_owned()))
    }

    pub(crate) fn write(&mut self, text: &str) -> Result<()> {
        match self {
            // A reader that went away, such as `head`, wants no more: that is not a failure.
            Self::Stdout(out) => match out.write_all(text.as_bytes()) {
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
                other => other.map_err(|e| at(Path::new("standard output"), e)),
            },
            Self::File(file, path) => file.write_all(text.as_bytes()).map_err(|e| at(path, e)),
        }
    }

    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush().map_err(|e| at(Path::new("standard output"), e)),
            Self::File(file, path) => file.persist(&path).map(drop).map_err(|e| at(&path, e.error)),
        }
    }
}

/// Where a file is moved to: behind a link, the file that it leads to. What stands there already must be a
/// regular file: a device or a pipe would be replaced by one.
fn place(path: &Path) -> Result<PathBuf> {
    match path.metadata() {
        Ok(there) if there.is_file() && path.is_symlink() => path.canonicalize().map_err(|e| at(path, e)),
        Ok(there) if there.is_file() => Ok(path.to_owned()),
        Ok(there) => {
            let what = if there.is_dir() { "a directory" } else { "no regular file" };
            let message = format!("{} is {what}; without this option results go to stdout", path.display());
            Err(Error::invalid("output", message))
        }
        Err(_) => Ok(path.to_owned()),
    }
}

/// A file with the permissions that the process gives its files; a temporary file's own are for its owner
/// alone.
fn beside(parent: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    unfinished::made(|| builder.tempfile_in(parent), NamedTempFile::path)
}

fn at(path: &Path, error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("{}: {error}", path.display()))
}

/// A value as indented JSON with a line end.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(unwritable)?;
    Ok(text + "\n")
}

/// Prints what was found: as JSON, or as the table that is made of it.
pub(crate) fn show<T: serde::Serialize>(
    format: ReportFormat,
    found: &T,
    table: impl FnOnce(&T) -> Text,
) -> Result<()> {
    let mut output = Output::open(None)?;
    match format {
        ReportFormat::Json => output.write(&json(found)?)?,
        ReportFormat::Table => output.write(table(found).as_str())?,
    }
    output.finish()
}

/// A value as one line of JSON.
pub(crate) fn json_line(value: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string(value).map_err(unwritable)?;
    Ok(text + "\n")
}

/// A value as indented JSON within a list, without a line end.
pub(crate) fn json_item(value: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(unwritable)?;
    Ok(text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("writing JSON: {error}")).with_source(error)
}

/// Prints a line for people on stderr. A line feed in a name or a message begins no line of its own: the rest
/// is indented.
pub(crate) fn say(line: impl std::fmt::Display) {
    eprintln!("{}", readable(line.to_string().trim_end()).replace('\n', "\n  "));
}

/// Prints the notices about an input on stderr.
pub(crate) fn notices<'a>(notices: impl IntoIterator<Item = &'a Notice>) {
    for notice in notices {
        say(format_args!("notice: {notice}"));
    }
}
