//! Apache Parquet.

use std::sync::Arc;

use arrow_schema::{DataType, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    RowSelection, RowSelectionPolicy, RowSelector,
};
use parquet::column::page::PageReader;
use parquet::errors::ParquetError;
use parquet::file::serialized_reader::SerializedPageReader;

use super::arrow::{Rows, columns as columns_of, places};
use super::blob::{Blob, Chunks};
use super::damage::{broken, sound};
use super::footer;
use super::record::{Record, Records, SourceColumn, Wanted};
use crate::error::called;
use crate::{Error, ErrorKind, Result};

/// Rows of a batch, at most, and the bytes that it has by the average of its row group.
const BATCH_ROWS: i64 = 4_096;
const BATCH_BYTES: i64 = 16 << 20;

/// More rows than there can be.
const EVERY: usize = usize::MAX / 2;

pub(super) fn columns(blob: Arc<dyn Blob>) -> Result<Vec<SourceColumn>> {
    columns_of(metadata(blob)?.schema())
}

/// The number of rows that a footer claims.
pub(super) fn rows(blob: &Arc<dyn Blob>) -> Result<u64> {
    sound(|| all_rows(&metadata(Arc::clone(blob))?))
}

/// The number of rows, in which the file and its row groups agree.
fn all_rows(metadata: &ArrowReaderMetadata) -> Result<u64> {
    let metadata = metadata.metadata();
    let count =
        |rows: i64| u64::try_from(rows).map_err(|_| wrong_count(format!("it says that it has {rows} rows")));
    let all = count(metadata.file_metadata().num_rows())?;
    let mut of_groups = 0_u64;
    for group in metadata.row_groups() {
        of_groups = of_groups.saturating_add(count(group.num_rows())?);
    }
    if all == of_groups {
        return Ok(all);
    }
    Err(wrong_count(format!("it says that it has {all} rows, and its row groups have {of_groups}")))
}

fn wrong_count(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::DataInvalid, format!("the Parquet file is damaged: {what}"))
}

fn metadata(blob: Arc<dyn Blob>) -> Result<ArrowReaderMetadata> {
    footer::check(&blob)?;
    let chunks = Chunks(blob);
    let load = |options| ArrowReaderMetadata::load(&chunks, options).map_err(fault);
    // arrow-ipc gives up at types in Arrow's own schema that it does not have, such as integers of 128 bits;
    // Parquet's schema has all that is read.
    let plain = || ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = called(|| load(ArrowReaderOptions::new())).unwrap_or_else(|| load(plain()))?;
    let file = metadata.metadata();
    all_rows(&metadata)?;
    // A schema that does not suit the file is refused.
    let with = |options| ArrowReaderMetadata::try_new(Arc::clone(file), options).map_err(fault);
    let schema = texts_as_views(metadata.schema(), with(plain())?.schema());
    let views = with(ArrowReaderOptions::new().with_schema(schema));
    Ok(views.unwrap_or(metadata))
}

pub(super) fn open(blob: Arc<dyn Blob>, columns: &[Wanted]) -> Result<Box<dyn Records>> {
    let metadata = metadata(Arc::clone(&blob))?;
    let all = all_rows(&metadata)?;
    empty(&Chunks(Arc::clone(&blob)), &metadata)?;
    let mut wanted = places(metadata.schema(), columns)?;
    let names = columns.iter().map(|wanted| wanted.name.clone()).collect();
    let mut roots = wanted.clone();
    roots.sort_unstable();
    roots.dedup();
    // The batch has the columns in the order of the file.
    for place in &mut wanted {
        *place = roots.binary_search(place).unwrap_or_default();
    }
    Ok(Box::new(File {
        blob,
        metadata,
        roots,
        wanted,
        names,
        reader: None,
        rows: Rows::default(),
        number: 0,
        all,
    }))
}

