//! Reading and writing in every format.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use frontdesk::archive::OutputFormat;
use frontdesk::table::{Reading, TicketColumns, TicketFile};
use frontdesk::{AnalyzeOptions, Ticket};
use serde_json::Value;

use super::{csv, engine, message, options, rows, score};

const ROWS: usize = 20;

pub(super) fn batch() -> RecordBatch {
    let schema = Schema::new(vec![
        Field::new("id", DataType::Utf8, true),
        Field::new("other", DataType::Utf8, true),
        Field::new("text", DataType::Utf8, true),
    ]);
    let ids: StringArray = (0..ROWS).map(|row| Some(format!("T-{row}"))).collect();
    let others: StringArray = (0..ROWS).map(|_| Some("x")).collect();
    let texts: StringArray = (0..ROWS).map(|row| Some(message(row))).collect();
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(ids), Arc::new(others), Arc::new(texts)]).unwrap()
}

/// The same rows in every format.
pub(super) fn archives(place: &Path) -> Vec<PathBuf> {
    let comma = csv(place, "comma.csv", ROWS);
    let text = fs::read_to_string(&comma).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = place.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let replaced = |delimiter: &str| {
        let rows = (0..ROWS).map(|row| format!("T-{row}{delimiter}\"{}\"\n", message(row)));
        format!("id{delimiter}text\n{}", rows.collect::<String>())
    };
    let json: String = (0..ROWS)
        .map(|row| format!("{{\"other\":[1],\"text\":{},\"id\":\"T-{row}\"}}\n", Value::from(message(row))))
        .collect();
    let gzip = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let parquet = {
        let path = place.join("plain.parquet");
        let mut writer =
            parquet::arrow::ArrowWriter::try_new(File::create(&path).unwrap(), batch().schema(), None)
                .unwrap();
        // Two row groups.
        writer.write(&batch().slice(0, 12)).unwrap();
        writer.flush().unwrap();
        writer.write(&batch().slice(12, ROWS - 12)).unwrap();
        writer.close().unwrap();
        path
    };
    let (mut file, mut stream) = (Vec::new(), Vec::new());
    let mut writer = arrow_ipc::writer::FileWriter::try_new(&mut file, &batch().schema()).unwrap();
    writer.write(&batch()).unwrap();
    writer.finish().unwrap();
    drop(writer);
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(&mut stream, &batch().schema()).unwrap();
    writer.write(&batch()).unwrap();
    writer.finish().unwrap();
    drop(writer);
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut all = vec![
        comma,
        write("semicolon.csv", replaced(";").as_bytes()),
        write("bar.csv", replaced("|").as_bytes()),
        write("tab.tsv", replaced("\t").as_bytes()),
        write("returns.csv", text.replace('\n', "\r\n").as_bytes()),
        write("old-mac.csv", text.replace('\n', "\r").as_bytes()),
        write("no-last-end.csv", text.trim_end().as_bytes()),
        write("marked.csv", format!("\u{feff}{text}").as_bytes()),
        write("utf16.csv", &utf16),
        write("lines.jsonl", json.as_bytes()),
        write("returns.ndjson", json.replace('\n', "\r\n").as_bytes()),
        write("packed.csv.gz", &gzip(text.as_bytes())),
        // Two members, one after the other, are one stream.
        write("members.jsonl.gz", &[gzip(&json.as_bytes()[..100]), gzip(&json.as_bytes()[100..])].concat()),
        write("packed.csv.zst", &zstd::encode_all(text.as_bytes(), 3).unwrap()),
        write("packed.parquet.gz", &gzip(&fs::read(&parquet).unwrap())),
        write("file.arrow", &file),
        write("stream.arrows", &stream),
        write("packed.arrow.zst", &zstd::encode_all(file.as_slice(), 3).unwrap()),
        // Its contents, not its name, say how it is packed.
        write("unnamed.csv", &gzip(text.as_bytes())),
    ];
    all.push(parquet);
    all
}

