//! Apache Parquet.

use std::sync::Arc;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use super::arrow::{Rows, broken, columns as columns_of, places, texts_as_bytes};
use super::blob::{Blob, Chunks};
use super::record::SourceColumn;
use super::record::{Record, Records, Wanted};
use crate::error::guarded;
use crate::{Error, ErrorKind, Result};

/// Rows of a batch, at most, and the bytes that it has by the average of its row group.
const BATCH_ROWS: i64 = 4_096;
const BATCH_BYTES: i64 = 16 << 20;

pub(super) fn columns(blob: Arc<dyn Blob>) -> Result<Vec<SourceColumn>> {
    Ok(columns_of(metadata(blob)?.1.schema()))
}

pub(super) fn rows(blob: &Arc<dyn Blob>) -> Result<u64> {
    let rows = metadata(Arc::clone(blob))?.1.metadata().file_metadata().num_rows();
    Ok(rows.max(0) as u64)
}

fn metadata(blob: Arc<dyn Blob>) -> Result<(Chunks, ArrowReaderMetadata)> {
    let chunks = Chunks(blob);
    let load = |options| guarded(|| ArrowReaderMetadata::load(&chunks, options).map_err(fault));
    // arrow-ipc gives up at types in Arrow's own schema that it does not have, such as integers of 128 bits;
    // Parquet's schema has all that is read.
    let metadata = match load(ArrowReaderOptions::new()) {
        Err(error) if error.kind() == ErrorKind::Internal => {
            load(ArrowReaderOptions::new().with_skip_arrow_metadata(true))?
        }
        metadata => metadata?,
    };
    let schema = texts_as_bytes(metadata.schema());
    // A schema with bytes for texts is refused where a file has neither.
    let as_bytes = ArrowReaderMetadata::try_new(
        Arc::clone(metadata.metadata()),
        ArrowReaderOptions::new().with_schema(schema),
    );
    Ok((chunks, as_bytes.unwrap_or(metadata)))
}

pub(super) fn open(blob: Arc<dyn Blob>, columns: &[Wanted]) -> Result<Box<dyn Records>> {
    let (_, metadata) = metadata(Arc::clone(&blob))?;
    let mut wanted = places(metadata.schema(), columns)?;
    let names = columns.iter().map(|wanted| wanted.name.clone()).collect();
    let mut roots = wanted.clone();
    roots.sort_unstable();
    roots.dedup();
    // The batch has the columns in the order of the file.
    for place in &mut wanted {
        *place = roots.iter().position(|root| root == place).unwrap_or_default();
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
    }))
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
    number: u64,
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
            let bytes: i64 = columns.map(|(_, column)| column.uncompressed_size()).sum();
            (group.num_rows() * BATCH_BYTES / bytes.max(1)).max(1)
        });
        let batch = rows.min().unwrap_or(1).min(BATCH_ROWS) as usize;
        let skipped = usize::try_from(self.number)
            .map_err(|_| Error::new(ErrorKind::TooLarge, "more rows than this machine can count"))?;
        let before = skipped % batch;
        let builder = builder.with_projection(mask).with_batch_size(batch).with_offset(skipped - before);
        Ok((builder.build().map_err(fault)?, before))
    }
}

impl Records for File {
    fn next(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(record) = self.rows.next(self.number + 1) {
                self.number += 1;
                return Ok(Some(record));
            }
            let (mut reader, before) = match self.reader.take() {
                Some(reader) => (reader, 0),
                None => self.reader()?,
            };
            let batch = reader.next();
            self.reader = Some(reader);
            let Some(batch) = batch else { return Ok(None) };
            self.rows = Rows::new(&batch.map_err(broken)?, &self.wanted, &self.names)?;
            self.rows.pass(before);
        }
    }

    fn pass_over(&mut self, rows: u64) -> Result<u64> {
        let all = self.metadata.metadata().file_metadata().num_rows().max(0) as u64;
        let passed = rows.min(all - self.number.min(all));
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

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn fault(error: ParquetError) -> Error {
    Error::new(ErrorKind::DataInvalid, format!("no whole Parquet file: {error}"))
}
