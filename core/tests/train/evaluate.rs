//! Evaluating and comparing through the public API.

use std::fs;
use std::path::{Path, PathBuf};

use frontdesk::doctor::FindingKind;
use frontdesk::evaluate::{Effect, EvaluateOptions, auroc, compare, evaluate};
use frontdesk::table::{Labelled, LabelledFile, Reading, read_labelled};
use frontdesk::train::{Method, TrainOptions, train};
use frontdesk::{Abstain, AbstainReason, Engine, ErrorKind, Ticket};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{bundle, checkpoint, easy, open, root, rows};

/// A model with one head that was trained on these rows.
fn taught(dir: &Path, name: &str, task: &str, data: &[Labelled]) -> PathBuf {
    let base = checkpoint("bert-single-float32", dir);
    let mut options = TrainOptions::new(base.as_path(), task, dir.join(name));
    (options.epochs, options.patience, options.dropout) = (Some(60), Some(60), Some(0.0));
    options.method = Some(Method::Frozen);
    options.allow = vec![FindingKind::Leak];
    train(data, Some(data), &options, &|_| Ok(())).unwrap();
    options.output
}

fn few() -> EvaluateOptions {
    EvaluateOptions { resamples: 200, ..EvaluateOptions::default() }
}

/// The easy rows with the last label wrong.
fn hard() -> Vec<Labelled> {
    let mut rows = easy();
    rows[5].label = "calm".into();
    rows
}

#[test]
fn the_report_agrees_with_itself_and_with_what_the_engine_says() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&bundle(dir.path())).unwrap();
    let data = hard();
    let found = evaluate(&engine, &data, &few(), &|_| Ok(())).unwrap();
    let same = evaluate(&engine, &data, &few(), &|_| Ok(())).unwrap();
    assert_eq!(found, same);
    let answers: Vec<_> = data
        .iter()
        .map(|row| engine.analyze(&Ticket::new(row.text.as_str())).unwrap().tasks.remove(0).result)
        .collect();
    let wrong: Vec<_> = data.iter().zip(&answers).filter(|(row, answer)| row.label != answer.label).collect();
    assert!(!wrong.is_empty() && wrong.len() < 6);
    assert_eq!(found.errors.len(), wrong.len());
    for error in &found.errors {
        let (row, answer) = wrong.iter().find(|(row, _)| row.place.number() == error.line).unwrap();
        assert_eq!((&error.truth, &error.given, error.score), (&row.label, &answer.label, answer.score));
        assert_eq!(error.text, None);
    }
    let brier: f64 = data
        .iter()
        .zip(&answers)
        .flat_map(|(row, answer)| answer.labels.iter().map(|l| (f64::from(l.score), l.label == row.label)))
        .map(|(score, there)| (score - f64::from(u8::from(there))).powi(2))
        .sum();
    assert!((found.brier.value - brier / 6.0).abs() < 1e-9);
    assert_eq!(found.reliability.iter().map(|bin| bin.count).sum::<usize>(), 6);
    let last = found.coverage.last().unwrap();
    assert!((last.precision - found.accuracy.value).abs() < 1e-12 && (last.coverage - 1.0).abs() < 1e-12);
    for class in &found.per_class {
        for interval in [class.precision, class.recall, class.f1] {
            assert!(0.0 <= interval.low && interval.low <= interval.high && interval.high <= 1.0);
        }
    }
    // Two labels: the head never abstains, and nobody asked from which score on it can be trusted.
    assert!(found.abstention.is_none() && found.automation.is_none());
    let texts = EvaluateOptions { texts: true, errors: 1, ..few() };
    let named = evaluate(&engine, &data, &texts, &|_| Ok(())).unwrap().errors;
    let row = data.iter().find(|row| row.place.number() == named[0].line).unwrap();
    assert_eq!((named.len(), named[0].text.as_ref()), (1, Some(&row.text)));
}

