//! Files that lie: every one gets an error of a known kind, and nothing of a claimed size is allocated.

use frontdesk_models::ModelError;
use frontdesk_models::config::{Config, MAX_CONFIG_BYTES};
use frontdesk_models::encoder::{Encoder, TokenBatch};
use frontdesk_models::heads::{Link, ordinal_level, ordinal_probabilities, probabilities, softmax};
use frontdesk_models::reference::{Device, ReferenceEncoder};
use frontdesk_models::weights::{Limits, Weights};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};

const BERT: &str = r#"{"model_type": "bert", "vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1,
    "num_attention_heads": 2, "intermediate_size": 4, "max_position_embeddings": 6, "type_vocab_size": 2}"#;

fn with(field: &str, value: &str) -> Vec<u8> {
    let mut config: serde_json::Value = serde_json::from_str(BERT).unwrap();
    config[field] = serde_json::from_str(value).unwrap();
    serde_json::to_vec(&config).unwrap()
}

fn file(name: &str, shape: &[usize], values: &[f32]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    safetensors::serialize([(name, TensorView::new(Dtype::F32, shape.to_vec(), &bytes).unwrap())], None)
        .unwrap()
}

fn header(json: &str) -> Vec<u8> {
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(json.as_bytes());
    bytes
}

#[test]
fn every_config_field_is_checked_by_name() {
    Config::from_json(BERT.as_bytes()).unwrap();
    for (field, value) in [
        ("model_type", "\"gpt2\""),
        ("model_type", "7"),
        ("vocab_size", "0"),
        ("vocab_size", "1e99"),
        ("hidden_size", "-4"),
        ("hidden_size", "5"),
        ("num_hidden_layers", "100000"),
        ("num_attention_heads", "\"two\""),
        ("intermediate_size", "null"),
        ("max_position_embeddings", "4.5"),
        ("type_vocab_size", "[]"),
        ("hidden_act", "\"mish\""),
        ("layer_norm_eps", "0"),
        ("position_embedding_type", "\"relative_key\""),
        ("is_decoder", "true"),
        ("problem_type", "\"guessing\""),
        ("id2label", r#"{"0": "a", "2": "b"}"#),
        ("id2label", r#"{"0": "a", "00": "b"}"#),
        ("id2label", r#"{"0": "a", "x": "b"}"#),
        ("id2label", r#"{"0": "a", "-1": "b"}"#),
        ("id2label", r#"{"0": ["a"]}"#),
        ("id2label", r#"{"0": {"a": 1}}"#),
        ("id2label", r#"["a", "b"]"#),
        ("num_labels", "0"),
        ("num_labels", "-1"),
        ("num_labels", "3.5"),
        ("num_labels", "\"3\""),
        ("num_labels", "1000000000"),
    ] {
        match Config::from_json(&with(field, value)) {
            Err(ModelError::Config { field: named, .. }) => assert_eq!(named, field, "for {value}"),
            other => panic!("{field} = {value}: {other:?}"),
        }
    }
    assert!(Config::from_json(b"[1, 2").is_err());
    assert!(Config::from_json(&vec![b' '; MAX_CONFIG_BYTES + 1]).is_err());
}

#[test]
fn hostile_weights_are_refused() {
    let open = |bytes: Vec<u8>| Weights::from_bytes(bytes, Limits::default());
    let good = file("w", &[2], &[1.0, 2.0]);
    assert!(open(good.clone()).is_ok());
    for cut in 0..good.len() {
        assert!(matches!(open(good[..cut].to_vec()), Err(ModelError::Weights(_))), "cut at {cut}");
    }
    for bytes in [
        u64::MAX.to_le_bytes().to_vec(),
        [(20u64 << 20).to_le_bytes().to_vec(), vec![b'{'; 64]].concat(),
        header("{}garbage"),
        header(r#"{"w": {"dtype": "F32", "shape": [4611686018427387904, 8], "data_offsets": [0, 8]}}"#),
        header(r#"{"w": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}}"#),
        header(r#"{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 800]}}"#),
        header(r#"{"w": {"dtype": "Q7", "shape": [2], "data_offsets": [0, 8]}}"#),
        header(&"[".repeat(100_000)),
    ] {
        assert!(matches!(open(bytes), Err(ModelError::Weights(_))));
    }
    let few = Limits { tensors: 0, ..Limits::default() };
    assert!(matches!(Weights::from_bytes(good.clone(), few), Err(ModelError::Weights(_))));
    let small = Limits { file_bytes: 10, ..Limits::default() };
    assert!(matches!(Weights::from_bytes(good, small), Err(ModelError::Weights(_))));
}

/// A mapped file would end the process.
#[test]
fn a_file_that_is_cut_short_while_it_is_read_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    let values: Vec<f32> = (0..500_000_u32).map(|at| at as f32).collect();
    std::fs::write(&path, file("w", &[values.len()], &values)).unwrap();
    let weights = Weights::open(&path, Limits::default()).unwrap();
    assert_eq!(weights.values("w", &[values.len()]).unwrap(), values);
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 20).unwrap();
    match weights.values("w", &[values.len()]) {
        Err(ModelError::Weights(reason)) => assert!(reason.contains("shorter while it was read"), "{reason}"),
        other => panic!("{:?}", other.map(|values| values.len())),
    }
}

/// A device that never ends, and a directory: neither is mapped or read.
#[cfg(unix)]
#[test]
fn weights_are_a_regular_file() {
    for path in ["/dev/zero", env!("CARGO_MANIFEST_DIR")] {
        let opened = Weights::open(std::path::Path::new(path), Limits::default());
        assert!(
            matches!(opened, Err(ModelError::Weights(ref why)) if why == "no regular file"),
            "{opened:?}"
        );
    }
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let weights = |values: &[f32]| Weights::from_bytes(file("w", &[2], values), Limits::default()).unwrap();
    let reason = |weights: &Weights, name: &str, shape: &[usize]| match weights.values(name, shape) {
        Err(ModelError::Tensor { name: named, reason }) if named == name => reason,
        other => panic!("{other:?}"),
    };
    assert!(reason(&weights(&[1.0, 2.0]), "v", &[2]).contains("missing"));
    assert!(reason(&weights(&[1.0, 2.0]), "w", &[2, 1]).contains("[2, 1]"));
    assert!(reason(&weights(&[1.0, f32::NAN]), "w", &[2]).contains("NaN at index 1"));
    assert!(reason(&weights(&[f32::INFINITY, 0.0]), "w", &[2]).contains("inf at index 0"));
    let config = Config::from_json(BERT.as_bytes()).unwrap();
    let trunk = ReferenceEncoder::load(&config, &weights(&[1.0, 2.0]), &Device::cpu());
    assert!(trunk.unwrap_err().to_string().contains("embeddings.word_embeddings.weight"));
}

#[test]
fn batches_that_do_not_fit_are_refused() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/distilbert-single-float32");
    let config = Config::from_json(&std::fs::read(dir.join("config.json")).unwrap()).unwrap();
    let weights = Weights::open(&dir.join("model.safetensors"), Limits::default()).unwrap();
    let encoder = ReferenceEncoder::load(&config, &weights, &Device::cpu()).unwrap();
    let none: Vec<Vec<u32>> = Vec::new();
    assert!(matches!(encoder.forward(&TokenBatch::new(none)), Err(ModelError::Batch(_))));
    for bad in [vec![], vec![1; 41], vec![1, 64]] {
        assert!(matches!(encoder.forward(&TokenBatch::new([vec![1], bad])), Err(ModelError::Batch(_))));
    }
}

#[test]
fn softmax_is_stable_for_extreme_logits() {
    assert_eq!(softmax(&[-100.0, 50.0]), [(-150f64).exp() as f32, 1.0]);
    assert_eq!(softmax(&[f32::MAX, f32::MAX]), [0.5, 0.5]);
    assert_eq!(softmax(&[f32::MIN, f32::MAX]), [0.0, 1.0]);
}

proptest! {
    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = Config::from_json(&bytes);
        let _ = Weights::from_bytes(bytes, Limits::default());
    }

    #[test]
    fn probabilities_add_up(logits in prop::collection::vec(-1e30f32..1e30, 1..40)) {
        for (link, values) in [(Link::Softmax, logits.len()), (Link::Ordinal, logits.len() + 1)] {
            let mut logits = logits.clone();
            logits.sort_by(|a, b| b.total_cmp(a));
            let p = probabilities(link, &logits);
            prop_assert_eq!(p.len(), values);
            prop_assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
            prop_assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        prop_assert!(probabilities(Link::Sigmoid, &logits).iter().all(|p| (0.0..=1.0).contains(p)));
        prop_assert_eq!(&probabilities(Link::Identity, &logits), &logits);
    }

    #[test]
    fn the_ordinal_level_is_the_median(mut logits in prop::collection::vec(-20f32..20.0, 1..12)) {
        logits.sort_by(|a, b| b.total_cmp(a));
        let p = ordinal_probabilities(&logits);
        let level = ordinal_level(&logits);
        let below: f32 = p[..level].iter().sum();
        prop_assert!(below <= 0.5 + 1e-5 && below + p[level] >= 0.5 - 1e-5);
    }
}
