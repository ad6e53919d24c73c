//! Every verb reads the same tables, and says with which flag it could read them otherwise.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

mod common;

use common::{checkpoint, frontdesk};

/// Files that pandas, polars, pyarrow and spreadsheets wrote, all with the same rows.
fn golden() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/golden/tables");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| !path.ends_with("expected.json") && !path.ends_with("pandas-cp1252.csv"));
    files.sort();
    files
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn analyze_and_score_say_the_same_of_every_format() {
    let dir = tempfile::tempdir().unwrap();
    let model = path(&checkpoint("bert-single-float32", dir.path(), "bert-single-float32"));
    let mut told: Option<(Vec<String>, Vec<String>)> = None;
    for file in golden() {
        let file = path(&file);
        let run = frontdesk()
            .args([
                "analyze",
                "--model",
                &model,
                "--format",
                "jsonl",
                "--input",
                &file,
                "--id-column",
                "number",
            ])
            .assert()
            .success()
            .stderr(contains("8 tickets; text from `text`, id from `number`"));
        let analyzed: Vec<Value> = String::from_utf8(run.get_output().stdout.clone())
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let output = dir.path().join("out");
        frontdesk()
            .args([
                "score",
                &file,
                "--model",
                &model,
                "--id-column",
                "number",
                "--format",
                "jsonl",
                "--prepare",
                "none",
            ])
            .arg("--output")
            .arg(&output)
            .assert()
            .success();
        let scored: Vec<Value> = fs::read_to_string(output.join("part-000000.jsonl"))
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        fs::remove_dir_all(output).unwrap();
        let analyzed = analyzed.iter().map(|a| format!("{} {}", a["id"], a["label"]["score"])).collect();
        let scored = scored.iter().map(|a| format!("{} {}", a["id"], a["label_score"])).collect();
        match &told {
            None => told = Some((analyzed, scored)),
            Some(told) => assert_eq!((&analyzed, &scored), (&told.0, &told.1), "{file}"),
        }
    }
    let (analyzed, scored) = told.unwrap();
    assert_eq!((analyzed.len(), &analyzed), (8, &scored));
}

#[test]
fn train_check_and_evaluate_read_what_analyze_reads() {
    let dir = tempfile::tempdir().unwrap();
    let base = path(&checkpoint("bert-single-float32", dir.path(), "base"));
    let mut reports: Vec<String> = Vec::new();
    for file in golden().iter().filter(|file| {
        [
            "pandas.csv",
            "pandas-utf16.csv",
            "excel-sep.csv",
            "pandas-indented.json",
            "pandas-rich.parquet",
            "polars.arrow",
            "pandas.csv.zst",
        ]
        .iter()
        .any(|name| file.ends_with(name))
    }) {
        let output = dir.path().join("model");
        let rows = ["--data", &path(file), "--base", &base, "--task", "kind"].map(str::to_owned);
        frontdesk()
            .arg("train")
            .args(&rows)
            .args(["--check-only", "--format", "json"])
            .assert()
            .success()
            .stdout(contains("\"task\": \"kind\""));
        let mut train = frontdesk();
        train.arg("train").args(&rows).arg("--output").arg(&output);
        train.args(["--epochs", "1", "--batch", "2"]);
        train.assert().success();
        let evaluated = frontdesk()
            .args(["evaluate", "--data", &path(file), "--format", "json", "--model"])
            .arg(&output)
            .assert()
            .success();
        reports.push(String::from_utf8(evaluated.get_output().stdout.clone()).unwrap());
        fs::remove_dir_all(output).unwrap();
    }
    assert_eq!(reports.len(), 7);
    let rows = |report: &String| serde_json::from_str::<Value>(report).unwrap()["confusion"].clone();
    assert!(reports.iter().all(|report| rows(report) == rows(&reports[0])));
}

#[test]
fn errors_say_which_flag_they_are_about() {
    let dir = tempfile::tempdir().unwrap();
    let model = path(&checkpoint("bert-single-float32", dir.path(), "bert-single-float32"));
    let file = |name: &str, text: &[u8]| {
        let place = dir.path().join(name);
        fs::write(&place, text).unwrap();
        path(&place)
    };
    let output = path(&dir.path().join("out"));
    let fails = |arguments: &[&str], told: &[&str]| {
        let mut command = frontdesk();
        command.args(arguments);
        if ["analyze", "score"].contains(&arguments[0]) {
            command.args(["--model", &model]);
        }
        let run = command.assert().failure().code(1);
        let stderr = String::from_utf8(run.get_output().stderr.clone()).unwrap();
        assert!(told.iter().all(|part| stderr.contains(part)), "{arguments:?}: {stderr}");
    };
    let none = file("none.csv", b"a,b\n1,2\n");
    fails(
        &["analyze", "--input", &none],
        &["no column holds the text", "there are: a, b", "(--text-column)"],
    );
    fails(&["score", &none, "--output", &output], &["there are: a, b", "(--text-column)"]);
    fails(&["evaluate", "--data", &none], &["no column `text`", "(--text-column)"]);
    let texts = file("texts.csv", b"text,b\n1,2\n");
    fails(
        &["train", "--data", &texts, "--task", "x", "--output", &output],
        &["no column `label`", "(--label-column)"],
    );
    fails(&["analyze", "--input", &file("what.txt", b"text\n1\n")], &["say its format", "(--input-format)"]);
    fails(
        &["analyze", "--input", &file("west.csv", b"t\xe9xt\n1\n")],
        &["line 1", "not valid UTF-8", "(--encoding)"],
    );
    let cut = file("cut.csv", b"text\none\n\"two\n");
    fails(&["score", &cut, "--output", &output], &["line 3: a quote is opened here", "(--skip-damaged)"]);
    let bad = file("bad.csv", b"text\none,two\n");
    fails(
        &["score", &bad, "--output", &format!("{output}-2"), "--max-errors", "0"],
        &["1 rows could not be read", "(--max-errors)"],
    );
    let thread = file("thread.jsonl", b"{\"messages\": [{\"text\": \"hello\"}]}\n");
    fails(
        &["analyze", "--input", &thread, "--messages-column", "messages"],
        &["nothing says who wrote it", "(--customer)"],
    );
    frontdesk()
        .args([
            "analyze",
            "--input",
            &thread,
            "--messages-column",
            "messages",
            "--customer",
            "all",
            "--model",
            &model,
        ])
        .assert()
        .success();
    frontdesk().args(["analyze", "--input", &thread, "--customer", "role"]).assert().failure().code(2);
}

