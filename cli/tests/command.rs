//! The command as a user types it.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn frontdesk() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.current_dir(root());
    command
}

fn stdout(command: &mut Command) -> String {
    let output = command.assert().success().get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn one_message_as_json_has_the_shape_of_the_contract() {
    let text = stdout(frontdesk().args(["analyze", "Production is blocked!", "--format", "json"]));
    let analysis: Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<&String> = analysis.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["sentiment", "category", "route", "abstain", "usage", "model"]);
    assert!(analysis["sentiment"]["urgency_level"].as_u64().unwrap() >= 7);
    assert_eq!(analysis["category"]["category"], "urgent");
    assert_eq!(analysis["category"]["labels"].as_array().unwrap().len(), 6);
    assert_eq!(analysis["route"]["alternative_routes"].as_array().unwrap().len(), 3);
    assert_eq!(analysis["model"]["name"], "frontdesk-small");
}

#[test]
fn every_instruction_set_and_number_of_threads_says_the_same_to_the_byte() {
    for precision in ["f32", "bf16", "int8"] {
        let file = || {
            let mut command = frontdesk();
            command.args(["analyze", "--input", "datasets/samples/tickets.csv", "--format", "jsonl"]);
            command.args(["--precision", precision]);
            command
        };
        let fastest = stdout(&mut file());
        assert_eq!(fastest.lines().count(), 20);
        assert_eq!(stdout(file().env("FRONTDESK_ISA", "portable")), fastest, "{precision}");
        assert_eq!(stdout(file().args(["--threads", "1"])), fastest, "{precision}");
    }
}

#[test]
fn an_instruction_set_that_is_not_there_is_said() {
    let said = predicate::str::contains("FRONTDESK_ISA").and(predicate::str::contains("portable"));
    frontdesk().env("FRONTDESK_ISA", "sse9").args(["analyze", "hello"]).assert().failure().stderr(said);
}

#[test]
fn the_samples_are_a_table_of_twenty_and_say_what_was_taken_for_what() {
    frontdesk()
        .args(["analyze", "--input", "datasets/samples/tickets.csv"])
        .assert()
        .success()
        .stdout(
            predicate::str::contains("20 messages")
                .and(predicate::str::contains("Need to approve this proof")),
        )
        .stderr(predicate::str::contains(
            "20 tickets; text from `text`, id from `id`, urgency from `urgency`",
        ));
}

#[test]
fn a_file_in_gives_json_lines_out_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out.jsonl");
    let input = "datasets/samples/tickets.csv";
    frontdesk().args(["analyze", "--input", input, "--output"]).arg(&output).assert().success().stdout("");
    let ids: Vec<String> = fs::read_to_string(&output)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, (1..=20).map(|n| format!("S-{n:02}")).collect::<Vec<_>>());
}

#[test]
fn lines_on_stdin_are_messages() {
    let text = stdout(
        frontdesk()
            .args(["analyze", "--input", "-", "--format", "jsonl", "--outputs", "category"])
            .write_stdin("How do I export to PDF?\n\nProduction is blocked!\n"),
    );
    let categories: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["category"]["category"].clone())
        .collect();
    assert_eq!(categories, ["question", "urgent"]);
    assert!(!text.contains("sentiment"));
}

