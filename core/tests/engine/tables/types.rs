//! Parquet and Arrow: types that are texts, and types that are none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Decimal128Array, FixedSizeBinaryArray, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray, UInt64Array,
};
use frontdesk::Error;
use frontdesk::table::{Reading, TicketColumns, read_labelled};

use super::{fields, file, open, tickets};

/// 2026-03-29 01:30 in UTC, when the clocks of Berlin have just been put forward.
const TIME: i64 = 1_774_747_800;

fn batch() -> RecordBatch {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]), None]);
    let inner: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let field = Arc::new(arrow_schema::Field::new("x", arrow_schema::DataType::Utf8, true));
    let seconds = |zone: &str| -> ArrayRef {
        Arc::new(TimestampSecondArray::from(vec![Some(TIME), None]).with_timezone(zone))
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(FixedSizeBinaryArray::try_from_iter([[1_u8; 16], [2; 16]].into_iter()).unwrap())),
        ("text", Arc::new(StringArray::from(vec!["one", "two"]))),
        ("label", Arc::new(StringArray::from(vec!["x", "y"]))),
        (
            "created_at",
            Arc::new(
                TimestampNanosecondArray::from(vec![TIME * 1_000_000_000 + 5_000_000, 0])
                    .with_timezone("UTC"),
            ),
        ),
        (
            "berlin",
            Arc::new(
                TimestampMicrosecondArray::from(vec![TIME * 1_000_000, 0]).with_timezone("Europe/Berlin"),
            ),
        ),
        (
            "kathmandu",
            Arc::new(TimestampMillisecondArray::from(vec![TIME * 1000, 0]).with_timezone("Asia/Kathmandu")),
        ),
        ("offset", seconds("-03:30")),
        ("nowhere", seconds("Mars/Olympus_Mons")),
        ("local", Arc::new(TimestampSecondArray::from(vec![TIME, 0]))),
        ("big", Arc::new(Int64Array::from(vec![9_007_199_254_740_993, 1]))),
        ("bigger", Arc::new(UInt64Array::from(vec![u64::MAX, 1]))),
        ("money", Arc::new(Decimal128Array::from(vec![12_345, 1]).with_precision_and_scale(30, 2).unwrap())),
        ("tags", Arc::new(lists)),
        ("who", Arc::new(StructArray::from(vec![(field, inner)]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn written(dir: &tempfile::TempDir) -> Vec<PathBuf> {
    let batch = batch();
    let (mut parquet, mut arrow, mut stream) = (Vec::new(), Vec::new(), Vec::new());
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut parquet, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(&mut arrow, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(&mut stream, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    [("a.parquet", parquet), ("a.arrow", arrow), ("a.arrows", stream)]
        .map(|(name, bytes)| file(dir, name, bytes))
        .to_vec()
}

fn ids(path: &Path, column: &str) -> Result<Vec<Option<String>>, Error> {
    let columns = TicketColumns { id: Some(column.to_owned()), ..TicketColumns::default() };
    Ok(tickets(&open(path, &columns)?).into_iter().map(|ticket| ticket.id).collect())
}

#[test]
fn values_are_read_as_they_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let expected = [
        ("created_at", "2026-03-29T01:30:00.005Z"),
        ("berlin", "2026-03-29T03:30:00+02:00"),
        ("kathmandu", "2026-03-29T07:15:00+05:45"),
        ("offset", "2026-03-28T22:00:00-03:30"),
        // Nobody knows this zone; the instant is known.
        ("nowhere", "2026-03-29T01:30:00Z"),
        ("local", "2026-03-29T01:30:00"),
        ("big", "9007199254740993"),
        ("bigger", "18446744073709551615"),
        ("money", "123.45"),
    ];
    for path in written(&dir) {
        for (column, text) in expected {
            let found = ids(&path, column).unwrap();
            assert_eq!(found[0].as_deref(), Some(text), "{path:?} {column}");
        }
        assert_eq!(ids(&path, "offset").unwrap()[1], None, "{path:?}");
    }
}

#[test]
fn times_beyond_the_calendar_stop_nobody() {
    let dir = tempfile::tempdir().unwrap();
    // The last second of 9999, and what PostgreSQL stores for infinity.
    let times = vec![Some(253_402_300_799_000_000), Some(i64::MAX), Some(0)];
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["one", "two", "three"]));
    let expected = ["9999-12-31T23:59:59", "9223372036854775807 us since 1970-01-01", "1970-01-01T00:00:00"];
    for (zone, ends) in
        [(None, ["", "", ""]), (Some("UTC"), ["Z", "", "Z"]), (Some("Europe/Berlin"), ["Z", "", ""])]
    {
        let times = TimestampMicrosecondArray::from(times.clone());
        let times: ArrayRef = Arc::new(match zone {
            Some(zone) => times.with_timezone(zone),
            None => times,
        });
        let batch =
            RecordBatch::try_from_iter([("created_at", times), ("text", Arc::clone(&texts))]).unwrap();
        let mut bytes = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let found = ids(&file(&dir, "a.parquet", bytes), "created_at").unwrap();
        for ((found, expected), end) in found.iter().zip(expected).zip(ends).take(2) {
            assert_eq!(found.as_deref(), Some(format!("{expected}{end}").as_str()), "{zone:?}");
        }
    }
}

#[test]
fn two_streams_in_one_file_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let stream = std::fs::read(&written(&dir)[2]).unwrap();
    let twice = file(&dir, "twice.arrows", [stream.clone(), stream].concat());
    let error = open(&twice, &TicketColumns::default()).unwrap_err();
    assert!(error.message().contains("behind the end of the stream"), "{error}");
}

#[test]
fn a_column_that_nobody_named_is_no_reason_to_stop() {
    let dir = tempfile::tempdir().unwrap();
    for path in written(&dir) {
        let opened = open(&path, &TicketColumns::default()).unwrap();
        assert_eq!(fields(&opened), ["text"]);
        let left = &opened.skipped()[0];
        assert!(left.column == "id" && left.why.contains("FixedSizeBinary(16)"), "{left:?}");
        let labelled = read_labelled(&path, "text", "label", &Reading::default()).unwrap().rows;
        assert_eq!(
            labelled.iter().map(|row| (row.place.number(), row.label.as_str())).collect::<Vec<_>>(),
            [(1, "x"), (2, "y")]
        );
        for named in ["id", "tags", "who"] {
            let error = ids(&path, named).unwrap_err();
            assert!(error.message().contains(&format!("`{named}` is of the type")), "{error}");
        }
    }
}

#[test]
fn the_first_feather_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "a.feather", b"FEA1 and what it had in it FEA1");
    let error = open(&path, &TicketColumns::default()).unwrap_err();
    assert!(error.message().contains("Feather version 1"), "{error}");
}
