//! Values of Arrow arrays as texts, one by one.
//!
//! A dictionary, a run or a view may have one large value for many rows: together they may be more than there
//! is memory, so no column of texts is made of them.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{Array, ArrayRef, RunArray, new_null_array};
use arrow_schema::DataType;

use super::damage::broken;
use super::record::Fault;
use super::zoned;
use crate::{Error, ErrorKind, Result};

/// Whether the values of a type can be read as texts.
pub(super) fn is_readable(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_plain(values),
        DataType::RunEndEncoded(_, values) => is_plain(values.data_type()),
        _ => is_plain(kind),
    }
}

fn is_plain(kind: &DataType) -> bool {
    let is_plain =
        !kind.is_nested() && !matches!(kind, DataType::Dictionary(..) | DataType::RunEndEncoded(..));
    is_plain && (is_bytes(kind) || arrow_cast::can_cast_types(kind, &DataType::Utf8))
}

fn is_bytes(kind: &DataType) -> bool {
    matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Some rows of a column.
pub(super) enum Values {
    Texts(ArrayRef),
    /// May hold what is not UTF-8.
    Bytes(ArrayRef),
    /// Values of another type, and what they are as texts.
    Written(ArrayRef, ArrayRef),
    /// For each row, its value.
    Each(Vec<Values>),
    /// For each row, the place of its value.
    Places(Vec<Option<usize>>, Box<Values>),
}

impl Values {
    /// Of rows that are so few that they can be texts, where they are short ones.
    pub(super) fn of(rows: &ArrayRef) -> Result<Self> {
        match rows.data_type() {
            kind if is_text(kind) => Ok(Self::Texts(Arc::clone(rows))),
            kind if is_bytes(kind) => Ok(Self::Bytes(Arc::clone(rows))),
            DataType::Dictionary(_, kind) if is_text(kind) || is_bytes(kind) => {
                let dictionary = rows.as_any_dictionary();
                // Without a value, all keys are null.
                let keys =
                    if dictionary.values().is_empty() { Vec::new() } else { dictionary.normalized_keys() };
                let place = |row: usize| keys.get(row).copied().filter(|_| rows.is_valid(row));
                let places = (0..rows.len()).map(place).collect();
                Ok(Self::Places(places, Box::new(Self::of(dictionary.values())?)))
            }
            DataType::Dictionary(_, kind) => Self::of(&arrow_cast::cast(rows, kind).map_err(broken)?),
            DataType::RunEndEncoded(ends, _) => match ends.data_type() {
                DataType::Int16 => Self::of_runs(rows.as_run::<Int16Type>()),
                DataType::Int32 => Self::of_runs(rows.as_run::<Int32Type>()),
                _ => Self::of_runs(rows.as_run::<Int64Type>()),
            },
            DataType::Timestamp(unit, zone) => {
                Ok(Self::Written(Arc::clone(rows), zoned::texts(rows, *unit, zone.as_deref())))
            }
            _ => Ok(Self::written(rows)),
        }
    }

    /// One value that cannot be written is no fault of the others.
    fn written(rows: &ArrayRef) -> Self {
        let texts = match arrow_cast::cast(rows, &DataType::LargeUtf8) {
            Ok(texts) => texts,
            Err(_) if rows.len() > 1 => {
                return Self::Each((0..rows.len()).map(|row| Self::written(&rows.slice(row, 1))).collect());
            }
            Err(_) => new_null_array(&DataType::LargeUtf8, rows.len()),
        };
        Self::Written(Arc::clone(rows), texts)
    }

    /// The rows' runs follow one another, so they have as many values as rows, at most.
    fn of_runs<E: RunEndIndexType>(rows: &RunArray<E>) -> Result<Self> {
        let places: Vec<usize> = (0..rows.len()).map(|row| rows.get_physical_index(row)).collect();
        let (first, end) = match (places.first(), places.last()) {
            (Some(first), Some(last)) => (*first, *last + 1),
            _ => (0, 0),
        };
        if first > end || end > rows.values().len() {
            return Err(Error::new(ErrorKind::DataInvalid, "the data is damaged: the ends of runs"));
        }
        let values = Self::of(&rows.values().slice(first, end - first))?;
        let places = places.into_iter().map(|place| place.checked_sub(first)).collect();
        Ok(Self::Places(places, Box::new(values)))
    }

    /// The text in a row of the column of that name; `None` where it is missing.
    pub(super) fn get(&self, row: usize, name: &str) -> std::result::Result<Option<&str>, Fault> {
        match self {
            Self::Texts(array) | Self::Bytes(array) if array.is_null(row) => Ok(None),
            Self::Texts(array) => Ok(Some(match array.data_type() {
                DataType::Utf8 => array.as_string::<i32>().value(row),
                DataType::LargeUtf8 => array.as_string::<i64>().value(row),
                _ => array.as_string_view().value(row),
            })),
            Self::Bytes(array) => {
                let bytes = match array.data_type() {
                    DataType::Binary => array.as_binary::<i32>().value(row),
                    DataType::LargeBinary => array.as_binary::<i64>().value(row),
                    _ => array.as_binary_view().value(row),
                };
                std::str::from_utf8(bytes).map(Some).map_err(|e| Fault::not_utf8(name, e))
            }
            Self::Written(_, texts) if texts.is_valid(row) => Ok(Some(texts.as_string::<i64>().value(row))),
            Self::Written(values, _) if values.is_null(row) || values.data_type() == &DataType::Null => {
                Ok(None)
            }
            Self::Written(values, _) => {
                let message = format!("`{name}` has a {} that cannot be written", values.data_type());
                Err(Fault::data(message).of(name))
            }
            Self::Each(rows) => rows.get(row).map_or(Ok(None), |one| one.get(0, name)),
            Self::Places(places, values) => match places.get(row).copied().flatten() {
                Some(place) => values.get(place, name),
                None => Ok(None),
            },
        }
    }
}