#[test]
fn failures_exit_1_with_their_code_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let csv = dir.path().join("bad.csv");
    fs::write(&csv, "text,urgency\nfine,low\nragged\n").unwrap();
    let output = dir.path().join("out.jsonl");
    let fails = |command: &mut Command, part: &str| {
        command.assert().code(1).stdout("").stderr(predicate::str::contains(part));
    };
    fails(frontdesk().args(["analyze", "--input"]).arg(&csv).arg("--output").arg(&output), "data-invalid: ");
    fails(frontdesk().args(["analyze", "--input"]).arg(&csv), "line 3");
    fails(frontdesk().args(["analyze", "x", "--output", "/no/such/folder/out"]), "io: /no/such/folder/out");
    fails(frontdesk().args(["analyze", "x", "--model", "/no/such/model"]), "model-not-found: ");
    fails(frontdesk().args(["analyze", "x", "--device", "cuda"]), "device-unavailable: ");
    fails(frontdesk().args(["analyze", "x", "--outputs", "mood"]), "known: sentiment, category, route");
    fails(frontdesk().args(["evaluate", "--data"]).arg(&csv), "no column `label`; there are: text, urgency");
    // The text itself is fine and the file is not: the first rows must not be left behind.
    let long = dir.path().join("long.jsonl");
    fs::write(&long, format!("{{\"text\": \"ok\"}}\n{{\"text\": \"{}\"}}\n", "word ".repeat(600))).unwrap();
    fails(
        frontdesk()
            .args(["analyze", "--long-text", "refuse", "--input"])
            .arg(&long)
            .arg("--output")
            .arg(&output),
        "too-long: line 2",
    );
    let mut left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["bad.csv", "long.jsonl"]);
}

#[test]
fn wrong_usage_exits_2() {
    for args in [
        &["analyze"][..],
        &["analyze", "x", "--device", "tpu"],
        &["dance"],
        &["analyze", "x", "--input", "y"],
    ] {
        frontdesk().args(args).assert().code(2).stdout("");
    }
}

#[test]
fn info_names_the_model_and_its_heads() {
    let info: Value =
        serde_json::from_str(&stdout(frontdesk().args(["info", "--format", "json", "--threads", "1"])))
            .unwrap();
    assert_eq!(info["model"]["name"], "frontdesk-small");
    assert_eq!((info["threads"].as_u64(), info["device"].as_str()), (Some(1), Some("cpu")));
    let heads: Vec<&str> =
        info["heads"].as_array().unwrap().iter().map(|h| h["name"].as_str().unwrap()).collect();
    for head in ["sentiment", "emotions", "urgency", "category"] {
        assert!(heads.contains(&head), "{heads:?}");
    }
    frontdesk().arg("info").assert().success().stdout(predicate::str::contains("sha256:"));
}

