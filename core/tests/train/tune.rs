//! Training of trunks, through the public API.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use frontdesk::doctor::FindingKind;
use frontdesk::evaluate::{EvaluateOptions, evaluate};
use frontdesk::table::Labelled;
use frontdesk::train::{
    HeadData, Method, Metric, Pooling, Report, TrainOptions, TrainProgress, train, train_heads,
};
use frontdesk::{Error, ErrorKind, Result, Ticket};

use crate::common::{bundle, checkpoint, doubtful, easy, open, rows};

const FAMILIES: [&str; 3] = ["bert-single-float32", "distilbert-single-float32", "families/roberta"];

fn options(dir: &Path, family: &str, method: Method) -> TrainOptions {
    let mut options = TrainOptions::new(checkpoint(family, dir).as_path(), "mood", dir.join("out"));
    options.method = Some(method);
    options.allow = vec![FindingKind::Leak];
    (options.epochs, options.patience, options.batch) = (Some(30), Some(30), Some(2));
    (options.learning_rate, options.head_learning_rate) = (Some(3e-3), Some(1e-2));
    options
}

fn run(options: &TrainOptions) -> Report {
    train(&easy(), Some(&easy()), options, &|_| Ok(())).unwrap()
}

fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn trunk(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("model.safetensors")).unwrap()
}

#[test]
fn a_trunk_learns_in_each_way_and_serves() {
    for family in FAMILIES {
        for method in [Method::Full, Method::Lora] {
            let dir = tempfile::tempdir().unwrap();
            let mut options = options(dir.path(), family, method);
            options.pooling = Some(Pooling::Mean);
            let report = run(&options);
            assert!(report.heads[0].value > 0.99, "{family} {method:?}: {report:?}");
            assert!(
                report.curve.windows(2).any(|two| two[1].loss < two[0].loss)
                    && report.tokens_per_second > 0.0
            );
            assert_ne!(trunk(&options.output), trunk(&dir.path().join(family)), "the trunk moved");
            let engine = open(&options.output).unwrap();
            let evaluation = evaluate(&engine, &easy(), &EvaluateOptions::default(), &|_| Ok(())).unwrap();
            assert!((evaluation.macro_f1.value - report.heads[0].value).abs() < 1e-9, "as the report says");
            assert!(!dir.path().join("out.checkpoint").exists(), "checkpoints are gone when all is well");
        }
    }
}

#[test]
fn any_number_of_threads_and_any_way_of_accumulating_the_same_batch_gives_the_same_bytes() {
    for method in [Method::Full, Method::Lora, Method::Frozen] {
        let run = |threads: usize| {
            let dir = tempfile::tempdir().unwrap();
            let mut options = options(dir.path(), "bert-single-float32", method);
            (options.threads, options.epochs) = (Some(threads), Some(3));
            options.distil = if method == Method::Frozen { 0.0 } else { 1.0 };
            run(&options);
            bytes(&options.output)
        };
        let one = run(1);
        assert!(run(2) == one && run(3) == one, "{method:?}");
    }
}

/// Stops a training at its `n`th report of steps and epochs.
fn stopping(n: usize) -> impl Fn(TrainProgress) -> Result<()> + Sync {
    let told = AtomicUsize::new(0);
    move |progress| match told
        .fetch_add(usize::from(!matches!(progress, TrainProgress::Features { .. })), Ordering::Relaxed)
    {
        count if count >= n => Err(Error::new(ErrorKind::Cancelled, "enough")),
        _ => Ok(()),
    }
}

fn cut_off_at(dir: &Path, method: Method, n: usize) -> (TrainOptions, Error) {
    let mut options = options(dir, "bert-single-float32", method);
    (options.epochs, options.accumulate, options.checkpoint_every) = (Some(4), 2, Some(1));
    options.distil = if method == Method::Frozen { 0.0 } else { 1.0 };
    let error = train(&easy(), Some(&easy()), &options, &stopping(n)).unwrap_err();
    (options, error)
}