#[test]
fn every_format_gives_what_the_engine_gives_in_the_order_of_the_rows() {
    let place = tempfile::tempdir().unwrap();
    let tickets: Vec<Ticket> = (0..ROWS).map(|row| Ticket::new(message(row))).collect();
    let expected = engine().analyze_batch(&tickets, &AnalyzeOptions::default()).unwrap();
    let archives = archives(place.path());
    assert_eq!(archives.len(), 20);
    for path in archives {
        let output = place.path().join("out");
        let report =
            score(&[&path], &output, &options()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(
            (report.tally.rows, report.tally.scored, report.tally.quarantined),
            (20, 20, 0),
            "{path:?}"
        );
        let rows = rows(&output);
        assert_eq!(rows.len(), ROWS);
        for (number, (row, expected)) in rows.iter().zip(&expected).enumerate() {
            let category = expected.category.as_ref().unwrap();
            assert_eq!(row["row"], number + 1, "{path:?}");
            assert_eq!(row["id"], format!("T-{number}"), "{path:?}");
            assert_eq!(row["category"], category.category.to_string(), "{path:?} {number}");
            let score = row["category_score"].as_f64().unwrap() as f32;
            assert_eq!(score.to_bits(), category.score.to_bits(), "{path:?} {number}");
            assert_eq!(row["tokens"], expected.usage.tokens, "{path:?} {number}");
        }
        fs::remove_dir_all(output).unwrap();
    }
}

#[test]
fn every_format_is_a_file_of_tickets_too() {
    let place = tempfile::tempdir().unwrap();
    for path in archives(place.path()) {
        let file = TicketFile::open(&path, &TicketColumns::default(), &Reading::default()).unwrap();
        let tickets: Vec<(String, Ticket)> = file.tickets().unwrap().map(Result::unwrap).collect();
        assert_eq!((tickets.len(), file.rows()), (ROWS, ROWS as u64), "{path:?}");
        let (at, last) = &tickets[ROWS - 1];
        assert_eq!(
            (last.id.as_deref(), last.text.as_deref()),
            (Some("T-19"), Some(message(ROWS - 1).as_str()))
        );
        let name = path.to_str().unwrap();
        let expected = match (name.contains("parquet") || name.contains("arrow"), name.contains("json")) {
            (true, _) => "row 20",
            (_, true) => "line 20",
            _ => "line 21",
        };
        assert_eq!(at, expected, "{path:?}");
        let taken: Vec<_> =
            file.columns().iter().map(|taken| (taken.field.name(), taken.column.as_str())).collect();
        assert_eq!(taken, [("text", "text"), ("id", "id")], "{path:?}");
    }
    let bad = place.path().join("bad.jsonl");
    fs::write(&bad, "{\"text\":\"fine\"}\n{\"text\":\n").unwrap();
    let error = TicketFile::open(&bad, &TicketColumns::default(), &Reading::default()).unwrap_err();
    assert!(error.message().contains("line 2"), "{error}");
}

#[test]
fn every_output_format_says_the_same() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", ROWS);
    let mut told = Vec::new();
    for (name, format) in [("j", OutputFormat::Jsonl), ("c", OutputFormat::Csv), ("p", OutputFormat::Parquet)]
    {
        let mut options = options();
        (options.format, options.keep, options.outputs) = (format, vec!["text".to_owned()], Vec::new());
        let output = place.path().join(name);
        score(&[&input], &output, &options).unwrap();
        // Read again, they are archives themselves.
        let mut again = super::options();
        again.columns.text = Some("text".to_owned());
        again.keep =
            ["row", "category", "sentiment", "urgency_level", "joy", "truncated"].map(str::to_owned).to_vec();
        let mut parts: Vec<PathBuf> =
            fs::read_dir(&output).unwrap().map(|entry| entry.unwrap().path()).collect();
        parts.retain(|path| path.to_str().unwrap().contains("part-"));
        parts.sort();
        let parts: Vec<&Path> = parts.iter().map(PathBuf::as_path).collect();
        let output = place.path().join(format!("{name}-again"));
        score(&parts, &output, &again).unwrap();
        let rows = rows(&output);
        assert_eq!(rows.len(), ROWS);
        let plain = |mut row: Value| {
            row.as_object_mut().unwrap().retain(|name, _| !matches!(name.as_str(), "input" | "row"));
            row.to_string()
        };
        told.push(rows.into_iter().map(plain).collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0], told[2]);
}

#[test]
fn an_encoding_is_read_by_its_name() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("western.csv");
    fs::write(&path, b"text\nDas Gr\xfcn ist zu blass\n").unwrap();
    let mut options = options();
    options.keep = vec!["text".to_owned()];
    options.reading.encoding = Some("windows-1252".to_owned());
    score(&[&path], &place.path().join("named"), &options).unwrap();
    assert_eq!(rows(&place.path().join("named"))[0]["text"], "Das Grün ist zu blass");
    // Without the name it is no UTF-8, and said to be none.
    options.reading.encoding = None;
    let report = score(&[&path], &place.path().join("unnamed"), &options).unwrap();
    assert_eq!((report.tally.scored, report.tally.quarantined), (0, 1));
    options.reading.encoding = Some("klingon".to_owned());
    let error = score(&[&path], &place.path().join("unknown"), &options).unwrap_err();
    assert_eq!(error.field(), Some("encoding"));
    // Bytes that an encoding does not have are not replaced in silence.
    fs::write(&path, b"text\nbroken \x81\x20 here\nwhole\n").unwrap();
    options.reading.encoding = Some("shift_jis".to_owned());
    let report = score(&[&path], &place.path().join("replaced"), &options).unwrap();
    assert_eq!((report.tally.scored, report.tally.quarantined), (1, 1));
}
