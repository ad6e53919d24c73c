//! Conditions that are long, deep, or slow to look at.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use frontdesk::{Error, ErrorKind};

use super::{in_time, options, rows, score};

/// The ids of the rows for which a condition holds, one after the other.
fn found(path: &Path, condition: &str) -> Result<Vec<String>, Error> {
    let mut options = options();
    (options.filter, options.part_rows) = (Some(condition.to_owned()), 65_536);
    let output = tempfile::tempdir().unwrap();
    score(&[path], output.path(), &options)?;
    Ok(rows(output.path()).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect())
}

/// Rows with one text and these values.
fn table(place: &Path, values: impl IntoIterator<Item = impl AsRef<str>>) -> PathBuf {
    let path = place.join("in.csv");
    let lines = values.into_iter().enumerate().fold("id,text,v\n".to_owned(), |mut lines, (id, value)| {
        writeln!(lines, "{id},one,\"{}\"", value.as_ref()).unwrap();
        lines
    });
    fs::write(&path, lines).unwrap();
    path
}

#[test]
fn a_list_of_a_hundred_thousand_values_is_looked_up() {
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        let many = (0..2_000).map(|number| format!("n{number}"));
        let path = table(
            place.path(),
            ["x99999", "-77.0", "", "other", "5"].map(str::to_owned).into_iter().chain(many),
        );
        let texts: String = (0..100_000).map(|number| format!("'x{number}',")).collect();
        let numbers: String = (0..100_000).map(|number| format!("-{number}, ")).collect();
        let listed = |list: &str| format!("v IN ({})", list.trim_end_matches([',', ' ']));
        assert_eq!(found(&path, &listed(&texts)).unwrap(), ["0"]);
        assert_eq!(found(&path, &listed(&numbers)).unwrap(), ["1"]);
        assert_eq!(found(&path, &listed(&format!("{texts}{numbers}"))).unwrap(), ["0", "1"]);
        // Another column, a missing value, and a number as text, which is no number.
        assert_eq!(found(&path, &listed(&format!("{texts}id,"))).unwrap(), ["0"]);
        assert_eq!(found(&path, &listed(&format!("{texts}NULL"))).unwrap(), ["0"]);
        assert_eq!(found(&path, "v IN ('-77', '5.0', '5')").unwrap(), ["4"]);
        assert_eq!(found(&path, "v NOT IN ('x', NULL)").unwrap(), [""; 0]);
        assert_eq!(found(&path, "v NOT IN ('x', 5) AND v IN ('other', 5, -77)").unwrap(), ["1", "3"]);
        assert_eq!(found(&path, "5 IN (4, v)").unwrap(), ["4"]);
        let names: String = (0..100_000).map(|number| format!("c{number},")).collect();
        let error = found(&path, &listed(&names)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
    });
}

/// Whatever is written again and again, it is answered or refused, in few words.
#[test]
fn no_chain_and_no_nesting_ends_the_process() {
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        let path = table(place.path(), ["a"]);
        let behind = [
            " = 1",
            " <> v",
            "::int",
            " IS NULL",
            " IS NOT NULL",
            " || 'a'",
            " + 1",
            " * 2",
            " & 1",
            " COLLATE x",
            " AT TIME ZONE 'UTC'",
            " BETWEEN 1 AND 2",
            " LIKE 'a'",
            " NOT ILIKE 'a'",
            "[1]",
            ".a",
            " IN (1)",
            " NOT IN ('a', 'b')",
            "!",
            " IS DISTINCT FROM 1",
            " -> 'a'",
            " DIV 2",
            " AND v = 1",
            " OR v = 1",
            " XOR v = 1",
            " 'a'",
            " v",
            "(1)",
            ", 1",
            " SIMILAR TO 'a'",
            " IS TRUE",
            " = 'a' OR v IS NULL",
        ];
        let before = [
            ("(", ")"),
            ("NOT ", ""),
            ("- ", ""),
            ("+", ""),
            ("~", ""),
            ("@", ""),
            ("CASE WHEN v THEN ", " END"),
            ("CASE ", " WHEN 1 THEN 2 END"),
            ("CAST(", " AS int)"),
            ("f(", ")"),
            ("[", "]"),
            ("INTERVAL ", ""),
            ("EXISTS (SELECT ", ")"),
            ("ARRAY[", "]"),
            ("{'a': ", "}"),
            ("PRIOR ", ""),
            ("v -> ", ""),
            ("v[", "]"),
            ("STRUCT(", ")"),
            ("(SELECT ", ")"),
            ("v IN (", ")"),
            ("v BETWEEN ", " AND 2"),
            ("v LIKE ", ""),
            ("1 = (", ")"),
            ("NOT (", ")"),
            ("v = ", ""),
            ("CAST(v AS ARRAY<", ">)"),
            ("DATE ", ""),
            ("COALESCE(1, ", ")"),
        ];
        let behind = behind.map(|part| [String::new(), part.to_owned(), String::new()]);
        let before = before.map(|(open, close)| [open.to_owned(), String::new(), close.to_owned()]);
        let (mut held, mut refused) = (0, 0);
        for [open, part, close] in behind.into_iter().chain(before) {
            for count in [1, 30, 300, 4_900, 20_000] {
                let [open, part, close] = [&open, &part, &close].map(|text| text.repeat(count));
                match found(&path, &format!("{open}v{part}{close}")) {
                    Ok(_) => held += 1,
                    Err(error) => {
                        refused += 1;
                        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
                        assert!(error.message().len() < 1_000, "{}", error.message().len());
                    }
                }
            }
        }
        assert!(held > 10 && refused > 200, "{held} {refused}");
        assert_eq!(found(&path, &format!("{}v = 'a'{}", "(".repeat(20), ")".repeat(20))).unwrap(), ["0"]);
        assert_eq!(found(&path, &format!("{}v = 'b'", "NOT ".repeat(21))).unwrap(), ["0"]);
        let joined = vec!["v = 'b' AND id IS NOT NULL OR v IS NULL"; 500].join(" OR ");
        assert_eq!(
            found(&path, &format!("{joined} OR v = 'a'")).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        let joined = vec!["v = 'b' AND id IS NOT NULL"; 500].join(" OR ");
        assert_eq!(found(&path, &format!("{joined} OR v = 'a'")).unwrap(), ["0"]);
    });
}

