//! Trainings that are killed, run out of disk, or are only looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

mod common;

use common::{checkpoint, files, frontdesk, killed_at};

/// A small random encoder with a tokenizer, and rows that it can learn.
fn prepare(dir: &Path) -> (PathBuf, PathBuf) {
    let base = checkpoint("bert-single-float32", dir, "base");
    let data = dir.join("rows.csv");
    let mut rows = String::from("text,label\n");
    for (index, letter) in ('a'..='t').enumerate() {
        let (word, label) = if index % 2 == 0 { ("proof", "calm") } else { ("broken", "upset") };
        rows.push_str(&format!(
            "{word} {letter} {word} {},{label}\n",
            if index % 3 == 0 { "press" } else { "!" }
        ));
    }
    fs::write(&data, rows).unwrap();
    (base, data)
}

fn arguments(base: &Path, data: &Path, output: &Path) -> Vec<String> {
    let mut all: Vec<String> =
        ["train", "--task", "mood", "--batch", "2", "--epochs", "60", "--patience", "60"]
            .map(str::to_owned)
            .to_vec();
    for (name, path) in [("--base", base), ("--data", data), ("--output", output)] {
        all.extend([name.to_owned(), path.display().to_string()]);
    }
    all.extend(["--name", "mood", "--checkpoint-every", "3"].map(str::to_owned));
    all
}

/// Folders of bundles that are not whole.
fn unfinished(dir: &Path) -> usize {
    let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    fs::read_dir(dir).unwrap().filter(|entry| hidden(&entry.as_ref().unwrap().file_name())).count()
}

#[test]
fn a_training_leaves_the_folders_of_others_that_run_and_of_others_that_are_not_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (base, data) = prepare(dir.path());
    let names = [".frontdesk-runs", ".frontdesk-killed", ".frontdesk-notes", ".other"];
    let locks = names.map(|name| {
        fs::create_dir(dir.path().join(name)).unwrap();
        let lock = if name.ends_with("notes") { "notes.txt" } else { "unfinished-training.lock" };
        fs::File::create(dir.path().join(name).join(lock)).unwrap()
    });
    locks[0].lock().unwrap();
    frontdesk().args(arguments(&base, &data, &dir.path().join("new"))).assert().success();
    let left = names.map(|name| dir.path().join(name).is_dir());
    assert_eq!(left, [true, false, true, true], "only that of the killed training is gone");
    assert!(!dir.path().join("new/unfinished-training.lock").exists());
}

