//! Options that no run can follow: each is refused with its flag, and none ends in a panic.

use std::fs;
use std::path::{Path, PathBuf};

mod common;

use common::{checkpoint, frontdesk};

/// A small random classifier, which is also a base to train on, and labelled rows.
fn prepare(dir: &Path) -> (PathBuf, PathBuf) {
    let model = checkpoint("bert-single-float32", dir, "model");
    let rows = dir.join("rows.csv");
    let row =
        |index: usize| if index.is_multiple_of(2) { "a proof,LABEL_0\n" } else { "it is broken,LABEL_1\n" };
    fs::write(&rows, format!("text,label\n{}", (0..20).map(row).collect::<String>())).unwrap();
    (model, rows)
}

/// Asserts that a run is refused, as wrong usage or by its options, with a message that has `told`.
fn refused(command: &mut assert_cmd::Command, told: &str) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{:?}: {text}", output.status);
    let begins: String = text.chars().take(400).collect();
    assert!(text.contains(told), "`{told}` in: {begins}");
    assert!(!text.contains("panicked") && !text.contains("internal"), "{begins}");
    assert!(output.stdout.is_empty());
}

/// What is written for a number and is none, or none of a count.
const NO_COUNTS: [&str; 7] = ["-1", "nan", "inf", "1e3", "", "99999999999999999999999", "0x10"];

#[test]
fn counts_are_refused_with_their_flag() {
    let text = ["analyze", "x"];
    let archive = ["score", "x.csv", "--output", "none"];
    let train = ["train", "--task", "mood", "--data", "x.csv", "--output", "none"];
    let evaluate = ["evaluate", "--data", "x.csv"];
    let all: [(&[&str], &[&str]); 6] = [
        (&text, &["--threads"]),
        (&archive, &["--limit", "--sample", "--seed", "--max-errors", "--part-rows", "--threads"]),
        (&["diff", "a", "b"], &["--examples"]),
        (
            &train,
            &[
                "--dense",
                "--epochs",
                "--patience",
                "--batch",
                "--accumulate",
                "--lora-rank",
                "--checkpoint-every",
                "--threads",
                "--seed",
            ],
        ),
        (&evaluate, &["--errors", "--seed"]),
        (&["serve"], &["--max-body", "--max-tickets", "--queue"]),
    ];
    for (verb, flags) in all {
        for flag in flags {
            for value in NO_COUNTS {
                refused(frontdesk().args(verb).args([flag, value]), &format!("'{flag} "));
            }
            refused(frontdesk().args(verb).args([flag, "1", flag, "2"]), flag);
        }
    }
}