#[test]
fn a_file_with_a_bad_row_is_refused_whole_and_its_line_told() {
    let dir = tempfile::tempdir().unwrap();
    let model = path(&checkpoint("bert-single-float32", dir.path(), "bert-single-float32"));
    let rows = "text,urgency\n".to_owned() + &"proof,low\n".repeat(2000) + "ragged\n";
    let place = dir.path().join("in.csv");
    fs::write(&place, rows).unwrap();
    let output = dir.path().join("out.jsonl");
    for to in [vec![], vec!["--output".to_owned(), path(&output)]] {
        frontdesk()
            .args(["analyze", "--model", &model, "--format", "jsonl", "--input", &path(&place)])
            .args(to)
            .assert()
            .failure()
            .stdout(predicate::str::is_empty())
            .stderr(contains("line 2002: the row has 1 fields, the header 2"));
    }
    assert!(!output.exists());
    // What is left alone, and what should be looked at, is said.
    fs::write(&place, "text,urgency\n\"proof,low\nproof\",asap\n").unwrap();
    frontdesk()
        .args(["analyze", "--model", &model, "--format", "jsonl", "--input", &path(&place)])
        .assert()
        .success()
        .stderr(
            contains("`urgency` was left alone: its values do not fit `urgency`, first")
                .and(contains("in.csv: line 2: a quoted field goes over several lines")),
        );
    // A list of one is a list.
    fs::write(&place, "text\nproof\n").unwrap();
    let run = frontdesk()
        .args(["analyze", "--model", &model, "--format", "json", "--input", &path(&place)])
        .assert()
        .success();
    let list: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn a_table_has_no_counts_of_what_was_not_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("in.csv");
    fs::write(&place, "text,created_at\nThe proof is wrong,2026-01-01\n").unwrap();
    let said = |outputs: &str| {
        let mut command = frontdesk();
        command
            .arg("score")
            .arg(&place)
            .args(["--outputs", outputs, "--output"])
            .arg(dir.path().join(outputs));
        let run = command.assert().success();
        let page = fs::read_to_string(dir.path().join(outputs).join("summary.html")).unwrap();
        (String::from_utf8(run.get_output().stdout.clone()).unwrap(), page)
    };
    let (table, page) = said("category");
    assert!(table.contains("category") && !table.contains("by category"), "{table}");
    assert!(page.contains("By month") && !page.contains("By category"));
    let (table, page) = said("category,sentiment");
    assert!(table.contains("by category") && page.contains("By category"), "{table}");
}

#[test]
fn a_damaged_file_is_told_without_a_trace() {
    let dir = tempfile::tempdir().unwrap();
    let model = path(&checkpoint("bert-single-float32", dir.path(), "bert-single-float32"));
    let golden = golden().into_iter().find(|file| file.ends_with("polars.arrow")).unwrap();
    let whole = fs::read(golden).unwrap();
    let place = dir.path().join("damaged.arrow");
    let mut refused = 0;
    // At some of these its reader panics.
    for at in (0..whole.len()).step_by(37) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x7f;
        fs::write(&place, bytes).unwrap();
        let run = frontdesk()
            .args(["analyze", "--model", &model, "--format", "jsonl", "--input", &path(&place)])
            .env("RUST_BACKTRACE", "1")
            .assert();
        let (told, code) =
            (String::from_utf8_lossy(&run.get_output().stderr), run.get_output().status.code());
        refused += u32::from(code == Some(1));
        assert!(
            matches!(code, Some(0 | 1)) && !told.contains("panicked") && !told.contains("internal"),
            "{at}: {told}"
        );
        assert!(code == Some(0) || told.starts_with("frontdesk: data-invalid: "), "{told}");
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn what_is_kept_in_a_temporary_file_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let model = path(&checkpoint("bert-single-float32", dir.path(), "bert-single-float32"));
    let output = path(&dir.path().join("out"));
    let score = ["score", "-", "--input-format", "csv", "--model", &model, "--output", &output];
    frontdesk()
        .args(score)
        .args(["--max-unpacked", "20"])
        .write_stdin("text\n".to_owned() + &"again and again\n".repeat(10))
        .assert()
        .failure()
        .stderr(contains("too-large: standard input: more than 20 bytes").and(contains("(--max-unpacked)")));
    assert!(!Path::new(&output).exists());
    frontdesk()
        .args(score)
        .args(["--max-unpacked", "200"])
        .write_stdin("text\n".to_owned() + &"again and again\n".repeat(10))
        .assert()
        .success();
}
