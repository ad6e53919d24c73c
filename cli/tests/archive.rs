//! Archives as a user scores them: killed, out of disk, through a pipe, compared.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use predicates::prelude::*;
use serde_json::Value;

mod common;

use common::{checkpoint, files, frontdesk, killed_at};

/// A small random classifier.
fn model(dir: &Path, name: &str) -> PathBuf {
    checkpoint(name, dir, name)
}

/// Rows of which some come again and some are bad.
fn archive(dir: &Path, rows: usize) -> PathBuf {
    let path = dir.join("tickets.csv");
    let line = |row: usize| match row % 97 {
        5 => format!("T-{row},one,too many\n"),
        6 => format!("T-{row},again and again\n"),
        _ => format!(
            "T-{row},the proof of order {} is {} broken\n",
            row * 7919 % 100_003,
            "very ".repeat(row % 9)
        ),
    };
    fs::write(&path, format!("id,text\n{}", (0..rows).map(line).collect::<String>())).unwrap();
    path
}

fn score(model: &Path, archive: &Path, output: &Path) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    ["score", &path(archive), "--output", &path(output), "--model", &path(model), "--part-rows", "1000"]
        .map(str::to_owned)
        .to_vec()
}

#[test]
fn a_run_that_is_killed_at_any_place_ends_with_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (model, archive) = (model(dir.path(), "bert-single-float32"), archive(dir.path(), 15_000));
    let whole = dir.path().join("whole");
    frontdesk().args(score(&model, &archive, &whole)).assert().success();
    let expected = files(&whole);
    assert_eq!(expected.iter().filter(|(name, _)| name.starts_with("part-")).count(), 15);
    // In the midst of a part, between a part's file and its entry in the journal, in the midst of the entry,
    // and behind it; each run is killed twice, at another number of threads.
    let places = [
        [("row-written", 1), ("row-written", 4321)],
        [("row-written", 999), ("part-moved", 1)],
        [("part-moved", 3), ("part-half-told", 2)],
        [("part-half-told", 1), ("part-told", 7)],
        [("part-told", 1), ("part-told", 14)],
        [("part-moved", 15), ("row-written", 17)],
    ];
    for (round, [first, second]) in places.into_iter().enumerate() {
        let output = dir.path().join(format!("killed-{round}"));
        for ((place, count), threads) in [(first, "1"), (second, "2")] {
            let mut arguments = score(&model, &archive, &output);
            arguments.extend(["--threads", threads].map(str::to_owned));
            killed_at(place, count, &arguments);
        }
        frontdesk().args(score(&model, &archive, &output)).assert().success();
        let found = files(&output);
        let names =
            |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found), names(&expected), "round {round}");
        for ((name, bytes), (_, expected)) in found.iter().zip(&expected) {
            assert!(bytes == expected, "round {round}: {name} differs");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_leaves_no_torn_part_and_can_be_gone_on_from() {
    let dir = tempfile::tempdir().unwrap();
    let (model, archive) = (model(dir.path(), "bert-single-float32"), archive(dir.path(), 6_000));
    let whole = dir.path().join("whole");
    let mut arguments = score(&model, &archive, &whole);
    arguments.extend(["--format", "jsonl"].map(str::to_owned));
    frontdesk().args(&arguments).assert().success();
    // A limit on the size of a file stands for the disk; the signal that comes with it is ignored, so that
    // writing fails as on a full disk.
    let output = dir.path().join("full");
    arguments[3] = output.display().to_string();
    let quoted: Vec<String> = arguments.iter().map(|argument| format!("'{argument}'")).collect();
    let script = format!(
        "trap '' XFSZ; ulimit -f 64; exec '{}' {}",
        env!("CARGO_BIN_EXE_frontdesk"),
        quoted.join(" ")
    );
    let full = Command::new("bash").args(["-c", &script]).output().unwrap();
    let told = String::from_utf8(full.stderr).unwrap();
    assert_eq!(full.status.code(), Some(1), "{told}");
    assert!(told.contains("frontdesk: io:") && told.contains("part-0000"), "{told}");
    let torn =
        files(&output).into_iter().find(|(name, _)| name.ends_with(".partial") || name.starts_with("part-"));
    assert_eq!(torn.map(|(name, _)| name), None);
    frontdesk().args(&arguments).assert().success();
    assert!(files(&output) == files(&whole));
}

#[test]
fn standard_input_is_an_archive_and_told_from_another() {
    let dir = tempfile::tempdir().unwrap();
    let model = model(dir.path(), "bert-single-float32");
    let output = dir.path().join("out");
    let run = |lines: &str| {
        let mut arguments = score(&model, Path::new("-"), &output);
        arguments.extend(["--input-format", "jsonl", "--format", "jsonl"].map(str::to_owned));
        frontdesk().args(arguments).write_stdin(lines).assert()
    };
    run("{\"text\":\"one\"}\n{\"text\":\"two\"}\n")
        .success()
        .stderr(predicate::str::contains("text from `text`"));
    assert_eq!(fs::read_to_string(output.join("part-000000.jsonl")).unwrap().lines().count(), 2);
    run("{\"text\":\"one\"}\n{\"text\":\"three\"}\n")
        .failure()
        .stderr(predicate::str::contains("- has changed"));
    let no_format = score(&model, Path::new("-"), &dir.path().join("none"));
    frontdesk()
        .args(no_format)
        .write_stdin("x")
        .assert()
        .failure()
        .stderr(predicate::str::contains("--input-format"));
}

#[test]
fn progress_is_lines_for_a_program_and_the_summary_too() {
    let dir = tempfile::tempdir().unwrap();
    let (model, archive) = (model(dir.path(), "bert-single-float32"), archive(dir.path(), 3_000));
    let output = dir.path().join("out");
    let mut arguments = score(&model, &archive, &output);
    arguments.extend(["--progress", "json", "--summary", "json"].map(str::to_owned));
    let run = frontdesk().args(&arguments).assert().success().get_output().clone();
    let summary: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!((summary["rows"].as_u64(), summary["quarantined"].as_u64()), (Some(3000), Some(31)));
    assert_eq!(summary["scored"], 2969);
    let told = String::from_utf8(run.stderr).unwrap();
    let lines: Vec<Value> = told
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.iter().any(|line| line["stage"] == "checking"), "{told}");
    let last = lines.iter().rfind(|line| line["stage"] == "scoring").unwrap();
    assert!(last["rows_per_second"].as_f64().is_some() && last["seconds_left"].as_f64().is_some(), "{last}");
    // What is on the disk says the same, without what depends on the run.
    let stored: Value =
        serde_json::from_str(&fs::read_to_string(output.join("summary.json")).unwrap()).unwrap();
    assert_eq!(stored["labels"], summary["labels"]);
    assert!(stored.get("seconds").is_none());
}

