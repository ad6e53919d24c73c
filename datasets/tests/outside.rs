//! The texts outside of a desk's domain: how they are checked, and the committed ones.

mod common;

use common::write;
use frontdesk_datasets::gibberish::Kind;
use frontdesk_datasets::outside::{OutsideRow, read_outside};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const FILES: [&str; 10] = [
    "domains-train",
    "domains-dev",
    "domains-test",
    "languages-train",
    "languages-dev",
    "languages-test",
    "gibberish-test",
    "english-train",
    "english-dev",
    "english-test",
];

/// A folder with one text in every file; then one of the files has this content.
fn folder(changed: &str, content: impl AsRef<[u8]>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in FILES {
        write(
            folder.path(),
            &format!("{file}.jsonl"),
            format!("{{\"text\":\"text of {file}\",\"kind\":\"x\"}}\n"),
        );
    }
    write(folder.path(), changed, content);
    folder
}

fn failure(changed: &str, content: impl AsRef<[u8]>) -> String {
    read_outside(folder(changed, content).path()).unwrap_err().to_string()
}

#[test]
fn bad_rows_name_file_and_line() {
    let good = "{\"text\":\"Rye is sown in autumn.\",\"kind\":\"science\"}\n";
    for (second, expected) in [
        ("{\"text\":\"x\"}", "missing field `kind`"),
        ("{\"text\":\"x\",\"kind\":\"y\",\"label\":\"z\"}", "unknown field `label`"),
        ("{\"text\":7,\"kind\":\"y\"}", "invalid type"),
        ("{\"text\":\" \\n\",\"kind\":\"y\"}", "field `text`: is blank"),
        ("{\"text\":\"x\",\"kind\":\"\"}", "field `kind`: is blank"),
        ("", "EOF"),
        ("{\"text\":\"rye is SOWN in autumn\",\"kind\":\"y\"}", "field `text`: the same as in"),
    ] {
        let message = failure("domains-dev.jsonl", format!("{good}{second}\n"));
        assert!(message.contains("domains-dev.jsonl:2: ") && message.contains(expected), "{message}");
    }
    assert!(failure("english-dev.jsonl", b"\xff").contains("english-dev.jsonl:1: not valid UTF-8"));
}

#[test]
fn a_text_in_two_files_of_a_family_names_both() {
    let copy = "{\"text\":\"Text of languages-train!\",\"kind\":\"x\"}\n";
    let message = failure("languages-test.jsonl", copy);
    assert!(message.contains("languages-test.jsonl:1: "), "{message}");
    assert!(message.contains("languages-train.jsonl:1"), "{message}");
    read_outside(folder("english-dev.jsonl", copy).path()).expect("another family may have the text");
}

#[test]
fn a_missing_file_is_an_error() {
    let folder = folder("domains-dev.jsonl", "");
    fs::remove_file(folder.path().join("gibberish-test.jsonl")).unwrap();
    assert!(read_outside(folder.path()).unwrap_err().to_string().contains("gibberish-test.jsonl: "));
}

#[test]
fn the_card_counts_the_committed_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("outside");
    let outside = read_outside(&folder).unwrap();
    let card = fs::read_to_string(folder.join("README.md")).unwrap();
    let kinds =
        |rows: &[OutsideRow]| -> BTreeSet<String> { rows.iter().map(|row| row.kind.clone()).collect() };
    let (domains, languages, english) = (&outside.domains, &outside.languages, &outside.english);
    let rows = [
        &domains.train,
        &domains.dev,
        &domains.test,
        &languages.train,
        &languages.dev,
        &languages.test,
        &outside.gibberish,
        &english.train,
        &english.dev,
        &english.test,
    ];
    for (file, rows) in FILES.iter().zip(rows) {
        let line = format!("| `{file}.jsonl` | {} | {} |", rows.len(), kinds(rows).len());
        assert!(card.contains(&line), "{line}");
    }
    for family in [domains, languages, english] {
        assert!(kinds(&family.dev).is_subset(&kinds(&family.train)));
        assert!(kinds(&family.test).is_subset(&kinds(&family.train)));
    }
    assert!(kinds(&outside.languages.train).iter().all(|kind| kind.len() == 2 && kind != "en"));
    // A line break may stand between any two words of prose.
    let prose = card.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(prose.contains(&format!("{} kinds", Kind::ALL.len())));
}
