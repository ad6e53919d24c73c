//! Columns of Arrow arrays as texts.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use super::columns::{Names, few_enough};
use super::record::{Fault, MAX_ROW_BYTES, Record, SourceColumn, Wanted};
use super::values::{Values, is_readable};
use crate::{Error, ErrorKind, Result};

/// Characters of a type in a message, at most.
const TYPE_LENGTH: usize = 100;

/// The columns of a schema, with the type of each that is no text.
///
/// # Errors
/// `too-large` for more than an input may have.
pub(super) fn columns(schema: &Schema) -> Result<Vec<SourceColumn>> {
    few_enough(schema.fields().len())?;
    let column = |field: &Arc<Field>| SourceColumn {
        name: field.name().clone(),
        unreadable: (!is_readable(field.data_type())).then(|| told(field.data_type())),
    };
    Ok(schema.fields().iter().map(column).collect())
}

/// The places of columns, whose types can be read as text.
pub(super) fn places(schema: &Schema, columns: &[Wanted]) -> Result<Vec<usize>> {
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let there = Names::of(&names);
    let place = |Wanted { name, .. }: &Wanted| {
        let place = there.place(name)?;
        let kind = schema.field(place).data_type();
        if is_readable(kind) {
            return Ok(place);
        }
        let message = format!(
            "the column `{name}` is of the type {}, which is no text; a list or a structure is read as JSON text",
            told(kind)
        );
        Err(Error::new(ErrorKind::DataInvalid, message))
    };
    columns.iter().map(place).collect()
}

/// A type as a message has it: nested ones may be of any length.
fn told(kind: &DataType) -> String {
    let kind = kind.to_string();
    match kind.char_indices().nth(TYPE_LENGTH) {
        Some((end, _)) => format!("{}…", &kind[..end]),
        None => kind,
    }
}

/// Rows of a batch whose values are looked at together.
const STEP: usize = 4_096;

/// The rows of a batch that is under way.
#[derive(Default)]
pub(super) struct Rows {
    /// The wanted columns, in their order.
    columns: Vec<ArrayRef>,
    names: Vec<String>,
    len: usize,
    next: usize,
    /// The values of some rows, and the first and the end of these.
    values: Vec<Values>,
    from: usize,
    to: usize,
}

impl Rows {
    /// `places` are the batch's columns in the order of the wanted ones.
    pub(super) fn new(batch: &RecordBatch, places: &[usize], names: &[String]) -> Self {
        let columns = places.iter().map(|place| Arc::clone(batch.column(*place))).collect();
        Self { columns, names: names.to_vec(), len: batch.num_rows(), ..Self::default() }
    }

    pub(super) fn left(&self) -> usize {
        self.len - self.next
    }

    pub(super) fn pass(&mut self, rows: usize) {
        self.next = self.len.min(self.next.saturating_add(rows));
    }

    pub(super) fn next(&mut self, number: u64) -> Result<Option<Record>> {
        let row = self.next;
        if row >= self.len {
            return Ok(None);
        }
        if row >= self.to {
            (self.from, self.to) = (row, self.len.min(row + STEP));
            let rows = self.columns.iter().map(|column| column.slice(row, self.to - row));
            self.values = rows.map(|rows| Values::of(&rows)).collect::<Result<_>>()?;
        }
        self.next += 1;
        Ok(Some(Record { number, line: None, cells: self.cells(row - self.from) }))
    }

    fn cells(&self, row: usize) -> std::result::Result<Vec<Option<String>>, Fault> {
        let (mut cells, mut bytes) = (Vec::with_capacity(self.values.len()), 0);
        for (values, name) in self.values.iter().zip(&self.names) {
            let text = values.get(row, name)?;
            bytes += text.map_or(0, str::len);
            if bytes > MAX_ROW_BYTES {
                return Err(Fault::too_large());
            }
            cells.push(text.map(str::to_owned));
        }
        Ok(cells)
    }
}
