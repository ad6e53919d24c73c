//! Checkpoints whose weights are several files, or none that is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use frontdesk::{Engine, EngineOptions, ErrorKind, ModelSource, Result, Ticket};
use safetensors::SafeTensors;
use serde_json::{Value, json};

use crate::common::{checkpoint, open, options};

pub(crate) const WEIGHTS: &str = "model.safetensors";
pub(crate) const INDEX: &str = "model.safetensors.index.json";
pub(crate) const SHARDS: [&str; 2] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

/// Two shards of a weights file and their index, by name.
pub(crate) fn split(weights: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let whole = SafeTensors::deserialize(weights).unwrap();
    let mut tensors = whole.tensors();
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let shard = |place: usize| SHARDS[place % 2];
    let map = tensors.iter().enumerate().map(|(at, (name, _))| (name.clone(), json!(shard(at)))).collect();
    let index = json!({ "metadata": { "total_size": weights.len() }, "weight_map": Value::Object(map) });
    let mut files = BTreeMap::from([(INDEX.to_owned(), index.to_string().into_bytes())]);
    for (place, name) in SHARDS.into_iter().enumerate() {
        let part = tensors.iter().skip(place).step_by(2).map(|(name, view)| (name, view));
        files.insert(name.to_owned(), safetensors::serialize(part, None).unwrap());
    }
    files
}

/// A checkpoint of two shards.
fn sharded(dir: &Path) -> std::path::PathBuf {
    let model = checkpoint("bert-single-float32", dir);
    for (name, content) in split(&fs::read(model.join(WEIGHTS)).unwrap()) {
        fs::write(model.join(name), content).unwrap();
    }
    fs::remove_file(model.join(WEIGHTS)).unwrap();
    model
}

fn scores(engine: &Engine) -> Vec<(String, f32)> {
    let result = engine.analyze(&Ticket::new("the proof is broken")).unwrap().tasks.remove(0).result;
    result.labels.into_iter().map(|label| (label.label, label.score)).collect()
}

#[track_caller]
fn assert_refused(opened: Result<Engine>, kind: ErrorKind, parts: &[&str]) {
    let error = opened.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    for part in parts {
        assert!(error.message().contains(part), "no `{part}` in: {error}");
    }
}

#[test]
fn shards_give_the_scores_of_one_file() {
    let (one, several) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let whole = open(&checkpoint("bert-single-float32", one.path())).unwrap();
    let model = sharded(several.path());
    let engine = open(&model).unwrap();
    assert_eq!(scores(&engine), scores(&whole));

    let files = fs::read_dir(&model).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())
    });
    let files: BTreeMap<_, _> = files.collect();
    let bytes = |files| EngineOptions { model: ModelSource::Bytes(files), ..options(&model) };
    let from_bytes = Engine::open(bytes(files.clone())).unwrap();
    assert_eq!(scores(&from_bytes), scores(&whole));
    assert_eq!(from_bytes.info().model.digest, engine.info().model.digest);
    let without = |name: &str| {
        let mut files = files.clone();
        files.remove(name);
        Engine::open(bytes(files))
    };
    assert_refused(without(SHARDS[0]), ErrorKind::ModelNotFound, &[INDEX, SHARDS[0]]);
    assert_refused(without(INDEX), ErrorKind::ModelNotFound, &[WEIGHTS]);

    // Other weights are another model.
    let shard = model.join(SHARDS[1]);
    let mut changed = fs::read(&shard).unwrap();
    let end = changed.len() - 4;
    changed[end..].copy_from_slice(&0.5_f32.to_le_bytes());
    fs::write(&shard, changed).unwrap();
    assert_ne!(open(&model).unwrap().info().model.digest, engine.info().model.digest);
}

/// As transformers has it.
#[test]
fn one_file_is_taken_before_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let model = checkpoint("bert-single-float32", dir.path());
    let expected = scores(&open(&model).unwrap());
    fs::write(model.join(INDEX), "no index at all").unwrap();
    assert_eq!(scores(&open(&model).unwrap()), expected);
}

