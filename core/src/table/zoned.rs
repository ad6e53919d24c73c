//! Times of a zone as ISO 8601 writes them.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, LargeStringArray};
use arrow_schema::TimeUnit;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::{Error, ErrorKind, Result};

/// The values as texts: by the clock of their zone, with its offset, or `Z` in UTC. A zone that nobody knows is left for UTC, which is what is stored.
pub(super) fn texts(array: &ArrayRef, unit: TimeUnit, zone: &str) -> Result<ArrayRef> {
    let zone = zone_of(zone);
    let count = array.len();
    let value = |row: usize| match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
    };
    let text = |row: usize| -> Result<Option<String>> {
        if array.is_null(row) {
            return Ok(None);
        }
        let value = value(row);
        let time = match unit {
            TimeUnit::Second => Timestamp::from_second(value),
            TimeUnit::Millisecond => Timestamp::from_millisecond(value),
            TimeUnit::Microsecond => Timestamp::from_microsecond(value),
            TimeUnit::Nanosecond => Timestamp::from_nanosecond(i128::from(value)),
        };
        let time = time.map_err(|e| Error::new(ErrorKind::DataInvalid, format!("a time of {value}: {e}")))?;
        Ok(Some(match &zone {
            None => time.to_string(),
            Some(zone) => time.display_with_offset(zone.to_offset(time)).to_string(),
        }))
    };
    Ok(Arc::new((0..count).map(text).collect::<Result<LargeStringArray>>()?))
}

/// `None` for UTC.
fn zone_of(name: &str) -> Option<TimeZone> {
    if matches!(name, "UTC" | "Etc/UTC" | "Z" | "+00:00") {
        return None;
    }
    fixed(name).map(TimeZone::fixed).or_else(|| TimeZone::get(name).ok())
}

/// An offset as Arrow writes it: `+02:00`, `-0130` or `+02`.
fn fixed(name: &str) -> Option<Offset> {
    let sign = match name.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = name[1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = (digits.get(..2)?, digits.get(2..).filter(|rest| !rest.is_empty()).unwrap_or("0"));
    let seconds = 3600 * hours.parse::<i32>().ok()? + 60 * minutes.parse::<i32>().ok()?;
    Offset::from_seconds(sign * seconds).ok()
}