#[test]
fn a_file_is_measured_as_its_rows_are_and_must_not_change_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, data) = (open(&bundle(dir.path())).unwrap(), hard());
    let path = dir.path().join("rows.csv");
    let lines: Vec<String> = data.iter().map(|row| format!("{},{}\n", row.text, row.label)).collect();
    fs::write(&path, format!("text,label\n{}", lines.concat())).unwrap();
    let open = || LabelledFile::open(&path, "text", "label", &Reading::default()).unwrap();
    let read = read_labelled(&path, "text", "label", &Reading::default()).unwrap().rows;
    let options = EvaluateOptions { texts: true, ..few() };
    let found = evaluate(&engine, &open(), &options, &|_| Ok(())).unwrap();
    assert_eq!(found, evaluate(&engine, &read, &options, &|_| Ok(())).unwrap());
    assert!(!found.errors.is_empty() && found.errors.iter().all(|error| error.text.is_some()));
    let other = open_other(dir.path());
    let compared = compare(&engine, &other, &open(), &options, &|_| Ok(())).unwrap();
    assert_eq!(compared, compare(&engine, &other, &read, &options, &|_| Ok(())).unwrap());
    assert!(!compared.changes.is_empty() && compared.changes.iter().all(|change| change.text.is_some()));
    let file = open();
    fs::write(&path, format!("text,label\n{}", lines[..3].concat())).unwrap();
    let error = evaluate(&engine, &file, &options, &|_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
    assert!(error.message().contains("changed while it was read"), "{error}");
}

/// A model of the same labels that was trained on the opposite.
fn open_other(dir: &Path) -> Engine {
    let mut turned = easy();
    for row in &mut turned {
        row.label = if row.label == "calm" { "upset" } else { "calm" }.into();
    }
    open(&taught(dir, "turned", "mood", &turned)).unwrap()
}

#[test]
fn the_report_says_what_the_head_abstains_on() {
    let dir = tempfile::tempdir().unwrap();
    let three = rows(&[
        ("proof proof proof", "calm"),
        ("broken broken broken", "upset"),
        ("press press", "neither"),
        ("a b c d", "calm"),
    ]);
    let engine = open(&taught(dir.path(), "three", "mood", &three)).unwrap();
    let mut data = three.clone();
    data.extend(rows(&[
        ("? ?", "calm"),
        ("broken proof", "upset"),
        ("press a", "neither"),
        ("x y z", "upset"),
    ]));
    let found = evaluate(&engine, &data, &few(), &|_| Ok(())).unwrap();
    let abstention = found.abstention.expect("a head of three labels abstains");
    let (mut abstained, mut right) = (0, 0);
    for row in &data {
        let mut analysis = engine.analyze(&Ticket::new(row.text.as_str())).unwrap();
        let result = analysis.tasks.remove(0).result;
        // Texts outside of the four that were trained on are another reason.
        let unsure = |abstain: &Abstain| abstain.reason == AbstainReason::LowConfidence;
        if analysis.abstain.iter().any(unsure) {
            abstained += 1;
        } else {
            right += usize::from(result.label == row.label);
        }
    }
    assert!((abstention.share.value - f64::from(abstained) / 8.0).abs() < 1e-12, "{abstention:?}");
    let answered = 8.0 - f64::from(abstained);
    assert!((abstention.accuracy.value - right as f64 / answered).abs() < 1e-12, "{abstention:?}");
    assert!((abstention.below - 0.5).abs() < f32::EPSILON);
}

#[test]
fn automation_names_a_score_for_each_label_that_has_enough_right_rows() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&bundle(dir.path())).unwrap();
    let mut data = Vec::new();
    for _ in 0..20 {
        data.extend(easy());
    }
    // A third of the calm rows are upset in truth.
    data.iter_mut().step_by(6).for_each(|row| row.label = "upset".into());
    let options = EvaluateOptions { automate_at: Some(0.9), ..few() };
    let found = evaluate(&engine, &data, &options, &|_| Ok(())).unwrap();
    let automation = found.automation.unwrap();
    assert!((automation.wanted - 0.9).abs() < 1e-12);
    assert_eq!(automation.labels.iter().map(|l| l.label.as_str()).collect::<Vec<_>>(), ["calm", "upset"]);
    for label in &automation.labels {
        assert_eq!(label.threshold.is_some(), label.kept > 0);
        assert!((label.coverage - label.kept as f64 / label.given.max(1) as f64).abs() < 1e-12);
        assert!(label.low.is_none_or(|low| 0.9 <= low && low <= label.precision.unwrap()));
    }
    assert!(automation.labels[1].threshold.is_some(), "{automation:?}");
    let kept: usize = automation.labels.iter().map(|label| label.kept).sum();
    assert!((automation.coverage - kept as f64 / 120.0).abs() < 1e-12);
    for wanted in [0.0, 1.0, -1.0, f64::NAN] {
        let options = EvaluateOptions { automate_at: Some(wanted), ..few() };
        let error = evaluate(&engine, &data, &options, &|_| Ok(())).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("automate_at")));
    }
}

