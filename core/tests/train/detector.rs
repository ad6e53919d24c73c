//! Heads that detect texts outside of the domain, trunks that stay near their base, and trunks that learn to
//! bear eight bits.

use std::fs;
use std::path::Path;

use frontdesk::doctor::FindingKind;
use frontdesk::evaluate::{EvaluateOptions, evaluate, out_of_domain};
use frontdesk::table::Labelled;
use frontdesk::train::{HeadData, HeadKind, Method, TrainOptions, train, train_heads};
use frontdesk::{AbstainReason, AnalyzeOptions, Engine, EngineOptions, ErrorKind, Precision, Ticket};
use frontdesk_models::config::Config;
use frontdesk_models::encoder::{Encoder, PackedEncoder, Pooling, TokenBatch};
use frontdesk_models::kernels::{self, Isa};
use frontdesk_models::weights::{Limits, Weights};
use serde_json::json;

use crate::common::{self, checkpoint, easy, open, rows};

const OUTSIDE: [&str; 4] = ["a b a b", "b b b", "a a", "b a b a"];

/// Messages without a label, and texts that are none.
fn told() -> Vec<Labelled> {
    let outside = OUTSIDE.map(|text| (text, "outside"));
    let inside = easy().into_iter().map(|row| (row.text, ""));
    let inside: Vec<(String, &str)> = inside.collect();
    let inside: Vec<(&str, &str)> = inside.iter().map(|(text, label)| (text.as_str(), *label)).collect();
    rows(&[inside, outside.to_vec()].concat())
}

fn options(dir: &Path) -> TrainOptions {
    let mut options =
        TrainOptions::new(checkpoint("bert-single-float32", dir).as_path(), "", dir.join("out"));
    options.method = Some(Method::Full);
    options.detector = Some("domain".into());
    options.allow = vec![FindingKind::Leak];
    (options.epochs, options.patience, options.batch) = (Some(40), Some(40), Some(4));
    (options.learning_rate, options.head_learning_rate) = (Some(3e-3), Some(1e-2));
    options
}

fn head<'a>(task: &'a str, kind: Option<HeadKind>, data: &'a [Labelled]) -> HeadData<'a> {
    HeadData { kind, ..HeadData::new(task, data, Some(data)) }
}

#[test]
fn a_text_outside_makes_the_other_heads_abstain_and_the_detector_answers_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let (mood, told) = (easy(), told());
    let heads = [head("mood", None, &mood), head("domain", Some(HeadKind::MultiLabel), &told)];
    train_heads(&heads, &options, &|_| Ok(())).unwrap();
    let engine = open(&options.output).unwrap();
    assert_eq!(engine.info().outputs, ["mood"]);
    for row in &told {
        let analysis = engine.analyze(&Ticket::new(row.text.as_str())).unwrap();
        assert_eq!(analysis.tasks.len(), 1, "the detector is no output");
        let found = analysis.abstain.iter().any(|abstain| abstain.reason == AbstainReason::OutOfDomain);
        assert_eq!(found, row.label == "outside", "{}: {analysis:?}", row.text);
    }
    let unknown = AnalyzeOptions { outputs: vec!["domain".into()], ..AnalyzeOptions::default() };
    let error = engine.analyze_with(&Ticket::new("a"), &unknown).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("outputs")));

    let outside: Vec<Labelled> = told.iter().filter(|row| row.label == "outside").cloned().collect();
    let of = |task: &str| EvaluateOptions { task: Some(task.into()), ..EvaluateOptions::default() };
    let found = out_of_domain(&engine, &mood, &outside, &of("mood"), &|_| Ok(())).unwrap();
    assert_eq!((found.auroc, found.inside_refused, found.outside_refused), (Some(1.0), Some(0.0), Some(1.0)));
    // By its name the detector can be measured as any other head.
    let found = evaluate(&engine, &told, &of("domain"), &|_| Ok(())).unwrap();
    assert!(found.accuracy.value > 0.99, "{found:?}");
}

#[test]
fn what_is_no_detector_is_refused_before_the_training() {
    let dir = tempfile::tempdir().unwrap();
    let (mood, told) = (easy(), told());
    let two = rows(&[("a", "x"), ("b", "y"), ("a b", ""), ("b a", "x|y")]);
    let multi = Some(HeadKind::MultiLabel);
    let cases = [
        (vec![head("mood", None, &mood)], "no head is called `domain`"),
        (vec![head("mood", None, &mood), head("domain", None, &mood)], "is not multi-label"),
        (vec![head("domain", multi, &told)], "trained with the heads"),
        (vec![head("mood", None, &mood), head("domain", multi, &two)], "has the labels x, y"),
    ];
    for (heads, message) in cases {
        let options = options(dir.path());
        let error = train_heads(&heads, &options, &|_| Ok(())).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("detector")), "{error}");
        assert!(error.message().contains(message), "{error}");
        assert!(!options.output.exists());
    }
}

