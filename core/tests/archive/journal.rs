//! Outputs that were changed after they were written.

use std::fs;
use std::path::{Path, PathBuf};

use frontdesk::archive::{Archive, ArchiveOptions};
use frontdesk::{Error, ErrorKind, Result};

use super::{contents, csv, engine, options, score};

/// An input of 100 rows in five parts, two faulty ones in each, and what an unbroken run makes of it.
struct Runs {
    place: tempfile::TempDir,
    input: PathBuf,
    options: ArchiveOptions,
    expected: Vec<(String, Vec<u8>)>,
}

impl Runs {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let input = csv(place.path(), "in.csv", 100);
        let text = fs::read_to_string(&input).unwrap();
        fs::write(&input, text.replace("9,\"", "9,and,\"")).unwrap();
        let options = ArchiveOptions { part_rows: 20, ..options() };
        score(&[&input], &place.path().join("unbroken"), &options).unwrap();
        let expected = contents(&place.path().join("unbroken"));
        Self { place, input, options, expected }
    }

    /// A whole output, and one whose run ended before its page.
    fn outputs(&self) -> [PathBuf; 2] {
        ["whole", "ended"].map(|name| {
            let output = self.place.path().join(name);
            let _ = fs::remove_dir_all(&output);
            fs::create_dir(&output).unwrap();
            for (file, bytes) in &self.expected {
                fs::write(output.join(file), bytes).unwrap();
            }
            if name == "ended" {
                fs::remove_file(output.join("summary.json")).unwrap();
                fs::remove_file(output.join("summary.html")).unwrap();
            }
            output
        })
    }

    fn again(&self, output: &Path) -> Result<u64> {
        score(&[&self.input], output, &self.options).map(|report| report.scored_now)
    }

    fn refused(&self, output: &Path, told: &[&str]) -> Error {
        let before = contents(output);
        let error = self.again(output).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
        for told in told {
            assert!(error.message().contains(told), "{told}: {error}");
        }
        // Nothing is lost of what is there.
        assert!(contents(output) == before, "{error}");
        error
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_part_that_was_changed_is_named_and_scored_once_more_when_it_is_deleted() {
    let runs = Runs::new();
    for output in runs.outputs() {
        let part = output.join("part-000002.jsonl");
        flip(&part, 30);
        let told = ["part-000002.jsonl was changed since it was written", "delete part-000002.jsonl"];
        runs.refused(&output, &told);
        fs::remove_file(&part).unwrap();
        // The first two parts stay.
        assert_eq!(runs.again(&output).unwrap(), 54);
        assert!(contents(&output) == runs.expected);
        fs::write(&part, "shorter").unwrap();
        runs.refused(
            &output,
            &["part-000002.jsonl has 7 bytes, the journal says", "delete part-000002.jsonl"],
        );
    }
}

#[test]
fn a_line_of_the_journal_that_was_changed_is_named() {
    let runs = Runs::new();
    let whole = fs::read_to_string(runs.place.path().join("unbroken/journal.jsonl")).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 5);
    for output in runs.outputs() {
        let journal = output.join("journal.jsonl");
        let write = |lines: &[&str]| fs::write(&journal, lines.concat()).unwrap();
        // Counts that fit, of another run or of nobody's.
        let scored = lines[1].replace("\"scored\":18", "\"scored\":17");
        assert_ne!(scored, lines[1]);
        let cases: [(&str, Vec<&str>); 5] = [
            ("line 2 was changed", [&lines[..1], &[scored.as_str()], &lines[2..]].concat()),
            ("line 2 was changed", [&lines[..1], &lines[2..]].concat()),
            ("line 3 was changed", [&lines[..2], &lines[1..]].concat()),
            ("line 1 was changed", lines[1..].to_vec()),
            ("line 4 was changed", [&lines[..3], &["\n"], &lines[3..]].concat()),
        ];
        for (told, changed) in cases {
            write(&changed);
            runs.refused(&output, &[told, "journal.jsonl", "delete it and those after it"]);
        }
        for at in (0..whole.len() - 1).step_by(7) {
            write(&lines);
            flip(&journal, at);
            if fs::read(&journal).unwrap().ends_with(b"\n") {
                runs.refused(&output, &["was changed since it was written"]);
            }
        }
        // As it is told: what is left is the work of a run that ended there.
        write(&lines[..1]);
        assert_eq!(runs.again(&output).unwrap(), 72);
        assert!(contents(&output) == runs.expected);
    }
}

#[test]
fn a_quarantine_file_that_was_changed_is_noticed() {
    let runs = Runs::new();
    for output in runs.outputs() {
        let file = output.join("quarantine.jsonl");
        let bytes = fs::read(&file).unwrap();
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let second = ends.map(|(at, _)| at + 1).nth(1).unwrap();
        flip(&file, second + 3);
        let told = format!("quarantine.jsonl was changed behind byte {second}");
        runs.refused(&output, &[&told, "delete part-000001.jsonl"]);
        fs::write(&file, "").unwrap();
        runs.refused(&output, &["quarantine.jsonl has 0 bytes", "delete part-000000.jsonl"]);
        fs::remove_file(output.join("part-000000.jsonl")).unwrap();
        assert_eq!(runs.again(&output).unwrap(), 90);
        assert!(contents(&output) == runs.expected);
    }
}

#[test]
fn counts_that_are_not_those_of_the_parts_are_written_anew() {
    let runs = Runs::new();
    let [output, _] = runs.outputs();
    let summary = output.join("summary.json");
    let text = fs::read_to_string(&summary).unwrap();
    fs::write(&summary, text.replace("\"rows\": 100", "\"rows\": 900")).unwrap();
    assert_eq!(runs.again(&output).unwrap(), 0);
    assert!(contents(&output) == runs.expected);
}

#[test]
fn checking_the_parts_can_be_stopped() {
    let runs = Runs::new();
    let [output, _] = runs.outputs();
    let names = [runs.input.display().to_string()];
    let archive = Archive::open(engine(), &names, runs.options.clone(), &|_| Ok(())).unwrap();
    let stop = |_| Err(Error::new(ErrorKind::Cancelled, "stop"));
    assert_eq!(archive.score(&output, &stop).unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(contents(&output) == runs.expected);
}
