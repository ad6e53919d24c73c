//! Runs that were cut off, and directories of other runs.

use std::fs;
use std::path::Path;

use frontdesk::archive::{Archive, ArchiveOptions, OutputFormat};
use frontdesk::{Engine, EngineOptions, Error, ErrorKind};
use proptest::prelude::*;

use super::{contents, csv, engine, options, quarantined, score};

/// Starts a run that is stopped after so many rows.
fn stopped(engine: &Engine, inputs: &[String], output: &Path, options: &ArchiveOptions, after: u64) -> bool {
    let archive = Archive::open(engine, inputs, options.clone(), &|_| Ok(())).unwrap();
    let stop = |rows| if rows >= after { Err(Error::new(ErrorKind::Cancelled, "stop")) } else { Ok(()) };
    match archive.score(output, &|told| stop(told.rows)) {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Cancelled);
            true
        }
    }
}

/// Two inputs with bad rows, so that the quarantine file is cut off, too.
fn inputs(place: &Path) -> Vec<String> {
    let first = csv(place, "first.csv", 280);
    let second = place.join("second.csv");
    let lines: String = (0..320)
        .map(|row| {
            if row % 50 == 9 {
                "too,many,fields\n".to_owned()
            } else {
                format!("{row},again and again {}\n", row % 20)
            }
        })
        .collect();
    fs::write(&second, format!("id,text\n{lines}")).unwrap();
    [first, second].map(|path| path.display().to_string()).to_vec()
}

fn one_thread() -> &'static Engine {
    static ENGINE: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
    ENGINE.get_or_init(|| {
        let options = EngineOptions { threads: Some(1), ..EngineOptions::default() };
        Engine::open(options).unwrap()
    })
}

#[test]
fn a_run_that_was_stopped_anywhere_ends_with_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let inputs = inputs(place.path());
    let mut options = options();
    options.part_rows = 50;
    options.format = OutputFormat::Parquet;
    let unbroken = place.path().join("unbroken");
    let archive = Archive::open(engine(), &inputs, options.clone(), &|_| Ok(())).unwrap();
    let report = archive.score(&unbroken, &|_| Ok(())).unwrap();
    assert_eq!((report.tally.rows, report.tally.quarantined), (600, 7));
    let expected = contents(&unbroken);
    assert_eq!(expected.iter().filter(|(name, _)| name.starts_with("part-")).count(), 12);
    assert_eq!(quarantined(&unbroken).len(), 7);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(6));
    runner
        .run(&prop::collection::vec((0_u64..600, any::<bool>()), 1..4), |stops| {
            let output = place.path().join("broken");
            let _ = fs::remove_dir_all(&output);
            for (after, alone) in stops {
                stopped(if alone { one_thread() } else { engine() }, &inputs, &output, &options, after);
                // Files that a killed process may leave.
                fs::write(output.join("part-000011.parquet.partial"), "torn").unwrap();
                let journal = output.join("journal.jsonl");
                let mut torn = fs::read(&journal).unwrap();
                torn.extend_from_slice(b"{\"part\":99,\"fi");
                fs::write(&journal, torn).unwrap();
            }
            let archive = Archive::open(engine(), &inputs, options.clone(), &|_| Ok(())).unwrap();
            archive.score(&output, &|_| Ok(())).unwrap();
            prop_assert!(contents(&output) == expected);
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_parts_of_a_stopped_run_are_not_scored_again() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 1500);
    let mut options = options();
    options.part_rows = 100;
    let output = place.path().join("out");
    assert!(stopped(engine(), &[input.display().to_string()], &output, &options, 512));
    let report = score(&[&input], &output, &options).unwrap();
    assert!(report.resumed_parts >= 1, "no part was whole");
    assert_eq!(report.scored_now, 1500 - 100 * report.resumed_parts);
    assert_eq!(report.tally.scored, 1500);
    // And a run that is whole does nothing.
    let again = score(&[&input], &output, &options).unwrap();
    assert_eq!((again.scored_now, again.tally), (0, report.tally));
}

#[test]
fn another_run_is_refused_with_what_differs() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 10);
    let output = place.path().join("out");
    score(&[&input], &output, &options()).unwrap();
    let before = contents(&output);
    let refused = |change: &dyn Fn(&mut ArchiveOptions), told: &str| {
        let mut options = options();
        change(&mut options);
        let error = score(&[&input], &output, &options).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("output")), "{error}");
        assert!(error.message().contains(told), "{error}");
    };
    refused(&|o| o.outputs = vec!["sentiment".to_owned()], "outputs: [\"category\"");
    refused(&|o| o.limit = Some(5), "limit: null before, 5 now");
    refused(&|o| o.filter = Some("id = 'T-1'".to_owned()), "where: null before, \"id = 'T-1'\" now");
    refused(&|o| o.keep = vec!["text".to_owned()], "keep: [] before");
    refused(&|o| o.prepare = frontdesk::prepare::Preparation::NONE, "prepare");
    // Options that do not change the result may change.
    let mut others = options();
    (others.max_errors, others.skip_damaged) = (0, true);
    score(&[&input], &output, &others).unwrap();
    assert_eq!(contents(&output), before);
    csv(place.path(), "in.csv", 11);
    refused(&|_| {}, "in.csv has changed");
    let other = csv(place.path(), "other.csv", 10);
    let error = score(&[&other], &output, &options()).unwrap_err();
    assert!(error.message().contains("other.csv now"), "{error}");
    assert_eq!(contents(&output), before);
}

#[test]
fn a_directory_with_other_files_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 3);
    let output = place.path().join("out");
    fs::create_dir(&output).unwrap();
    fs::write(output.join("thesis.txt"), "years of work").unwrap();
    let error = score(&[&input], &output, &options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("thesis.txt"), "{error}");
    assert_eq!(fs::read_to_string(output.join("thesis.txt")).unwrap(), "years of work");
    assert!(!output.join("manifest.json").exists());
}

#[test]
fn two_runs_at_once_do_not_share_a_directory() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 50);
    let output = place.path().join("out");
    let archive = Archive::open(engine(), &[input.display().to_string()], options(), &|_| Ok(())).unwrap();
    let refused = std::sync::OnceLock::new();
    archive
        .score(&output, &|_| {
            refused.get_or_init(|| score(&[&input], &output, &options()).unwrap_err().to_string());
            Ok(())
        })
        .unwrap();
    assert!(refused.get().unwrap().contains("another run is writing"));
}

#[test]
fn an_output_below_its_own_archive_is_no_input() {
    let place = tempfile::tempdir().unwrap();
    csv(place.path(), "in.csv", 30);
    let output = place.path().join("scored");
    let first = score(&[place.path()], &output, &options()).unwrap();
    let again = score(&[place.path()], &output, &options()).unwrap();
    assert_eq!((again.scored_now, again.tally), (0, first.tally));
}
