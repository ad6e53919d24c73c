//! Numbers of bundles and of options: one out of its range is refused by its name.

use std::fs;
use std::path::Path;

use frontdesk::evaluate::{EvaluateOptions, evaluate};
use frontdesk::train::{TrainOptions, check, train};
use frontdesk::{ErrorKind, from_json};
use serde_json::Value;

use crate::common::{bundle, checkpoint, easy, open};

/// Puts a number at a place of a bundle's manifest as it is written, which no float of ours may hold.
fn put(model: &Path, place: &str, number: &str) {
    let file = model.join("frontdesk.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let head = &mut manifest["heads"][0];
    let logits = head["labels"].as_array().unwrap().len();
    head["scaling"] = serde_json::json!({"weights": vec![1.0; logits], "biases": vec![0.0; logits]});
    head["thresholds"] = vec![0.5; logits].into();
    head["domain"] = serde_json::json!({"centres": 1, "limit": 1.0});
    *manifest.pointer_mut(place).unwrap() = "the number".into();
    fs::write(&file, manifest.to_string().replace("\"the number\"", number)).unwrap();
}

#[test]
fn numbers_of_a_bundle_have_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let model = bundle(dir.path());
    let manifest = fs::read(model.join("frontdesk.json")).unwrap();
    let cases: [(&str, &[&str], &str); 9] = [
        ("/heads/0/temperature", &["1e39", "-1", "0", "1e-45"], "from 0.01 to 100"),
        ("/heads/0/abstain_below", &["1e39", "-0.1", "1.5"], "from 0 to 1"),
        ("/heads/0/thresholds/1", &["1e39", "-0.1", "1.5"], "from 0 to 1"),
        ("/heads/0/scaling/weights/0", &["1e39", "-1e39", "3e38", "1e7"], "from -1e6 to 1e6"),
        ("/heads/0/scaling/biases/1", &["1e39", "-1e39", "-3e38"], "from -1e6 to 1e6"),
        ("/heads/0/domain/limit", &["1e39", "-1"], "a squared distance from 0"),
        ("/heads/0/domain/centres", &["0", "18446744073709551615"], "from 1 to 10000"),
        ("/input/max_tokens", &["0", "18446744073709551615"], "from 3 to 65536"),
        ("/input/max_bytes", &["0", "18446744073709551615"], "from 1 to 1073741824"),
    ];
    for (place, numbers, told) in cases {
        for number in ["1e999", "-1e999"].iter().chain(numbers) {
            fs::write(model.join("frontdesk.json"), &manifest).unwrap();
            put(&model, place, number);
            let error = open(&model).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ModelInvalid, "{place} {number}: {error}");
            let known = error.message().contains(told)
                || error.message().contains("number out of range")
                || error.message().contains("invalid type");
            assert!(known && error.message().len() < 400, "{place} {number}: {error}");
        }
    }
}

#[test]
fn numbers_of_options_have_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let base = checkpoint("bert-single-float32", dir.path());
    let output = dir.path().join("out");
    let none = |_| Ok(());
    for json in [
        "{\"epochs\": 10001}",
        "{\"batch\": 65537}",
        "{\"lora_rank\": 1025}",
        "{\"max_tokens\": 65537}",
        "{\"learning_rate\": 1e308}",
        "{\"learning_rate\": 5e-324}",
        "{\"clip\": 1e308}",
        "{\"warmup\": 1}",
        "{\"weight_decay\": -1}",
        "{\"lora_alpha\": 0}",
        "{\"checkpoint_every\": 18446744073709551615}",
    ] {
        let options: TrainOptions = from_json(json.as_bytes()).unwrap();
        let options = TrainOptions {
            base: base.as_path().into(),
            output: output.clone(),
            task: "mood".into(),
            ..options
        };
        let field = json[2..].split('"').next().unwrap();
        for error in [
            train(&easy(), None, &options, &none).unwrap_err(),
            check(&easy(), None, &options, &none).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)), "{error}");
            assert!(error.message().starts_with(&format!("{field}: ")), "{error}");
        }
    }
    assert!(!output.exists());
    let model = bundle(dir.path());
    let options = EvaluateOptions { resamples: usize::MAX, ..EvaluateOptions::default() };
    let error = evaluate(&open(&model).unwrap(), &easy(), &options, &|_| Ok(())).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("resamples")), "{error}");
}
