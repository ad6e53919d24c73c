//! Rows that cannot be read or scored: named, counted, and no harm to the others.

use std::fs;
use std::sync::Arc;

use arrow_array::{BinaryArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use frontdesk::archive::Archive;
use frontdesk::{Engine, EngineOptions, ErrorKind, LongText};

use super::{csv, options, quarantined, rows, score};

#[test]
fn each_bad_row_of_a_csv_is_named_with_its_line_and_its_reason() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    let huge = "x".repeat(100 << 20);
    let mut bytes = b"id,text,urgency\nA,fine,low\n".to_vec();
    bytes.extend_from_slice(b"B,ragged\n");
    bytes.extend_from_slice(b"C,\"two\nlines\",high\n");
    bytes.extend_from_slice(b"D,bad \xff byte,low\n");
    bytes.extend_from_slice(b"E,nul \0 here,low\n");
    bytes.extend_from_slice(format!("F,{huge},low\n").as_bytes());
    bytes.extend_from_slice(b"G,what urgency,asap\n");
    bytes.extend_from_slice(b"H,   ,low\n");
    bytes.extend_from_slice(b"\n\r\nI,fine again,CRITICAL\n");
    fs::write(&path, bytes).unwrap();
    let output = place.path().join("out");
    let mut options = options();
    options.columns.urgency = Some("urgency".to_owned());
    let report = score(&[&path], &output, &options).unwrap();
    assert_eq!((report.tally.rows, report.tally.scored, report.tally.quarantined), (9, 3, 6));
    let ids: Vec<_> = rows(&output).iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, ["A", "C", "I"]);
    let told: Vec<(u64, u64, String, String)> = quarantined(&output)
        .iter()
        .map(|entry| {
            let number = |name: &str| entry[name].as_u64().unwrap();
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            (number("row"), number("line"), text("code"), text("message"))
        })
        .collect();
    let expected = [
        (2, 3, "data-invalid", "the row has 2 fields, the header 3"),
        (4, 6, "data-invalid", "`text` is not valid UTF-8 from byte 4 on"),
        (5, 7, "data-invalid", "`text` has a NUL at byte 4"),
        (6, 8, "too-large", "the row has more than 16777216 bytes"),
        (7, 9, "invalid-input", "urgency: `asap` is no urgency; known: low, medium, high, critical"),
        (8, 10, "data-invalid", "there is no text"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((row, line, code, message), expected) in told.iter().zip(expected) {
        assert_eq!((*row, *line, code.as_str()), (expected.0, expected.1, expected.2), "{message}");
        assert!(message.starts_with(expected.3), "{message}");
    }
}

#[test]
fn each_bad_line_of_json_is_named() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.jsonl");
    let history = r#"{"text":"again","customer_history":{"previous_issues":"no list"}}"#;
    let good = r#"{"text":"fine","customer_history":{"previousIssues":["an older one"],"successful_channels":["live-chat"]},"id":7}"#;
    let lines = [
        good,
        r#"{"text":"cut off"#,
        r#"["text"]"#,
        "",
        r#"{"text":"one","text":"two"}"#,
        r#"{"id":"no text"}"#,
        history,
        r#"{"text":null}"#,
        r#"{"text":"last"}"#,
    ];
    fs::write(&path, lines.join("\n")).unwrap();
    let output = place.path().join("out");
    let mut options = options();
    options.columns.customer_history = Some("customer_history".to_owned());
    let report = score(&[&path], &output, &options).unwrap();
    assert_eq!((report.tally.rows, report.tally.scored, report.tally.quarantined), (8, 2, 6));
    assert_eq!(rows(&output)[0]["id"], "7");
    let lines: Vec<u64> = quarantined(&output).iter().map(|entry| entry["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 3, 5, 6, 7, 8]);
    let told: Vec<String> =
        quarantined(&output).iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect();
    assert!(told[2].contains("`text` stands there twice"), "{told:?}");
    assert!(told[4].starts_with("customer_history: previous_issues"), "{told:?}");
}

#[test]
fn invalid_utf8_in_a_parquet_column_is_one_rows_fault() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.parquet");
    // As other writers do it: bytes that are said to be text.
    let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Binary, true)]));
    let texts = BinaryArray::from_opt_vec(vec![Some(b"fine"), Some(b"bad \xff"), None, Some(b"fine too")]);
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(texts)]).unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(fs::File::create(&path).unwrap(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let output = place.path().join("out");
    let report = score(&[&path], &output, &options()).unwrap();
    assert_eq!((report.tally.scored, report.tally.quarantined), (2, 2));
    let numbers: Vec<u64> = quarantined(&output).iter().map(|entry| entry["row"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [2, 3]);
}

#[test]
fn a_text_that_the_engine_refuses_takes_no_other_with_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    let long = "a long complaint ".repeat(400);
    fs::write(&path, format!("text\nfirst\n{long}\nlast\n{long}\n")).unwrap();
    let opened = EngineOptions { long_text: LongText::Refuse, ..EngineOptions::default() };
    let engine = Engine::open(opened).unwrap();
    let archive = Archive::open(&engine, &[path.display().to_string()], options(), &|_| Ok(())).unwrap();
    let output = place.path().join("out");
    let report = archive.score(&output, &|_| Ok(())).unwrap();
    assert_eq!((report.tally.scored, report.tally.quarantined), (2, 2));
    let told = quarantined(&output);
    assert_eq!(
        (&told[0]["code"], &told[0]["row"], &told[1]["row"]),
        (&"too-long".into(), &2.into(), &4.into())
    );
}

#[test]
fn more_bad_rows_than_are_allowed_stop_the_run_and_are_all_told() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    let lines: String =
        (0..40).map(|row| if row % 4 == 3 { "a,b\n".to_owned() } else { format!("row {row}\n") }).collect();
    fs::write(&path, format!("text\n{lines}")).unwrap();
    let output = place.path().join("out");
    let mut options = options();
    options.max_errors = 9;
    let error = score(&[&path], &output, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid);
    assert!(error.message().contains("10 rows could not be read"), "{error}");
    assert_eq!(quarantined(&output).len(), 10);
    assert!(!output.join("summary.json").exists());
    // Starting it again does not make it right.
    assert_eq!(score(&[&path], &output, &options).unwrap_err().kind(), ErrorKind::DataInvalid);
    assert!(!output.join("summary.json").exists());
    // With one more allowed, the same directory is resumed.
    options.max_errors = 10;
    let report = score(&[&path], &output, &options).unwrap();
    assert_eq!((report.tally.scored, report.tally.quarantined), (30, 10));
    assert_eq!(quarantined(&output).len(), 10);
    // Nor does a mapping that is wrong for every row, all of them in one part.
    let wrong = place.path().join("wrong.csv");
    fs::write(&wrong, format!("text,body\n{}", ",hello\n".repeat(50))).unwrap();
    (options.max_errors, options.part_rows) = (20, 1000);
    for _ in 0..2 {
        let error = score(&[&wrong], &place.path().join("wrong"), &options).unwrap_err();
        assert!(error.message().contains("could not be read or scored"), "{error}");
    }
    assert!(!place.path().join("wrong/summary.json").exists());
}

