//! Inputs that end too early, or are not what they seem.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use frontdesk::archive::{Archive, OutputFormat};
use frontdesk::table::{Reading, TicketColumns, TicketFile};
use frontdesk::{Error, ErrorKind};
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use super::{csv, message, options, quarantined, rows, score};

/// A run over a damaged input and a whole one: refused first, resumed where damage may be passed over.
fn damaged(place: &Path, name: &str, bytes: &[u8], at_least: u64, told: &str) {
    let bad = place.join(name);
    fs::write(&bad, bytes).unwrap();
    let whole = csv(place, "whole.csv", 10);
    let output = place.join(format!("{name}.out"));
    let mut options = options();
    let error = score(&[&bad, &whole], &output, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid, "{name}: {error}");
    assert!(error.message().contains(told) && error.message().contains(name), "{name}: {error}");
    options.skip_damaged = true;
    let report = score(&[&bad, &whole], &output, &options).unwrap();
    assert!(report.tally.rows >= 10 + at_least, "{name}: {} rows", report.tally.rows);
    assert_eq!(report.tally.quarantined, 1, "{name}");
    assert_eq!(report.tally.damaged, [bad.display().to_string()]);
    let entry = &quarantined(&output)[0];
    assert_eq!(
        (&entry["rest"], &entry["row"]),
        (&true.into(), &(report.tally.rows - 10 + 1).into()),
        "{name}"
    );
    let inputs: Vec<_> = rows(&output).iter().map(|row| row["input"].clone()).collect();
    assert_eq!(inputs.iter().filter(|input| **input == whole.display().to_string()).count(), 10, "{name}");
    // Once more changes nothing, counts nothing twice, and still tells.
    let before = super::contents(&output);
    let again = score(&[&bad, &whole], &output, &options).unwrap();
    assert_eq!(again.tally, report.tally);
    assert_eq!(super::contents(&output), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn damage_anywhere_is_an_error_of_a_known_kind_and_no_panic(
        format in 0_usize..4, flips in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..6), cut in any::<prop::sample::Index>(), cuts in any::<bool>(),
    ) {
        static WHOLE: std::sync::OnceLock<Vec<(&str, Vec<u8>)>> = std::sync::OnceLock::new();
        let whole = WHOLE.get_or_init(|| {
            let place = tempfile::tempdir().unwrap();
            let files = super::formats::archives(place.path());
            let named = |name: &'static str| {
                let path = files.iter().find(|path| path.file_name().is_some_and(|file| file == name)).unwrap();
                (name, fs::read(path).unwrap())
            };
            ["plain.parquet", "file.arrow", "stream.arrows", "packed.csv.gz"].map(named).to_vec()
        });
        let (name, mut bytes) = whole[format].clone();
        for (place, flip) in flips {
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(name);
        fs::write(&path, bytes).unwrap();
        let kind = score(&[&path], &place.path().join("out"), &options()).map_err(|error| error.kind());
        prop_assert!(matches!(kind, Ok(_) | Err(ErrorKind::DataInvalid | ErrorKind::TooLarge)), "{name}: {kind:?}");
    }
}

fn table(rows: usize) -> String {
    (0..rows).fold("text\n".to_owned(), |text, row| format!("{text}\"{}\"\n", message(row)))
}

fn gzip(text: &str) -> Vec<u8> {
    // Without compression, so that a cut leaves whole rows before it.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_stream_that_is_cut_short_is_told_from_one_that_ends() {
    let place = tempfile::tempdir().unwrap();
    let packed = gzip(&table(30));
    damaged(place.path(), "cut.csv.gz", &packed[..packed.len() - 200], 20, "ends too early");
    // All rows are there, and their checksum is not.
    damaged(place.path(), "no-sum.csv.gz", &packed[..packed.len() - 4], 30, "ends too early");
    let mut wrong = packed.clone();
    let sum = wrong.len() - 8;
    wrong[sum] ^= 1;
    damaged(place.path(), "wrong-sum.csv.gz", &wrong, 0, "damaged");
    let packed = zstd::encode_all(table(30).as_bytes(), 3).unwrap();
    damaged(place.path(), "cut.csv.zst", &packed[..packed.len() - 20], 0, "ends too early");
}

#[test]
fn a_quote_that_never_closes_is_told_with_its_line() {
    let place = tempfile::tempdir().unwrap();
    let rest = "and so on, row after row\n".repeat(50);
    damaged(
        place.path(),
        "open.csv",
        format!("text\none\ntwo\n\"three {rest}").as_bytes(),
        2,
        "line 4: a quote is opened here",
    );
    // Beyond the size of a row, too.
    let huge = "and so on\n".repeat(2 << 20);
    damaged(
        place.path(),
        "huge.csv",
        format!("text\none\n\"two {huge}").as_bytes(),
        1,
        "line 3: a quote is opened here",
    );
}

