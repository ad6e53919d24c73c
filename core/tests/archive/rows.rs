//! The rows that are scored, and the parts of their texts that are.

use std::fs;
use std::path::Path;

use frontdesk::archive::{Archive, ArchiveOptions, DiffOptions, diff};
use frontdesk::{Engine, EngineOptions, ErrorKind, default_model_dir};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{contents, csv, engine, options, rows, score};

fn ids(output: &Path) -> Vec<String> {
    rows(output).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn scored(place: &Path, input: &Path, change: impl FnOnce(&mut ArchiveOptions)) -> Vec<String> {
    let mut options = options();
    change(&mut options);
    let output = tempfile::tempdir_in(place).unwrap();
    score(&[input], output.path(), &options).unwrap();
    ids(output.path())
}

#[test]
fn conditions_mean_what_sql_means() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    let table = "id,text,channel,created_at,stars\n\
        a,one,mail,2026-01-05,5\n\
        b,two,Web,2026-02-01,10\n\
        c,three,,2026-03-01,\n\
        d,four,chat,2025-12-31,-1.5\n";
    fs::write(&path, table).unwrap();
    let cases = [
        ("channel = 'mail'", "a"),
        ("channel <> 'mail'", "bd"),
        ("stars > 4", "ab"),
        ("stars > '4'", "a"),
        ("stars >= -1.5 AND NOT stars = 10", "ad"),
        ("stars IS NULL", "c"),
        ("channel IS NOT NULL AND created_at >= '2026-01-01'", "ab"),
        ("created_at BETWEEN '2026-01-01' AND '2026-02-28'", "ab"),
        ("created_at NOT BETWEEN '2026-01-01' AND '2026-02-28'", "cd"),
        ("channel IN ('mail', 'chat')", "ad"),
        ("channel NOT IN ('mail', 'chat')", "b"),
        ("channel LIKE 'w%'", ""),
        ("channel ILIKE 'w_b'", "b"),
        ("channel NOT LIKE '%a%'", "b"),
        ("(channel = 'mail' OR stars IS NULL) AND id <> 'a'", "c"),
        ("\"channel\" = 'chat'", "d"),
        ("NULL = NULL", ""),
    ];
    for (condition, expected) in cases {
        let found = scored(place.path(), &path, |o| o.filter = Some(condition.to_owned())).concat();
        assert_eq!(found, expected, "{condition}");
    }
    let refused =
        ["channel =", "channel", "1 + 1 = 2", "channel = 'a' channel", "nothing = 'x'", "id IN (SELECT 1)"];
    for condition in refused {
        let mut options = options();
        options.filter = Some(condition.to_owned());
        let error = score(&[&path], &place.path().join("refused"), &options).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::DataInvalid),
            "{condition}: {error}"
        );
    }
}

/// `LIKE` by going back to every place, as slow as it is plain.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|from| is_like(&text[from..], rest)),
        Some((c, rest)) => text.first().is_some_and(|t| *c == '_' || c == t) && is_like(&text[1..], rest),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn patterns_match_as_the_plain_way_does(pattern in "[ab%_]{0,6}") {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("in.csv");
        let words: Vec<String> = (0..63_u32).map(|n| (0..n % 7).map(|bit| if n >> bit & 1 == 1 { 'a' } else { 'b' }).collect::<String>() + "a").collect();
        let lines: String = words.iter().map(|word| format!("{word},hello,{word}\n")).collect();
        fs::write(&path, format!("id,text,word\n{lines}")).unwrap();
        let found = scored(place.path(), &path, |o| o.filter = Some(format!("word LIKE '{pattern}'")));
        let pattern: Vec<char> = pattern.chars().collect();
        let expected: Vec<String> =
            words.iter().filter(|word| is_like(&word.chars().collect::<Vec<_>>(), &pattern)).cloned().collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_sample_is_as_large_as_was_asked_for_and_the_same_whatever_the_parts_and_the_format() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 400);
    let sample = |change: &dyn Fn(&mut ArchiveOptions)| {
        scored(place.path(), &input, |o| {
            o.sample = Some(40);
            change(o);
        })
    };
    let chosen = sample(&|_| {});
    assert_eq!(chosen.len(), 40);
    assert_eq!(sample(&|o| o.part_rows = 33), chosen);
    assert_ne!(sample(&|o| o.seed = 18), chosen);
    // They are of all parts of the file: a half of it has far from none and from all.
    let later = chosen.iter().filter(|id| id[2..].parse::<u32>().unwrap() >= 200).count();
    assert!((8..=32).contains(&later), "{later} of 40 are of the second half");
    // Among those for which the condition holds.
    let even = |o: &mut ArchiveOptions| o.filter = Some("id LIKE '%0'".to_owned());
    assert_eq!(sample(&even).len(), 40);
    assert!(sample(&even).iter().all(|id| id.ends_with('0')));
    // More than there are: all.
    assert_eq!(sample(&|o| o.sample = Some(1000)).len(), 400);
    assert_eq!(scored(place.path(), &input, |o| o.limit = Some(13)).len(), 13);
    assert_eq!(sample(&|o| o.limit = Some(5)), chosen[..5]);
}

