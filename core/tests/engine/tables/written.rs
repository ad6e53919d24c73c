//! Files of CSV, JSON, Parquet and Arrow writers are read back equal, with the line of each row.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use frontdesk::table::{InputFormat, Labelled, Reading, TicketColumns, TicketFile, read_labelled};
use proptest::prelude::*;
use serde_json::json;

/// A text with all that a dialect can stumble over, and something to read.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => "[a-z]{1,6}",
        2 => Just(" ".to_owned()),
        1 => prop::sample::select(vec![
            ",", ";", "\t", "|", "\"", "\"\"", "'", "\\", "\n", "\r\n", "\r", "\u{1}", "é", "日本", "😀", "\u{feff}", "sep=;", "{", "]", "NaN", "null", "0",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_filter("a NUL is no text", |c| *c != '\0').prop_map(String::from),
    ];
    prop::collection::vec(part, 1..8).prop_map(|parts| parts.concat() + "x")
}

fn rows() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((text(), "[a-z]{1,3}"), 1..12)
}

/// Reads a file with the reader of every verb: the labelled rows, and the tickets with their places.
fn read(path: &Path, reading: &Reading) -> (Vec<Labelled>, Vec<(String, String)>) {
    let labelled = read_labelled(path, "text", "label", reading).unwrap().rows;
    let columns =
        TicketColumns { text: Some("text".to_owned()), only_named: true, ..TicketColumns::default() };
    let file = TicketFile::open(path, &columns, reading).unwrap();
    let tickets = file.tickets().unwrap().map(|ticket| {
        let (place, ticket) = ticket.unwrap();
        (place, ticket.text.unwrap())
    });
    (labelled, tickets.collect())
}

/// Lines before a place, counted the plain way: each byte after the other.
fn line_of(bytes: &[u8], place: usize) -> u64 {
    let mut line = 1;
    for at in 0..place {
        let pair = bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
        if bytes[at] == b'\n' || bytes[at] == b'\r' && !pair {
            line += 1;
        }
    }
    line
}