#[test]
fn train_then_evaluate_then_analyze_with_a_task_of_ones_own() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("pets.tsv");
    let mut rows = String::from("message\tpet\n");
    for (text, label) in [
        ("the dog barks", "dog"),
        ("a puppy on a leash", "dog"),
        ("the cat purrs", "cat"),
        ("kittens meow", "cat"),
    ] {
        for suffix in ["", " today", " again", " in the garden"] {
            rows.push_str(&format!("{text}{suffix}\t{label}\n"));
        }
    }
    fs::write(&data, rows).unwrap();
    let base = dir.path().join("base");
    // The bundled trunk without its heads: a plain encoder as users bring it.
    fs::create_dir(&base).unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(root().join("models/bundles/frontdesk-small").join(file), base.join(file)).unwrap();
    }
    let model = dir.path().join("pets");
    let columns = ["--text-column", "message", "--label-column", "pet"];
    let report: Value = serde_json::from_str(&stdout(
        frontdesk()
            .args(["train", "--task", "pet", "--epochs", "12", "--format", "json", "--data"])
            .arg(&data)
            .arg("--base")
            .arg(&base)
            .arg("--output")
            .arg(&model)
            .args(columns),
    ))
    .unwrap();
    assert_eq!(report["heads"][0]["labels"], serde_json::json!(["cat", "dog"]));
    let evaluation: Value = serde_json::from_str(&stdout(
        frontdesk()
            .args(["evaluate", "--format", "json", "--data"])
            .arg(&data)
            .arg("--model")
            .arg(&model)
            .args(columns),
    ))
    .unwrap();
    assert_eq!(evaluation["rows"], 16);
    assert!(evaluation["accuracy"]["value"].as_f64().unwrap() > 0.8, "{evaluation}");
    assert_eq!(evaluation["confusion"]["matrix"].as_array().unwrap().len(), 2);
    let evaluated = |more: &[&str]| {
        let mut command = frontdesk();
        command.args(["evaluate", "--data"]).arg(&data).arg("--model").arg(&model).args(columns);
        command.args(more);
        command
    };
    let table = stdout(&mut evaluated(&["--automate-at", "0.6"]));
    for part in ["Brier score", "0.6 or more", "score from", "at least", "true \\ given"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let automated: Value =
        serde_json::from_str(&stdout(&mut evaluated(&["--automate-at", "0.6", "--format", "json"]))).unwrap();
    let labels = automated["automation"]["labels"].as_array().unwrap();
    assert!(labels.iter().all(|l| l["low"].as_f64().is_none_or(|low| low >= 0.6)), "{labels:?}");
    assert!(labels.iter().any(|label| label["kept"].as_u64() > Some(0)), "{labels:?}");
    let own = model.to_str().unwrap();
    let compared: Value =
        serde_json::from_str(&stdout(&mut evaluated(&["--compare", own, "--format", "json"]))).unwrap();
    assert_eq!(compared["accuracy"]["b_better"], 0.5);
    assert_eq!((&compared["mcnemar"]["p_value"], &compared["changes"]), (&1.0.into(), &Value::Array(vec![])));
    assert!(stdout(&mut evaluated(&["--compare", own])).contains("McNemar's test"));
    let bundled = root().join("models/bundles/frontdesk-small");
    let other = evaluated(&["--compare", bundled.to_str().unwrap(), "--task", "category"]).assert().code(1);
    other.stderr(
        predicate::str::contains("data-invalid: ")
            .and(predicate::str::contains("the first alone has cat, dog")),
    );
    evaluated(&["--compare", own, "--automate-at", "0.6"]).assert().code(2);
    evaluated(&["--automate-at", "1"]).assert().code(1).stderr(predicate::str::contains("invalid-input: "));
    let text =
        stdout(frontdesk().args(["analyze", "my cat purrs", "--format", "json", "--model"]).arg(&model));
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["pet"]["label"], "cat");
}

#[cfg(unix)]
#[test]
fn an_output_takes_the_place_of_a_regular_file_alone() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    fs::create_dir(at("directory")).unwrap();
    std::os::unix::fs::symlink("/dev/null", at("device")).unwrap();
    for (name, what) in
        [("pipe", "no regular file"), ("device", "no regular file"), ("directory", "a directory")]
    {
        let mut command = frontdesk();
        command.timeout(std::time::Duration::from_mins(2));
        let assert = command.args(["analyze", "hello", "--output"]).arg(at(name)).assert();
        assert.failure().stderr(predicate::str::contains(what).and(predicate::str::contains(name)));
        assert!(!at(name).is_file(), "{name}");
    }
    // Behind a link, the file that it leads to is written, and the link stays.
    fs::write(at("file"), "before").unwrap();
    std::os::unix::fs::symlink("file", at("link")).unwrap();
    frontdesk().args(["analyze", "hello", "--output"]).arg(at("link")).assert().success();
    assert!(at("link").is_symlink());
    assert!(fs::read_to_string(at("file")).unwrap().contains("\"sentiment\""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_leaves_no_unfinished_file() {
    use std::os::unix::process::ExitStatusExt;
    for (signal, number) in [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", 15)] {
        let directory = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("env")
            .args([&format!("--default-signal={signal}"), env!("CARGO_BIN_EXE_frontdesk")])
            .args(["analyze", "--input", "-", "--threads", "1", "--output", "answers.jsonl"])
            .current_dir(directory.path())
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let unfinished = |file: std::io::Result<std::fs::DirEntry>| {
            file.unwrap().file_name().to_string_lossy().starts_with(".tmp")
        };
        let files = || std::fs::read_dir(directory.path()).unwrap().map(unfinished).filter(|is| *is).count();
        while files() == 0 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let killed =
            std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        assert_eq!(child.wait().unwrap().signal(), Some(number));
        assert_eq!(files(), 0, "after SIG{signal}");
    }
}