#[test]
fn options_are_read_in_either_spelling() {
    let read = |json: Value| frontdesk::from_json::<EvaluateOptions>(json.to_string().as_bytes());
    let options = read(json!({"automateAt": 0.9, "errors": 3, "texts": true})).unwrap();
    assert_eq!(
        (options.automate_at, options.errors, options.texts, options.resamples),
        (Some(0.9), 3, true, 1000)
    );
    assert_eq!(read(json!({"automate_at": 0.5})).unwrap().automate_at, Some(0.5));
    assert_eq!(read(json!({"automated": 1})).unwrap_err().field(), Some("automated"));
}

#[test]
fn labels_of_several_are_right_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    let data =
        rows(&[("proof proof", "joy|satisfaction"), ("broken broken", "anger"), ("press", "frustration")]);
    let engine = open(&taught(dir.path(), "felt", "emotions", &data)).unwrap();
    let mut turned = data.clone();
    turned[0].label = "satisfaction|joy".into();
    let found = evaluate(&engine, &data, &few(), &|_| Ok(())).unwrap();
    assert_eq!(evaluate(&engine, &turned, &few(), &|_| Ok(())).unwrap(), found);
    assert!(found.confusion.is_none() && found.brier.value <= 1.0);
    assert_eq!(found.reliability.iter().map(|bin| bin.count).sum::<usize>(), 3 * 4);
}

#[test]
fn a_model_is_no_better_than_itself() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&bundle(dir.path())).unwrap();
    let done = std::sync::Mutex::new(Vec::new());
    let found = compare(&engine, &engine, &hard(), &few(), &|rows| {
        done.lock().unwrap().push(rows);
        Ok(())
    });
    let found = found.unwrap();
    assert_eq!(*done.lock().unwrap(), [6, 12]);
    for contrast in [found.accuracy, found.macro_f1, found.ece] {
        let d = contrast.difference;
        assert_eq!((d.value, d.low, d.high, contrast.b_better), (0.0, 0.0, 0.0, 0.5));
        assert_eq!(contrast.a, contrast.b);
    }
    assert_eq!((found.mcnemar.fixed, found.mcnemar.broken, found.mcnemar.p_value), (0, 0, 1.0));
    assert!(found.changes.is_empty() && found.flows.is_empty() && found.mean_absolute_error.is_none());
    let alone = evaluate(&engine, &hard(), &few(), &|_| Ok(())).unwrap();
    assert_eq!(
        (found.accuracy.a, found.ece.a, found.macro_f1.a),
        (alone.accuracy, alone.ece, alone.macro_f1)
    );
}

#[test]
fn two_models_are_compared_row_by_row_and_the_turned_comparison_is_the_mirror() {
    let dir = tempfile::tempdir().unwrap();
    let good = open(&bundle(dir.path())).unwrap();
    // Trained on the contrary, by another name, with the labels in the other order of the rows.
    let mut contrary = easy();
    for row in &mut contrary {
        row.label = if row.label == "calm" { "upset" } else { "calm" }.into();
    }
    let bad = open(&taught(dir.path(), "contrary", "temper", &contrary)).unwrap();
    let options = EvaluateOptions { texts: true, ..few() };
    let worse = compare(&good, &bad, &easy(), &options, &|_| Ok(())).unwrap();
    let better = compare(&bad, &good, &easy(), &options, &|_| Ok(())).unwrap();
    assert_eq!((worse.task.as_str(), better.task.as_str()), ("mood", "temper"));
    assert!(worse.accuracy.difference.value < 0.0 && worse.accuracy.b_better < 0.05, "{worse:?}");
    assert!((worse.accuracy.b_better + better.accuracy.b_better - 1.0).abs() < 1e-12);
    assert_eq!(worse.accuracy.difference.value.to_bits(), (-better.accuracy.difference.value).to_bits());
    assert_eq!((worse.mcnemar.fixed, worse.mcnemar.broken), (better.mcnemar.broken, better.mcnemar.fixed));
    let difference = (worse.mcnemar.fixed as f64 - worse.mcnemar.broken as f64) / 6.0;
    assert!((worse.accuracy.difference.value - difference).abs() < 1e-12);
    assert_eq!(worse.flows.iter().map(|flow| flow.count).sum::<usize>(), worse.changes.len());
    assert!(worse.flows.is_sorted_by(|a, b| a.count >= b.count));
    let data = easy();
    for (change, back) in worse.changes.iter().zip(&better.changes) {
        let row = data.iter().find(|row| row.place.number() == change.line).unwrap();
        assert_eq!((&change.truth, change.text.as_ref()), (&row.label, Some(&row.text)));
        assert_eq!((&change.before, &change.after), (&back.after, &back.before));
        let expected = match (change.before == row.label, change.after == row.label) {
            (true, _) => Effect::Worse,
            (_, true) => Effect::Better,
            _ => Effect::Neither,
        };
        assert_eq!(change.effect, expected);
    }
    let json = serde_json::to_value(&worse).unwrap();
    assert_eq!(json["changes"][0]["effect"], "worse");
    let task = EvaluateOptions { task: Some("weather".into()), ..few() };
    assert_eq!(compare(&good, &bad, &data, &task, &|_| Ok(())).unwrap_err().field(), Some("task"));
    let task = EvaluateOptions { task: Some("temper".into()), ..few() };
    assert!(compare(&good, &bad, &data, &task, &|_| Ok(())).is_ok());
}