#[test]
fn faults_of_an_index_and_its_shards_name_file_and_tensor() {
    let edit = |change: fn(&mut Value)| {
        let dir = tempfile::tempdir().unwrap();
        let model = sharded(dir.path());
        let path = model.join(INDEX);
        let mut index = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut index);
        fs::write(path, index.to_string()).unwrap();
        open(&model)
    };
    let invalid = ErrorKind::ModelInvalid;
    let outside = edit(|index| index["weight_map"]["classifier.bias"] = json!("../other.safetensors"));
    assert_refused(outside, invalid, &[INDEX, "`classifier.bias`", "`../other.safetensors`", "plain name"]);
    let moved = edit(|index| {
        let map = &mut index["weight_map"];
        let other = if map["classifier.bias"] == SHARDS[0] { SHARDS[1] } else { SHARDS[0] };
        map["classifier.bias"] = json!(other);
    });
    assert_refused(moved, invalid, &[INDEX, "`classifier.bias`", SHARDS[0], SHARDS[1]]);
    let absent = edit(|index| {
        index["weight_map"].as_object_mut().unwrap().remove("classifier.bias");
    });
    assert_refused(absent, invalid, &[INDEX, "`classifier.bias`", "not in the index"]);
    let more = edit(|index| index["weight_map"]["more"] = json!(SHARDS[0]));
    assert_refused(more, invalid, &[INDEX, "`more`", SHARDS[0], "does not have it"]);
    let nowhere = edit(|index| index["weight_map"]["more"] = json!("more.safetensors"));
    assert_refused(nowhere, ErrorKind::ModelNotFound, &[INDEX, "no more.safetensors"]);
}

#[cfg(unix)]
#[test]
fn what_stands_in_the_place_of_a_shard_or_of_the_index_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let model = sharded(dir.path());
    let shard = model.join(SHARDS[1]);
    let good = fs::read(&shard).unwrap();
    fs::remove_file(&shard).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&shard).status().unwrap().success());
    assert_refused(open(&model), ErrorKind::ModelInvalid, &[SHARDS[1], "no regular file"]);
    fs::remove_file(&shard).unwrap();
    fs::create_dir(&shard).unwrap();
    assert_refused(open(&model), ErrorKind::ModelInvalid, &[SHARDS[1], "no regular file"]);
    fs::remove_dir(&shard).unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("w"), good).unwrap();
    std::os::unix::fs::symlink(outside.path().join("w"), &shard).unwrap();
    assert_refused(open(&model), ErrorKind::ModelInvalid, &[INDEX, SHARDS[1], "a link to"]);

    // 100 MB that take no room on the disk.
    fs::File::create(model.join(INDEX)).unwrap().set_len(100 << 20).unwrap();
    assert_refused(open(&model), ErrorKind::ModelInvalid, &[INDEX, "104857600 bytes; at most 16777216"]);
}

/// The two lines were run with transformers: what they write opens.
#[test]
fn weights_in_another_format_are_refused_with_the_lines_that_convert_them() {
    for (file, option) in [
        ("pytorch_model.bin", ""),
        ("pytorch_model.bin.index.json", ""),
        ("tf_model.h5", ", from_tf=True"),
        ("flax_model.msgpack", ", from_flax=True"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let model = checkpoint("bert-single-float32", dir.path());
        // Both: the safetensors are read.
        fs::write(model.join(file), "a pickle would be run").unwrap();
        assert!(open(&model).is_ok());
        fs::remove_file(model.join(WEIGHTS)).unwrap();
        let model_line = format!("\nTokenizer.from_pretrained(\"{}\").save_pretrained", model.display());
        let lines = ["\nfrom transformers import AutoModelForSequenceClassification", &model_line, option];
        assert_refused(open(&model), ErrorKind::ModelInvalid, &[&[file], &lines[..]].concat());
    }
}
