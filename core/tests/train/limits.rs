//! Trainings that are refused before they begin.

use std::sync::mpsc;
use std::time::Duration;

use frontdesk::table::Labelled;
use frontdesk::train::{Method, TrainOptions, check, estimate, train};
use frontdesk::{Error, ErrorKind};

use crate::common::{checkpoint, easy, rows};

/// The error of a training that would take minutes, or threads that no machine has.
fn refused(work: impl FnOnce() -> Error + Send + 'static) -> Error {
    let (done, waiting) = mpsc::channel();
    std::thread::spawn(move || done.send(work()));
    waiting.recv_timeout(Duration::from_mins(1)).expect("it is refused before it begins")
}

#[test]
fn more_labels_than_a_bundle_may_have_are_refused_before_a_training() {
    let error = refused(|| {
        let dir = tempfile::tempdir().unwrap();
        let labels: Vec<String> = (0..10_500).map(|label| format!("label {label}")).collect();
        let pairs: Vec<(&str, &str)> = labels.iter().map(|label| (label.as_str(), label.as_str())).collect();
        let many: Vec<Labelled> = rows(&pairs);
        let base = checkpoint("bert-single-float32", dir.path());
        let mut options = TrainOptions::new(base.as_path(), "mood", dir.path().join("bundle"));
        options.method = Some(Method::Frozen);
        train(&many, Some(&many), &options, &|_| Ok(())).unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::DataInvalid);
    assert!(error.message().contains("10500 distinct labels in 10500 rows; at most 10000"), "{error}");
}

#[test]
fn threads_are_from_1_to_1024_for_every_verb() {
    for count in [0, 1025, 5000, usize::MAX] {
        let errors = refused(move || {
            let dir = tempfile::tempdir().unwrap();
            let base = checkpoint("bert-single-float32", dir.path());
            let mut options = TrainOptions::new(base.as_path(), "mood", dir.path().join("bundle"));
            options.threads = Some(count);
            let (data, quiet) = (easy(), |_: frontdesk::train::TrainProgress| Ok(()));
            let route = frontdesk::outcomes::RouteTraining {
                data: dir.path().join("none.jsonl"),
                output: dir.path().join("policy.toml"),
                threads: Some(count),
                ..frontdesk::outcomes::RouteTraining::default()
            };
            let errors = [
                train(&data, Some(&data), &options, &quiet).unwrap_err(),
                estimate(&data, Some(&data), &options, &quiet).unwrap_err(),
                check(&data, Some(&data), &options, &quiet).unwrap_err(),
                frontdesk::outcomes::train_route(&route, &|_| Ok(())).unwrap_err(),
            ];
            let wrong =
                |error: &&Error| error.kind() != ErrorKind::InvalidInput || error.field() != Some("threads");
            assert!(!errors.iter().any(|error| wrong(&error)), "{errors:?}");
            errors.into_iter().next().unwrap()
        });
        assert!(errors.message().contains(&format!("{count} threads; from 1 to 1024")), "{errors}");
    }
}

#[test]
fn a_base_with_a_broken_tokenizer_is_an_error_of_the_model() {
    let dir = tempfile::tempdir().unwrap();
    let base = checkpoint("bert-single-float32", dir.path());
    let mut file: serde_json::Value = serde_json::from_str(&crate::common::tokenizer()).unwrap();
    file["pre_tokenizer"] = serde_json::json!({"type": "FixedLength", "length": 0});
    std::fs::write(base.join("tokenizer.json"), file.to_string()).unwrap();
    let options = TrainOptions::new(base.as_path(), "mood", dir.path().join("bundle"));
    for error in [
        train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap_err(),
        check(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::ModelInvalid, "{error}");
        assert!(error.message().contains("FixedLength: a length of 0"), "{error}");
    }
}
