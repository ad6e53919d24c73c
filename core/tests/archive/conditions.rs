//! Conditions on numbers, names and types; columns that are carried along, or are not there.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use frontdesk::archive::ArchiveOptions;
use frontdesk::{Error, ErrorKind};
use proptest::prelude::*;

use super::{options, quarantined, rows, score};

/// The ids of the rows for which a condition holds.
fn found(path: &Path, condition: &str) -> Result<String, Error> {
    let mut options = options();
    options.filter = Some(condition.to_owned());
    let output = tempfile::tempdir().unwrap();
    score(&[path], output.path(), &options)?;
    Ok(rows(output.path()).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn a_condition_of_thousands_is_refused_and_a_list_of_them_is_not() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    fs::write(&path, "id,text\na,one\nb,two\n").unwrap();
    for joined in [" OR ", " AND "] {
        let error = found(&path, &vec!["id = 'a'"; 20_000].join(joined)).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("where")));
        assert!(error.message().contains("IN takes a list") && error.message().len() < 300, "{error}");
    }
    assert_eq!(found(&path, &vec!["id = 'a'"; 1001].join(" OR ")).unwrap(), "a");
    assert_eq!(found(&path, &format!("id IN ({})", vec!["'b'"; 20_000].join(", "))).unwrap(), "b");
    assert_eq!(found(&path, "text = 'one and or two' OR id = 'b'").unwrap(), "b");
}

#[test]
fn numbers_of_any_length_are_compared_as_numbers_and_all_else_as_text() {
    let place = tempfile::tempdir().unwrap();
    let table = "id,text,big,prio,zip\n\
        a,one,9007199254740992,high,007\n\
        b,two,9007199254740993,5,7\n\
        c,three,20250301000000000000001,5.0,7.10\n\
        d,four,-20250301000000000000001,,x\n\
        e,five,2.0250301e22,50e-1,1e400\n";
    let path = place.path().join("in.csv");
    fs::write(&path, table).unwrap();
    let lines: String = table
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let prio = if cells[3].is_empty() {
                "null".to_owned()
            } else if cells[3] == "high" {
                "\"high\"".to_owned()
            } else {
                cells[3].to_owned()
            };
            let zip = if cells[4].starts_with('0') || cells[4] == "x" {
                format!("\"{}\"", cells[4])
            } else {
                cells[4].to_owned()
            };
            format!(
                "{{\"id\":\"{}\",\"text\":\"{}\",\"big\":{},\"prio\":{prio},\"zip\":{zip}}}\n",
                cells[0], cells[1], cells[2]
            )
        })
        .collect();
    let json = place.path().join("in.jsonl");
    fs::write(&json, lines).unwrap();
    let cases = [
        ("big = 9007199254740993", "b"),
        ("big = 9007199254740992", "a"),
        ("big > 9007199254740992.5", "bce"),
        ("big = 20250301000000000000001", "c"),
        ("big = '20250301000000000000001'", "c"),
        ("big = 20250301000000000000000", "e"),
        ("big < -20250301000000000000000", "d"),
        ("prio <> 5", "a"),
        ("prio = 5", "bce"),
        ("prio IN (5, 'high')", "abce"),
        ("prio IS NULL", "d"),
        ("zip = 7", "ab"),
        ("zip = '7'", "b"),
        ("zip > 7 AND zip < 7.2", "c"),
        ("zip > 1e399", "e d"),
        ("big = prio OR prio = zip", ""),
    ];
    for path in [&path, &json] {
        for (condition, expected) in cases {
            let mut sorted: Vec<char> = found(path, condition).unwrap().chars().collect();
            sorted.sort_unstable();
            let mut expected: Vec<char> = expected.chars().filter(|c| *c != ' ').collect();
            expected.sort_unstable();
            assert_eq!(sorted, expected, "{path:?} {condition}");
        }
    }
    // A list of any length.
    let many: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
    assert_eq!(found(&path, &format!("prio IN ({})", many.join(","))).unwrap(), "bce");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn decimals_are_in_the_order_of_their_values(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, digits in 0_usize..6, zeros in 0_usize..3) {
        // Two numbers in thousandths, written in different ways.
        let plain = |n: i64| format!("{}{}.{:03}", if n < 0 { "-" } else { "" }, n.abs() / 1000, n.abs() % 1000);
        let other = |n: i64| format!("{}{}{}{}e-{}", if n < 0 { "-" } else { "+" }, "0".repeat(zeros), n.abs(), "0".repeat(digits), 3 + digits);
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("in.csv");
        fs::write(&path, format!("id,text,a,b\nx,hello,{},{}\n", plain(a), other(b))).unwrap();
        for (condition, expected) in [("a < b", a < b), ("a = b", a == b), ("a > b", a > b)] {
            prop_assert_eq!(found(&path, condition).unwrap() == "x", expected, "{} {}: {}", plain(a), other(b), condition);
        }
        let condition = format!("b >= {}", plain(a));
        prop_assert_eq!(found(&path, &condition).unwrap() == "x", b >= a, "{}", condition);
    }
}