#[test]
fn numbers_of_a_training_have_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let (base, data) = prepare(dir.path());
    let output = dir.path().join("out");
    let train = |flag: &str, value: &str, end: &str| {
        let mut command = frontdesk();
        command.args(["train", "--task", "mood", flag, value, "--data"]).arg(&data).arg("--base").arg(&base);
        if end.is_empty() {
            command.arg("--output").arg(&output)
        } else {
            command.arg(end)
        };
        command
    };
    let (rates, shares) = (["nan", "inf", "-1", "1e308"], ["nan", "inf", "-0.1", "1", "1e308"]);
    let most = ["18446744073709551615", "0"];
    let all: [(&str, &[&str]); 16] = [
        ("--learning-rate", &rates),
        ("--learning-rate", &["0", "5e-324"]),
        ("--head-learning-rate", &rates),
        ("--layer-decay", &["nan", "inf", "0", "-1", "1.5"]),
        ("--weight-decay", &rates),
        ("--warmup", &shares),
        ("--dropout", &shares),
        ("--smoothing", &shares),
        ("--automate-at", &["nan", "inf", "0", "1", "-1"]),
        ("--dense", &most),
        ("--epochs", &most),
        ("--patience", &most),
        ("--batch", &most),
        ("--accumulate", &most),
        ("--lora-rank", &most),
        ("--checkpoint-every", &most),
    ];
    for (flag, values) in all {
        for value in values {
            refused(&mut train(flag, value, ""), flag);
        }
        // Whoever only looks is told, too.
        refused(&mut train(flag, values[0], "--dry-run"), flag);
        if flag != "--dense" {
            refused(&mut train(flag, values[0], "--check-only"), flag);
        }
    }
    assert!(!output.exists());
    // The same in a file.
    let config = dir.path().join("train.toml");
    for (line, told) in [
        ("[training]\nlearning_rate = nan", "learning_rate: NaN is not from 1e-12 to 1e30"),
        ("[training]\nclip = inf", "clip: inf is not from"),
        ("[training]\nlora_alpha = -1", "lora_alpha: -1 is not from"),
        ("[training]\nmax_tokens = 9000000000", "max_tokens: 9000000000 is not from 3 to 65536"),
        ("[training]\nepochs = -1", "-1"),
    ] {
        let heads = "[[heads]]\ntask = \"mood\"\ndata = \"rows.csv\"\n";
        for (more, told) in [
            ("", told),
            ("weight = nan\n", "weight NaN"),
            ("weight = 1e300\n", "weight 1e300"),
            ("passes = 9000000000\n", "9000000000 passes"),
        ] {
            let line = if more.is_empty() { line } else { "[training]" };
            fs::write(&config, format!("{line}\n{heads}{more}")).unwrap();
            let mut command = frontdesk();
            command
                .arg("train")
                .arg("--config")
                .arg(&config)
                .arg("--base")
                .arg(&base)
                .arg("--output")
                .arg(&output);
            refused(&mut command, told);
        }
    }
}

#[test]
fn numbers_of_a_call_have_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let (model, rows) = prepare(dir.path());
    for share in ["nan", "inf", "-0.5", "1e308"] {
        refused(frontdesk().args(["route", "x", "--share", &format!("live-chat={share}")]), "--share");
    }
    for share in ["live-chat", "live-chat=", "live-chat=x", "fax=0.5", "=", ""] {
        refused(frontdesk().args(["route", "x", "--share", share]), "--share");
    }
    for agents in ["live-chat=-1", "live-chat=99999999999", "live-chat=1.5"] {
        refused(frontdesk().args(["route", "x", "--agents", agents]), "--agents");
    }
    for time in ["", "nan", "99999-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "-1"] {
        refused(frontdesk().args(["route", "x", "--now", time]), "--now");
    }
    for time in ["nan", "inf", "-1", "1e308"] {
        refused(frontdesk().args(["serve", "--listen", "127.0.0.1:0", "--timeout", time]), "--timeout");
    }
    refused(frontdesk().args(["serve", "--listen", "127.0.0.1:0", "--queue", "0"]), "--queue");
    refused(frontdesk().args(["serve", "--listen", "nowhere"]), "--listen");
    for wanted in ["nan", "inf", "0", "1", "-1", "1e308"] {
        let mut command = frontdesk();
        command.args(["evaluate", "--automate-at", wanted, "--data"]).arg(&rows).arg("--model").arg(&model);
        refused(&mut command, "--automate-at");
    }
    // The largest counts are no more than everything.
    let most = u64::MAX.to_string();
    let mut command = frontdesk();
    command.arg("score").arg(&rows).arg("--model").arg(&model).arg("--output").arg(dir.path().join("all"));
    for flag in ["--limit", "--sample", "--seed", "--max-errors", "--part-rows"] {
        command.args([flag, &most]);
    }
    command.assert().success();
    let mut command = frontdesk();
    command.args(["evaluate", "--errors", &most, "--seed", &most, "--data"]).arg(&rows);
    command.arg("--model").arg(&model).assert().success();
}