fn check(path: &Path, bytes: &[u8], reading: &Reading, rows: &[(String, String)], lines: Option<&[u64]>) {
    std::fs::write(path, bytes).unwrap();
    let (labelled, tickets) = read(path, reading);
    let found: Vec<_> = labelled.iter().map(|row| (row.text.clone(), row.label.clone())).collect();
    assert_eq!(found, rows);
    let numbers: Vec<u64> = lines.map_or_else(|| (1..=rows.len() as u64).collect(), <[u64]>::to_vec);
    assert_eq!(labelled.iter().map(|row| row.place.number()).collect::<Vec<_>>(), numbers);
    let kind = if lines.is_some() { "line" } else { "row" };
    let expected: Vec<_> = rows
        .iter()
        .zip(&numbers)
        .map(|((text, _), number)| (format!("{kind} {number}"), text.clone()))
        .collect();
    assert_eq!(tickets, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn csv_in_any_dialect(
        rows in rows(), delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']), end in 0..3_usize, all in any::<bool>(),
        blank in prop::collection::vec(0..3_usize, 12), marked in any::<bool>(), told in any::<bool>(), last in any::<bool>(),
    ) {
        let end = ["\n", "\r\n", "\r"][end];
        let style = if all { QuoteStyle::Always } else { QuoteStyle::Necessary };
        let record = |fields: [&str; 3]| {
            let mut writer = WriterBuilder::new().delimiter(delimiter).quote_style(style).terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
            writer.write_record(fields).unwrap();
            let mut bytes = writer.into_inner().unwrap();
            bytes.pop();
            bytes
        };
        let mut bytes = Vec::new();
        if marked {
            bytes.extend("\u{feff}".bytes());
        }
        if told {
            bytes.extend(format!("sep={}{end}", delimiter as char).bytes());
        }
        bytes.extend(record(["label", "text", "note"]));
        bytes.extend(end.bytes());
        let mut lines = Vec::new();
        for ((text, label), blank) in rows.iter().zip(blank) {
            bytes.extend(end.repeat(blank).bytes());
            lines.push(line_of(&bytes, bytes.len()));
            bytes.extend(record([label, text, "-"]));
            bytes.extend(end.bytes());
        }
        if !last {
            bytes.truncate(bytes.len() - end.len());
        }
        let dir = tempfile::tempdir().unwrap();
        let reading = Reading::default();
        check(&dir.path().join("a.csv"), &bytes, &reading, &rows, Some(&lines));
        let named = Reading { format: Some(InputFormat::Csv), delimiter: Some(delimiter as char), ..Reading::default() };
        check(&dir.path().join("a.txt"), &bytes, &named, &rows, Some(&lines));
        let packed = zstd::encode_all(bytes.as_slice(), 1).unwrap();
        check(&dir.path().join("a.csv.zst"), &packed, &reading, &rows, Some(&lines));
        // As a spreadsheet saves "Unicode text".
        let text = String::from_utf8(bytes).unwrap();
        let utf16 = text.trim_start_matches('\u{feff}').encode_utf16();
        let utf16: Vec<u8> = std::iter::once(0xfeff).chain(utf16).flat_map(u16::to_le_bytes).collect();
        if !text.trim_start_matches('\u{feff}').contains('\u{fffd}') {
            check(&dir.path().join("b.csv"), &utf16, &reading, &rows, Some(&lines));
        }
    }

    #[test]
    fn json_in_any_form(rows in rows(), end in 0..2_usize, pretty in any::<bool>(), blank in 0..3_usize) {
        let end = ["\n", "\r\n"][end];
        let value = |(text, label): &(String, String)| json!({ "label": label, "other": { "text": [text] }, "text": text });
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        let mut lines = Vec::new();
        for row in &rows {
            bytes.extend(end.repeat(blank).bytes());
            lines.push(line_of(&bytes, bytes.len()));
            bytes.extend(value(row).to_string().bytes());
            bytes.extend(end.bytes());
        }
        check(&dir.path().join("a.jsonl"), &bytes, &Reading::default(), &rows, Some(&lines));
        let mut bytes = b"[".to_vec();
        let mut lines = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            if place > 0 {
                bytes.extend(b" , ");
            }
            bytes.extend(end.repeat(blank).bytes());
            lines.push(line_of(&bytes, bytes.len()));
            let text = if pretty { serde_json::to_string_pretty(&value(row)).unwrap().replace('\n', end) } else { value(row).to_string() };
            bytes.extend(text.bytes());
        }
        bytes.extend(format!("{end}]{end}").bytes());
        check(&dir.path().join("a.json"), &bytes, &Reading::default(), &rows, Some(&lines));
    }

    #[test]
    fn parquet_and_arrow(rows in rows(), batch in 1..5_usize) {
        let texts: ArrayRef = Arc::new(rows.iter().map(|(text, _)| Some(text.as_str())).collect::<StringArray>());
        let labels: ArrayRef = Arc::new(rows.iter().map(|(_, label)| Some(label.as_str())).collect::<StringArray>());
        let all = RecordBatch::try_from_iter([("label", labels), ("text", texts)]).unwrap();
        let parts = || (0..rows.len()).step_by(batch).map(|start| all.slice(start, batch.min(rows.len() - start)));
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, all.schema(), None).unwrap();
        parts().for_each(|part| { writer.write(&part).unwrap(); writer.flush().unwrap(); });
        writer.close().unwrap();
        check(&dir.path().join("a.parquet"), &bytes, &Reading::default(), &rows, None);
        let mut bytes = Vec::new();
        let mut writer = arrow_ipc::writer::StreamWriter::try_new(&mut bytes, &all.schema()).unwrap();
        parts().for_each(|part| writer.write(&part).unwrap());
        writer.finish().unwrap();
        drop(writer);
        check(&dir.path().join("a.arrows"), &bytes, &Reading::default(), &rows, None);
    }
}
