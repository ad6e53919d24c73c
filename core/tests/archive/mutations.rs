//! Files that were damaged in many ways: each is read, or refused with an error of the data.

use std::fs;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::DataType;
use frontdesk::ErrorKind;
use frontdesk::table::{Reading, TicketColumns, TicketFile};

use super::{in_time, options, score};

/// Files that are damaged, of each format.
const DAMAGED: u64 = 150;

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// Damages some bytes, takes some away, or writes some of them a second time.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let from = self.below(bytes.len());
            let to = (from + 1 + self.below(12)).min(bytes.len());
            match self.below(7) {
                0 => bytes[from] ^= 1 << self.below(8),
                1 => bytes[from..to].fill(0xff),
                2 => bytes[from..to].fill(0),
                3 => bytes[from] = [0x7f, 0x80, b'"', b'{', b'\n'][self.below(5)],
                4 => bytes.truncate(from.max(1)),
                5 => drop(bytes.drain(from..to)),
                _ => {
                    let copied = bytes[from..to].to_vec();
                    let at = self.below(bytes.len());
                    bytes.splice(at..at, copied);
                }
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
    }
}

/// The rows with their texts in other types.
fn of_types() -> RecordBatch {
    let batch = super::formats::batch();
    let cast = |place: usize, kind: &DataType| arrow_cast::cast(batch.column(place), kind).unwrap();
    let dictionary = DataType::Dictionary(Box::new(DataType::Int16), Box::new(DataType::Utf8));
    let times: ArrayRef =
        Arc::new(arrow_array::TimestampMillisecondArray::from_iter_values(0..20).with_timezone("+02:00"));
    let numbers: ArrayRef = Arc::new(arrow_array::Decimal128Array::from_iter_values(0..20));
    let columns = [
        ("id", cast(0, &dictionary)),
        ("text", cast(2, &DataType::Utf8View)),
        ("other", cast(1, &DataType::LargeBinary)),
        ("created_at", times),
        ("number", numbers),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

#[test]
fn a_damaged_file_is_read_or_refused() {
    in_time(|| {
        let place = tempfile::tempdir().unwrap();
        let mut whole: Vec<(String, Vec<u8>)> = super::formats::archives(place.path())
            .into_iter()
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
            .filter(|(name, _)| {
                ["plain.parquet", "file.arrow", "stream.arrows", "comma.csv", "lines.jsonl", "packed.csv.gz"]
                    .contains(&name.as_str())
            })
            .collect();
        let batch = of_types();
        whole.push(("types.arrow".to_owned(), super::claims::ipc(&batch, false, false)));
        whole.push(("packed.arrow".to_owned(), super::claims::ipc(&batch, true, false)));
        whole.push(("types.arrows".to_owned(), super::claims::ipc(&batch, true, true)));
        let mut parquet = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut parquet, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        whole.push(("types.parquet".to_owned(), parquet));
        assert_eq!(whole.len(), 10);
        let (mut read, mut refused) = (0, 0);
        for (name, bytes) in whole {
            let path = place.path().join(format!("damaged-{name}"));
            for seed in 0..DAMAGED {
                let mut bytes = bytes.clone();
                Numbers(seed).damage(&mut bytes);
                fs::write(&path, bytes).unwrap();
                let opened =
                    TicketFile::open(&path, &TicketColumns::default(), &Reading::default()).map(|_| ());
                let scored = (seed % 10 == 0).then(|| {
                    let mut options = options();
                    (options.keep, options.filter) =
                        (vec!["id".to_owned()], Some("id <> 'x' OR id IS NULL".to_owned()));
                    let output = tempfile::tempdir().unwrap();
                    score(&[&path], output.path(), &options).map(|_| ())
                });
                for result in [opened].into_iter().chain(scored) {
                    let Err(error) = result else {
                        read += 1;
                        continue;
                    };
                    refused += 1;
                    let kinds = [ErrorKind::DataInvalid, ErrorKind::InvalidInput, ErrorKind::TooLarge];
                    assert!(kinds.contains(&error.kind()), "{name} {seed}: {}: {error}", error.kind());
                }
            }
        }
        assert!(read > 100 && refused > 500, "{read} {refused}");
    });
}
