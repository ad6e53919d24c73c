//! Parquet files whose counts of rows do not agree.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use frontdesk::ErrorKind;
use frontdesk::table::{Reading, TicketColumns, TicketFile};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::{
    ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::{message, options, score};

/// 300 rows in three row groups, whose metadata say that there are as many as given, of the file and of each
/// group.
fn parquet(path: &Path, file: i64, groups: [i64; 3]) {
    let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, false)]));
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, Arc::clone(&schema), Some(properties())).unwrap();
    for group in 0..3 {
        let texts: StringArray = (0..100).map(|row| Some(message(group * 100 + row))).collect();
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(texts)]).unwrap()).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
    let bytes = bytes::Bytes::from(bytes);
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&bytes).unwrap();
    let sum: i64 = groups.iter().sum();
    let group = |(group, rows): (&RowGroupMetaData, i64)| {
        group.clone().into_builder().set_num_rows(rows).build().unwrap()
    };
    let groups = metadata.row_groups().iter().zip(groups).map(group).collect();
    // The pages stay where they are, with another footer behind them.
    let mut footer = Vec::new();
    let told = ParquetMetaData::new(metadata.file_metadata().clone(), groups);
    ParquetMetaDataWriter::new(&mut footer, &told).finish().unwrap();
    footer.truncate(footer.len() - 8);
    // The writer counts the rows of the groups. In the footer's encoding the third field of a file, a number
    // of 64 bits, stands before the fourth, a list of three structures.
    let field = |rows: i64| [&[0x16][..], &variable(rows), &[0x19, 0x3c]].concat();
    let (before, after) = (field(sum), field(file));
    let at = footer.windows(before.len()).position(|bytes| *bytes == before).unwrap();
    footer.splice(at..at + before.len(), after);
    let length = (footer.len() as u32).to_le_bytes();
    fs::write(path, [&bytes[..], &footer, &length, b"PAR1"].concat()).unwrap();
}

/// A number as the footer has it: zigzag, seven bits a byte.
fn variable(number: i64) -> Vec<u8> {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    let mut bytes = Vec::new();
    while rest > 0x7f {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

fn properties() -> WriterProperties {
    WriterProperties::builder().set_statistics_enabled(EnabledStatistics::None).build()
}

#[test]
fn counts_of_rows_that_do_not_agree_are_damage() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("in.parquet");
    parquet(&path, 300, [100; 3]);
    let whole = TicketFile::open(&path, &TicketColumns::default(), &Reading::default()).unwrap();
    assert_eq!(whole.rows(), 300);
    let cases: [(i64, [i64; 3], &str); 9] = [
        (100, [100, 100, 100], "it has 100 rows, and its row groups have 300"),
        (0, [100, 100, 100], "it has 0 rows, and its row groups have 300"),
        (300, [100, 0, 100], "it has 300 rows, and its row groups have 200"),
        (200, [100, 0, 100], "it has no row, and has values"),
        (0, [0, 0, 0], "it has no row, and has values"),
        (290, [100, 90, 100], "it has 290 rows, and has more"),
        (3, [1, 1, 1], "it has 3 rows, and has more"),
        (310, [100, 110, 100], "it has 310 rows, and has 300"),
        (300, [100, -100, 300], "it has -100 rows"),
    ];
    for (number, (file, groups, told)) in cases.into_iter().enumerate() {
        parquet(&path, file, groups);
        let opened = TicketFile::open(&path, &TicketColumns::default(), &Reading::default());
        let error = opened.expect_err(told);
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{told}: {error}");
        assert!(error.message().contains(told) && error.message().contains("in.parquet"), "{told}: {error}");
        let output = place.path().join(format!("out-{number}"));
        // And once more, where the run resumes behind the parts that are done.
        for _ in 0..2 {
            let error = score(&[&path], &output, &options()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DataInvalid, "{told}: {error}");
            assert!(error.message().contains(told), "{told}: {error}");
            assert!(!output.join("summary.json").exists());
        }
    }
}

#[test]
fn an_empty_table_is_not_damaged() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("empty.parquet");
    let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, false)]));
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, Arc::clone(&schema), None).unwrap();
    writer.write(&RecordBatch::new_empty(schema)).unwrap();
    writer.close().unwrap();
    fs::write(&path, bytes).unwrap();
    let full = super::csv(place.path(), "full.csv", 3);
    let report = score(&[&path, &full], &place.path().join("out"), &options()).unwrap();
    assert_eq!(report.tally.rows, 3);
}
