//! Inputs that claim, or unpack to, more than there is.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int32Array, Int64Array, LargeStringArray, RecordBatch, RunArray,
    StringArray,
};
use frontdesk::archive::Archive;
use frontdesk::table::{Reading, TicketColumns, TicketFile};
use frontdesk::{Error, ErrorKind};
use parquet::file::metadata::{ParquetMetaDataBuilder, ParquetMetaDataReader, ParquetMetaDataWriter};

use super::{engine, in_time, options, rows, score};

fn opened(path: &Path) -> Result<u64, Error> {
    TicketFile::open(path, &TicketColumns::default(), &Reading::default()).map(|file| file.rows())
}

/// A Parquet file whose footer claims so many rows of its one row group, which has 12.
fn claiming(place: &Path, rows: i64) -> PathBuf {
    let bytes = fs::read(super::formats::archives(place).pop().unwrap()).unwrap();
    let bytes = bytes::Bytes::from(bytes);
    let whole = ParquetMetaDataReader::new().parse_and_finish(&bytes).unwrap();
    let group = whole.row_group(0).clone().into_builder().set_num_rows(rows).build().unwrap();
    let claimed =
        ParquetMetaDataBuilder::new(whole.file_metadata().clone()).set_row_groups(vec![group]).build();
    let footer = u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().unwrap()) as usize;
    let mut damaged = bytes[..bytes.len() - 8 - footer].to_vec();
    ParquetMetaDataWriter::new(&mut damaged, &claimed).finish().unwrap();
    let path = place.join("claiming.parquet");
    fs::write(&path, damaged).unwrap();
    path
}

#[test]
fn rows_that_a_footer_claims_are_not_believed() {
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        for claimed in [1 << 40, -1, 13, i64::MAX] {
            let path = claiming(place.path(), claimed);
            let error = opened(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DataInvalid, "{claimed}: {error}");
            for sample in [None, Some(3), Some(1 << 40)] {
                let mut options = options();
                options.sample = sample;
                let output = tempfile::tempdir().unwrap();
                let error = score(&[&path], output.path(), &options).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::DataInvalid, "{claimed} {sample:?}: {error}");
                assert!(error.message().contains("claiming.parquet"), "{error}");
                options.skip_damaged = true;
                let whole = super::csv(place.path(), "whole.csv", 5);
                let output = tempfile::tempdir().unwrap();
                let report = score(&[&path, &whole], output.path(), &options).unwrap();
                assert!(report.tally.damaged.len() == 1 || sample == Some(3), "{:?}", report.tally);
            }
        }
        // A file that is as it says.
        assert_eq!(opened(&claiming(place.path(), 12)).unwrap(), 12);
    });
}

/// A footer of nothing but columns with so many children each.
fn footer(children: &[u32], rows: u8, groups: &[u8]) -> Vec<u8> {
    fn number(mut number: u64, into: &mut Vec<u8>) {
        while number > 0x7f {
            into.push(number as u8 | 0x80);
            number >>= 7;
        }
        into.push(number as u8);
    }
    let mut footer = vec![0x15, 2, 0x19, 0xfc];
    number(children.len() as u64, &mut footer);
    for children in children {
        footer.extend([0x35, 0, 0x18, 1, b'a', 0x15]);
        number(u64::from(*children) << 1, &mut footer);
        footer.push(0);
    }
    footer.extend([0x16, rows << 1, 0x19]);
    footer.extend(groups);
    footer.push(0);
    let length = (footer.len() as u32).to_le_bytes();
    [b"PAR1".as_slice(), &footer, &length, b"PAR1"].concat()
}

