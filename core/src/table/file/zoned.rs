//! Times of a zone as ISO 8601 writes them.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, LargeStringArray};
use arrow_schema::TimeUnit;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The values as texts: by the clock of their zone, with its offset, or `Z` in UTC; without a zone, as they
/// are. An unknown zone is replaced by UTC, in which the values are stored. A time outside of the calendar is
/// given as its number.
pub(super) fn texts(array: &ArrayRef, unit: TimeUnit, zone: Option<&str>) -> ArrayRef {
    let (local, zone) = (zone.is_none(), zone.and_then(zone_of));
    let (name, a_second): (_, i64) = match unit {
        TimeUnit::Second => ("s", 1),
        TimeUnit::Millisecond => ("ms", 1_000),
        TimeUnit::Microsecond => ("us", 1_000_000),
        TimeUnit::Nanosecond => ("ns", 1_000_000_000),
    };
    let value = |row: usize| match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
    };
    let text = |row: usize| {
        if array.is_null(row) {
            return None;
        }
        let value = value(row);
        let (seconds, rest) = (value.div_euclid(a_second), value.rem_euclid(a_second));
        let nanoseconds = (rest * (1_000_000_000 / a_second)) as i32;
        let instant = Timestamp::new(seconds, nanoseconds).ok();
        if let (Some(zone), Some(instant)) = (&zone, instant) {
            return Some(instant.display_with_offset(zone.to_offset(instant)).to_string());
        }
        // The last days of the year 9999 are times of the calendar, and stand for "never".
        let since = SignedDuration::new(seconds, nanoseconds);
        let time = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0).checked_add(since);
        Some(match time {
            Ok(time) if local => time.to_string(),
            Ok(time) => format!("{time}Z"),
            Err(_) => format!("{value} {name} since 1970-01-01"),
        })
    };
    Arc::new((0..array.len()).map(text).collect::<LargeStringArray>())
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
