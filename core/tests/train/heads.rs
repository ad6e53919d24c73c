//! Training and evaluation through the public API.

use std::fs;

use frontdesk::doctor::FindingKind;
use frontdesk::evaluate::{EvaluateOptions, evaluate};
use frontdesk::table::Labelled;
use frontdesk::train::{HeadData, HeadKind, Method, Pooling, TrainOptions, estimate_heads, train};
use frontdesk::{
    AbstainReason, AnalyzeOptions, Engine, EngineOptions, ErrorKind, ModelSource, Ticket, from_json,
};

use crate::common::{bundle, checkpoint, easy, open, rows};

fn options(dir: &tempfile::TempDir, task: &str) -> TrainOptions {
    let base = checkpoint("distilbert-single-float32", dir.path());
    let mut options = TrainOptions::new(base.as_path(), task, dir.path().join("out"));
    options.epochs = Some(8);
    options.method = Some(Method::Frozen);
    options.allow = vec![FindingKind::Leak];
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
fn a_text_of_several_heads_goes_through_the_trunk_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(&dir, "");
    options.method = Some(Method::Full);
    let (mood, told) = (easy(), easy());
    let other = rows(&[("x y z", "p"), ("z z", "q"), ("proof proof proof", "p"), ("y", "q")]);
    let head = |task, data| HeadData::new(task, data, Some(data));
    let tokens = |heads: &[HeadData<'_>]| estimate_heads(heads, &options, &|_| Ok(())).unwrap().tokens;
    let (one, apart) = (tokens(&[head("mood", &mood)]), tokens(&[head("team", &other)]));
    assert_eq!(tokens(&[head("mood", &mood), head("tone", &told)]), one);
    let thrice = HeadData { passes: 3, ..head("tone", &told) };
    assert_eq!(tokens(&[head("mood", &mood), thrice]), 3 * one, "as often as the head that needs it most");
    let both = tokens(&[head("mood", &mood), head("team", &other)]);
    assert!(one < both && both <= one + apart, "{one} {apart} {both}");
}

#[test]
fn a_dense_layer_of_its_own_takes_the_place_of_the_classifiers() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(&dir, "mood");
    (options.method, options.pooling) = (Some(Method::Full), Some(Pooling::Cls));
    for (dense, width, opens) in [(None, None, true), (Some(8), Some(8), false)] {
        options.dense = dense;
        options.output = dir.path().join(format!("out-{width:?}"));
        train(&easy(), Some(&easy()), &options, &|_| Ok(())).unwrap();
        let read = |name: &str| -> serde_json::Value {
            serde_json::from_slice(&fs::read(options.output.join(name)).unwrap()).unwrap()
        };
        let head = &read("frontdesk.json")["heads"][0];
        assert_eq!(head["pooling"], "cls");
        assert!(width.is_none_or(|width: u64| head["dense"] == width), "{head}");
        // Only the classifier of the architecture is one that transformers opens.
        assert_eq!(read("config.json")["id2label"]["0"] == head["labels"][0], opens);
        assert_eq!(open(&options.output).unwrap().analyze(&Ticket::new("proof")).unwrap().tasks.len(), 1);
    }
}

#[test]
fn labels_that_a_whole_bundle_cannot_use_are_refused_before_the_training() {
    for task in ["sentiment", "emotions", "category"] {
        let dir = tempfile::tempdir().unwrap();
        let mut options = TrainOptions::new(ModelSource::Default, task, dir.path().join("out"));
        options.allow = vec![FindingKind::Leak];
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
    (options.epochs, options.allow) = (Some(2), vec![FindingKind::Leak]);
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
    let one = AnalyzeOptions { outputs: vec!["mood".to_owned()], ..AnalyzeOptions::default() };
    let analysis = engine.analyze_with(&ticket, &one).unwrap();
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
    (options.epochs, options.allow) = (Some(3), vec![FindingKind::Leak]);
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

#[test]
fn a_heads_kind_is_said_and_not_read_from_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let kind_of = |name: &str, task: &str, kind: Option<HeadKind>, data: &[Labelled]| {
        let mut options = options(&dir, task);
        (options.output, options.kind) = (dir.path().join(name), kind);
        train(data, Some(data), &options, &|_| Ok(())).map(|report| (open(&options.output).unwrap(), report))
    };
    let queues = rows(&[
        ("proof proof proof", "billing"),
        ("broken broken broken", "urgent"),
        ("proof broken", "billing|urgent"),
        ("press press", ""),
    ]);
    // Several labels, where that is said; a label with a bar in it, where it is not.
    let (engine, report) = kind_of("multi", "queue", Some(HeadKind::MultiLabel), &queues).unwrap();
    assert_eq!(report.heads[0].labels, ["billing", "urgent"]);
    let scores = engine.analyze(&Ticket::new("proof broken")).unwrap().tasks.remove(0).result.labels;
    assert!((scores.iter().map(|label| label.score).sum::<f32>() - 1.0).abs() > 1e-3, "{scores:?}");
    let (_, report) = kind_of("single", "queue", None, &queues[..3]).unwrap();
    assert_eq!(report.heads[0].labels, ["billing", "billing|urgent", "urgent"]);
    // Levels are in the order of their numbers, not of their names.
    let levels = rows(&[("proof", "9"), ("proof proof", "10"), ("broken", "-1"), ("broken press", "9")]);
    let (engine, report) = kind_of("ordinal", "severity", Some(HeadKind::Ordinal), &levels).unwrap();
    assert_eq!(report.heads[0].labels, ["-1", "9", "10"]);
    let found = evaluate(&engine, &levels, &EvaluateOptions::default(), &|_| Ok(())).unwrap();
    assert!(found.mean_absolute_error.is_some());
    let error = kind_of("none", "severity", Some(HeadKind::Ordinal), &easy()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid);
    assert!(error.message().contains("line 2: `calm` is no whole number"), "{error}");
    // The names of a whole bundle's heads are only the default.
    let words = rows(&[("proof", "low"), ("broken", "high"), ("proof proof", "low")]);
    let (_, report) = kind_of("words", "urgency", Some(HeadKind::SingleLabel), &words).unwrap();
    assert_eq!(report.heads[0].labels, ["high", "low"]);
    let unknown = from_json::<TrainOptions>(br#"{"kind": "many"}"#).unwrap_err();
    assert!(unknown.message().contains("single-label`, `multi-label`, `ordinal"), "{unknown}");
}