#[test]
fn memory_is_not_asked_for_what_a_footer_claims() {
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.parquet");
        let deep: Vec<u32> = vec![1; 200_000].into_iter().chain([0]).collect();
        for (children, rows, groups, told) in [
            (&deep[..], 0, &[0x0c][..], "deep"),
            (&[0x7fff_ffff, 0], 0, &[0x0c], "more columns below it"),
            (&[1, 0], 5, &[0x0c], "says that it has 5 rows"),
            (&[1, 0], 0, &[0xfc, 0xff, 0xff, 0xff, 0xff, 0x07], "footer is damaged"),
        ] {
            fs::write(&path, footer(children, rows, groups)).unwrap();
            let error = opened(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
            assert!(error.message().contains(told), "{error}");
        }
    });
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        let bomb = place.path().join("bomb.parquet.zst");
        let mut packed = zstd::Encoder::new(fs::File::create(&bomb).unwrap(), 3).unwrap();
        let zeros = vec![0; 1 << 20];
        (0..257).for_each(|_| packed.write_all(&zeros).unwrap());
        packed.finish().unwrap();
        let small = place.path().join("small.arrow.gz");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&zeros).unwrap();
        fs::write(&small, packed.finish().unwrap()).unwrap();
        for (path, limit, expected) in [
            (&bomb, None, ErrorKind::TooLarge),
            (&bomb, Some(1 << 40), ErrorKind::DataInvalid),
            (&small, Some(1 << 19), ErrorKind::TooLarge),
            (&small, None, ErrorKind::DataInvalid),
        ] {
            let reading = Reading { max_unpacked: limit, ..Reading::default() };
            let error = TicketFile::open(path, &TicketColumns::default(), &reading).unwrap_err();
            assert_eq!(error.kind(), expected, "{error}");
            assert!(error.message().contains(path.file_name().unwrap().to_str().unwrap()), "{error}");
            let mut options = options();
            options.reading = reading;
            let error = score(&[path], &place.path().join("out"), &options).unwrap_err();
            assert_eq!(error.kind(), expected, "{error}");
            let field = (expected == ErrorKind::TooLarge).then_some("max_unpacked");
            assert_eq!(error.field(), field, "{error}");
        }
    });
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

pub(super) fn ipc(batch: &RecordBatch, packed: bool, stream: bool) -> Vec<u8> {
    let options = arrow_ipc::writer::IpcWriteOptions::default();
    let packing = packed.then_some(arrow_ipc::CompressionType::ZSTD);
    let options = options.try_with_compression(packing).unwrap();
    let mut bytes = Vec::new();
    if stream {
        let writer =
            arrow_ipc::writer::StreamWriter::try_new_with_options(&mut bytes, &batch.schema(), options);
        let mut writer = writer.unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    } else {
        let writer =
            arrow_ipc::writer::FileWriter::try_new_with_options(&mut bytes, &batch.schema(), options);
        let mut writer = writer.unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    }
    bytes
}

#[test]
fn a_packed_batch_of_arrow_is_bounded() {
    let place = tempfile::tempdir().unwrap();
    let texts: StringArray = (0..100_000).map(|_| Some("the same text again")).collect();
    let dictionary: DictionaryArray<arrow_array::types::Int32Type> =
        DictionaryArray::new(Int32Array::from(vec![1]), Arc::new(texts.clone()));
    for (array, rows) in [(Arc::new(texts) as ArrayRef, 100_000), (Arc::new(dictionary), 1)] {
        for stream in [false, true] {
            let path = place.path().join(if stream { "a.arrows" } else { "a.arrow" });
            fs::write(&path, ipc(&batch(vec![("text", Arc::clone(&array))]), true, stream)).unwrap();
            assert_eq!(opened(&path).unwrap(), rows);
            let reading = Reading { max_unpacked: Some(1 << 20), ..Reading::default() };
            let error = TicketFile::open(&path, &TicketColumns::default(), &reading).unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::TooLarge, Some("max_unpacked")), "{error}");
        }
    }
}

