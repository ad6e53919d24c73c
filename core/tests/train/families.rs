//! Heads on trunks of every family, through the public API.

use std::fs;
use std::path::Path;

use frontdesk::doctor::FindingKind;
use frontdesk::train::{Method, Pooling, TrainOptions, train};
use frontdesk::{ErrorKind, Ticket};

use crate::common::{checkpoint, doubtful, easy, open};

/// A checkpoint of each layout, and whether its trunk can be trained.
const FAMILIES: [(&str, bool); 9] = [
    ("bert-relu", true),
    ("roberta", true),
    ("xlm-roberta", true),
    ("camembert", true),
    ("electra", false),
    ("mpnet", false),
    ("deberta-v2-v3-base", false),
    ("modernbert-published", false),
    ("modernbert-mean", false),
];

fn options(dir: &Path, family: &str, method: Method, pooling: Pooling) -> TrainOptions {
    let base = checkpoint(&format!("families/{family}"), dir);
    let mut options = TrainOptions::new(base.as_path(), "mood", dir.join(format!("{method:?}-{pooling:?}")));
    (options.method, options.pooling) = (Some(method), Some(pooling));
    options.allow = vec![FindingKind::Leak];
    (options.epochs, options.patience, options.batch) = (Some(40), Some(40), Some(2));
    (options.learning_rate, options.head_learning_rate) = (Some(3e-3), Some(1e-2));
    options
}

#[test]
fn a_frozen_trunk_of_any_family_carries_heads() {
    for (family, _) in FAMILIES {
        let dir = tempfile::tempdir().unwrap();
        for pooling in [Pooling::Mean, Pooling::Cls] {
            let options = options(dir.path(), family, Method::Frozen, pooling);
            train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap_or_else(|e| panic!("{family}: {e}"));
            // Opening replays the golden messages.
            let engine = open(&options.output).unwrap();
            let result = engine.analyze(&Ticket::new("proof press")).unwrap().tasks.remove(0).result;
            assert_eq!(result.labels.len(), 2, "{family} {pooling:?}");
        }
    }
}

/// Without its manifest such a bundle is a checkpoint of transformers.
#[test]
fn a_classifier_on_the_first_token_is_written_as_the_family_has_it() {
    for (family, _) in FAMILIES {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), family, Method::Frozen, Pooling::Cls);
        train(&easy(), Some(&doubtful()), &options, &|_| Ok(())).unwrap();
        let plain = dir.path().join("plain");
        fs::create_dir(&plain).unwrap();
        for file in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
            fs::copy(options.output.join(file), plain.join(file)).unwrap();
        }
        let theirs = open(&plain);
        // A norm follows the dense layer there, which the head of a bundle does not have.
        if family.starts_with("modernbert") {
            assert_eq!(theirs.unwrap_err().kind(), ErrorKind::ModelInvalid, "{family}");
            continue;
        }
        let (ours, theirs) = (open(&options.output).unwrap(), theirs.unwrap());
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(options.output.join("frontdesk.json")).unwrap()).unwrap();
        for text in ["proof press", "broken ! broken", "a b c"] {
            let margin = |engine: &frontdesk::Engine| {
                let labels = engine.analyze(&Ticket::new(text)).unwrap().tasks.remove(0).result.labels;
                let calm = labels.iter().find(|l| l.label == "calm").unwrap().score;
                f64::from(calm).ln() - f64::from(1.0 - calm).ln()
            };
            let scaled = margin(&ours) * manifest["heads"][0]["temperature"].as_f64().unwrap();
            // Scores near 1 have few digits left.
            let apart = (scaled - margin(&theirs)).abs();
            assert!(apart < 0.02 * scaled.abs() + 1e-3, "{family} {text}: {scaled} {}", margin(&theirs));
        }
    }
}

#[test]
fn a_trunk_without_a_backward_pass_is_refused_by_name() {
    for (family, trainable) in FAMILIES {
        for method in [Method::Full, Method::Lora] {
            let dir = tempfile::tempdir().unwrap();
            let options = options(dir.path(), family, method, Pooling::Mean);
            let trained = train(&easy(), Some(&easy()), &options, &|_| Ok(()));
            if trainable {
                trained.unwrap_or_else(|e| panic!("{family} {method:?}: {e}"));
                continue;
            }
            let error = trained.unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("method")), "{family}");
            assert!(error.message().contains("frozen"), "{error}");
            assert!(!options.output.exists());
        }
    }
}