#[test]
fn ordered_levels_are_compared_by_their_distance() {
    let dir = tempfile::tempdir().unwrap();
    let levels =
        rows(&[("proof proof", "2"), ("proof press", "3"), ("broken broken", "9"), ("broken !", "10")]);
    let one = open(&taught(dir.path(), "one", "urgency", &levels)).unwrap();
    let mut turned = levels.clone();
    for row in &mut turned {
        row.label = (11 - row.label.parse::<u8>().unwrap()).to_string();
    }
    let other = open(&taught(dir.path(), "other", "urgency", &turned)).unwrap();
    let found = compare(&one, &other, &levels, &few(), &|_| Ok(())).unwrap();
    let error = found.mean_absolute_error.unwrap();
    assert!(error.difference.value > 0.0 && error.b_better < 0.5, "{error:?}");
}

#[test]
fn models_of_other_labels_cannot_be_compared() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&bundle(dir.path())).unwrap();
    let other = rows(&[("proof proof", "calm"), ("broken", "angry"), ("press", "upset")]);
    let other = open(&taught(dir.path(), "other", "mood", &other)).unwrap();
    let fails = |a: &Engine, b: &Engine, data: &[Labelled], part: &str| {
        let untold = |_| panic!("the work began");
        let error = compare(a, b, data, &few(), &untold).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
        assert!(error.message().contains(part), "{error}");
    };
    fails(&engine, &other, &easy(), "the second alone has angry");
    fails(&other, &engine, &easy(), "the first alone has angry");
    fails(&engine, &engine, &rows(&[("a", "calm"), ("b", "joyful")]), "line 3: `joyful`");
}

#[test]
fn the_area_under_the_curve_is_that_of_scikit_learn() {
    let golden: Value =
        serde_json::from_slice(&fs::read(root().join("core/tests/golden/evaluate.json")).unwrap()).unwrap();
    let numbers = |name: &str| -> Vec<f64> {
        golden["areas"][name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let area = auroc(&numbers("negatives"), &numbers("positives")).unwrap();
    assert!((area - golden["areas"]["area"].as_f64().unwrap()).abs() < 1e-12, "{area}");
    assert_eq!((auroc(&[], &[1.0]), auroc(&[1.0], &[]), auroc(&[f64::NAN], &[1.0])), (None, None, None));
    assert_eq!(auroc(&[-0.0], &[0.0]), Some(0.5));
}

proptest! {
    #[test]
    fn the_area_is_a_share_of_pairs(
        negatives in prop::collection::vec(0u8..6, 1..20),
        positives in prop::collection::vec(0u8..6, 1..20),
    ) {
        let score = |values: &[u8]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
        let area = auroc(&score(&negatives), &score(&positives)).unwrap();
        let pairs = positives.iter().flat_map(|p| negatives.iter().map(move |n| p.cmp(n)));
        let won: f64 = pairs.map(|order| match order {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        }).sum();
        prop_assert!((area - won / (negatives.len() * positives.len()) as f64).abs() < 1e-12);
        let turned = auroc(&score(&positives), &score(&negatives)).unwrap();
        prop_assert!((area + turned - 1.0).abs() < 1e-12);
    }
}
