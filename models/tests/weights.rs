//! Weights of one file and of several, of each number type: the same logits, and an error that names file and
//! tensor for whatever is wrong.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Case, golden, golden_dir, largest_difference, read};
use frontdesk_models::ModelError;
use frontdesk_models::config::Config;
use frontdesk_models::encoder::TokenBatch;
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::network::{Backend, Network};
use frontdesk_models::weights::{Index, Limits, Weights};
use proptest::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

/// A tensor as a file has it.
#[derive(Clone)]
struct Tensor {
    kind: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

type Tensors = BTreeMap<String, Tensor>;

const CHECKPOINT: &str = "bert-single-float32";

fn tensors(checkpoint: &str) -> Tensors {
    let file = fs::read(golden_dir().join(checkpoint).join("model.safetensors")).unwrap();
    let tensor = |view: TensorView<'_>| Tensor {
        kind: view.dtype(),
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    };
    SafeTensors::deserialize(&file)
        .unwrap()
        .tensors()
        .into_iter()
        .map(|(n, view)| (n, tensor(view)))
        .collect()
}

fn file(tensors: &Tensors) -> Vec<u8> {
    let views = tensors.iter().map(|(name, tensor)| {
        (name, TensorView::new(tensor.kind, tensor.shape.clone(), &tensor.bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn shard(place: usize) -> String {
    format!("model-{place:05}.safetensors")
}

/// Files of the tensors, each in the shard that its place has, and their index.
fn split(tensors: &Tensors, places: &[usize]) -> (serde_json::Value, BTreeMap<String, Vec<u8>>) {
    let mut shards = BTreeMap::<String, Tensors>::new();
    let mut map = serde_json::Map::new();
    for ((name, tensor), place) in tensors.iter().zip(places.iter().cycle()) {
        shards.entry(shard(*place)).or_default().insert(name.clone(), tensor.clone());
        map.insert(name.clone(), json!(shard(*place)));
    }
    let index = json!({ "metadata": { "total_size": 1 }, "weight_map": map });
    (index, shards.into_iter().map(|(name, tensors)| (name, file(&tensors))).collect())
}

fn index(json: &serde_json::Value) -> Result<Index, ModelError> {
    Index::from_json(json.to_string().as_bytes(), Limits::default())
}

/// The two halves of a checkpoint, in a directory of their own.
fn halves() -> (tempfile::TempDir, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    let (index, files) = split(&tensors(CHECKPOINT), &[0, 1]);
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    (folder, index)
}

fn open(folder: &Path, json: &serde_json::Value) -> Result<Weights, ModelError> {
    Weights::open_shards(folder, &index(json).unwrap(), Limits::default())
}

fn logits(config: &Config, weights: &Weights, sequences: &[Vec<u32>]) -> Vec<Vec<f32>> {
    let backend = Backend::Packed { precision: Precision::F32, isa: Isa::chosen().unwrap() };
    let network = Network::sequence_classifier(config, weights, &backend).unwrap();
    network.forward(&TokenBatch::new(sequences), &[0]).unwrap().remove(0)
}

fn case(checkpoint: &str) -> Case {
    golden().cases.into_iter().find(|case| case.checkpoint == checkpoint).unwrap()
}

#[track_caller]
fn assert_weights(result: Result<Weights, ModelError>, parts: &[&str]) {
    match result {
        Err(ModelError::Weights(reason)) => {
            assert!(parts.iter().all(|part| reason.contains(part)), "no {parts:?} in: {reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_tensor<T: std::fmt::Debug>(result: Result<T, ModelError>, tensor: &str, parts: &[&str]) {
    match result {
        Err(ModelError::Tensor { name, reason }) => {
            assert_eq!(name, tensor);
            assert!(parts.iter().all(|part| reason.contains(part)), "no {parts:?} in: {reason}");
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_split_gives_the_logits_of_one_file(
        distil in any::<bool>(),
        places in prop::collection::vec(0usize..5, 1..60),
    ) {
        let checkpoint = if distil { "distilbert-multi-float32" } else { CHECKPOINT };
        let (config, whole) = read(&golden_dir().join(checkpoint));
        let case = case(checkpoint);
        let expected = logits(&config, &whole, &case.sequences);
        for (logits, golden) in expected.iter().zip(&case.logits) {
            prop_assert!(largest_difference(logits, golden) < 1e-4);
        }
        let (json, files) = split(&tensors(checkpoint), &places);
        let index = index(&json).unwrap();
        prop_assert_eq!(index.shards(), &files.keys().cloned().collect::<Vec<_>>());
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in &files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let on_disk = Weights::open_shards(folder.path(), &index, Limits::default()).unwrap();
        let in_memory = Weights::from_shards(&index, Limits::default(), |name| files.get(name).cloned()).unwrap();
        for weights in [on_disk, in_memory] {
            prop_assert_eq!(weights.names(), whole.names());
            prop_assert_eq!(logits(&config, &weights, &case.sequences), expected.clone());
        }
    }
}

#[test]
fn an_index_names_files_of_its_own_directory_only() {
    let outside = [
        "../model.safetensors",
        "/etc/model.safetensors",
        "a/model.safetensors",
        "a\\model.safetensors",
        "C:model.safetensors",
        "..",
        ".safetensors",
        ".hidden.safetensors",
        "",
        "config.json",
        "pytorch_model.bin",
        "model\u{0}.safetensors",
        "model\n.safetensors",
        &format!("{}.safetensors", "n".repeat(250)),
    ];
    for name in outside {
        let result = index(&json!({ "weight_map": { "w": "a.safetensors", "v": name } }));
        match result {
            Err(ModelError::Weights(reason)) => {
                assert!(reason.contains("`v`") && reason.contains("plain name"), "{name}: {reason}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_index_is_refused() {
    for (bytes, part) in [
        ("", "EOF"),
        ("[]", "expected an object with `weight_map`"),
        ("{}", "missing field `weight_map`"),
        (r#"{"metadata": {}}"#, "missing field `weight_map`"),
        (r#"{"weight_map": {}}"#, "names no tensor"),
        (r#"{"weight_map": null}"#, "expected an object of tensors' names"),
        (r#"{"weight_map": {"w": 1}}"#, "expected a string"),
        (r#"{"weight_map": {"w": ["a.safetensors"]}}"#, "expected a string"),
        (r#"{"weight_map": {"w": "a.safetensors", "w": "b.safetensors"}}"#, "`w` is there twice"),
        (r#"{"weight_map": {"w": "a.safetensors"}, "weight_map": {}}"#, "duplicate field `weight_map`"),
        (r#"{"weight_map": {"w": "a.safetensors"}} {}"#, "trailing characters"),
        (&format!(r#"{{"metadata": {}"#, "[".repeat(100_000)), "index:"),
    ] {
        match Index::from_json(bytes.as_bytes(), Limits::default()) {
            Err(ModelError::Weights(reason)) => assert!(reason.contains(part), "{part}: {reason}"),
            other => panic!("{part}: {other:?}"),
        }
    }
}

#[test]
fn a_large_index_takes_no_memory_of_its_size() {
    let entries: String = (0..1_000_000).map(|at| format!(r#""{at}":"a.safetensors","#)).collect();
    let many = format!(r#"{{"weight_map":{{{entries}"z":"a.safetensors"}}}}"#);
    let files: String = (0..1000).map(|at| format!(r#""{at}":"{at}.safetensors","#)).collect();
    let files = format!(r#"{{"weight_map":{{{files}"z":"a.safetensors"}}}}"#);
    let wide = Limits { header_bytes: u64::MAX, ..Limits::default() };
    for (bytes, limits, part) in [
        (many.as_str(), wide, "more than 10000 tensors"),
        (many.as_str(), Limits::default(), "at most 16777216"),
        (files.as_str(), Limits::default(), "1001 files; at most 128"),
    ] {
        let mut result = None;
        let asked = allocation_counter::measure(|| result = Some(Index::from_json(bytes.as_bytes(), limits)));
        match result.unwrap() {
            Err(ModelError::Weights(reason)) => assert!(reason.contains(part), "{part}: {reason}"),
            other => panic!("{part}: {other:?}"),
        }
        assert!(asked.bytes_max < 4 << 20, "{part}: {} bytes", asked.bytes_max);
    }
}

#[test]
fn shards_that_overlap_or_lack_a_tensor_are_refused_by_its_name() {
    let (folder, json) = halves();
    assert!(open(folder.path(), &json).is_ok());
    // The first half of the names is not the first shard: the places alternate.
    let moved = "bert.embeddings.LayerNorm.bias";
    assert_eq!(json["weight_map"][moved], shard(0));

    let mut absent = json.clone();
    absent["weight_map"].as_object_mut().unwrap().remove(moved);
    assert_tensor(open(folder.path(), &absent), moved, &[&shard(0), "not in the index"]);

    let mut elsewhere = json.clone();
    elsewhere["weight_map"][moved] = json!(shard(1));
    assert_tensor(open(folder.path(), &elsewhere), moved, &[&shard(0), "by the index in", &shard(1)]);

    let mut more = json.clone();
    more["weight_map"]["more"] = json!(shard(1));
    assert_tensor(open(folder.path(), &more), "more", &[&shard(1), "does not have it"]);

    // Both files have the tensor.
    let second = folder.path().join(shard(1));
    let mut both = tensors(CHECKPOINT);
    both.retain(|name, _| json["weight_map"][name] == shard(1) || name == moved);
    fs::write(&second, file(&both)).unwrap();
    assert_tensor(open(folder.path(), &json), moved, &[&shard(1), &shard(0)]);

    fs::remove_file(second).unwrap();
    assert_weights(open(folder.path(), &json), &[&shard(1), "no such file"]);
}

#[test]
fn a_shard_is_a_whole_safetensors_file() {
    let (folder, json) = halves();
    let second = folder.path().join(shard(1));
    let good = fs::read(&second).unwrap();
    fs::write(&second, &good[..good.len() - 4]).unwrap();
    assert_weights(open(folder.path(), &json), &[&shard(1), "not a whole safetensors file"]);
    fs::write(&second, b"").unwrap();
    assert_weights(open(folder.path(), &json), &[&shard(1), "too short"]);

    let mut nan = good.clone();
    let end = nan.len() - 4;
    nan[end..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&second, nan).unwrap();
    let weights = open(folder.path(), &json).unwrap();
    let values = |name: &String| weights.values(name, weights.shape(name).unwrap());
    let error = weights.names().iter().find_map(|name| values(name).err()).unwrap();
    assert!(error.to_string().ends_with(&format!("(in {})", shard(1))), "{error}");
    assert!(error.to_string().contains("holds NaN at index"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_shard_is_a_regular_file_within_reach_of_its_directory() {
    use std::os::unix::fs::symlink;

    let (folder, json) = halves();
    let second = folder.path().join(shard(1));
    let good = fs::read(&second).unwrap();
    fs::remove_file(&second).unwrap();
    fs::create_dir(&second).unwrap();
    assert_weights(open(folder.path(), &json), &[&shard(1), "no regular file"]);
    fs::remove_dir(&second).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&second).status().unwrap().success());
    assert_weights(open(folder.path(), &json), &[&shard(1), "no regular file"]);
    fs::remove_file(&second).unwrap();

    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.safetensors"), &good).unwrap();
    symlink(outside.path().join("secret.safetensors"), &second).unwrap();
    assert_weights(open(folder.path(), &json), &[&shard(1), "a link to", "not in the model's directory"]);
    fs::remove_file(&second).unwrap();
    symlink("nothing", &second).unwrap();
    assert_weights(open(folder.path(), &json), &[&shard(1), "no such file"]);
    fs::remove_file(&second).unwrap();

    // Within the directory, as a mounted volume has its files.
    fs::create_dir(folder.path().join("..data")).unwrap();
    fs::write(folder.path().join("..data/kept"), &good).unwrap();
    symlink("..data/kept", &second).unwrap();
    assert!(open(folder.path(), &json).is_ok());

    // As a hub's cache has them.
    let cache = tempfile::tempdir().unwrap();
    let (blobs, snapshot) =
        (cache.path().join("models--a--b/blobs"), cache.path().join("models--a--b/snapshots/0"));
    fs::create_dir_all(&blobs).unwrap();
    fs::create_dir_all(&snapshot).unwrap();
    for place in 0..2 {
        fs::copy(folder.path().join(shard(place)), blobs.join(place.to_string())).unwrap();
        symlink(format!("../../blobs/{place}"), snapshot.join(shard(place))).unwrap();
    }
    assert!(open(&snapshot, &json).is_ok());
}

#[test]
fn limits_are_on_all_shards_together() {
    let (folder, json) = halves();
    let index = index(&json).unwrap();
    let bytes: u64 = (0..2).map(|place| fs::metadata(folder.path().join(shard(place))).unwrap().len()).sum();
    let count = tensors(CHECKPOINT).len();
    let exact = Limits { file_bytes: bytes, tensors: count, shards: 2, ..Limits::default() };
    let open = |limits: Limits| Weights::open_shards(folder.path(), &index, limits);
    assert!(open(exact).is_ok());
    assert_weights(
        open(Limits { file_bytes: bytes - 1, ..exact }),
        &[&format!("{bytes} bytes up to {}; at most {}", shard(1), bytes - 1)],
    );
    assert_weights(
        open(Limits { tensors: count - 1, ..exact }),
        &[&format!("{count} tensors up to {}; at most {}", shard(1), count - 1)],
    );
    assert_weights(open(Limits { header_bytes: 4000, ..exact }), &["bytes of headers up to", &shard(1)]);
}

#[test]
fn float64_gives_the_logits_of_its_rounded_values() {
    for checkpoint in [CHECKPOINT, "distilbert-single-float32"] {
        let (config, single) = read(&golden_dir().join(checkpoint));
        let mut doubles = tensors(checkpoint);
        for tensor in doubles.values_mut() {
            let wide = |value: &[u8]| f64::from(f32::from_le_bytes(value.try_into().unwrap())).to_le_bytes();
            *tensor = Tensor {
                kind: Dtype::F64,
                shape: tensor.shape.clone(),
                bytes: tensor.bytes.chunks_exact(4).flat_map(wide).collect(),
            };
        }
        let double = Weights::from_bytes(file(&doubles), Limits::default()).unwrap();
        let case = case(checkpoint);
        let logits = [&single, &double].map(|weights| logits(&config, weights, &case.sequences));
        assert_eq!(logits[0], logits[1]);
    }
}

/// One tensor of a type, by its name, in a file.
fn one(kind: Dtype, shape: &[usize], bytes: &[u8]) -> Weights {
    let tensor = Tensor { kind, shape: shape.to_vec(), bytes: bytes.to_vec() };
    Weights::from_bytes(file(&Tensors::from([("w".to_owned(), tensor)])), Limits::default()).unwrap()
}

#[test]
fn a_float64_that_float32_cannot_hold_is_named() {
    let doubles = |values: &[f64]| -> Vec<u8> { values.iter().flat_map(|v| v.to_le_bytes()).collect() };
    let weights = |values: &[f64]| one(Dtype::F64, &[values.len()], &doubles(values));
    assert_eq!(weights(&[0.1, -1e-300, 3e38]).values("w", &[3]).unwrap(), [0.1_f32, -0.0, 3e38]);
    for (value, part) in [
        (1e300, "holds 1e300 at index 1, too large for float32"),
        (-3.5e38, "holds -3.5e38 at index 1, too large for float32"),
        (f64::NAN, "holds NaN at index 1"),
        (f64::NEG_INFINITY, "holds -inf at index 1"),
    ] {
        assert_tensor(weights(&[1.0, value]).values("w", &[2]), "w", &[part]);
    }
}

#[test]
fn other_types_are_let_be_until_they_are_asked_for() {
    let (config, plain) = read(&golden_dir().join(CHECKPOINT));
    let mut more = tensors(CHECKPOINT);
    let buffer =
        |kind, shape: &[usize], bytes: usize| Tensor { kind, shape: shape.to_vec(), bytes: vec![1; bytes] };
    more.insert("bert.embeddings.position_ids".to_owned(), buffer(Dtype::I64, &[1, 40], 320));
    more.insert("mask".to_owned(), buffer(Dtype::BOOL, &[3], 3));
    let weights = Weights::from_bytes(file(&more), Limits::default()).unwrap();
    let case = case(CHECKPOINT);
    assert_eq!(logits(&config, &weights, &case.sequences), logits(&config, &plain, &case.sequences));

    for (kind, bytes) in
        [(Dtype::I64, 8), (Dtype::BOOL, 1), (Dtype::U8, 1), (Dtype::F8_E4M3, 1), (Dtype::C64, 8)]
    {
        let values = one(kind, &[1], &vec![1; bytes]).values("w", &[1]);
        assert_tensor(values, "w", &[&format!("has type {kind:?}; supported: F64, F32, F16, BF16")]);
    }
}