#[test]
fn a_manifest_whose_detector_does_not_fit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.epochs = Some(1);
    let (mood, told) = (easy(), told());
    let heads = [head("mood", None, &mood), head("domain", Some(HeadKind::MultiLabel), &told)];
    train_heads(&heads, &options, &|_| Ok(())).unwrap();
    let file = options.output.join("frontdesk.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        (&manifest["format"], &manifest["heads"][0]["detector"]["head"]),
        (&json!(2), &json!("domain"))
    );
    let cases = [
        (json!({"head": "none", "limit": 0.5}), "`none` is no multi-label head of one label"),
        (json!({"head": "mood", "limit": 0.5}), "`mood` is no multi-label head of one label"),
        (json!({"head": "domain", "limit": 1.5}), "the limit of its detector is 1.5; from 0 to 1"),
        (json!({"head": "domain", "limit": -0.1}), "from 0 to 1"),
        (json!({"head": "domain"}), "limit"),
    ];
    for (detector, message) in cases {
        let mut changed = manifest.clone();
        changed["heads"][0]["detector"] = detector;
        fs::write(&file, changed.to_string()).unwrap();
        let error = open(&options.output).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ModelInvalid, "{error}");
        assert!(error.message().contains(message), "{error}");
    }
    // Of itself it cannot be told.
    let mut changed = manifest;
    changed["heads"][1]["detector"] = json!({"head": "domain", "limit": 0.5});
    fs::write(&file, changed.to_string()).unwrap();
    assert_eq!(open(&options.output).unwrap_err().kind(), ErrorKind::ModelInvalid);
}

/// The mean-pooled vectors of some sequences by the trunk in a directory.
fn vectors(folder: &Path) -> Vec<Vec<f32>> {
    let config = Config::from_json(&fs::read(folder.join("config.json")).unwrap()).unwrap();
    let weights = Weights::open(&folder.join("model.safetensors"), Limits::default()).unwrap();
    let trunk =
        PackedEncoder::load(&config, &weights, kernels::Precision::F32, Isa::chosen().unwrap()).unwrap();
    // "proof proof proof", "proof press proof", "broken broken broken" and "broken ! !" between [CLS] and
    // [SEP].
    let words: [[u32; 3]; 4] = [[60, 60, 60], [60, 61, 60], [63, 63, 63], [63, 56, 56]];
    let batch = TokenBatch::new(words.map(|[a, b, c]| vec![2, a, b, c, 3]));
    trunk.forward(&batch).unwrap().pool(Pooling::Mean).unwrap()
}

/// The mean of one less the cosine.
fn apart(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let pairs = a.iter().zip(b).map(|(a, b)| 1.0 - dot(a, b) / (dot(a, a) * dot(b, b)).sqrt());
    pairs.sum::<f32>() / a.len() as f32
}

#[test]
fn a_trunk_that_is_held_stays_nearer_to_its_base_and_still_learns() {
    let dir = tempfile::tempdir().unwrap();
    let trained = |distil: f64| {
        let plain = options(dir.path());
        let base = dir.path().join("bert-single-float32");
        let output = dir.path().join(format!("held-{distil}"));
        let plain = TrainOptions { learning_rate: Some(5e-4), dropout: Some(0.0), detector: None, ..plain };
        let options = TrainOptions { task: "mood".into(), distil, output, ..plain };
        let report = train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap();
        assert!(report.heads[0].value > 0.99, "{distil}: {report:?}");
        apart(&vectors(&base), &vectors(&options.output))
    };
    let (free, held) = (trained(0.0), trained(30.0));
    assert!(held < free / 2.0, "{held} against {free}");
}

#[test]
fn a_trunk_that_learns_under_rounding_is_kept_from_those_epochs_and_serves_in_eight_bits() {
    let dir = tempfile::tempdir().unwrap();
    let trained = |quantised_epochs: usize| {
        let output = dir.path().join(format!("of-{quantised_epochs}"));
        let plain = options(dir.path());
        let options = TrainOptions { detector: None, task: "mood".into(), quantised_epochs, output, ..plain };
        let report = train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap();
        (options, report)
    };
    let (options, report) = trained(5);
    assert!(report.epoch > 35, "an epoch that rounds is kept: {}", report.epoch);
    let int8 = EngineOptions { precision: Precision::Int8, ..common::options(&options.output) };
    let engine = Engine::open(int8).unwrap();
    let found = evaluate(&engine, &easy(), &EvaluateOptions::default(), &|_| Ok(())).unwrap();
    assert!(found.accuracy.value > 0.99, "{found:?}");
    let weights = |options: &TrainOptions| fs::read(options.output.join("model.safetensors")).unwrap();
    assert_ne!(weights(&options), weights(&trained(0).0), "rounding moves the weights elsewhere");
}

#[test]
fn a_frozen_trunk_is_neither_held_nor_rounded() {
    let dir = tempfile::tempdir().unwrap();
    let plain = TrainOptions { detector: None, task: "mood".into(), ..options(dir.path()) };
    let frozen = TrainOptions { method: Some(Method::Frozen), ..plain };
    for (field, options) in [
        ("distil", TrainOptions { distil: 1.0, ..frozen.clone() }),
        ("quantised_epochs", TrainOptions { quantised_epochs: 1, ..frozen.clone() }),
        ("distil", TrainOptions { distil: -1.0, ..frozen.clone() }),
        ("distil", TrainOptions { distil: f64::NAN, ..frozen.clone() }),
        ("quantised_epochs", TrainOptions { quantised_epochs: 10_001, ..frozen }),
    ] {
        let error = train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
}
