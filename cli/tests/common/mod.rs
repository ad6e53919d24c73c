//! What several tests of the command need.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn frontdesk() -> assert_cmd::Command {
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_frontdesk"))
}

/// Copies a committed random checkpoint with its tokenizer to `dir`, under `name`.
pub(crate) fn checkpoint(golden: &str, dir: &Path, name: &str) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tests/golden");
    let to = dir.join(name);
    fs::create_dir(&to).unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(from.join(golden).join(file), to.join(file)).unwrap();
    }
    fs::copy(from.join("tokenizer.json"), to.join("tokenizer.json")).unwrap();
    to
}

/// Every file of a folder with its bytes, by name.
#[allow(dead_code, reason = "not every test of the command looks at folders")]
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// Runs the command until it passes a place of its code (`gate` in core) for the `count`-th time, and kills
/// it there.
#[allow(dead_code, reason = "not every test of the command kills it")]
pub(crate) fn killed_at(place: &str, count: u32, arguments: &[String]) {
    let reached = tempfile::tempdir().unwrap();
    let file = reached.path().join("reached");
    let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_frontdesk"))
        .args(arguments)
        .env("FRONTDESK_GATE", format!("{place}:{count}:{}", file.display()))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !file.exists() {
        assert!(run.try_wait().unwrap().is_none(), "the run ended before it passed {place} {count} times");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    // SIGKILL: nothing is tidied up.
    run.kill().unwrap();
    assert_eq!(run.wait().unwrap().code(), None);
}