fn refused(path: &Path, change: impl FnOnce(&mut ArchiveOptions)) -> String {
    let mut options = options();
    change(&mut options);
    let place = tempfile::tempdir().unwrap();
    let error = score(&[path], &place.path().join("out"), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
    assert!(!place.path().join("out").exists());
    error.message().to_owned()
}

#[test]
fn a_column_that_no_row_of_json_has_is_refused_as_one_of_a_csv() {
    let place = tempfile::tempdir().unwrap();
    let (json, csv) = (place.path().join("in.jsonl"), place.path().join("in.csv"));
    fs::write(&json, "{\"text\":\"one\",\"status\":\"open\"}\n{\"text\":\"two\",\"team\":\"x\"}\n").unwrap();
    fs::write(&csv, "text,status,team\none,open,x\n").unwrap();
    for path in [&json, &csv] {
        let there = "there are: text, status, team";
        assert!(refused(path, |o| o.filter = Some("state = 'open'".to_owned())).contains(there));
        assert!(
            refused(path, |o| o.keep = vec!["teams".to_owned()])
                .contains("no column `teams`; there are: text")
        );
        assert!(
            refused(path, |o| o.columns.text = Some("texts".to_owned()))
                .contains("no column `texts`; there are: text")
        );
        // In SQL, double quotes stand around names.
        let told = refused(path, |o| o.filter = Some("status = \"open\"".to_owned()));
        assert!(
            told.contains("double quotes stand around names of columns") && told.contains("'open'"),
            "{told}"
        );
        let told = refused(path, |o| o.filter = Some("status = \"open\" OR open = 'x'".to_owned()));
        assert!(!told.contains("double quotes"), "{told}");
    }
    // One that some row has, and others lack.
    let mut options = options();
    options.keep = vec!["team".to_owned()];
    score(&[&json], &place.path().join("out"), &options).unwrap();
    assert_eq!(rows(&place.path().join("out"))[0]["team"], serde_json::Value::Null);
    assert_eq!(rows(&place.path().join("out"))[1]["team"], "x");
}

#[test]
fn a_kept_column_may_have_commas_in_its_name() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    fs::write(&path, "text,\"price, EUR\",a,b\none,7,8,9\n").unwrap();
    let kept = |keep: &[&str]| {
        let mut options = options();
        options.keep = keep.iter().map(|name| (*name).to_owned()).collect();
        let output = tempfile::tempdir().unwrap();
        score(&[&path], output.path(), &options).map(|_| rows(output.path())[0].clone())
    };
    assert_eq!(kept(&["price, EUR"]).unwrap()["price, EUR"], "7");
    let row = kept(&["a,b", "price, EUR"]).unwrap();
    assert_eq!((&row["a"], &row["b"], &row["price, EUR"]), (&"8".into(), &"9".into(), &"7".into()));
    let row = kept(&["b, \"price, EUR\""]).unwrap();
    assert_eq!((&row["b"], &row["price, EUR"]), (&"9".into(), &"7".into()));
    assert!(kept(&["a,c"]).unwrap_err().message().contains("no column `c`"));
    assert_eq!(kept(&["a,b", "a"]).unwrap_err().field(), Some("keep"));
}

