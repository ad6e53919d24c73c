//! Inputs that are changed while they are read.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, SystemTime};

use frontdesk::archive::{Archive, ArchiveOptions, ArchiveStage};
use frontdesk::table::{LabelledFile, LabelledRows, Reading, TicketColumns, TicketFile, read_labelled};
use frontdesk::{Error, ErrorKind};

use super::{csv, engine, message, options, score};

fn open(input: &Path, options: &ArchiveOptions) -> Archive {
    Archive::open(engine(), &[input.display().to_string()], options.clone(), &|_| Ok(())).unwrap()
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

fn cut(path: &Path, to: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(to).unwrap();
}

/// Gives a file a time of writing, which a clock might not tell from the one before.
fn touch(path: &Path, at: SystemTime) {
    OpenOptions::new().append(true).open(path).unwrap().set_modified(at).unwrap();
}

fn changed(error: &Error, path: &Path) {
    assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(error.message().contains(name), "{error}");
    assert!(error.message().contains("was changed while it was read"), "{name}: {error}");
}

#[test]
fn a_file_that_is_cut_short_while_it_is_scored_ends_the_run() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 20_000);
    // Behind a row, so that what is left is a table.
    let half = fs::read_to_string(&input).unwrap();
    let half = half[..half.len() / 2].rfind('\n').unwrap() as u64 + 1;
    let output = place.path().join("out");
    // Every text once: the same ones take the engine no time.
    let options = ArchiveOptions { part_rows: 500, filter: Some("id <> 'T-1'".to_owned()), ..options() };
    let archive = open(&input, &options);
    let once = Once::new();
    let error = archive
        .score(&output, &|told| {
            if told.stage == ArchiveStage::Scoring && told.rows >= 1 {
                once.call_once(|| cut(&input, half));
            }
            Ok(())
        })
        .unwrap_err();
    changed(&error, &input);
    assert!(!output.join("summary.json").exists());
    // And nothing of it is taken for the file that is there now.
    let error = score(&[&input], &output, &options).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("output")), "{error}");
}

#[test]
fn a_file_of_any_format_that_is_changed_before_it_is_read_is_refused() {
    let place = tempfile::tempdir().unwrap();
    for (number, path) in super::formats::archives(place.path()).into_iter().enumerate() {
        let (whole, written) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap());
        for skip_damaged in [false, true] {
            let options = ArchiveOptions { skip_damaged, ..options() };
            let output = |what: &str| place.path().join(format!("{number}-{what}-{skip_damaged}"));
            let archive = open(&path, &options);
            cut(&path, length(&path) - 10);
            let error = archive.score(&output("cut"), &|_| Ok(())).unwrap_err();
            changed(&error, &path);
            fs::write(&path, &whole).unwrap();
            // Written over in place, by as many bytes.
            let archive = open(&path, &options);
            fs::write(&path, &whole).unwrap();
            touch(&path, written + Duration::from_mins(1));
            let error = archive.score(&output("over"), &|_| Ok(())).unwrap_err();
            changed(&error, &path);
            // A faulty row may be all that is left.
            let archive = open(&path, &options);
            fs::write(&path, "id,text\n1,2,3\n").unwrap();
            let error = archive.score(&output("other"), &|_| Ok(())).unwrap_err();
            changed(&error, &path);
            fs::write(&path, &whole).unwrap();
            touch(&path, written);
        }
    }
}

#[test]
fn a_file_that_looks_unchanged_is_known_by_its_digest() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 30);
    let written = fs::metadata(&input).unwrap().modified().unwrap();
    let output = place.path().join("out");
    let archive = open(&input, &options());
    let text = fs::read_to_string(&input).unwrap();
    fs::write(&input, text.replace("invoice", "receipt")).unwrap();
    touch(&input, written);
    let error = archive.score(&output, &|_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
    let told = error.message().contains("in.csv") && error.message().contains("another digest");
    assert!(told, "{error}");
    assert!(!output.join("summary.json").exists());
}

#[test]
fn a_file_that_another_one_replaces_is_read_to_its_end() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 30);
    let archive = open(&input, &options());
    let other = csv(place.path(), "other.csv", 5);
    fs::rename(&other, &input).unwrap();
    // The bytes that were checked are those that are read.
    let report = archive.score(&place.path().join("out"), &|_| Ok(()));
    assert_eq!(report.unwrap().tally.rows, 30);
}

#[test]
fn a_run_over_more_files_notices_the_one_that_is_changed_before_its_turn() {
    let place = tempfile::tempdir().unwrap();
    let inputs: Vec<PathBuf> = (0..3).map(|number| csv(place.path(), &format!("{number}.csv"), 10)).collect();
    let names: Vec<String> = inputs.iter().map(|path| path.display().to_string()).collect();
    for skip_damaged in [false, true] {
        let options = ArchiveOptions { skip_damaged, ..options() };
        let archive = Archive::open(engine(), &names, options, &|_| Ok(())).unwrap();
        let whole = fs::read(&inputs[1]).unwrap();
        fs::remove_file(&inputs[1]).unwrap();
        let error = archive.score(&place.path().join(format!("gone-{skip_damaged}")), &|_| Ok(()));
        changed(&error.unwrap_err(), &inputs[1]);
        fs::write(&inputs[1], whole).unwrap();
        let archive = Archive::open(engine(), &names, super::options(), &|_| Ok(())).unwrap();
        csv(place.path(), "1.csv", 9);
        let error = archive.score(&place.path().join(format!("shorter-{skip_damaged}")), &|_| Ok(()));
        changed(&error.unwrap_err(), &inputs[1]);
        csv(place.path(), "1.csv", 10);
    }
}

#[test]
fn rows_of_a_file_that_is_changed_are_no_tickets_and_no_labels() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    let table: String = (0..40_000).map(|row| format!("\"{}\",question\n", message(row))).collect();
    fs::write(&path, format!("text,label\n{table}")).unwrap();
    let half = length(&path) / 2;
    let half = fs::read_to_string(&path).unwrap()[..half as usize].rfind('\n').unwrap() as u64 + 1;
    let whole = fs::read(&path).unwrap();
    let reading = Reading::default();

    let file = TicketFile::open(&path, &TicketColumns::default(), &reading).unwrap();
    let mut tickets = file.tickets().unwrap();
    tickets.next().unwrap().unwrap();
    cut(&path, half);
    changed(&tickets.find_map(Result::err).expect("the rows that are left pass for all"), &path);

    fs::write(&path, &whole).unwrap();
    let file = LabelledFile::open(&path, "text", "label", &reading).unwrap();
    let mut rows = file.rows().unwrap();
    rows.next().unwrap().unwrap();
    cut(&path, half);
    changed(&rows.find_map(Result::err).expect("the rows that are left pass for all"), &path);
    drop(rows);

    // What is whole by now is read anew.
    assert!(read_labelled(&path, "text", "label", &reading).is_ok());
    File::open(&path).unwrap();
}
