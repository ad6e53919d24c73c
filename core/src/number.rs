//! Numbers from files and callers: each has a range, and one outside of it is refused by its name.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use crate::{Error, ErrorKind, Result};

/// Refuses a number outside of its range, and NaN, which is in none. `path` is the name of the number, such
/// as `weights.bias.live-chat`; it becomes the error's field.
///
/// # Errors
/// One of `kind`, with the name, the number and the range.
pub(crate) fn check(
    kind: ErrorKind,
    path: impl fmt::Display,
    value: f64,
    range: impl RangeBounds<f64>,
) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let message = format!("{path}: {} is not {}", Written(value), Described(&range));
    Err(Error::new(kind, message).at(&path.to_string()))
}

/// As [`check`], a count from 1 to `most`; `None` is a default, and in every range.
///
/// # Errors
/// As [`check`].
#[cfg(feature = "train")]
pub(crate) fn check_count(kind: ErrorKind, path: &str, value: Option<usize>, most: usize) -> Result<()> {
    match value {
        Some(value) if !(1..=most).contains(&value) => {
            Err(Error::new(kind, format!("{path}: {value} is not from 1 to {most}")).at(path))
        }
        _ => Ok(()),
    }
}

/// A number with few digits: very large and very small ones with an exponent.
struct Written(f64);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if size == 0.0 || !size.is_finite() || (1e-4..1e6).contains(&size) {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{:e}", self.0)
        }
    }
}

/// A range in words.
struct Described<'a, R>(&'a R);

impl<R: RangeBounds<f64>> fmt::Display for Described<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Bound::{Excluded, Included, Unbounded};
        let start = match self.0.start_bound() {
            Included(least) => Some(("from", least)),
            Excluded(least) => Some(("above", least)),
            Unbounded => None,
        };
        let end = match (self.0.end_bound(), start) {
            (Included(most), Some(("from", _))) => Some(("to", most)),
            (Included(most), Some(_)) => Some(("and up to", most)),
            (Included(most), None) => Some(("up to", most)),
            (Excluded(most), Some(("from", _))) => Some(("to below", most)),
            (Excluded(most), Some(_)) => Some(("and below", most)),
            (Excluded(most), None) => Some(("below", most)),
            (Unbounded, _) => None,
        };
        let mut between = "";
        for (word, value) in start.into_iter().chain(end) {
            write!(f, "{between}{word} {}", Written(*value))?;
            between = " ";
        }
        Ok(())
    }
}
