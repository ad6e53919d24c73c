//! A tiny model on disk, for tests that break it.

#![allow(dead_code, reason = "each test crate uses a part")]

use std::fs;
use std::path::{Path, PathBuf};

use frontdesk::doctor::FindingKind;
use frontdesk::table::Labelled;
use frontdesk::train::{Method, TrainOptions, train};
use frontdesk::{DeviceChoice, Engine, EngineOptions, Result};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The committed random checkpoint of this name with a tokenizer for its 64 ids.
pub(crate) fn checkpoint(name: &str, dir: &Path) -> PathBuf {
    let to = dir.join(name);
    fs::create_dir_all(&to).unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(root().join("models/tests/golden").join(name).join(file), to.join(file)).unwrap();
    }
    fs::write(to.join("tokenizer.json"), tokenizer()).unwrap();
    // As it is, whatever tokenizer the family has.
    fs::write(to.join("tokenizer_config.json"), r#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#).unwrap();
    to
}

/// Letters and a few words: enough for every text to have tokens. Its own truncation and padding must be
/// overridden.
pub(crate) fn tokenizer() -> String {
    fs::read_to_string(root().join("models/tests/golden/tokenizer.json")).unwrap()
}

pub(crate) fn open(model: &Path) -> Result<Engine> {
    Engine::open(options(model))
}

pub(crate) fn options(model: &Path) -> EngineOptions {
    EngineOptions {
        model: model.into(),
        device: DeviceChoice::Cpu,
        threads: Some(2),
        ..EngineOptions::default()
    }
}

pub(crate) fn rows(pairs: &[(&str, &str)]) -> Vec<Labelled> {
    let row = |(i, (text, label)): (usize, &(&str, &str))| Labelled {
        place: frontdesk::table::Place::Line(i as u64 + 2),
        text: (*text).to_owned(),
        label: (*label).to_owned(),
    };
    pairs.iter().enumerate().map(row).collect()
}

/// The same with some labels wrong: a head that is calibrated on them is not sure.
pub(crate) fn doubtful() -> Vec<Labelled> {
    let mut rows = easy();
    let labels: Vec<String> = rows.iter().map(|row| row.label.clone()).collect();
    let count = rows.len();
    rows[0].label.clone_from(&labels[count - 1]);
    rows[count - 1].label.clone_from(&labels[0]);
    rows
}

/// Texts that a head on random features can tell apart.
pub(crate) fn easy() -> Vec<Labelled> {
    let texts = [
        "proof proof proof",
        "proof press proof",
        "proof proof a",
        "broken broken broken",
        "broken ! !",
        "broken broken b",
    ];
    rows(&texts.map(|text| (text, if text.starts_with("proof") { "calm" } else { "upset" })))
}

/// A bundle with one head, trained on `easy`.
pub(crate) fn bundle(dir: &Path) -> PathBuf {
    let base = checkpoint("bert-single-float32", dir);
    let output = dir.join("bundle");
    let mut options = TrainOptions::new(base.as_path(), "mood", &output);
    options.method = Some(Method::Frozen);
    options.allow = vec![FindingKind::Leak];
    (options.epochs, options.patience, options.dropout) = (Some(60), Some(60), Some(0.0));
    train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap();
    output
}
