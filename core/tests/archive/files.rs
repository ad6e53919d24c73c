//! Inputs that can be named: files, directories, patterns.

use std::fs;
use std::path::Path;

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

/// The names of the inputs below a directory.
fn below(place: &Path, names: &[&str]) -> frontdesk::Result<Vec<String>> {
    let names: Vec<String> = names.iter().map(|name| place.join(name).display().to_string()).collect();
    let archive = Archive::open(engine(), &names, options(), &|_| Ok(()))?;
    let place = format!("{}/", place.display());
    Ok(archive.inputs().iter().map(|name| name.strip_prefix(&place).unwrap_or(name).to_owned()).collect())
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_lead_to_each_file_once() {
    use std::os::unix::fs::symlink;
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    for (folder, file) in [("a/deep", "1.csv"), ("b", "2.csv"), ("outside", "3.csv")] {
        fs::create_dir_all(at(folder)).unwrap();
        csv(&at(folder), file, 2);
    }
    fs::create_dir(at("all")).unwrap();
    for folder in ["a", "b"] {
        fs::rename(at(folder), at("all").join(folder)).unwrap();
    }
    // To a directory above, to the one beside, to one elsewhere, to a file by another name, and to nothing.
    symlink(at("all"), at("all/a/deep/up")).unwrap();
    symlink("..", at("all/b/above")).unwrap();
    symlink("a", at("all/0-beside")).unwrap();
    symlink(at("outside"), at("all/elsewhere")).unwrap();
    symlink(at("all/b/2.csv"), at("all/0.csv")).unwrap();
    symlink("gone", at("all/latest")).unwrap();
    let expected = ["all/a/deep/1.csv", "all/b/2.csv", "all/elsewhere/3.csv"];
    let (send, ended) = std::sync::mpsc::channel();
    let root = place.path().to_owned();
    std::thread::spawn(move || {
        let found = ["all", "all/", "all/**/*.csv"].map(|name| below(&root, &[name]).unwrap());
        send.send(found)
    });
    let found = ended.recv_timeout(std::time::Duration::from_mins(2)).expect("the walk does not end");
    assert_eq!(found, [expected; 3]);
    // Two names for one file are still two names.
    let twice = below(place.path(), &["all", "all/b/2.csv"]).unwrap_err();
    assert!(twice.message().contains("named twice"), "{twice}");
    assert_eq!(below(place.path(), &["all/0.csv"]).unwrap(), ["all/0.csv"]);
    // A link to nothing with the name of a table is a table that is missing.
    symlink("gone.csv", at("all/last.csv")).unwrap();
    let error = below(place.path(), &["all"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(error.message().contains("last.csv"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8_is_an_error_with_the_name() {
    use std::os::unix::ffi::OsStrExt;
    let place = tempfile::tempdir().unwrap();
    csv(place.path(), "a.csv", 2);
    let strange = |name: &[u8]| place.path().join(std::ffi::OsStr::from_bytes(name));
    // Nothing that would be read.
    fs::write(strange(b"caf\xe9.txt"), "").unwrap();
    assert_eq!(below(place.path(), &[""]).unwrap(), ["a.csv"]);
    for name in [&b"caf\xe9.csv"[..], b"caf\xe9/b.csv"] {
        let path = strange(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(place.path().join("a.csv"), &path).unwrap();
        for pattern in ["", "**/*.csv", "c*"] {
            if pattern == "c*" && path.parent() != Some(place.path()) {
                continue;
            }
            let error = below(place.path(), &[pattern]).unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("input")), "{error}");
            assert!(error.message().contains("caf") && error.message().contains("UTF-8"), "{error}");
        }
        assert_eq!(below(place.path(), &["a*"]).unwrap(), ["a.csv"]);
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn patterns_choose_by_every_part_of_a_name() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    for folder in ["2025/01", "2025/02", "2026/01", ".trash/01", "notes"] {
        fs::create_dir_all(at(folder)).unwrap();
        csv(&at(folder), "a.csv", 2);
        csv(&at(folder), "b.csv", 2);
    }
    let found = |pattern: &str| below(place.path(), &[pattern]).unwrap();
    assert_eq!(found("2025/*/a.csv"), ["2025/01/a.csv", "2025/02/a.csv"]);
    assert_eq!(found("*/01/[b-z].csv"), ["2025/01/b.csv", "2026/01/b.csv"]);
    assert_eq!(found("202?/01//a.csv"), ["2025/01/a.csv", "2026/01/a.csv"]);
    assert_eq!(found("**/02/*"), ["2025/02/a.csv", "2025/02/b.csv"]);
    assert_eq!(found(".t*/**/a.csv"), [".trash/01/a.csv"]);
    assert_eq!(found("**/a.csv").len(), 4);
    for (pattern, told) in [("*.csv", "no file matches"), ("gone/*.csv", "no file matches"), ("a**", "a**")] {
        let error = below(place.path(), &[pattern]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{pattern}: {error}");
        assert!(error.message().contains(told), "{pattern}: {error}");
    }
}

#[test]
fn many_files_are_one_archive() {
    let place = tempfile::tempdir().unwrap();
    for number in 0..3_000 {
        fs::write(place.path().join(format!("{number:05}.csv")), "text\none\n").unwrap();
    }
    let names = below(place.path(), &[""]).unwrap();
    assert_eq!(names.len(), 3_000);
    assert!(names.is_sorted());
}
