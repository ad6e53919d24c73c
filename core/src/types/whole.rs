//! Whole numbers, which JSON may write with a point: `2.0` is 2.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

struct Whole(u32);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = u32;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from 0 to {}", u32::MAX)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<u32, E> {
                u32::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<u32, E> {
                u32::try_from(value).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<u32, E> {
                let whole = value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value);
                if whole { Ok(value as u32) } else { Err(E::invalid_value(Unexpected::Float(value), &self)) }
            }
        }
        deserializer.deserialize_any(Number).map(Self)
    }
}

/// Reads whole numbers by their keys.
pub(crate) fn whole_numbers<'de, D, K>(deserializer: D) -> Result<BTreeMap<K, u32>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord,
{
    let numbers = BTreeMap::<K, Whole>::deserialize(deserializer)?;
    Ok(numbers.into_iter().map(|(key, Whole(number))| (key, number)).collect())
}