#[test]
fn a_truncated_parquet_or_arrow_file_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 30);
    let mut options = options();
    (options.format, options.part_rows, options.keep) = (OutputFormat::Parquet, 100, vec!["text".to_owned()]);
    let output = place.path().join("parquet");
    score(&[&input], &output, &options).unwrap();
    let bytes = fs::read(output.join("part-000000.parquet")).unwrap();
    for (name, end) in [("cut.parquet", bytes.len() - 10), ("head.parquet", 100), ("empty.parquet", 0)] {
        damaged(place.path(), name, &bytes[..end], 0, "no whole Parquet file");
    }
    damaged(place.path(), "noise.arrow", &[7; 400], 0, "damaged");
    damaged(place.path(), "cut.arrow", b"ARROW1\0\0 and nothing more", 0, "damaged");
    // A page that was changed: the file opens, and its rows cannot be read.
    let mut changed = bytes.clone();
    for byte in &mut changed[40..400] {
        *byte ^= 0x5a;
    }
    let path = place.path().join("changed.parquet");
    fs::write(&path, changed).unwrap();
    let error = score(&[&path], &place.path().join("changed"), &super::options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
}

#[test]
fn a_page_that_is_damaged_takes_the_same_rows_wherever_reading_began() {
    let place = tempfile::tempdir().unwrap();
    let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, false)]));
    let texts: StringArray = (0..10_000).map(|row| Some(format!("the same {}", row % 5))).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(texts)]).unwrap();
    let properties =
        WriterProperties::builder().set_dictionary_enabled(false).set_data_page_row_count_limit(500);
    let properties = properties.set_write_batch_size(500).build();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, schema, Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    // Lengths of texts in the second of three batches.
    let middle = bytes.len() * 55 / 100;
    bytes[middle..middle + 64].fill(0xff);
    let bad = place.path().join("bad.parquet");
    fs::write(&bad, bytes).unwrap();
    let before = csv(place.path(), "before.csv", 30);
    let mut options = options();
    (options.skip_damaged, options.part_rows, options.columns.only_named) = (true, 700, true);
    options.columns.text = Some("text".to_owned());
    let whole = place.path().join("whole");
    let report = score(&[&before, &bad], &whole, &options).unwrap();
    assert_eq!((report.tally.damaged.len(), report.tally.quarantined), (1, 1));
    assert!(report.tally.rows > 3000 && report.tally.rows < 9000, "{} rows", report.tally.rows);
    let names = [&before, &bad].map(|path| path.display().to_string());
    for after in [800, 2000, 3500, 4200] {
        let output = place.path().join(format!("after-{after}"));
        let archive = Archive::open(super::engine(), &names, options.clone(), &|_| Ok(())).unwrap();
        let stop = |rows| if rows >= after { Err(Error::new(ErrorKind::Cancelled, "stop")) } else { Ok(()) };
        let _ = archive.score(&output, &|told| stop(told.rows));
        score(&[&before, &bad], &output, &options).unwrap();
        assert!(super::contents(&output) == super::contents(&whole), "stopped after {after}");
    }
}

/// A length that is damaged may be as large as a number can be: it must not be asked for as memory, which
/// would end the process.
#[test]
fn no_single_byte_of_a_columnar_file_ends_the_process() {
    let place = tempfile::tempdir().unwrap();
    let packed = {
        let options = arrow_ipc::writer::IpcWriteOptions::default();
        let options = options.try_with_compression(Some(arrow_ipc::CompressionType::ZSTD)).unwrap();
        let mut bytes = Vec::new();
        let batch = super::formats::batch();
        let mut writer =
            arrow_ipc::writer::FileWriter::try_new_with_options(&mut bytes, &batch.schema(), options)
                .unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        bytes
    };
    fs::write(place.path().join("packed.arrow"), packed).unwrap();
    let whole = super::formats::archives(place.path());
    let named = |name: &str| whole.iter().find(|path| path.ends_with(name)).cloned();
    let mut paths: Vec<_> =
        ["plain.parquet", "file.arrow", "stream.arrows"].iter().map(|name| named(name).unwrap()).collect();
    paths.push(place.path().join("packed.arrow"));
    for path in paths {
        let bytes = fs::read(&path).unwrap();
        let ending = path.extension().unwrap().to_str().unwrap();
        let damaged = place.path().join(format!("damaged.{ending}"));
        let (mut read, mut refused) = (0, 0);
        for at in 0..bytes.len() {
            for flip in [0x7f, 0x80] {
                let mut bytes = bytes.clone();
                bytes[at] ^= flip;
                fs::write(&damaged, bytes).unwrap();
                match TicketFile::open(&damaged, &TicketColumns::default(), &Reading::default()) {
                    Ok(_) => read += 1,
                    Err(error) => {
                        refused += 1;
                        let kinds = [ErrorKind::DataInvalid, ErrorKind::TooLarge];
                        assert!(kinds.contains(&error.kind()), "{path:?} {at}: {error}");
                    }
                }
            }
        }
        assert!(read > 0 && refused > bytes.len() / 20, "{path:?}: {read} {refused}");
    }
}