#[test]
fn a_training_that_was_killed_goes_on_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (base, data) = prepare(dir.path());
    let whole = dir.path().join("whole");
    frontdesk().args(arguments(&base, &data, &whole)).assert().success();

    // Behind a checkpoint, and in the midst of a later one.
    for (place, count) in [("checkpoint", 7), ("checkpoint-arrays", 9)] {
        let output = dir.path().join(format!("killed-at-{place}"));
        let state = dir.path().join(format!("killed-at-{place}.checkpoint/state.json"));
        killed_at(place, count, &arguments(&base, &data, &output));
        assert!(!output.exists() && state.exists(), "killed in the middle");
        assert_eq!(unfinished(dir.path()), 1, "what was not written yet lies beside its place");
        frontdesk().args(arguments(&base, &data, &output)).arg("--resume").assert().success();
        assert_eq!(unfinished(dir.path()), 0, "the next training removes what the killed one has left");
        assert!(files(&output) == files(&whole), "killed at {place}");
        assert!(!state.exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_in_a_checkpoint_leaves_no_part_of_one() {
    let dir = tempfile::tempdir().unwrap();
    let (base, data) = prepare(dir.path());
    let output = dir.path().join("full");
    // Files of more than 50 kB cannot be written; the signal that says so is ignored, so that the write
    // itself fails.
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$@\"";
    let found = Command::new("sh")
        .args(["-c", limited, "sh"])
        .arg(env!("CARGO_BIN_EXE_frontdesk"))
        .args(arguments(&base, &data, &output))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&found.stderr);
    assert_eq!(found.status.code(), Some(1), "{said}");
    assert!(said.contains("arrays-") && said.contains("full.checkpoint"), "{said}");
    assert!(!output.exists());
    let left = files(&dir.path().join("full.checkpoint"));
    assert!(left.is_empty(), "{:?}", left.iter().map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn a_dry_run_says_what_a_training_takes_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (base, data) = prepare(dir.path());
    let before = fs::read_dir(dir.path()).unwrap().count();
    for (method, learning) in [("full", true), ("lora", true), ("frozen", false)] {
        let mut run = frontdesk();
        run.args([
            "train",
            "--dry-run",
            "--task",
            "mood",
            "--format",
            "json",
            "--batch",
            "2",
            "--epochs",
            "3",
        ]);
        run.args(["--method", method, "--base"]).arg(&base).arg("--data").arg(&data);
        let found: Value = serde_json::from_slice(&run.assert().success().get_output().stdout).unwrap();
        // Two of twenty rows are held out.
        assert_eq!(found["steps"], 27, "{found}");
        assert_eq!(found["tokens"].as_u64().unwrap() > 0, learning, "{found}");
        assert!(
            found["seconds"].as_f64().unwrap() > 0.0 && found["bytes"].as_u64().unwrap() > 10_000,
            "{found}"
        );
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), before);
}

#[test]
fn the_doctor_alone_points_at_rows_and_trains_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (base, data) = prepare(dir.path());
    let valid = dir.path().join("valid.csv");
    fs::write(&valid, "text,label\nproof a proof press,calm\nsomething else here,upset\n").unwrap();
    let findings = dir.path().join("findings.jsonl");
    let mut check = frontdesk();
    check.args(["train", "--task", "mood", "--check-only", "--format", "json", "--base"]).arg(&base);
    check.arg("--data").arg(&data).arg("--valid").arg(&valid).arg("--findings").arg(&findings);
    let found: Value = serde_json::from_slice(&check.assert().success().get_output().stdout).unwrap();
    let all = found[0]["diagnosis"]["findings"].as_array().unwrap();
    assert!(all.iter().any(|f| f["kind"] == "leak" && f["severity"] == "stop" && f["count"] == 1), "{found}");
    let pointed = fs::read_to_string(&findings).unwrap();
    let leak = pointed.lines().find(|line| line.contains("\"leak\"")).unwrap();
    let leak: Value = serde_json::from_str(leak).unwrap();
    assert_eq!(
        (&leak["file"], &leak["line"], &leak["other"]["line"]),
        (&"valid".into(), &2.into(), &2.into())
    );

    // The same stops a training, unless it is allowed by name.
    let output = dir.path().join("out");
    let train = |extra: &[&str]| {
        let mut train = frontdesk();
        train.args(arguments(&base, &data, &output)).arg("--valid").arg(&valid).args(extra);
        train
    };
    let refused = train(&[]).assert().code(1);
    assert!(String::from_utf8_lossy(&refused.get_output().stderr).contains("leak"));
    assert!(!output.exists());
    train(&["--allow", "leak"]).assert().success();
    assert!(output.join("frontdesk.json").exists());
}

#[test]
fn what_no_training_can_follow_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (base, data) = prepare(dir.path());
    let output = dir.path().join("none");
    let refused = |change: &dyn Fn(&mut assert_cmd::Command)| -> String {
        let mut command = frontdesk();
        command.args(arguments(&base, &data, &output));
        change(&mut command);
        let assert = command.timeout(Duration::from_mins(2)).assert().failure();
        assert_ne!(assert.get_output().status.code(), Some(101), "a panic");
        String::from_utf8(assert.get_output().stderr.clone()).unwrap()
    };
    let said = refused(&|command| {
        command.args(["--threads", "5000"]);
    });
    assert!(said.contains("invalid-input") && said.contains("5000 threads; from 1 to 1024"), "{said}");
    // The variable of a library below has no say.
    frontdesk().args(arguments(&base, &data, &output)).env("RAYON_NUM_THREADS", "5000").assert().success();
    fs::remove_dir_all(&output).unwrap();

    let tokenizer = base.join("tokenizer.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&tokenizer).unwrap()).unwrap();
    json["pre_tokenizer"] = serde_json::json!({"type": "FixedLength", "length": 0});
    fs::write(&tokenizer, json.to_string()).unwrap();
    let said = refused(&|_| ());
    assert!(said.contains("model-invalid") && said.contains("FixedLength: a length of 0"), "{said}");
    assert!(!output.exists());
}
