//! The files that a training leaves beside its bundle: the report for programs, the page, the card.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use frontdesk::doctor::FindingKind;
use frontdesk::evaluate::{EvaluateOptions, evaluate};
use frontdesk::table::Labelled;
use frontdesk::train::{
    HeadData, MODEL_CARD, Method, REPORT_JSON, REPORT_PAGE, TrainOptions, train, train_heads,
};
use frontdesk::{ErrorKind, Result};
use roxmltree::{Document, ParsingOptions};
use serde_json::{Value, json};

use crate::common::{checkpoint, easy, open, rows};

fn options(dir: &Path) -> TrainOptions {
    let base = checkpoint("bert-single-float32", dir);
    let mut options = TrainOptions::new(base.as_path(), "mood", dir.join("out"));
    (options.epochs, options.method, options.allow) =
        (Some(20), Some(Method::Frozen), vec![FindingKind::Leak]);
    options
}

fn trained(train_rows: &[Labelled], valid: Option<&[Labelled]>, options: &TrainOptions) {
    train(train_rows, valid, options, &|_| Ok(())).unwrap();
}

fn read(options: &TrainOptions, name: &str) -> String {
    fs::read_to_string(options.output.join(name)).unwrap()
}

fn report(options: &TrainOptions) -> Value {
    serde_json::from_str(&read(options, REPORT_JSON)).unwrap()
}

/// The page is well-formed XML, so that a strict parser sees what a browser sees.
fn parsed(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap()
}

fn texts(page: &Document<'_>) -> String {
    let all =
        page.descendants().filter(|node| node.is_text() && !node.parent().unwrap().has_tag_name("style"));
    all.filter_map(|node| node.text()).collect::<Vec<_>>().join("\n")
}

/// Every number of a value, as the page may show it.
fn numbers(value: &Value, found: &mut Vec<[String; 2]>) {
    match value {
        Value::Number(number) => {
            found.push([number.to_string(), format!("{:.3}", number.as_f64().unwrap())]);
        }
        Value::Array(values) => values.iter().for_each(|value| numbers(value, found)),
        Value::Object(fields) => {
            // The doctor's figures of a row beside its place are for `--check-only`.
            let shown = fields.iter().filter(|(name, _)| !["similarity", "margin"].contains(&name.as_str()));
            shown.for_each(|(_, value)| numbers(value, found));
        }
        _ => {}
    }
}

const HOSTILE: [&str; 3] = [
    "</td><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>|a",
    "`c` [d](javascript:e) &amp; 'f'",
];

/// Rows whose labels and texts would be markup, and some that are labelled wrongly.
fn hostile() -> (Vec<Labelled>, Vec<Labelled>) {
    let mut all = Vec::new();
    for (word, label) in ["proof", "broken", "press"].iter().zip(HOSTILE) {
        for index in 0..8 {
            all.push((format!("{word} {word} {}</title><script>b</script>", "a ".repeat(index)), label));
        }
    }
    let pairs: Vec<(&str, &str)> = all.iter().map(|(text, label)| (text.as_str(), *label)).collect();
    let mut valid = rows(&pairs);
    valid[0].label = HOSTILE[1].into();
    valid[9].label = HOSTILE[2].into();
    (rows(&pairs), valid)
}

