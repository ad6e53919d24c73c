//! Texts of a table, read where they are.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use frontdesk::{Error, Result, TextColumn};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use pyo3_arrow::input::AnyArray;

use crate::door::raise;
use crate::tickets::text;

/// Arrow arrays one after the other. The texts stay in their buffers, wherever those came from.
struct Arrow {
    chunks: Vec<ArrayRef>,
    /// The first row of each chunk, and the number of rows.
    starts: Vec<usize>,
}

impl TextColumn for Arrow {
    fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or_default()
    }

    fn get(&self, row: usize) -> Option<&str> {
        let chunk = self.starts.partition_point(|&start| start <= row) - 1;
        let (array, index) = (&self.chunks[chunk], row - self.starts[chunk]);
        if array.is_null(index) || *array.data_type() == DataType::Null {
            return None;
        }
        match array.data_type() {
            DataType::Utf8 => Some(array.as_string::<i32>().value(index)),
            DataType::LargeUtf8 => Some(array.as_string::<i64>().value(index)),
            DataType::Utf8View => Some(array.as_string_view().value(index)),
            _ => None,
        }
    }
}

/// An array of texts; a dictionary's texts stay where they are, too. Its maker may have checked nothing:
/// pyarrow reads what is no UTF-8 from a Parquet file without an error.
fn readable(array: ArrayRef) -> Result<ArrayRef> {
    // A slice of nothing keeps its offset and has no values: there is nothing to check, or to read.
    let whole = if array.is_empty() { Ok(()) } else { array.to_data().validate_full() };
    whole.map_err(|e| Error::invalid("text", format!("the column is no valid Arrow array: {e}")))?;
    match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(array),
        DataType::Dictionary(_, values) if values.is_string() => {
            let cast = arrow_cast::cast(&array, &DataType::Utf8View);
            cast.map_err(|e| Error::invalid("text", format!("the dictionary cannot be read: {e}")))
        }
        // A column of nothing has no type: every text is missing.
        DataType::Null => Ok(array),
        other => Err(Error::invalid("text", format!("the column holds {other}, not texts"))),
    }
}

fn arrow(chunks: Vec<ArrayRef>) -> Result<Arrow> {
    let chunks = chunks.into_iter().map(readable).collect::<Result<Vec<_>>>()?;
    let mut starts = vec![0];
    starts.extend(chunks.iter().scan(0, |end, chunk| {
        *end += chunk.len();
        Some(*end)
    }));
    Ok(Arrow { chunks, starts })
}

/// A column of texts: a list of strings and `None`, or an object with the interface of an Arrow array or
/// stream.
pub(crate) fn column(texts: &Bound<'_, PyAny>) -> PyResult<Arc<dyn TextColumn>> {
    let py = texts.py();
    let Ok(list) = texts.cast::<PyList>() else {
        let (chunks, _) = texts.extract::<AnyArray>()?.into_chunked_array()?.into_inner();
        return Ok(Arc::new(arrow(chunks).map_err(|e| raise(py, &e))?));
    };
    let cell = |(row, value): (usize, Bound<'_, PyAny>)| -> PyResult<Option<String>> {
        if value.is_none() {
            return Ok(None);
        }
        let read = match value.cast::<PyString>() {
            Ok(string) => text(string),
            Err(_) => {
                Err(Error::invalid("text", format!("a text is expected, not {}", value.get_type().name()?)))
            }
        };
        read.map(Some).map_err(|e| raise(py, &e.context(format!("row {row}"))))
    };
    let texts: Vec<_> = list.iter().enumerate().map(cell).collect::<PyResult<_>>()?;
    Ok(Arc::new(texts))
}