#[test]
fn a_training_that_goes_on_ends_at_the_same_bytes() {
    for method in [Method::Full, Method::Lora, Method::Frozen] {
        let dir = tempfile::tempdir().unwrap();
        let (mut whole, _) = cut_off_at(dir.path(), method, 0);
        let _ = fs::remove_dir_all(dir.path().join("out.checkpoint"));
        whole.output = dir.path().join("whole");
        run(&whole);
        let expected = bytes(&whole.output);
        // In the middle of an epoch, and at its end.
        for n in [2, 4, 6] {
            let dir = tempfile::tempdir().unwrap();
            let (mut options, error) = cut_off_at(dir.path(), method, n);
            assert_eq!(error.kind(), ErrorKind::Cancelled);
            assert!(!options.output.exists());
            options.resume = true;
            options.name = Some("whole".into());
            run(&options);
            assert!(bytes(&options.output) == expected, "{method:?} cut off at {n}");
        }
    }
}

#[test]
fn a_checkpoint_of_another_training_is_refused_and_none_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let (options, _) = cut_off_at(dir.path(), Method::Full, 4);
    let error = train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().contains("resume"), "{error}");
    let others = [
        TrainOptions { resume: true, seed: 1, ..options.clone() },
        TrainOptions { resume: true, learning_rate: Some(1e-3), ..options.clone() },
    ];
    for other in others {
        let error = train(&easy(), Some(&easy()), &other, &|_| Ok(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
        assert!(error.message().contains("another"), "{error}");
    }
    let same = TrainOptions { resume: true, ..options };
    let fewer = &easy()[..5];
    assert_eq!(train(fewer, Some(&easy()), &same, &|_| Ok(())).unwrap_err().kind(), ErrorKind::DataInvalid);
    run(&same);
}

/// Without its manifest the bundle is a checkpoint of transformers, whose logits `models/tests/parity.rs`
/// holds ours to.
#[test]
fn a_single_task_is_a_sequence_classifier_with_the_same_answers() {
    for family in FAMILIES {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), family, Method::Full);
        train(&easy(), Some(&doubtful()), &options, &|_| Ok(())).unwrap();
        let plain: PathBuf = dir.path().join("plain");
        fs::create_dir(&plain).unwrap();
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            fs::copy(options.output.join(file), plain.join(file)).unwrap();
        }
        let config: serde_json::Value =
            serde_json::from_slice(&fs::read(plain.join("config.json")).unwrap()).unwrap();
        assert_eq!(config["id2label"], serde_json::json!({"0": "calm", "1": "upset"}));
        let ours = open(&options.output).unwrap();
        let theirs = open(&plain).unwrap();
        for text in ["proof press", "broken ! broken", "a b c"] {
            let temperature = |engine: &frontdesk::Engine| {
                let labels = engine.analyze(&Ticket::new(text)).unwrap().tasks.remove(0).result.labels;
                let calm = labels.iter().find(|l| l.label == "calm").unwrap().score;
                f64::from(calm).ln() - f64::from(1.0 - calm).ln()
            };
            let manifest: serde_json::Value =
                serde_json::from_slice(&fs::read(options.output.join("frontdesk.json")).unwrap()).unwrap();
            let scaled = temperature(&ours) * manifest["heads"][0]["temperature"].as_f64().unwrap();
            // Scores near 1 have few digits left.
            assert!(
                (scaled - temperature(&theirs)).abs() < 0.02 * scaled.abs() + 1e-3,
                "{family} {text}: {scaled}"
            );
        }
    }
}

