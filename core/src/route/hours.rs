//! Opening hours of a route, by the clock of a place.

use jiff::Zoned;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{Date, Error, ErrorKind, Result, TimeOfDay, Timestamp};

/// Opening hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The place whose clock counts, by its name in the time zone database: `Europe/Amsterdam`.
    pub time_zone: String,
    /// The spans in which it is open, one at least; a span past midnight is written as two.
    pub open: Vec<Span>,
    /// Days on which it is closed all day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Date>,
}

/// From a time of the day to another, on some days of the week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The days of the week, one at least.
    pub days: Vec<Day>,
    /// The first moment, `08:30`.
    pub from: TimeOfDay,
    /// The moment after the last, `18:00`; `00:00` is the end of the day.
    pub to: TimeOfDay,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are enough")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

impl Span {
    fn holds(&self, now: &Zoned) -> bool {
        let time = TimeOfDay(now.time());
        self.days.contains(&now.weekday().into())
            && self.from <= time
            && (time < self.to || self.to == TimeOfDay::MIDNIGHT)
    }
}

impl Hours {
    /// True where it is open at a moment.
    pub(super) fn are_open(&self, now: Timestamp) -> bool {
        // A policy is checked before it is used.
        let Ok(zone) = TimeZone::get(&self.time_zone) else { return false };
        let now = now.0.to_zoned(zone);
        !self.closed.contains(&Date(now.date())) && self.open.iter().any(|span| span.holds(&now))
    }

    /// `path` is their place in the policy, which errors begin with.
    pub(super) fn check(&self, path: &str) -> Result<()> {
        let invalid = |field: &str, what: String| {
            let field = format!("{path}.{field}");
            Err(Error::new(ErrorKind::DataInvalid, format!("{field}: {what}")).at(&field))
        };
        if let Err(error) = TimeZone::get(&self.time_zone) {
            return invalid("time_zone", format!("`{}` is no time zone: {error}", self.time_zone));
        }
        if self.open.is_empty() {
            let what = "they are never open; take the route out of those that are available";
            return invalid("open", what.to_owned());
        }
        for (place, Span { days, from, to }) in self.open.iter().enumerate() {
            if days.is_empty() {
                return invalid(&format!("open[{place}]"), format!("from {from} to {to} on no day"));
            }
            if from >= to && *to != TimeOfDay::MIDNIGHT {
                let what = format!("they open at {from} and close at {to}; a span past midnight is two");
                return invalid(&format!("open[{place}]"), what);
            }
        }
        Ok(())
    }
}
