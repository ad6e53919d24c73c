//! What the command writes for people: names and texts of anyone cannot command the terminal, or pose as
//! lines of the command.

use std::fs;
use std::path::Path;

use serde_json::Value;

mod common;

use common::{checkpoint, frontdesk};

/// Sets a window's title, colors the rest, turns the order of letters around, and is a line of its own.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}calm\u{2028}\u{7f}";

/// What a run wrote on both streams; asserts its exit code, and that nothing in it is hidden.
fn shown(command: &mut assert_cmd::Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    for text in [&out, &err] {
        let hidden = |letter: &char| {
            (letter.is_control() && *letter != '\n')
                || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert_eq!(text.chars().find(hidden), None, "{text:?}");
    }
    out + &err
}

/// Rows with a hostile label and hostile texts.
fn rows(file: &Path) {
    let row = |index: usize, letter: char| {
        let (word, label) =
            if index.is_multiple_of(2) { ("proof", HOSTILE) } else { ("broken", "upset\u{8}") };
        let press = if index.is_multiple_of(3) { "press" } else { "!" };
        serde_json::json!({"text": format!("{word} {letter} \u{1b}[2J{word} {press}"), "label": label})
    };
    let rows: String = ('a'..='t').enumerate().map(|(i, letter)| row(i, letter).to_string() + "\n").collect();
    fs::write(file, rows).unwrap();
}

#[test]
fn labels_and_texts_of_anyone_are_shown_with_their_hidden_characters_written_out() {
    let dir = tempfile::tempdir().unwrap();
    let base = checkpoint("bert-single-float32", dir.path(), "base");
    let data = dir.path().join("rows.jsonl");
    rows(&data);
    let model = dir.path().join("mood");
    let train = |more: &[&str]| {
        let mut train = frontdesk();
        train.args(["train", "--task", "mood", "--epochs", "2", "--texts", "--method", "frozen", "--name"]);
        train.arg("m\u{1b}[1m").arg("--base").arg(&base).arg("--data").arg(&data).args(more);
        train
    };
    assert!(shown(&mut train(&["--check-only"]), 0).contains("20 rows to train on"));
    let report = shown(train(&[]).arg("--output").arg(&model), 0);
    assert!(report.contains("\\u{1b}]0;owned\\u{7}") && report.contains("\\u{202e}calm"), "{report}");

    let with = |verb: &str, more: &[&str]| {
        let mut command = frontdesk();
        command.arg(verb).arg("--model").arg(&model).args(more);
        command
    };
    assert!(shown(&mut with("info", &[]), 0).contains("m\\u{1b}[1m"));
    assert!(shown(&mut with("analyze", &["proof a"]), 0).contains("\\u{9b}31m\\u{202e}calm\\u{2028}\\u{7f}"));
    let many = shown(with("analyze", &["--input"]).arg(&data), 0);
    assert!(many.contains("20 messages") && many.contains("\\u{1b}[2J"), "{many}");
    let evaluation = shown(with("evaluate", &["--texts", "--data"]).arg(&data), 0);
    assert!(evaluation.contains("true \\ given") && evaluation.contains("upset\\u{8}"), "{evaluation}");
    let compared = with("evaluate", &["--texts", "--data"]).arg(&data).arg("--compare").arg(&model).assert();
    compared.success();

    // What programs read has the characters themselves.
    let json =
        with("analyze", &["proof a", "--format", "json"]).assert().success().get_output().stdout.clone();
    let json: Value = serde_json::from_slice(&json).unwrap();
    let labels: Vec<&str> =
        json["mood"]["labels"].as_array().unwrap().iter().map(|l| l["label"].as_str().unwrap()).collect();
    assert!(labels.contains(&HOSTILE), "{labels:?}");

    // A column with a hostile name, and rows that cannot be read, in an archive.
    let archive = dir.path().join("tickets.csv");
    fs::write(&archive, format!("text,{HOSTILE}\nproof a,1\nragged\n")).unwrap();
    let scored = dir.path().join("scored\u{1b}[0m");
    let archived = shown(with("score", &["--keep", HOSTILE]).arg(&archive).arg("--output").arg(&scored), 0);
    assert!(archived.contains("scored\\u{1b}[0m") && archived.contains("could not be read"), "{archived}");
    // The pages, too.
    for page in [model.join("report.html"), model.join("README.md"), scored.join("summary.html")] {
        let text = fs::read_to_string(&page).unwrap();
        let hidden = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
        assert!(!text.contains(hidden), "{}", page.display());
        // Markdown has a backslash before each brace.
        assert!(text.contains("\\u{") || text.contains("u\\{"), "{}", page.display());
    }
}

#[cfg(unix)]
#[test]
fn a_name_of_a_file_cannot_pose_as_a_line_of_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let name = "tickets\nfrontdesk: done\u{1b}[8m.csv";
    let file = dir.path().join(name);
    let forged = |text: &str| text.lines().any(|line| line.starts_with("frontdesk: done"));
    let analyze = |code| {
        let text = shown(frontdesk().args(["analyze", "--outputs", "category", "--input"]).arg(&file), code);
        assert!(text.contains("\\u{1b}[8m.csv") && !forged(&text), "{text}");
        text
    };
    assert!(analyze(1).starts_with("frontdesk: io: "));
    fs::write(&file, "text\nhello\n").unwrap();
    assert!(analyze(0).contains("1 tickets"));
    fs::write(&file, "body\u{1b}c\nhello\n").unwrap();
    assert!(analyze(1).contains("data-invalid"));
    let policy = dir.path().join("desk\u{1b}[8m.toml");
    fs::write(&policy, "name = \"\u{9b}2J").unwrap();
    let text = shown(frontdesk().args(["route", "hello", "--policy"]).arg(&policy), 1);
    assert!(text.contains("desk\\u{1b}[8m.toml") && !forged(&text), "{text}");
}

#[cfg(unix)]
#[test]
fn a_client_writes_no_line_of_the_log() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};

    let dir = tempfile::tempdir().unwrap();
    let model = checkpoint("bert-single-float32", dir.path(), "model");
    let mut served = std::process::Command::new(env!("CARGO_BIN_EXE_frontdesk"))
        .args(["serve", "--listen", "127.0.0.1:0", "--threads", "1", "--model"])
        .arg(&model)
        .env_remove("FRONTDESK_API_KEYS")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(served.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).unwrap().split([',', '\n']).next().unwrap().to_owned();
    let hostile: [&[u8]; 5] = [
        b"GET /x%0a{\"level\":\"ERROR\"}%1b[2J HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET /x\x1b[2J HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET /x\xe2\x80\xae\xc2\x9b2J HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"G\x1b[2JET /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET /x HTTP/1.1\r\nhost: x\r\nx-request-id: \x1b[2J\r\nconnection: close\r\n\r\n",
    ];
    for request in hostile {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream.write_all(request).unwrap();
        // Until the service has closed the connection, whatever it answered.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    served.kill().unwrap();
    served.wait().unwrap();
    let mut text = String::new();
    log.read_to_string(&mut text).unwrap();
    assert!(text.contains("\"path\":\"other\""), "{text}");
    for line in text.lines() {
        assert!(!line.contains(char::is_control) && !line.contains('\u{202e}'), "{line:?}");
        let entry: Value = serde_json::from_str(line).unwrap();
        assert_ne!(entry["level"], "ERROR", "{line}");
    }
}