/// Refuses row groups that say they have no row, and have pages with values.
fn empty(chunks: &Chunks, metadata: &ArrowReaderMetadata) -> Result<()> {
    for group in metadata.metadata().row_groups().iter().filter(|group| group.num_rows() == 0) {
        for column in group.columns().iter().filter(|column| column.compressed_size() > 0) {
            let pages = || -> std::result::Result<bool, ParquetError> {
                let mut pages = SerializedPageReader::new(Arc::new(chunks.clone()), column, 0, None)?;
                while let Some(page) = pages.peek_next_page()? {
                    let values = page.num_rows.unwrap_or_default().max(page.num_levels.unwrap_or_default());
                    if !page.is_dict && values > 0 {
                        return Ok(true);
                    }
                    pages.skip_next_page()?;
                }
                Ok(false)
            };
            if sound(|| pages().map_err(fault))? {
                return Err(wrong_count("a row group says that it has no row, and has values"));
            }
        }
    }
    Ok(())
}

struct File {
    blob: Arc<dyn Blob>,
    metadata: ArrowReaderMetadata,
    /// The columns of the file that are read.
    roots: Vec<usize>,
    /// The places of the wanted columns among them.
    wanted: Vec<usize>,
    names: Vec<String>,
    reader: Option<ParquetRecordBatchReader>,
    rows: Rows,
    /// Rows that were read, and all that there are by the metadata.
    number: u64,
    all: u64,
}

impl File {
    /// A reader whose batches begin where those of a reader from the first row begin, and the rows of its
    /// first batch that were read before: a page that is damaged takes its batch with it, which must be
    /// the same batch wherever reading began.
    fn reader(&self) -> Result<(ParquetRecordBatchReader, usize)> {
        let chunks = Chunks(Arc::clone(&self.blob));
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(chunks, self.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), self.roots.iter().copied());
        let groups = builder.metadata().row_groups().iter();
        let rows = groups.map(|group| {
            let columns = group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
            let bytes =
                columns.fold(0_i64, |sum, (_, column)| sum.saturating_add(column.uncompressed_size()));
            (group.num_rows().saturating_mul(BATCH_BYTES) / bytes.max(1)).max(1)
        });
        let batch = rows.min().unwrap_or(1).min(BATCH_ROWS) as usize;
        let skipped = usize::try_from(self.number)
            .map_err(|_| Error::new(ErrorKind::TooLarge, "more rows than this machine can count"))?;
        let before = skipped % batch;
        // By an offset, the reader would end where the metadata say so, whatever the pages have.
        let from = RowSelection::from(vec![RowSelector::skip(skipped - before), RowSelector::select(EVERY)]);
        let builder = builder.with_projection(mask).with_batch_size(batch).with_row_selection(from);
        let builder = builder.with_row_selection_policy(RowSelectionPolicy::Selectors);
        Ok((builder.build().map_err(fault)?, before))
    }
}

impl Records for File {
    fn next(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(record) = self.rows.next(self.number + 1)? {
                if self.number == self.all {
                    let what = format!("it says that it has {} rows, and has more", self.all);
                    return Err(wrong_count(what));
                }
                self.number += 1;
                return Ok(Some(record));
            }
            let (mut reader, before) = match self.reader.take() {
                Some(reader) => (reader, 0),
                None => self.reader()?,
            };
            let batch = reader.next();
            self.reader = Some(reader);
            let Some(batch) = batch else {
                if self.number < self.all {
                    let what = format!("it says that it has {} rows, and has {}", self.all, self.number);
                    return Err(wrong_count(what));
                }
                return Ok(None);
            };
            self.rows = Rows::new(&batch.map_err(broken)?, &self.wanted, &self.names);
            self.rows.pass(before);
        }
    }

    fn pass_over(&mut self, rows: u64) -> Result<u64> {
        let passed = rows.min(self.all - self.number.min(self.all));
        self.number += passed;
        if passed < self.rows.left() as u64 {
            self.rows.pass(passed as usize);
        } else {
            // The next reader begins at the new place.
            (self.rows, self.reader) = (Rows::default(), None);
        }
        Ok(passed)
    }
}

/// A schema in which texts are views, which share what they have in common, and texts that the file does not
/// call so are bytes: invalid UTF-8 is one row's fault then, and not the file's. `plain` is the schema
/// without what Arrow's writers add.
fn texts_as_views(schema: &SchemaRef, plain: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().zip(plain.fields()).map(|(field, plain)| {
        let kind = match plain.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            _ => field.data_type().clone(),
        };
        Arc::new(field.as_ref().clone().with_data_type(kind))
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn fault(error: ParquetError) -> Error {
    Error::new(ErrorKind::DataInvalid, format!("no whole Parquet file: {error}"))
}
