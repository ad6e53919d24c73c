//! Inputs that can be named: files, directories, patterns.

use std::fs;

use frontdesk::ErrorKind;
use frontdesk::archive::Archive;

use super::{csv, engine, options, rows};

#[test]
fn directories_and_patterns_are_read_by_name() {
    let place = tempfile::tempdir().unwrap();
    let archive = place.path().join("archive");
    fs::create_dir_all(archive.join("2025")).unwrap();
    for name in ["b.csv", "a.csv", "2025/c.csv", ".hidden.csv"] {
        csv(&archive, name, 2);
    }
    fs::write(archive.join("notes.txt"), "not an archive").unwrap();
    let named = |names: &[String]| {
        let archive = Archive::open(engine(), names, options(), &|_| Ok(()));
        archive.map(|archive| {
            archive
                .inputs()
                .iter()
                .map(|name| name.rsplit("archive/").next().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
    };
    let at = |end: &str| archive.join(end).display().to_string();
    assert_eq!(named(&[archive.display().to_string()]).unwrap(), ["2025/c.csv", "a.csv", "b.csv"]);
    assert_eq!(named(&[at("*.csv")]).unwrap(), ["a.csv", "b.csv"]);
    assert_eq!(named(&[at("**/c.csv"), at("b.csv")]).unwrap(), ["2025/c.csv", "b.csv"]);
    assert_eq!(named(&[format!("file://{}", at("a.csv"))]).unwrap(), ["a.csv"]);
    let refused = |names: &[String]| named(names).unwrap_err().kind();
    assert_eq!(refused(&[at("*.parquet")]), ErrorKind::InvalidInput);
    assert_eq!(refused(&[at("a.csv"), at("*.csv")]), ErrorKind::InvalidInput);
    assert_eq!(refused(&[at("a.csv"), at("2025/../a.csv")]), ErrorKind::InvalidInput);
    assert_eq!(refused(&[at("missing.csv")]), ErrorKind::Io);
    assert_eq!(refused(&[]), ErrorKind::InvalidInput);
}

#[test]
fn inputs_of_several_formats_are_one_archive() {
    let place = tempfile::tempdir().unwrap();
    let first = csv(place.path(), "first.csv", 3);
    let second = place.path().join("second.jsonl");
    fs::write(&second, "{\"text\":\"one more\",\"id\":9}\n{\"text\":\"and one\"}\n").unwrap();
    let output = place.path().join("out");
    super::score(&[&first, &second], &output, &options()).unwrap();
    // An empty one says nothing of the columns.
    let empty = place.path().join("empty.jsonl");
    fs::write(&empty, "").unwrap();
    let report = super::score(&[&empty, &second], &place.path().join("empty"), &options()).unwrap();
    assert_eq!(report.tally.scored, 2);
    let told: Vec<(String, u64)> = rows(&output)
        .iter()
        .map(|row| {
            (
                row["input"].as_str().unwrap().rsplit('/').next().unwrap().to_owned(),
                row["row"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected =
        [("first.csv", 1), ("first.csv", 2), ("first.csv", 3), ("second.jsonl", 1), ("second.jsonl", 2)];
    assert_eq!(told, expected.map(|(name, row)| (name.to_owned(), row)));
}
