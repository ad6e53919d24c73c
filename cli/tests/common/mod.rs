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
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}