#[test]
fn faults_of_several_inputs_stand_in_the_order_of_the_rows() {
    let place = tempfile::tempdir().unwrap();
    let (first, second) = (place.path().join("z.csv"), place.path().join("a.csv"));
    fs::write(&first, format!("text,urgency\n{}bad,bad,bad\nfine,asap\n", "fine,low\n".repeat(20))).unwrap();
    fs::write(&second, "text,urgency\nfine,low\nbad\n").unwrap();
    let mut options = options();
    (options.part_rows, options.columns.urgency) = (1000, Some("urgency".to_owned()));
    let output = place.path().join("out");
    score(&[&first, &second], &output, &options).unwrap();
    let rows: Vec<u64> = quarantined(&output).iter().map(|entry| entry["row"].as_u64().unwrap()).collect();
    assert_eq!(rows, [21, 22, 2]);
}

#[test]
fn columns_that_are_not_there_twice_there_or_of_no_text_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let refused = |name: &str, text: &str, change: &dyn Fn(&mut frontdesk::archive::ArchiveOptions)| {
        let path = place.path().join(name);
        fs::write(&path, text).unwrap();
        let mut options = options();
        change(&mut options);
        let output = place.path().join("out");
        let error = score(&[&path], &output, &options).unwrap_err();
        assert!(!output.exists(), "{name} left something behind");
        (error.kind(), format!("{} at {}", error.message(), error.field().unwrap_or_default()))
    };
    let (kind, told) = refused("none.csv", "a,b\n1,2\n", &|_| {});
    assert_eq!(kind, ErrorKind::DataInvalid);
    assert!(told.ends_with("at text_column") && told.contains("a, b"), "{told}");
    let (_, told) = refused("missing.csv", "a,b\n1,2\n", &|o| o.columns.text = Some("c".to_owned()));
    assert!(told.contains("no column `c`"), "{told}");
    let (_, told) = refused("twice.csv", "text,a,text\n1,2,3\n", &|_| {});
    assert!(told.contains("`text` stands there more than once: columns 1, 3"), "{told}");
    let (_, told) = refused("named.csv", "message,a\n1,2\n", &|o| o.columns.only_named = true);
    assert!(told.ends_with("at text_column"), "{told}");
    let (kind, told) = refused("empty.csv", "", &|_| {});
    assert_eq!((kind, told.contains("there is no header")), (ErrorKind::DataInvalid, true), "{told}");
    let (kind, _) = refused("what.txt", "text\nhello\n", &|_| {});
    assert_eq!(kind, ErrorKind::InvalidInput);
    let schema = Arc::new(Schema::new(vec![
        Field::new("text", DataType::Utf8, true),
        Field::new("text", DataType::Utf8, true),
    ]));
    let texts: StringArray = vec!["one"].into();
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(texts.clone()), Arc::new(texts)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let path = place.path().join("twice.parquet");
    fs::write(&path, bytes).unwrap();
    let error = score(&[&path], &place.path().join("out"), &options()).unwrap_err();
    assert!(error.message().contains("more than once"), "{error}");
}

#[test]
fn a_twice_named_column_that_nobody_reads_does_no_harm() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.csv");
    fs::write(&path, "a,text,a\n1,hello,3\n").unwrap();
    assert_eq!(score(&[&path], &place.path().join("out"), &options()).unwrap().tally.scored, 1);
    // The control: a whole file.
    let path = csv(place.path(), "whole.csv", 3);
    assert_eq!(score(&[&path], &place.path().join("whole"), &options()).unwrap().tally.quarantined, 0);
}
