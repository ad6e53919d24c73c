//! Moments, days and times of a day.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A moment, to the nanosecond, from the year -9999 to 9999; as text and in JSON by RFC 3339,
/// `2026-03-02T09:30:00Z`. Parsing another text is `invalid-input`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub(crate) jiff::Timestamp);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// Returns the moment that the system's clock shows.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now())
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = Error;

    fn try_from(time: SystemTime) -> Result<Self> {
        jiff::Timestamp::try_from(time).map(Self).map_err(|e| Error::invalid("timestamp", e.to_string()))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0.into()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self).map_err(|e: jiff::Error| Error::invalid("timestamp", e.to_string()))
    }
}

/// A day of the calendar, as text and in JSON `2026-12-25`. Parsing another text is `invalid-input`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub(crate) civil::Date);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Date {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self).map_err(|e: jiff::Error| Error::invalid("date", e.to_string()))
    }
}

/// A time of the day, as text and in JSON `08:30`. Parsing another text is `invalid-input`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeOfDay(pub(crate) civil::Time);

impl TimeOfDay {
    /// 00:00.
    pub const MIDNIGHT: Self = Self(civil::Time::midnight());
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TimeOfDay {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self).map_err(|e: jiff::Error| Error::invalid("time", e.to_string()))
    }
}