/// A megabyte that stands in many rows, and once in the file.
#[test]
fn a_value_of_many_rows_is_held_once() {
    const ROWS: usize = 100_000;
    // Each of these is checked when it is read.
    const VIEWS: usize = 8_000;
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        let large = "x".repeat(1 << 20);
        let ids: ArrayRef = Arc::new((0..).take(ROWS).map(Some).collect::<Int64Array>());
        let texts: ArrayRef = Arc::new((0..ROWS).map(|_| Some("one")).collect::<StringArray>());
        let one: ArrayRef = Arc::new(LargeStringArray::from(vec![large.as_str()]));
        let keys = Int32Array::from(vec![0; ROWS]);
        let mut views = StringViewBuilder::new().with_fixed_block_size(4 << 20);
        let block = views.append_block(arrow_buffer::Buffer::from(large.as_bytes()));
        (0..VIEWS).for_each(|_| views.try_append_view(block, 0, 1 << 20).unwrap());
        let runs = RunArray::try_new(&Int32Array::from(vec![i32::try_from(ROWS).unwrap()]), &one).unwrap();
        let dictionary = DictionaryArray::new(keys, Arc::clone(&one));
        let arrays: [(&str, ArrayRef); 3] = [
            ("dictionary", Arc::new(dictionary.clone())),
            ("views", Arc::new(views.finish())),
            ("runs", Arc::new(runs)),
        ];
        let mut paths: Vec<PathBuf> = Vec::new();
        for (name, array) in &arrays {
            let columns = vec![
                ("id", ids.slice(0, array.len())),
                ("text", texts.slice(0, array.len())),
                ("v", Arc::clone(array)),
            ];
            paths.push(place.path().join(format!("{name}.arrow")));
            fs::write(paths.last().unwrap(), ipc(&batch(columns), true, false)).unwrap();
        }
        // Parquet's writer looks at each value, so there are fewer.
        let some = 3_000;
        let columns = vec![
            ("id", ids.slice(0, some)),
            ("text", texts.slice(0, some)),
            ("v", Arc::new(dictionary.slice(0, some)) as ArrayRef),
        ];
        let batch = batch(columns);
        paths.push(place.path().join("large.parquet"));
        let file = fs::File::create(paths.last().unwrap()).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        for path in paths {
            let mut options = options();
            (options.filter, options.limit) = (Some("v LIKE 'xxx%'".to_owned()), Some(2));
            let output = tempfile::tempdir().unwrap();
            let report = score(&[&path], output.path(), &options).unwrap_or_else(|e| panic!("{path:?}: {e}"));
            assert_eq!((report.tally.scored, report.tally.quarantined), (2, 0), "{path:?}");
            // Together they are more than a row may have.
            options.filter = None;
            options.keep = vec!["v".to_owned()];
            let output = tempfile::tempdir().unwrap();
            score(&[&path], output.path(), &options).unwrap();
            assert_eq!(rows(output.path())[1]["v"].as_str().map(str::len), Some(1 << 20), "{path:?}");
        }
    });
}

#[test]
fn a_row_of_arrow_is_no_larger_than_any_other() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.arrow");
    let large = "x".repeat(9 << 20);
    let one: ArrayRef = Arc::new(StringArray::from(vec![large.as_str(), "short"]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["one", "two"]));
    fs::write(&path, ipc(&batch(vec![("text", texts), ("a", Arc::clone(&one)), ("b", one)]), false, false))
        .unwrap();
    let mut options = options();
    options.keep = vec!["a".to_owned(), "b".to_owned()];
    let output = place.path().join("out");
    let report = score(&[&path], &output, &options).unwrap();
    assert_eq!((report.tally.scored, report.tally.quarantined), (1, 1));
    assert_eq!(super::quarantined(&output)[0]["code"], "too-large");
}

#[test]
fn wide_tables_are_read_or_refused_in_time() {
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| {
            let path = place.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let line = |columns: usize, more: &str| {
            let others: String = (0..columns).map(|column| format!("{more}{column}")).collect();
            format!("text{others}\n")
        };
        let ones = |columns: usize| format!("one{}\n", ",1".repeat(columns));
        let names: Vec<String> = (0..30_000).map(|column| format!("n{column}")).collect();
        let wide = write("wide.csv", line(60_000, ",n") + &ones(60_000));
        let json = |columns: usize| {
            let others: String = (0..columns).map(|column| format!(",\"n{column}\":1")).collect();
            format!("{{\"text\":\"one\"{others}}}\n")
        };
        let wide_json = write("wide.jsonl", json(60_000) + "{\"text\":\"two\"}\n");
        for path in [&wide, &wide_json] {
            let mut options = options();
            options.keep = vec![names.join(",")];
            options.filter = Some("n59999 = 1 OR text = 'two'".to_owned());
            let output = tempfile::tempdir().unwrap();
            let report = score(&[path], output.path(), &options).unwrap();
            assert_eq!(report.tally.quarantined, 0, "{path:?}");
            assert_eq!(rows(output.path())[0]["n29999"], "1", "{path:?}");
        }
        let wider = write("wider.csv", line(100_000, ",n") + &ones(100_000));
        let same = write("same.csv", format!("text{}\n{}", ",n".repeat(100_000), ones(100_000)));
        for path in [&wider, &same] {
            let error = opened(path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
            assert!(error.message().contains("100001 columns"), "{error}");
        }
        // Of JSON it is the row's fault alone.
        let wider = write("wider.jsonl", json(300_000) + "{\"text\":\"two\"}\n");
        let report = score(&[&wider], &place.path().join("out"), &options()).unwrap();
        assert_eq!((report.tally.scored, report.tally.quarantined), (1, 1));
        let fields = (0..100_000)
            .map(|column| arrow_schema::Field::new(format!("n{column}"), arrow_schema::DataType::Null, true));
        let schema = Arc::new(arrow_schema::Schema::new(fields.collect::<Vec<_>>()));
        let arrow = write("wider.arrow", String::new());
        fs::write(&arrow, ipc(&RecordBatch::new_empty(schema), false, false)).unwrap();
        assert_eq!(opened(&arrow).unwrap_err().kind(), ErrorKind::TooLarge);
        // A message lists some of many columns.
        let error = opened(&write("other.csv", line(60_000, ",n").replace("text", "other") + &ones(60_000)))
            .unwrap_err();
        assert!(error.message().len() < 2_000 && error.message().contains("and 59901 more"), "{error}");
        let names = [wide.display().to_string()];
        let mut options = options();
        options.keep = vec!["lacking".to_owned()];
        let error = Archive::open(engine(), &names, options, &|_| Ok(())).unwrap_err();
        assert!(error.message().len() < 2_000 && error.message().contains("`lacking`"), "{error}");
    });
}