#[test]
fn equal_texts_are_scored_once_and_told_apart_by_what_else_counts() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    let lines: String = (0..60)
        .map(|row| format!("{row},\"the same words\",{}\n", if row % 2 == 0 { "critical" } else { "low" }))
        .collect();
    fs::write(&path, format!("id,text,urgency\n{lines}")).unwrap();
    let mut options = options();
    options.outputs = vec!["route".to_owned()];
    let output = place.path().join("out");
    let report = score(&[&path], &output, &options).unwrap();
    assert_eq!((report.scored_now, report.repeated), (60, 58));
    assert_eq!(report.tally.tokens, 30 * report.tokens_now);
    let rows = rows(&output);
    assert_ne!(rows[0]["route"], rows[1]["route"]);
    assert_eq!(rows[0]["route"], rows[58]["route"]);
}

#[test]
fn texts_are_prepared_and_the_rows_say_how() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.jsonl");
    let mail = "<p>The proof is wrong.</p><blockquote>On Monday you wrote something long about the old proof.</blockquote>";
    let thread = json!([
        { "from": "customer", "text": "It was fine at first.", "at": "2026-03-01T10:00:00Z" },
        { "from": "agent", "text": "How can we help?", "at": "2026-03-01T11:00:00Z" },
        { "from": "customer", "text": "Now it is broken.", "at": "2026-03-02T09:00:00Z" },
    ]);
    fs::write(&path, format!("{}\n{}\n", json!({ "text": mail }), json!({ "text": "Plain words." })))
        .unwrap();
    let mut options = options();
    let output = place.path().join("out");
    let report = score(&[&path], &output, &options).unwrap();
    assert!(rows(&output)[0]["removed"].as_str().unwrap().starts_with("html"));
    assert_eq!(rows(&output)[1]["removed"], Value::Null);
    assert_eq!(report.tally.removed["html"], 1);
    // Fewer tokens than the mail as it came, which has no such column.
    options.prepare = frontdesk::prepare::Preparation::NONE;
    let raw = place.path().join("raw");
    score(&[&path], &raw, &options).unwrap();
    assert!(rows(&raw)[0]["tokens"].as_u64() > rows(&output)[0]["tokens"].as_u64());
    assert!(rows(&raw)[0].get("removed").is_none());
    // A thread is read with the newest message of the customer first, the agent's left out.
    let threads = place.path().join("threads.jsonl");
    fs::write(&threads, format!("{}\n", json!({ "messages": thread }))).unwrap();
    let output = place.path().join("threads");
    score(&[&threads], &output, &super::options()).unwrap();
    let expected = engine().analyze(&"Now it is broken.\nIt was fine at first.".into()).unwrap();
    let row = &rows(&output)[0];
    let score = row["category_score"].as_f64().unwrap() as f32;
    assert_eq!(score.to_bits(), expected.category.unwrap().score.to_bits());
    assert_eq!(row["tokens"], expected.usage.tokens);
}

#[test]
fn a_column_that_only_has_the_name_of_a_field_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    fs::write(&path, "text,urgency\nhello,3\nthere,high\n").unwrap();
    let archive =
        |options| Archive::open(engine(), &[path.display().to_string()], options, &|_| Ok(())).unwrap();
    let guessed = archive(options());
    assert_eq!((guessed.columns().len(), guessed.skipped()[0].column.as_str()), (1, "urgency"));
    assert_eq!(score(&[&path], &place.path().join("out"), &options()).unwrap().tally.scored, 2);
    // Named, it is taken at its word.
    let mut named = options();
    named.columns.urgency = Some("urgency".to_owned());
    assert_eq!(archive(named.clone()).columns().len(), 2);
    assert_eq!(score(&[&path], &place.path().join("named"), &named).unwrap().tally.quarantined, 1);
}

#[test]
fn kept_columns_are_carried_along_and_give_way_to_scores() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    fs::write(&path, "id,text,category,team\nA,hello,by hand,blue\n").unwrap();
    let mut options = options();
    options.keep = vec!["team".to_owned(), "category".to_owned()];
    let output = place.path().join("out");
    score(&[&path], &output, &options).unwrap();
    let row = &rows(&output)[0];
    assert_eq!((&row["team"], &row["input_category"]), (&"blue".into(), &"by hand".into()));
    assert_ne!(row["category"], "by hand");
    options.keep = vec!["team".to_owned(), "team".to_owned()];
    let error = score(&[&path], &place.path().join("twice"), &options).unwrap_err();
    assert_eq!(error.field(), Some("keep"));
}