#[test]
fn a_dry_run_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (model, archive) = (model(dir.path(), "bert-single-float32"), archive(dir.path(), 2_000));
    let mut command = frontdesk();
    command.current_dir(dir.path()).arg("score").arg(&archive).arg("--model").arg(&model);
    let text =
        command.args(["--dry-run", "--summary", "json"]).assert().success().get_output().stdout.clone();
    let estimate: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!((estimate["rows"].as_u64(), estimate["rows_known"].as_bool()), (Some(2000), Some(true)));
    assert!(estimate["seconds"].as_f64().unwrap() > 0.0);
    let mut names: Vec<String> = files_and_folders(dir.path());
    names.sort();
    assert_eq!(names, ["bert-single-float32", "tickets.csv"]);
    let no_output =
        frontdesk().arg("score").arg(&archive).assert().failure().code(2).get_output().stderr.clone();
    assert!(String::from_utf8(no_output).unwrap().contains("--output"));
}

fn files_and_folders(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn two_models_are_compared_on_one_archive() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) =
        (model(dir.path(), "bert-single-float32"), model(dir.path(), "distilbert-single-float32"));
    let archive = archive(dir.path(), 300);
    let mut command = frontdesk();
    command.arg("diff").arg(&first).arg(&second).arg("--archive").arg(&archive).args(["--format", "json"]);
    let text = command.assert().success().get_output().stdout.clone();
    let found: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!((&found["rows"], &found["only_before"]), (&296.into(), &0.into()));
    let label = &found["outputs"][0];
    let changes = label["changes"].as_array().unwrap();
    let counted: u64 = changes.iter().map(|change| change["count"].as_u64().unwrap()).sum();
    assert_eq!(label["changed"].as_u64().unwrap(), counted);
    for change in changes {
        assert_ne!(change["before"], change["after"]);
        assert!(change["examples"][0]["text"].is_string());
    }
    // A model and itself.
    let mut command = frontdesk();
    command.arg("diff").arg(&first).arg(&first).arg("--archive").arg(&archive);
    command.assert().success().stdout(predicate::str::contains("label: 0 changed"));
}