#[test]
fn times_of_any_zone_are_read_kept_and_compared() {
    let place = tempfile::tempdir().unwrap();
    for zone in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "+05:30", "Etc/GMT+12"] {
        let times = TimestampMicrosecondArray::from(vec![Some(1_772_380_800_000_000), Some(0), None]);
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["one", "two", "three"]));
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
        let times: ArrayRef = Arc::new(times.with_timezone(zone));
        let batch = RecordBatch::try_from_iter([
            ("id", ids),
            ("created_at", Arc::clone(&times)),
            ("unused", times),
            ("text", texts),
        ])
        .unwrap();
        let path = place.path().join("in.parquet");
        let mut writer =
            parquet::arrow::ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        assert_eq!(found(&path, "created_at >= '2026-01-01'").unwrap(), "a", "{zone}");
        assert_eq!(found(&path, "unused IS NULL").unwrap(), "c", "{zone}");
        let mut options = options();
        options.keep = vec!["unused".to_owned()];
        let output = place.path().join("out");
        let report = score(&[&path], &output, &options).unwrap();
        assert!(rows(&output)[0]["unused"].as_str().unwrap().starts_with("2026-03-01T"), "{zone}");
        assert_eq!(report.tally.by_month["2026-03"]["category"].values().sum::<u64>(), 1, "{zone}");
        fs::remove_dir_all(output).unwrap();
    }
}

#[test]
fn a_guess_that_does_not_hold_costs_no_row() {
    let place = tempfile::tempdir().unwrap();
    let scored = |name: &str, text: &str| {
        let path = place.path().join(name);
        fs::write(&path, text).unwrap();
        let output = tempfile::tempdir().unwrap();
        let names = [path.display().to_string()];
        let archive =
            frontdesk::archive::Archive::open(super::engine(), &names, options(), &|_| Ok(())).unwrap();
        let report = archive.score(output.path(), &|_| Ok(())).unwrap();
        let left: Vec<String> = archive.skipped().iter().map(|left| left.column.clone()).collect();
        (report.tally.scored, report.tally.quarantined, left.join(" "))
    };
    let row = |more: &str| format!("{{\"text\":\"one\",{more}}}\n{{\"text\":\"two\"}}\n");
    for (more, left) in [
        (r#""created_at":{"$date":"2026-01-01T00:00:00Z"}"#, "created_at"),
        (r#""date":[2026,1,1]"#, "date"),
        (r#""urgency":{"name":"high"}"#, "urgency"),
        (r#""urgency":NaN"#, "urgency"),
        (r#""customer_history":NaN"#, "customer_history"),
        (r#""id":{"$oid":"x"}"#, "id"),
        // A text that is there stands for subject and body.
        (r#""subject":{"a":1}"#, ""),
        (r#""body":NaN"#, ""),
        (r#""subject":"x","subject":"y""#, ""),
    ] {
        assert_eq!(scored("in.jsonl", &row(more)), (2, 0, left.to_owned()), "{more}");
    }
    for (table, left) in [
        ("id,text,created_at\n1,a,\0\n2,b,2026-01-01\n", "created_at"),
        ("text,urgency,urgency\na,low,x\nb,c,d\n", "urgency"),
        ("id,id,text\n1,2,a\n3,4,b\n", "id"),
    ] {
        assert_eq!(scored("in.csv", table), (2, 0, left.to_owned()), "{table:?}");
    }
    // Rows that would be swallowed are read.
    let swallowing = "id,text,label\n1,\"oops,x\n2,good 2,y\n3,good 3,y\n4,size 6\"\n5,d,z\n";
    assert_eq!(scored("in.csv", swallowing), (3, 2, String::new()));
}

#[test]
fn rows_that_a_stray_quote_would_swallow_are_read() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    fs::write(&path, "id,text\na,fine\nb,\"opened here\nc,second\nd,third \"word\"\ne,\"whole\"\nf,\"open\ng,x\nh,closed\"\ni,last\n").unwrap();
    let output = place.path().join("out");
    let report = score(&[&path], &output, &options()).unwrap();
    assert_eq!((report.tally.rows, report.tally.scored, report.tally.quarantined), (7, 6, 1));
    let ids: String = rows(&output).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, "acdefi");
    let entry = &quarantined(&output)[0];
    assert_eq!((&entry["row"], &entry["line"]), (&2.into(), &3.into()));
    // Rows that could be meant otherwise are noticed.
    let names = [path.display().to_string()];
    let archive = frontdesk::archive::Archive::open(super::engine(), &names, options(), &|_| Ok(())).unwrap();
    archive.score(&place.path().join("again"), &|_| Ok(())).unwrap();
    let notices = archive.notices();
    assert_eq!(notices.iter().map(|notice| notice.line).collect::<Vec<_>>(), [Some(7)], "{notices:?}");
}
