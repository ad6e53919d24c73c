//! Parquet, one row group a part.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float32Builder, StringBuilder, UInt32Builder, UInt64Builder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{OutRow, Shape};
use crate::score::{Cell, Kind};
use crate::{Error, ErrorKind, Result};

/// Rows that are handed over at once, and bytes of the texts among them: it depends on the rows alone, so
/// that the same rows give the same bytes.
const BATCH: usize = 4_096;
const BATCH_BYTES: usize = 16 << 20;

pub(super) struct Columnar<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    /// In the order of the schema: input, row, id, kept, scores, removed.
    columns: Vec<Column>,
    has_id: bool,
    rows: usize,
    /// Bytes of the texts that were carried along.
    bytes: usize,
}

enum Column {
    Text(StringBuilder),
    Number(UInt64Builder),
    Score(Float32Builder),
    Count(UInt32Builder),
    Flag(BooleanBuilder),
}

impl<W: Write + Send> Columnar<W> {
    pub(super) fn new(sink: W, shape: &Shape) -> Result<Self> {
        let text = |name: &str, nullable| {
            (Field::new(name, DataType::Utf8, nullable), Column::Text(StringBuilder::new()))
        };
        let mut all = vec![text("input", false)];
        all.push((Field::new("row", DataType::UInt64, false), Column::Number(UInt64Builder::new())));
        all.extend(shape.has_id.then(|| text("id", true)));
        all.extend(shape.kept.iter().map(|name| text(name, true)));
        all.extend(shape.layout.columns().iter().map(|(name, kind)| match kind {
            Kind::Text => text(name, true),
            Kind::Score => (Field::new(name, DataType::Float32, true), Column::Score(Float32Builder::new())),
            Kind::Count => (Field::new(name, DataType::UInt32, true), Column::Count(UInt32Builder::new())),
            Kind::Flag => (Field::new(name, DataType::Boolean, true), Column::Flag(BooleanBuilder::new())),
        }));
        all.extend(shape.has_removed.then(|| text("removed", true)));
        let (fields, columns): (Vec<Field>, Vec<Column>) = all.into_iter().unzip();
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(None)
            .build();
        let writer = ArrowWriter::try_new(sink, Arc::clone(&schema), Some(properties)).map_err(broken)?;
        Ok(Self { writer, schema, columns, has_id: shape.has_id, rows: 0, bytes: 0 })
    }

    pub(super) fn push(&mut self, row: &OutRow) -> Result<()> {
        let mut columns = self.columns.iter_mut();
        let mut text = |value: Option<&str>| {
            if let Some(Column::Text(column)) = columns.next() {
                column.append_option(value);
            }
        };
        text(Some(&row.input));
        if let Some(Column::Number(column)) = columns.next() {
            column.append_value(row.number);
        }
        let mut text = |value: Option<&str>| {
            if let Some(Column::Text(column)) = columns.next() {
                column.append_option(value);
            }
        };
        if self.has_id {
            text(row.id.as_deref());
        }
        row.kept.iter().for_each(|value| text(value.as_deref()));
        // The cells first: a zip takes one more of the iterator before it.
        for (cell, column) in row.cells.iter().zip(columns.by_ref()) {
            match (column, cell) {
                (Column::Text(column), Some(Cell::Text(value))) => column.append_value(value),
                (Column::Score(column), Some(Cell::Score(value))) => column.append_value(*value),
                (Column::Count(column), Some(Cell::Count(value))) => column.append_value(*value),
                (Column::Flag(column), Some(Cell::Flag(value))) => column.append_value(*value),
                (column, _) => column.append_null(),
            }
        }
        if let Some(Column::Text(column)) = columns.next() {
            column.append_option(row.removed());
        }
        self.rows += 1;
        self.bytes += row.kept.iter().flatten().map(String::len).sum::<usize>();
        if self.rows == BATCH || self.bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        (self.rows, self.bytes) = (0, 0);
        let arrays = self.columns.iter_mut().map(Column::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        let batch = batch.map_err(|e| Error::new(ErrorKind::Internal, e.to_string()))?;
        self.writer.write(&batch).map_err(broken)
    }

    pub(super) fn finish(mut self) -> Result<W> {
        self.flush()?;
        self.writer.into_inner().map_err(broken)
    }
}

impl Column {
    fn append_null(&mut self) {
        match self {
            Self::Text(column) => column.append_null(),
            Self::Number(column) => column.append_null(),
            Self::Score(column) => column.append_null(),
            Self::Count(column) => column.append_null(),
            Self::Flag(column) => column.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(column) => ArrayBuilder::finish(column),
            Self::Number(column) => ArrayBuilder::finish(column),
            Self::Score(column) => ArrayBuilder::finish(column),
            Self::Count(column) => ArrayBuilder::finish(column),
            Self::Flag(column) => ArrayBuilder::finish(column),
        }
    }
}

/// Writing fails where the disk does.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn broken(error: ParquetError) -> Error {
    Error::new(ErrorKind::Io, error.to_string())
}
