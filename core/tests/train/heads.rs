//! Training and evaluation through the public face.

use std::fs;

use frontdesk::doctor::Kind;
use frontdesk::evaluate::{EvaluateOptions, evaluate};
use frontdesk::train::{Method, TrainOptions, train};
use frontdesk::{AbstainReason, AnalyzeOptions, Engine, EngineOptions, ErrorKind, ModelSource, Ticket};

use crate::common::{bundle, checkpoint, easy, open, rows};

fn options(dir: &tempfile::TempDir, task: &str) -> TrainOptions {
    let base = checkpoint("distilbert-single-float32", dir.path());
    let mut options = TrainOptions::new(base.as_path(), task, dir.path().join("out"));
    options.epochs = Some(8);
    options.method = Some(Method::Frozen);
    options.allow = vec![Kind::Leak];
    options
}

fn entries(dir: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_trained_head_serves_and_learnt_something() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&bundle(dir.path())).unwrap();
    let analysis = engine.analyze(&Ticket::new("proof proof proof")).unwrap();
    assert_eq!(analysis.tasks[0].task, "mood");
    assert_eq!(analysis.tasks[0].result.label, "calm");
    let result = evaluate(&engine, &easy(), &EvaluateOptions::default(), &|_| Ok(())).unwrap();
    assert!(result.accuracy.value >= 5.0 / 6.0, "{result:?}");
    assert!(result.accuracy.low <= result.accuracy.value && result.accuracy.value <= result.accuracy.high);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let heads = |seed: u64| {
        let dir = tempfile::tempdir().unwrap();
        let mut options = options(&dir, "mood");
        options.seed = seed;
        options.dense = Some(8);
        train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap();
        fs::read(options.output.join("heads.safetensors")).unwrap()
    };
    assert_eq!(heads(1), heads(1));
    assert_ne!(heads(1), heads(2));
}

#[test]
fn labels_that_a_whole_bundle_cannot_use_are_refused_before_the_training() {
    for task in ["sentiment", "emotions", "category"] {
        let dir = tempfile::tempdir().unwrap();
        let mut options = TrainOptions::new(ModelSource::Default, task, dir.path().join("out"));
        options.allow = vec![Kind::Leak];
        let untold = |_| panic!("{task}: the training began");
        let error = train(&easy(), Some(&easy()), &options, &untold).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{task}: {error}");
        assert!(error.to_string().contains("calm"), "{task}: {error}");
        assert!(!options.output.exists());
    }
}

#[test]
fn a_head_trained_into_a_whole_bundle_is_one_more_output() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = TrainOptions::new(ModelSource::Default, "mood", dir.path().join("whole"));
    (options.epochs, options.allow) = (Some(2), vec![Kind::Leak]);
    train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap();
    let engine = open(&options.output).unwrap();
    assert_eq!(engine.info().outputs, ["sentiment", "category", "route", "mood"]);
    let ticket = Ticket::new("proof press proof");
    let all = engine.analyze(&ticket).unwrap();
    assert_eq!((all.tasks.len(), all.tasks[0].task.as_str()), (1, "mood"));
    let before = Engine::open(EngineOptions::default()).unwrap().analyze(&ticket).unwrap();
    assert_eq!(
        (&all.sentiment, &all.category, &all.route),
        (&before.sentiment, &before.category, &before.route)
    );
    let mut one = AnalyzeOptions::default();
    one.outputs = vec!["mood".to_owned()];
    let analysis = engine.analyze_batch(std::slice::from_ref(&ticket), &one).unwrap().remove(0);
    assert_eq!((analysis.tasks, analysis.sentiment), (all.tasks, None));
    let none = engine.analyze(&Ticket::new(" ")).unwrap();
    assert!(none.abstain.iter().any(|a| a.output == "mood" && a.reason == AbstainReason::Empty));
}

#[test]
fn a_second_head_leaves_the_first_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let first = bundle(dir.path());
    let score = |engine: &Engine| engine.analyze(&Ticket::new("broken press")).unwrap().tasks.remove(0);
    let before = score(&open(&first).unwrap());
    let mut options = TrainOptions::new(first.as_path(), "urgency", dir.path().join("second"));
    (options.epochs, options.allow) = (Some(3), vec![Kind::Leak]);
    let levels =
        rows(&[("a", "1"), ("b", "2"), ("press", "9"), ("broken", "10"), ("proof", "3"), ("broken !", "10")]);
    train(&levels, Some(&levels), &options, &|_| Ok(())).unwrap();
    let second = open(&options.output).unwrap();
    assert_eq!(score(&second), before);
    let analysis = second.analyze(&Ticket::new("broken press")).unwrap();
    let urgency = &analysis.tasks[1];
    assert_eq!((urgency.task.as_str(), urgency.result.labels.len()), ("urgency", 10));
}

#[test]
fn what_cannot_be_learnt_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(&dir, "mood");
    let before = entries(dir.path());
    let one_class = rows(&[("a", "x"), ("b", "x")]);
    let singles = rows(&[("a", "x"), ("b", "y")]);
    let empty_label = rows(&[("a", "x"), ("b", "")]);
    for (data, valid, part) in [
        (&one_class, Some(&one_class), "1 distinct label"),
        (&singles, None, "no label has two rows"),
        (&empty_label, Some(&singles), "line 3"),
        (&singles, Some(&rows(&[("a", "z")])), "`z`"),
    ] {
        let error = train(data, valid.map(Vec::as_slice), &options, &|_| Ok(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid);
        assert!(error.message().contains(part), "{part}: {error}");
    }
    let wild = TrainOptions { learning_rate: Some(1e30), ..options.clone() };
    let error = train(&easy(), Some(&easy()), &wild, &|_| Ok(())).unwrap_err();
    assert!(error.message().contains("step"), "{error}");
    let wrong = [
        TrainOptions { task: "model".into(), ..options.clone() },
        TrainOptions { dense: Some(0), ..options.clone() },
        TrainOptions { max_tokens: 2, ..options.clone() },
        TrainOptions { weight_decay: Some(f64::NAN), ..options.clone() },
    ];
    for (options, field) in wrong.iter().zip(["task", "dense", "max_tokens", "weight_decay"]) {
        let error = train(&easy(), None, options, &|_| panic!("the work began")).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)));
    }
    fs::create_dir(&options.output).unwrap();
    assert_eq!(train(&easy(), None, &options, &|_| Ok(())).unwrap_err().kind(), ErrorKind::Io);
    fs::remove_dir(&options.output).unwrap();
    assert_eq!(entries(dir.path()), before, "nothing half-written is left");
}

#[test]
fn without_a_validation_file_a_tenth_of_each_label_is_held_out() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(&dir, "mood");
    let mut data = Vec::new();
    for _ in 0..4 {
        data.extend(easy());
    }
    let report = train(&data, None, &options, &|_| Ok(())).unwrap();
    let head = &report.heads[0];
    assert_eq!((head.train_rows, head.valid_rows), (20, 4));
    assert!(head.validation.contains("seed 17"), "{}", head.validation);
}

#[test]
fn evaluation_refuses_labels_and_tasks_that_the_model_does_not_know() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&bundle(dir.path())).unwrap();
    let error =
        evaluate(&engine, &rows(&[("a", "calm"), ("b", "joyful")]), &EvaluateOptions::default(), &|_| Ok(()));
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid);
    assert!(error.message().contains("line 3") && error.message().contains("calm, upset"), "{error}");
    let options = EvaluateOptions { task: Some("weather".into()), ..EvaluateOptions::default() };
    assert_eq!(
        evaluate(&engine, &easy(), &options, &|_| Ok(())).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
}