#[test]
fn the_page_has_every_number_and_no_markup_of_users() {
    let dir = tempfile::tempdir().unwrap();
    let (train_rows, valid) = hostile();
    let mut options = options(dir.path());
    (options.texts, options.automate_at, options.name) = (true, Some(0.5), Some("<i>name</i>".into()));
    options.allow.push(FindingKind::ConflictingLabels);
    trained(&train_rows, Some(&valid), &options);
    let (page, report) = (read(&options, REPORT_PAGE), report(&options));
    let document = parsed(&page);
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(!["script", "img", "link", "iframe"].contains(&node.tag_name().name()), "{node:?}");
        for attribute in node.attributes() {
            assert!(!attribute.name().starts_with("on") && attribute.name() != "src", "{attribute:?}");
            assert!(attribute.name() != "href" || attribute.value().starts_with('#'), "{attribute:?}");
        }
        if node.has_tag_name("style") {
            let style = node.text().unwrap();
            assert!(!style.contains("url(") && !style.contains("@import"));
        }
    }
    let text = texts(&document);
    for hostile in HOSTILE {
        assert!(text.contains(hostile), "{hostile} is shown letter by letter");
    }
    assert!(text.contains("</title><script>b</script>") && text.contains("<i>name</i>"));
    let words: HashSet<&str> = text
        .split(|c: char| c.is_whitespace() || "(),;:=".contains(c))
        .map(|word| word.trim_matches('.'))
        .collect();
    let mut all = Vec::new();
    numbers(&report, &mut all);
    assert!(all.len() > 300);
    for [plain, figure] in &all {
        assert!(
            words.contains(plain.as_str()) || words.contains(figure.as_str()),
            "{plain} is not on the page"
        );
    }
    for id in ["head-1", "training", "configuration", "method"] {
        assert!(document.descendants().any(|node| node.attribute("id") == Some(id)), "no section {id}");
    }
    for plot in document.descendants().filter(|node| node.tag_name().name() == "svg") {
        let has =
            |name| plot.children().any(|child| child.tag_name().name() == name && child.text().is_some());
        assert!(has("title") && has("desc") && plot.attribute("role") == Some("img"));
    }
    let card = read(&options, MODEL_CARD);
    assert!(!card.replace("\\<", "").contains('<'), "{card}");
    let cells = |line: &&str| line.replace("\\|", "").matches('|').count();
    let table: Vec<&str> = card.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(table.iter().all(|line| [6, 7].contains(&cells(line))), "{table:#?}");
}

#[test]
fn the_figures_are_those_of_evaluate_and_the_cards_are_the_reports() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let mut valid = easy();
    valid[1].label = "upset".into();
    trained(&easy(), Some(&valid), &options);
    let report = report(&options);
    let head = &report["heads"][0];
    // Vector scaling may move an answer.
    assert_eq!(head["calibration"]["method"], "temperature");
    let engine = open(&options.output).unwrap();
    let found = evaluate(&engine, &valid, &EvaluateOptions::default(), &|_| Ok(())).unwrap();
    let found = serde_json::to_value(found).unwrap();
    for figure in ["rows", "accuracy", "macro_f1", "per_class", "confusion"] {
        assert_eq!(head["evaluation"][figure], found[figure], "{figure}");
    }
    assert_eq!(head["value"], found["macro_f1"]["value"]);
    let line = |mistake: &Value| mistake["line"].as_u64().unwrap();
    let mistakes =
        |value: &Value| value["errors"].as_array().unwrap().iter().map(line).collect::<HashSet<_>>();
    assert_eq!(mistakes(&head["evaluation"]), mistakes(&found));
    assert!(head["evaluation"]["errors"][0].get("text").is_none(), "texts only where they are asked for");
    assert!(!read(&options, REPORT_PAGE).contains("proof proof"));
    let card = read(&options, MODEL_CARD);
    let interval = |value: &Value| {
        let part = |name: &str| value[name].as_f64().unwrap();
        format!("{:.3} ({:.3} to {:.3})", part("value"), part("low"), part("high"))
    };
    let evaluation = &head["evaluation"];
    let mut figures = vec![&evaluation["accuracy"], &evaluation["macro_f1"], &evaluation["ece"]];
    for class in evaluation["per_class"].as_array().unwrap() {
        figures.extend([&class["precision"], &class["recall"], &class["f1"]]);
    }
    for figure in figures {
        assert!(card.contains(&interval(figure)), "{figure} is not in the card");
    }
}