#[test]
fn empty_and_very_long_values_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (model, rows) = prepare(dir.path());
    let long = "x".repeat(100_000);
    let analyze = |flag: &str, value: &str| {
        let mut command = frontdesk();
        command.arg("analyze").arg("--input").arg(&rows).arg("--model").arg(&model).args([flag, value]);
        command
    };
    for (flag, told) in [
        ("--device", "--device"),
        ("--precision", "--precision"),
        ("--delimiter", "--delimiter"),
        ("--quote", "--quote"),
        ("--encoding", "encoding"),
        ("--input-format", "--input-format"),
        ("--text-column", "no column"),
        ("--outputs", "--outputs"),
        ("--format", "--format"),
        ("--prepare", "--prepare"),
        ("--long-text", "--long-text"),
        ("--sentiment-model", "--sentiment-model"),
        ("--customer", "--customer"),
    ] {
        refused(&mut analyze(flag, &long), told);
        refused(&mut analyze(flag, ""), told);
    }
    for flag in ["--policy", "--shadow"] {
        refused(frontdesk().args(["analyze", "x", flag, ""]), flag);
        refused(frontdesk().args(["analyze", "x", flag, &long]), "io: ");
    }
    refused(&mut analyze("--output", ""), "--output");
    refused(&mut analyze("--output", &long), "io: ");
    for model in ["", long.as_str()] {
        refused(frontdesk().args(["analyze", "x", "--model", model]), "--model");
        refused(
            frontdesk().args(["analyze", "--input", model]),
            if model.is_empty() { "--input" } else { "io: " },
        );
    }
    let score = |more: &[&str]| {
        let mut command = frontdesk();
        command.arg("score").arg(&rows).arg("--model").arg(&model).args(more);
        command
    };
    refused(&mut score(&["--output", ""]), "--output");
    refused(frontdesk().args(["score", "", "--output", "none"]), "<ARCHIVE>");
    let out = dir.path().join("out").display().to_string();
    refused(&mut score(&["--output", &out, "--keep", &long]), "no column");
    refused(&mut score(&["--output", &out, "--where", ""]), "condition");
    refused(&mut score(&["--output", &out, "--where", &long]), "condition");
    refused(&mut score(&["--output", &out, "--spreadsheet-safe"]), "--spreadsheet-safe");
    for task in ["", long.as_str(), "a b", "../a"] {
        let mut command = frontdesk();
        command.args(["train", "--output", &out, "--task", task, "--data"]).arg(&rows);
        refused(command.arg("--base").arg(&model), "--task");
    }
    assert!(!Path::new(&out).exists());
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused_and_names_of_files_need_not_be() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let dir = tempfile::tempdir().unwrap();
    let (model, rows) = prepare(dir.path());
    let bytes = OsStr::from_bytes(b"not\xfftext");
    for flag in ["--text-column", "--encoding", "--device", "--outputs", "--urgency"] {
        refused(frontdesk().args(["analyze", "x", flag]).arg(bytes), "UTF-8");
    }
    refused(frontdesk().arg("analyze").arg(bytes), "UTF-8");
    refused(frontdesk().arg(bytes), "frontdesk");
    refused(frontdesk().args(["analyze", "x", "--model"]).arg(bytes), "model-not-found");
    refused(frontdesk().args(["analyze", "--input"]).arg(bytes), "io: ");
    refused(frontdesk().args(["analyze", "x", "--policy"]).arg(bytes), "io: ");
    refused(frontdesk().args(["score", "x", "--output", "y", "--where"]).arg(bytes), "UTF-8");
    // The command itself may lie anywhere.
    let place = dir.path().join(bytes);
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_frontdesk"), &place).unwrap();
    let mut command = assert_cmd::Command::new(&place);
    command.args(["analyze", "x", "--device", "cpu", "--outputs", "mood", "--model"]).arg(&model);
    refused(&mut command, "mood");
    let scores = dir.path().join(bytes).with_extension("jsonl");
    let mut command = frontdesk();
    command.arg("analyze").arg("--input").arg(&rows).arg("--model").arg(&model).arg("--output").arg(&scores);
    command.assert().success();
    assert!(scores.exists());
}