#[test]
fn a_condition_is_16_mib_at_most() {
    let place = tempfile::tempdir().unwrap();
    let path = table(place.path(), ["a"]);
    let error = found(&path, &format!("v = '{}'", "x".repeat(16 << 20))).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::TooLarge, Some("where")));
    let error = found(&path, &format!("v = '{}' +", "x".repeat(1 << 20))).unwrap_err();
    assert!(
        error.kind() == ErrorKind::InvalidInput && error.message().len() < 1_000,
        "{}",
        error.message().len()
    );
}

/// LIKE by its definition.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|from| is_like(&text[from..], rest)),
        Some((one, rest)) => {
            text.split_first().is_some_and(|(c, text)| (*one == '_' || one == c) && is_like(text, rest))
        }
    }
}

#[test]
fn like_is_what_it_is_by_its_definition() {
    let words = |letters: &str, most: u32| -> Vec<String> {
        let mut words = vec![String::new()];
        let mut last = words.clone();
        for _ in 0..most {
            last = last.iter().flat_map(|word| letters.chars().map(move |c| format!("{word}{c}"))).collect();
            words.extend(last.iter().cloned());
        }
        words
    };
    let place = tempfile::tempdir().unwrap();
    let texts: Vec<String> = words("abé", 4).into_iter().skip(1).collect();
    let path = table(place.path(), &texts);
    let patterns: Vec<String> =
        words("aé%_", 5).into_iter().step_by(17).chain(["%".repeat(9), "%_é%_".to_owned()]).collect();
    for pattern in patterns {
        let letters: Vec<char> = pattern.chars().collect();
        let like = |text: &&String| is_like(&text.chars().collect::<Vec<_>>(), &letters);
        let expected = texts.iter().filter(like).count();
        assert_eq!(found(&path, &format!("v LIKE '{pattern}'")).unwrap().len(), expected, "{pattern}");
        assert_eq!(
            found(&path, &format!("v NOT LIKE '{pattern}'")).unwrap().len(),
            texts.len() - expected,
            "{pattern}"
        );
        assert_eq!(
            found(&path, &format!("v ILIKE '{}'", pattern.to_uppercase())).unwrap().len(),
            expected,
            "{pattern}"
        );
    }
}

#[test]
fn like_reads_a_text_once() {
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        let long = "a".repeat(4 << 20);
        let path = table(place.path(), [long.as_str(), "ab", long.as_str()]);
        for part in ["a".repeat(4_000), "a_".repeat(2_000), "a%".repeat(2_000), "%a_".repeat(1_000)] {
            assert_eq!(found(&path, &format!("v LIKE '%{part}b%'")).unwrap(), [""; 0]);
            assert_eq!(found(&path, &format!("v LIKE '%{part}'")).unwrap(), ["0", "2"]);
        }
        let error = found(&path, &format!("v LIKE '%{}'", "a".repeat(50_000))).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("where")));
        assert!(error.message().contains("50001 characters"), "{error}");
    });
}