#[test]
fn wrong_usage_is_told_as_such() {
    let usage = |arguments: &[&str], told: &str| {
        let said = frontdesk().args(arguments).assert().failure().code(2).get_output().stderr.clone();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains(told), "{said}");
    };
    usage(&["score", "--output", "x"], "ARCHIVE");
    usage(&["score", "a.csv", "--output", "x", "--format", "xlsx"], "xlsx");
    usage(&["score", "a.csv", "--output", "x", "--prepare", "html,magic"], "`magic` is nothing to take away");
    usage(&["score", "a.csv", "--output", "x", "--input-format", "xml"], "xml");
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(b"text\nhello\n").unwrap();
    let path = file.path().display().to_string();
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out").display().to_string();
    let failed = |extra: &[&str], told: &str| {
        let mut command = frontdesk();
        command.args(["score", &path, "--output", &output]).args(extra);
        command.assert().failure().code(1).stderr(predicate::str::contains(told));
        assert!(!Path::new(&output).exists());
    };
    failed(&["--where", "text ="], "the condition `text =`");
    failed(&["--delimiter", "é"], "one ASCII character");
    failed(&["--part-rows", "0"], "from 1");
    failed(&["--sample", "0"], "from 1");
    failed(&["--outputs", "mood"], "mood");
}

#[test]
fn parquet_is_analyzed_as_any_file() {
    let dir = tempfile::tempdir().unwrap();
    let (model, archive) = (model(dir.path(), "bert-single-float32"), archive(dir.path(), 20));
    let output = dir.path().join("out");
    let mut arguments = score(&model, &archive, &output);
    arguments.extend(["--keep", "text"].map(str::to_owned));
    frontdesk().args(arguments).assert().success();
    let mut command = frontdesk();
    command.arg("analyze").arg("--input").arg(output.join("part-000000.parquet")).arg("--model").arg(&model);
    let text = command.args(["--format", "jsonl"]).assert().success().get_output().stdout.clone();
    assert_eq!(String::from_utf8(text).unwrap().lines().count(), 19);
}

#[test]
fn a_csv_for_a_spreadsheet_has_no_formula_of_anyone() {
    let dir = tempfile::tempdir().unwrap();
    let model = model(dir.path(), "bert-single-float32");
    let archive = dir.path().join("tickets.csv");
    let cells = [
        ("=HYPERLINK(\"\"http://x\"\")", "=1+1", "-12.5"),
        ("@SUM(A1)", "+cmd|' /C calc'!A0", "+31201234567"),
        ("plain", "\t=1", "-1e3"),
        ("minus - inside", "-2+3", "-inf"),
    ];
    let rows = cells.iter().map(|(id, note, amount)| format!("\"{id}\",the proof,\"{note}\",{amount}\n"));
    fs::write(&archive, format!("id,text,=note,amount\n{}", rows.collect::<String>())).unwrap();
    let read = |output: &str, more: &[&str]| {
        let output = dir.path().join(output);
        let mut arguments = score(&model, &archive, &output);
        arguments.extend(["--format", "csv", "--keep", "=note", "--keep", "amount"].map(str::to_owned));
        frontdesk().args(&arguments).args(more).assert().success();
        let mut again = frontdesk();
        again.args(&arguments).args(more).assert().success();
        (fs::read_to_string(output.join("part-000000.csv")).unwrap(), arguments)
    };
    let (plain, arguments) = read("plain", &[]);
    assert!(plain.contains(",=note,") && plain.contains(",=1+1,") && plain.contains(",-2+3,"), "{plain}");
    let (safe, _) = read("safe", &["--spreadsheet-safe"]);
    for cell in [
        ",'=note,",
        ",'=1+1,",
        "'=HYPERLINK",
        "'@SUM(A1)",
        "'+cmd|",
        ",-12.5,",
        ",+31201234567,",
        ",'\t=1,",
        ",-1e3,",
        ",'-2+3,",
        ",'-inf,",
        ",plain,",
        ",minus - inside,",
    ] {
        assert!(safe.contains(cell), "{cell}: {safe}");
    }
    // Nothing else is touched, and a run goes on as it began.
    assert_eq!(safe.replace(",'", ",").replace("\"'", "\""), plain);
    let mut changed = frontdesk();
    changed.args(arguments).arg("--spreadsheet-safe");
    changed.assert().code(1).stderr(predicate::str::contains("output_format"));
}