/// The digest is of Python's `json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"` of each row,
/// by hashlib.
#[test]
fn rows_have_a_digest_that_others_can_make() {
    let data = rows(&[
        ("proof <b>\"ß\"\u{1}\n& proof", "calm"),
        ("broken broken", "upset"),
        ("proof press", "calm"),
        ("broken !", "upset"),
    ]);
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    trained(&data, None, &options);
    let data = &report(&options)["heads"][0]["data"];
    assert_eq!(data["sha256"], "sha256:7510b5237dc7fb76efbe6972f7d3e9859edae58852a06ec03fa3c32254848f4d");
    assert_eq!(
        (&data["valid_sha256"], &data["train"]["rows"], &data["valid"]["rows"]),
        (&Value::Null, &json!(2), &json!(2))
    );
}

#[test]
fn settings_say_what_was_asked_for_and_nothing_of_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    (options.threads, options.learning_rate) = (Some(2), Some(0.01));
    trained(&easy(), Some(&easy()), &options);
    let report = report(&options);
    let setting = |name: &str| {
        let all = report["training"]["settings"].as_array().unwrap();
        all.iter().find(|setting| setting["name"] == name).cloned()
    };
    assert_eq!(
        setting("learning_rate"),
        Some(json!({"name": "learning_rate", "value": 0.01, "default": false}))
    );
    assert_eq!(setting("batch"), Some(json!({"name": "batch", "value": 64, "default": true})));
    assert_eq!((setting("threads"), setting("lora_rank"), setting("output")), (None, None, None));
    for file in [REPORT_JSON, REPORT_PAGE, MODEL_CARD] {
        assert!(!read(&options, file).contains(&*dir.path().to_string_lossy()), "{file} names the place");
    }
}

#[test]
fn each_head_has_a_section_and_many_labels_are_pairs() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    (options.epochs, options.name) = (Some(1), Some("two".into()));
    let many: Vec<(String, String)> =
        (0..64).map(|row| (format!("proof {}", "a ".repeat(row)), format!("label {}", row % 32))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(text, label)| (text.as_str(), label.as_str())).collect();
    let (many, mood) = (rows(&many), easy());
    let head = |task, train| HeadData::new(task, train, Some(train));
    train_heads(&[head("many", &many), head("mood", &mood)], &options, &|_| Ok(())).unwrap();
    let page = read(&options, REPORT_PAGE);
    let document = parsed(&page);
    let sections: Vec<_> = document.descendants().filter(|node| node.has_tag_name("section")).collect();
    let named = |section: &roxmltree::Node<'_, '_>, label: &str| {
        section.descendants().any(|node| node.attribute("aria-label") == Some(label))
    };
    assert_eq!(sections.len(), 5);
    let [many, mood] = [&sections[0], &sections[1]];
    assert!(named(many, "Most confused labels") && !named(many, "Confusion matrix"));
    assert!(named(mood, "Confusion matrix") && !named(mood, "Most confused labels"));
}

#[test]
fn a_card_may_be_edited_and_a_fault_of_the_disk_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let names = || {
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    for file in [REPORT_JSON, REPORT_PAGE, MODEL_CARD] {
        // Where the file should be written, in the folder beside the output's place, something else is in its
        // way.
        let in_the_way = |_| -> Result<()> {
            for entry in fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap()) {
                if entry.file_name().to_string_lossy().starts_with(".frontdesk-") {
                    fs::create_dir_all(entry.path().join(file)).unwrap();
                }
            }
            Ok(())
        };
        let error = train(&easy(), Some(&easy()), &options, &in_the_way).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.message().contains(file), "{error}");
        assert_eq!(names(), before, "{file}");
    }
    trained(&easy(), Some(&easy()), &options);
    for file in [REPORT_JSON, REPORT_PAGE, MODEL_CARD] {
        fs::write(options.output.join(file), "ours").unwrap();
    }
    open(&options.output).unwrap();
}