/// The bundled model with this label of the category in the place of another one, and that one.
fn with_labels_swapped(place: &Path, first: &str) -> (Engine, String) {
    let (model, bundle) = (place.join("swapped"), default_model_dir().unwrap());
    fs::create_dir(&model).unwrap();
    for file in fs::read_dir(bundle).unwrap().flatten() {
        fs::copy(file.path(), model.join(file.file_name())).unwrap();
    }
    let manifest = model.join("frontdesk.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    json["golden"] = Value::Array(Vec::new());
    let heads = json["heads"].as_array_mut().unwrap();
    let category = heads.iter_mut().find(|head| head["name"] == "category").unwrap();
    let labels = category["labels"].as_array_mut().unwrap();
    let at = labels.iter().position(|label| label == first).unwrap();
    let other = (at + 1) % labels.len();
    labels.swap(at, other);
    let second = labels[at].as_str().unwrap().to_owned();
    fs::write(&manifest, json.to_string()).unwrap();
    let options = EngineOptions { model: model.into(), threads: Some(1), ..EngineOptions::default() };
    (Engine::open(options).unwrap(), second)
}

/// What is done to a file: its new text, or none where it is removed.
type Damage = fn(&str) -> Option<String>;

#[test]
fn an_output_that_was_changed_is_not_compared() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 40);
    let (whole, output) = (place.path().join("whole"), place.path().join("changed"));
    score(&[&input], &whole, &ArchiveOptions { part_rows: 10, ..options() }).unwrap();
    let part = "part-000001.jsonl";
    let damage: [(&str, Damage, &str); 5] = [
        (part, |text| Some(text.replacen("T-1", "T-9", 1)), part),
        (part, |text| Some(format!("{text}\n")), part),
        (part, |_| None, part),
        ("summary.json", |text| Some(text.replacen("40", "41", 1)), "summary.json"),
        // The last part is not told of any more.
        ("journal.jsonl", |text| Some(text[..=text.trim_end().rfind('\n')?].to_owned()), "summary.json"),
    ];
    for (name, change, told) in damage {
        let _ = fs::remove_dir_all(&output);
        fs::create_dir(&output).unwrap();
        for file in fs::read_dir(&whole).unwrap().flatten() {
            fs::copy(file.path(), output.join(file.file_name())).unwrap();
        }
        assert_eq!(diff(&whole, &output, &DiffOptions::default()).unwrap().rows, 40);
        let path = output.join(name);
        let text = fs::read_to_string(&path).unwrap();
        match change(&text) {
            Some(other) => {
                assert_ne!(other, text, "{name}");
                fs::write(&path, other).unwrap();
            }
            None => fs::remove_file(&path).unwrap(),
        }
        for (before, after) in [(&whole, &output), (&output, &whole)] {
            let error = diff(before, after, &DiffOptions::default()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DataInvalid, "{name}: {error}");
            assert!(error.message().contains(told), "{name}: {error}");
        }
    }
}

#[test]
fn a_difference_is_told_row_by_row_with_what_changed_into_what() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 40);
    let mut options = options();
    options.keep = vec!["text".to_owned()];
    let (old, new) = (place.path().join("old"), place.path().join("new"));
    score(&[&input], &old, &options).unwrap();
    let same = diff(&old, &old, &DiffOptions::default()).unwrap();
    assert_eq!((same.rows, same.outputs[0].changed, same.outputs[0].changes.len()), (40, 0, 0));
    // Another model has two labels the other way round, and a row is not there.
    let label = |row: &Value| row["category"].as_str().map(str::to_owned);
    let before: Vec<Option<String>> = rows(&old)[..39].iter().map(label).collect();
    let first = before.iter().flatten().next().unwrap().clone();
    let (other_model, second) = with_labels_swapped(place.path(), &first);
    options.limit = Some(39);
    Archive::open(&other_model, &[input.display().to_string()], options, &|_| Ok(()))
        .unwrap()
        .score(&new, &|_| Ok(()))
        .unwrap();
    let found = diff(&old, &new, &DiffOptions::default()).unwrap();
    assert_eq!((found.rows, found.only_before, found.only_after), (39, 1, 0));
    let category = found.outputs.iter().find(|output| output.output == "category").unwrap();
    let swapped = before.iter().flatten().filter(|label| [&first, &second].contains(label)).count() as u64;
    assert_eq!(category.changed, swapped);
    let all: u64 = category.changes.iter().map(|change| change.count).sum();
    assert_eq!(all, swapped);
    for change in &category.changes {
        let (before, after) = (change.before.as_ref().unwrap(), change.after.as_ref().unwrap());
        assert!([(&first, &second), (&second, &first)].contains(&(before, after)), "{change:?}");
        assert!(change.examples[0].text.is_some() && change.examples[0].score_before.is_some());
    }
    let other = csv(place.path(), "other.csv", 40);
    let others = place.path().join("others");
    score(&[&other], &others, &super::options()).unwrap();
    assert_eq!(diff(&old, &others, &DiffOptions::default()).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(
        diff(&old, place.path(), &DiffOptions::default()).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
}

#[test]
fn an_estimate_writes_nothing_and_knows_the_rows() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 3000);
    let archive = Archive::open(engine(), &[input.display().to_string()], options(), &|_| Ok(())).unwrap();
    let estimate = archive.estimate().unwrap();
    assert_eq!((estimate.rows, estimate.rows_known), (3000, true));
    assert_eq!((estimate.selected, estimate.tried, estimate.errors), (3000, 1024, 0));
    assert!(estimate.seconds > 0.0 && estimate.tokens_per_row > 4.0);
    assert_eq!(contents(place.path()).len(), 1);
}
