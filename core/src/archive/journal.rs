//! The journal of a run: a line for each part that is whole and on the disk.
//!
//! Every line ends with a digest over it and the lines before it, and has those of its part's file and of its
//! rows in the quarantine file: what was changed since is noticed before a run resumes from it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::tally::Tally;
use crate::digest::{digest_named, digest_read};
use crate::gate::gate;
use crate::table::JOURNAL;
use crate::{Error, ErrorKind, Result, regular};

/// The file of rows that could not be read or scored.
pub(super) const QUARANTINE: &str = "quarantine.jsonl";

/// The digest at the end of a line: a last member of its object.
const MARK: &str = ",\"journal_digest\":\"";

/// A part that is whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartDone {
    pub(crate) part: u64,
    /// The part's file; `None` where no row of it was left.
    pub(crate) file: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) digest: Option<String>,
    /// The place where reading continues.
    pub(crate) next: Position,
    /// Bytes of the quarantine file that are valid up to here.
    pub(crate) quarantine_bytes: u64,
    /// The digest of those that this part added; `None` where it added none.
    pub(crate) quarantine_digest: Option<String>,
    pub(crate) tally: Tally,
}

/// A place in the inputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) input: usize,
    /// Rows of that input that were read.
    pub(crate) row: u64,
}

/// The finished work of an earlier run.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) parts: u64,
    pub(crate) next: Position,
    pub(crate) tally: Tally,
    /// Whether there is nothing left to do.
    pub(crate) whole: bool,
    pub(crate) quarantine_bytes: u64,
}

/// The journal, open behind its last line that holds.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    /// The digest over its lines.
    digest: String,
}

impl Journal {
    /// Reads the journal of a directory, and holds the parts against it. Where a part's file is gone, its
    /// line and those after it are cut off: they are to be done once more. `progress` is called with the
    /// bytes of parts that were read, and those of all.
    ///
    /// # Errors
    /// `data-invalid` for a line, a part or a quarantine file that was changed; `io`; those of `progress`.
    pub(crate) fn open(
        mut file: File,
        quarantine: &mut File,
        folder: &Path,
        progress: &mut dyn FnMut(u64, u64) -> Result<()>,
    ) -> Result<(Self, Done)> {
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(|e| Error::io(&folder.join(JOURNAL), e))?;
        let lines = lines(&text, folder)?;
        let all = lines.iter().map(|line| line.part.bytes).sum();
        let (mut done, mut digest, mut good, mut read) = (Done::default(), String::new(), 0, 0);
        for Line { part, end, digest: line } in lines {
            let mut progress = |bytes| {
                read += bytes;
                progress(read, all)
            };
            if !is_there(folder, &part, &mut progress)? {
                break;
            }
            same_quarantine(folder, quarantine, &part, done.quarantine_bytes)?;
            done.parts += 1;
            (done.next, done.quarantine_bytes) = (part.next, part.quarantine_bytes);
            done.tally.add(&part.tally);
            (digest, good) = (line, end);
        }
        let cut = file.set_len(good as u64).and_then(|()| file.seek(SeekFrom::End(0)));
        cut.map_err(|e| Error::io(&folder.join(JOURNAL), e))?;
        Ok((Self { file, digest }, done))
    }

    /// Adds a part, and waits until its line is on the disk.
    pub(crate) fn add(&mut self, part: &PartDone, folder: &Path) -> Result<()> {
        let json = serde_json::to_string(part);
        let json = json.map_err(|e| Error::new(ErrorKind::Internal, format!("writing JSON: {e}")))?;
        self.digest = chained(&self.digest, &json);
        let line = format!("{}{MARK}{}\"}}\n", json.strip_suffix('}').unwrap_or(&json), self.digest);
        let (first, rest) = line.as_bytes().split_at(line.len() / 2);
        let written = self.file.write_all(first).and_then(|()| {
            gate("part-half-told");
            self.file.write_all(rest).and_then(|()| self.file.sync_data())
        });
        written.map_err(|e| Error::io(&folder.join(JOURNAL), e))
    }
}

