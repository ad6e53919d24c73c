//! The labels and the links of a checkpoint's head, as transformers' text-classification pipeline has them.

use std::fs;

use frontdesk::{Engine, ErrorKind, Result, Ticket};
use serde_json::{Value, json};

use crate::common::{checkpoint, open as open_model};

/// Opens a checkpoint whose config.json has these fields, `null` for none.
fn open(name: &str, fields: &Value) -> Result<Engine> {
    let dir = tempfile::tempdir().unwrap();
    let model = checkpoint(name, dir.path());
    let path = model.join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for (field, value) in fields.as_object().unwrap() {
        config[field] = value.clone();
        if value.is_null() {
            config.as_object_mut().unwrap().remove(field);
        }
    }
    fs::write(path, config.to_string()).unwrap();
    open_model(&model)
}

const SINGLE: &str = "bert-single-float32";
const ONE: &str = "bert-regression-float32";

fn labels(fields: &Value) -> Vec<String> {
    open(SINGLE, fields).unwrap().info().heads[0].labels.clone()
}

#[track_caller]
fn assert_refused(name: &str, fields: &Value, part: &str) {
    let error = open(name, fields).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelInvalid, "{error}");
    assert!(error.message().contains("config.json") && error.message().contains(part), "{part}: {error}");
}

#[test]
fn a_label_is_any_scalar() {
    for (by_id, expected) in [
        (json!({"0": "a", "1": "b", "2": "c"}), ["a", "b", "c"]),
        // In any order, and as Python reads whole numbers.
        (json!({"2": "c", "00": "a", " 1": "b"}), ["a", "b", "c"]),
        (json!({"0": 1, "1": -2, "2": 2.5}), ["1", "-2", "2.5"]),
        (json!({"0": true, "1": false, "2": null}), ["true", "false", "null"]),
        (json!({"0": "", "1": " ", "2": "\u{1b}[31m"}), ["", " ", "\u{1b}[31m"]),
    ] {
        assert_eq!(labels(&json!({"id2label": by_id})), expected);
    }
}

#[test]
fn the_second_of_a_name_is_numbered_past_every_other_name() {
    for (by_id, expected) in [
        (json!({"0": "a", "1": "a", "2": "a"}), ["a", "a (2)", "a (3)"]),
        (json!({"0": "a", "1": "a (2)", "2": "a"}), ["a", "a (2)", "a (3)"]),
        (json!({"0": "", "1": "b", "2": ""}), ["", "b", " (2)"]),
        (json!({"0": "1", "1": 1, "2": "2"}), ["1", "1 (2)", "2"]),
    ] {
        assert_eq!(labels(&json!({"id2label": by_id})), expected);
    }
    let analysis = open(SINGLE, &json!({"id2label": {"0": "a", "1": "a", "2": "a"}}));
    let result = analysis.unwrap().analyze(&Ticket::new("proof")).unwrap().tasks.remove(0).result;
    let ranked: Vec<_> = result.labels.iter().map(|l| l.label.as_str()).collect();
    assert_eq!(ranked, ["a", "a (3)", "a (2)"]);
}

/// Where it has another number of labels, `num_labels` takes the names of `id2label` away.
#[test]
fn num_labels_and_the_classifier_name_what_has_no_name() {
    let numbered = ["LABEL_0", "LABEL_1", "LABEL_2"];
    for fields in [
        json!({"id2label": null, "label2id": null}),
        json!({"id2label": null, "num_labels": 3}),
        json!({"id2label": {"0": "a", "1": "b"}, "num_labels": 3}),
        json!({"id2label": {}}),
    ] {
        assert_eq!(labels(&fields), numbered, "{fields}");
    }
    let named = json!({"id2label": {"0": "a", "1": "b", "2": "c"}, "num_labels": 3});
    assert_eq!(labels(&named), ["a", "b", "c"]);
    for fields in [
        json!({"id2label": {"0": "a", "1": "b"}}),
        json!({"id2label": null, "num_labels": 2}),
        json!({"id2label": {"0": "a", "1": "b", "2": "c"}, "num_labels": 2}),
    ] {
        assert_refused(SINGLE, &fields, "names 2 labels, the classifier has 3");
    }
    assert_refused(SINGLE, &json!({"id2label": {"0": "a", "1": "b", "3": "c"}}), "key `3` is not an id");
    assert_refused(SINGLE, &json!({"id2label": {"0": "a", "1": "b", "2": ["c"]}}), "label of `2`");
}

/// The scores are those of transformers 5.24 for the same files.
#[test]
fn the_problem_type_decides_the_link_and_the_number_of_labels_where_there_is_none() {
    let softmax = [0.735_447_6, 0.019_574_43, 0.244_977_98];
    let sigmoid = [0.842_791_5, 0.124_868_97, 0.641_029_6];
    let identity = [1.679_146_5, -1.947_108_7, 0.579_835_6];
    for (name, problem, expected) in [
        (SINGLE, json!("single_label_classification"), &softmax[..]),
        (SINGLE, json!("multi_label_classification"), &sigmoid),
        (SINGLE, json!("regression"), &identity),
        (SINGLE, Value::Null, &softmax),
        (ONE, json!("multi_label_classification"), &[0.219_554_65]),
        (ONE, json!("regression"), &[-1.268_263_5]),
        (ONE, Value::Null, &[0.219_554_65]),
    ] {
        let engine = open(name, &json!({"problem_type": problem})).unwrap();
        let result = engine.analyze(&Ticket::new("proof")).unwrap().tasks.remove(0).result;
        for label in &result.labels {
            let id: usize = label.label.strip_prefix("LABEL_").unwrap().parse().unwrap();
            let difference: f32 = label.score - expected[id];
            assert!(difference.abs() < 1e-4, "{name}, {problem}: {result:?}");
        }
        assert_eq!(result.labels.len(), expected.len());
    }
    // As transformers refuses it.
    let alone = json!({"problem_type": "single_label_classification"});
    assert_refused(ONE, &alone, "single_label_classification with one label");
}
