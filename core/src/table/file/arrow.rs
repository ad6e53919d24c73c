//! Columns of Arrow arrays as texts.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::columns::require;
use super::record::SourceColumn;
use super::record::{Fault, Record, Wanted};
use super::zoned;
use crate::{Error, ErrorKind, Result};

/// The columns of a schema, with the type of each that is no text.
pub(super) fn columns(schema: &Schema) -> Vec<SourceColumn> {
    let column = |field: &Arc<Field>| SourceColumn {
        name: field.name().clone(),
        unreadable: (!is_readable(field.data_type())).then(|| field.data_type().to_string()),
    };
    schema.fields().iter().map(column).collect()
}

/// The places of columns, whose types can be read as text.
pub(super) fn places(schema: &Schema, columns: &[Wanted]) -> Result<Vec<usize>> {
    let there: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let place = |Wanted { name, .. }: &Wanted| {
        require(name, &there)?;
        let place = schema.index_of(name).map_err(broken)?;
        let kind = schema.field(place).data_type();
        if is_readable(kind) {
            return Ok(place);
        }
        let message = format!(
            "the column `{name}` is of the type {kind}, which is no text; a list or a structure is read as JSON text"
        );
        Err(Error::new(ErrorKind::DataInvalid, message))
    };
    columns.iter().map(place).collect()
}

fn is_readable(kind: &DataType) -> bool {
    is_bytes(kind) || (!kind.is_nested() && arrow_cast::can_cast_types(kind, &DataType::Utf8))
}

fn is_bytes(kind: &DataType) -> bool {
    matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

/// A column's values as texts.
fn texts(array: &ArrayRef) -> Result<ArrayRef> {
    if let DataType::Timestamp(unit, zone) = array.data_type() {
        return Ok(zoned::texts(array, *unit, zone.as_deref()));
    }
    arrow_cast::cast(array, &DataType::LargeUtf8).map_err(broken)
}

/// The values of a batch that is under way.
#[derive(Default)]
pub(super) struct Rows {
    columns: Vec<Texts>,
    next: usize,
    len: usize,
}

enum Texts {
    Text(ArrayRef),
    /// May hold what is not UTF-8.
    Bytes(ArrayRef, String),
}

impl Rows {
    /// `columns` are the batch's columns in the order of the wanted ones.
    pub(super) fn new(batch: &RecordBatch, places: &[usize], names: &[String]) -> Result<Self> {
        let column = |(&place, name): (&usize, &String)| {
            let array = batch.column(place);
            if is_bytes(array.data_type()) {
                let bytes = arrow_cast::cast(array, &DataType::LargeBinary).map_err(broken)?;
                return Ok(Texts::Bytes(bytes, name.clone()));
            }
            Ok(Texts::Text(texts(array)?))
        };
        let columns = places.iter().zip(names).map(column).collect::<Result<_>>()?;
        Ok(Self { columns, next: 0, len: batch.num_rows() })
    }

    pub(super) fn left(&self) -> usize {
        self.len - self.next
    }

    pub(super) fn pass(&mut self, rows: usize) {
        self.next = self.len.min(self.next + rows);
    }

    pub(super) fn next(&mut self, number: u64) -> Option<Record> {
        let row = self.next;
        if row >= self.len {
            return None;
        }
        self.next += 1;
        let cells = self.columns.iter().map(|column| column.get(row)).collect();
        Some(Record { number, line: None, cells })
    }
}

impl Texts {
    fn get(&self, row: usize) -> std::result::Result<Option<String>, Fault> {
        match self {
            Self::Text(array) if array.is_null(row) => Ok(None),
            Self::Text(array) => Ok(Some(array.as_string::<i64>().value(row).to_owned())),
            Self::Bytes(array, _) if array.is_null(row) => Ok(None),
            Self::Bytes(array, name) => match std::str::from_utf8(array.as_binary::<i64>().value(row)) {
                Ok(text) => Ok(Some(text.to_owned())),
                Err(e) => Err(Fault::not_utf8(name, e)),
            },
        }
    }
}

/// The schema with its texts as bytes, so that invalid UTF-8 is one row's fault and not the file's.
pub(super) fn texts_as_bytes(schema: &Schema) -> Arc<Schema> {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8 => DataType::Binary,
            DataType::LargeUtf8 => DataType::LargeBinary,
            DataType::Utf8View => DataType::BinaryView,
            other => other.clone(),
        };
        Arc::new(field.as_ref().clone().with_data_type(kind))
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

/// Converts an error of Arrow's reader: `io` for one of the system, else `data-invalid`.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn broken(error: ArrowError) -> Error {
    if let ArrowError::IoError(_, e) = &error
        && e.raw_os_error().is_some()
    {
        return Error::new(ErrorKind::Io, error.to_string());
    }
    Error::new(ErrorKind::DataInvalid, format!("the data is damaged: {error}"))
}