/// The files of the parts in a folder's journal, in their order, each held against its digest, and the counts
/// of all parts.
///
/// # Errors
/// `data-invalid` for a line or a part that was changed, or a part that is gone; `too-large`; `io`.
pub(crate) fn told(folder: &Path, most_bytes: u64) -> Result<(Vec<String>, Tally)> {
    let text = regular::read(&folder.join(JOURNAL), most_bytes)?;
    let (mut files, mut tally) = (Vec::new(), Tally::default());
    for Line { part, .. } in lines(&text, folder)? {
        if !is_there(folder, &part, &mut |_| Ok(()))? {
            let name = part.file.unwrap_or_default();
            let message = format!(
                "{}: {name} is gone; start the run again: it and the parts after it are scored once more",
                folder.display()
            );
            return Err(Error::new(ErrorKind::DataInvalid, message));
        }
        tally.add(&part.tally);
        files.extend(part.file);
    }
    Ok((files, tally))
}

/// A line that holds, where it ends in the file, and the digest up to there.
struct Line {
    part: PartDone,
    end: usize,
    digest: String,
}

fn lines(text: &[u8], folder: &Path) -> Result<Vec<Line>> {
    let (mut lines, mut digest, mut end) = (Vec::new(), String::new(), 0);
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        // A last line without its end was never finished.
        let Some(whole) = line.strip_suffix(b"\n") else { break };
        end += line.len();
        let part = parse(whole, &mut digest).filter(|part| part.part == number as u64).ok_or_else(|| {
            let message = format!(
                "{}: line {} was changed since it was written; delete it and those after it, and start again: their parts are scored once more",
                folder.join(JOURNAL).display(),
                number + 1
            );
            Error::new(ErrorKind::DataInvalid, message)
        })?;
        lines.push(Line { part, end, digest: digest.clone() });
    }
    Ok(lines)
}

/// The part of a line, where its digest follows from the one before.
fn parse(line: &[u8], digest: &mut String) -> Option<PartDone> {
    let (json, said) = std::str::from_utf8(line).ok()?.rsplit_once(MARK)?;
    let json = format!("{json}}}");
    *digest = chained(digest, &json);
    (said.strip_suffix("\"}") == Some(digest.as_str())).then(|| serde_json::from_str(&json).ok())?
}

/// The digest over the lines so far and one more.
fn chained(before: &str, line: &str) -> String {
    digest_named(&Sha256::new().chain_update(before).chain_update(line).finalize())
}

/// Whether a part's file is there, as it was written.
fn is_there(folder: &Path, part: &PartDone, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<bool> {
    let Some(name) = &part.file else { return Ok(true) };
    let place = folder.join(name);
    match place.metadata() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Error::io(&place, e)),
        Ok(about) if about.len() != part.bytes => {
            let what = format!("{name} has {} bytes, the journal says {}", about.len(), part.bytes);
            return Err(changed(folder, &what, part));
        }
        Ok(_) => {}
    }
    let digest = digest_read(regular::open(&place)?, |e| Error::io(&place, e), progress)?;
    if part.digest.as_ref() == Some(&digest) {
        return Ok(true);
    }
    Err(changed(folder, &format!("{name} was changed since it was written"), part))
}

/// Holds the rows that a part added to the quarantine file, from a byte on, against its digest.
fn same_quarantine(folder: &Path, file: &mut File, part: &PartDone, from: u64) -> Result<()> {
    let io = |e| Error::io(&folder.join(QUARANTINE), e);
    let (there, said) = (file.metadata().map_err(io)?.len(), part.quarantine_bytes);
    if there < said {
        let what = format!("{QUARANTINE} has {there} bytes, the journal says {said}");
        return Err(changed(folder, &what, part));
    }
    let added = said.saturating_sub(from);
    file.seek(SeekFrom::Start(from)).map_err(io)?;
    let digest = (added > 0).then(|| digest_read(file.take(added), io, &mut |_| Ok(()))).transpose()?;
    if digest == part.quarantine_digest {
        return Ok(());
    }
    Err(changed(folder, &format!("{QUARANTINE} was changed behind byte {from}"), part))
}

fn changed(folder: &Path, what: &str, part: &PartDone) -> Error {
    let remedy = part.file.as_ref().map_or_else(
        || "take another directory".to_owned(),
        |name| format!("delete {name} and start again: it and the parts after it are scored once more"),
    );
    Error::new(ErrorKind::DataInvalid, format!("{}: {what}; {remedy}", folder.display()))
}