#[test]
fn a_probed_head_starts_from_what_the_frozen_trunk_tells() {
    for family in FAMILIES {
        let dir = tempfile::tempdir().unwrap();
        let mut options = options(dir.path(), family, Method::Full);
        // So slow that a head stays as it started.
        (options.learning_rate, options.head_learning_rate) = (Some(1e-12), Some(1e-12));
        (options.epochs, options.metric, options.dropout) = (Some(1), Some(Metric::Loss), Some(0.0));
        let rows: Vec<Labelled> = easy().into_iter().cycle().take(600).collect();
        let started = |probe, pooling, name: &str| {
            let output = dir.path().join(name);
            let options = TrainOptions { probe, pooling, output, ..options.clone() };
            train(&rows, Some(&easy()), &options, &|_| Ok(())).unwrap().curve[0].loss
        };
        for pooling in [Pooling::Mean, Pooling::Cls] {
            let name = format!("{pooling:?}");
            let (random, probed) = (
                started(false, Some(pooling), &format!("random-{name}")),
                started(true, Some(pooling), &format!("probed-{name}")),
            );
            assert!(probed < 0.35 && random > 0.5, "{family} {pooling:?}: {random} {probed}");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let options = TrainOptions { probe: true, ..options(dir.path(), FAMILIES[0], Method::Frozen) };
    let error = train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("probe")));
}

#[test]
fn heads_learn_together_each_from_its_own_rows() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path(), "bert-single-float32", Method::Full);
    let levels = rows(&[("a", "1"), ("b", "2"), ("press", "9"), ("broken", "10"), ("proof", "3")]);
    let tags = rows(&[("a", "x"), ("b", "x|y"), ("press", "y"), ("broken", ""), ("proof", "x")]);
    let mood = easy();
    let head = |task, train: &'static [Labelled], passes| HeadData {
        passes,
        ..HeadData::new(task, train, Some(train))
    };
    let (levels, tags, mood): (&'static [_], &'static [_], &'static [_]) =
        (levels.leak(), tags.leak(), mood.leak());
    let heads = [head("urgency", levels, 2), head("emotions", tags, 1), head("mood", mood, 1)];
    let report = train_heads(&heads, &options, &|_| Ok(())).unwrap();
    assert_eq!(report.curve[0].metrics.len(), 3);
    let engine = open(&options.output).unwrap();
    let names: Vec<String> = engine.info().heads.iter().map(|head| head.name.clone()).collect();
    assert_eq!(names, ["urgency", "emotions", "mood"]);
    for (head, data) in report.heads.iter().zip([levels, tags, mood]) {
        let evaluate_options =
            EvaluateOptions { task: Some(head.task.clone()), ..EvaluateOptions::default() };
        let found = evaluate(&engine, data, &evaluate_options, &|_| Ok(())).unwrap();
        let value = found.mean_absolute_error.map_or(found.macro_f1.value, |error| error.value);
        assert!((value - head.value).abs() < 1e-9, "{head:?}: {value}");
    }
    let twice = [head("mood", mood, 1), head("mood", mood, 1)];
    let error = train_heads(&twice, &TrainOptions { output: dir.path().join("x"), ..options }, &|_| Ok(()));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_trunk_does_not_learn_away_from_heads_that_stay() {
    let dir = tempfile::tempdir().unwrap();
    let base = bundle(dir.path());
    let mut options = TrainOptions::new(base.as_path(), "tone", dir.path().join("tone"));
    options.method = Some(Method::Full);
    options.allow = vec![FindingKind::Leak];
    let error = train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("method")));
    assert!(error.message().contains("mood"), "{error}");
    // The one head that it has may be trained anew with it.
    options.task = "mood".into();
    options.epochs = Some(1);
    run(&options);
}

#[test]
fn a_loss_that_is_no_number_stops_the_training_at_its_step_and_keeps_the_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path(), "bert-single-float32", Method::Full);
    (options.learning_rate, options.checkpoint_every) = (Some(1e30), Some(1));
    let error = train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid);
    assert!(error.message().contains("at step 2") && error.message().contains("out.checkpoint"), "{error}");
    assert!(dir.path().join("out.checkpoint/state.json").exists() && !options.output.exists());
}