#[test]
fn values_outside_of_the_calendar_are_the_row_s_fault() {
    let place = tempfile::tempdir().unwrap();
    let days = arrow_array::Date32Array::from(vec![Some(0), Some(i32::MAX), None, Some(i32::MIN)]);
    let times = arrow_array::TimestampSecondArray::from(vec![Some(0), Some(i64::MAX), None, Some(i64::MIN)]);
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["one"; 4]));
    let decimal = arrow_array::Decimal128Array::from(vec![Some(1), Some(i128::MAX / 10), None, Some(-5)]);
    let decimal = decimal.with_precision_and_scale(38, 38).unwrap();
    let tiny = arrow_array::Decimal128Array::from(vec![Some(1), Some(7), None, Some(-5)]);
    let tiny = tiny.with_precision_and_scale(38, -100).unwrap();
    let arrays: [(&str, ArrayRef, [Option<&str>; 4]); 4] = [
        ("days", Arc::new(days), [Some("1970-01-01"), None, None, None]),
        (
            "times",
            Arc::new(times),
            [
                Some("1970-01-01T00:00:00"),
                Some("9223372036854775807 s since 1970-01-01"),
                None,
                Some("-9223372036854775808 s since 1970-01-01"),
            ],
        ),
        ("decimal", Arc::new(decimal), [None; 4]),
        ("tiny", Arc::new(tiny), [None; 4]),
    ];
    for (name, array, expected) in arrays {
        let path = place.path().join("a.arrow");
        let nulls: Vec<bool> = (0..4).map(|row| array.is_null(row)).collect();
        fs::write(&path, ipc(&batch(vec![("text", Arc::clone(&texts)), ("v", array)]), false, false))
            .unwrap();
        let mut options = options();
        options.keep = vec!["v".to_owned()];
        let output = tempfile::tempdir().unwrap();
        let report = score(&[&path], output.path(), &options).unwrap();
        let read = rows(output.path());
        assert_eq!(report.tally.scored + report.tally.quarantined, 4, "{name}");
        // What is not missing is written, or in quarantine: never missing.
        for row in &read {
            let place = row["row"].as_u64().unwrap() as usize - 1;
            assert_eq!(row["v"].is_null(), nulls[place], "{name}: {row}");
            if let Some(expected) = expected[place] {
                assert_eq!(row["v"], expected, "{name}");
            }
        }
        assert!(name != "days" || report.tally.quarantined == 2, "{:?}", super::quarantined(output.path()));
    }
}

#[test]
fn a_thread_of_a_hundred_thousand_messages_is_read_in_time() {
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.jsonl");
        let message = "{\"from\":{\"type\":\"user\"},\"text\":\"a\",\"at\":1}";
        fs::write(&path, format!("{{\"messages\":[{}]}}\n", vec![message; 100_000].join(","))).unwrap();
        assert_eq!(score(&[&path], &place.path().join("out"), &options()).unwrap().tally.scored, 1);
    });
}
