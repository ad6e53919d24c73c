//! The parts of a message to remove.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Removed;
use crate::quote::quoted;
use crate::{Error, Result};

/// The parts of a message to remove before it is read; by default none.
///
/// As text `all`, `none`, or kinds with commas between them, such as `html,quotes`; in JSON that, or a list
/// of kinds. Another kind is `invalid-input`.
#[expect(clippy::struct_excessive_bools, reason = "each kind of text is chosen on its own")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preparation {
    /// Turn HTML into text.
    pub html: bool,
    /// Remove the messages that this one answers.
    pub quotes: bool,
    /// Remove forwarded messages; where the customer wrote nothing else, only the lines with their origin.
    pub forwards: bool,
    /// Remove the closing with the lines after it, and lines such as "Sent from my iPhone".
    pub signatures: bool,
    /// Remove notices of confidentiality and the like at the end.
    pub disclaimers: bool,
}

impl Preparation {
    /// All parts.
    pub const ALL: Self =
        Self { html: true, quotes: true, forwards: true, signatures: true, disclaimers: true };
    /// No part: a message is read as it came.
    pub const NONE: Self =
        Self { html: false, quotes: false, forwards: false, signatures: false, disclaimers: false };

    /// True where no part is removed.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    fn has(self, kind: Removed) -> bool {
        match kind {
            Removed::Html => self.html,
            Removed::Quotes => self.quotes,
            Removed::Forwards => self.forwards,
            Removed::Signature => self.signatures,
            Removed::Disclaimer => self.disclaimers,
        }
    }

    fn add(&mut self, kind: Removed) {
        match kind {
            Removed::Html => self.html = true,
            Removed::Quotes => self.quotes = true,
            Removed::Forwards => self.forwards = true,
            Removed::Signature => self.signatures = true,
            Removed::Disclaimer => self.disclaimers = true,
        }
    }
}

impl FromStr for Preparation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "all" => return Ok(Self::ALL),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        let mut preparation = Self::NONE;
        for name in text.split(',') {
            let kind = Removed::ALL.iter().copied().find(|kind| kind.name() == name.trim());
            preparation.add(kind.ok_or_else(|| {
                let known: Vec<_> = Removed::ALL.iter().map(|kind| kind.name()).collect();
                let known = known.join(", ");
                Error::invalid(
                    "prepare",
                    format!("{} is nothing to take away; known: all, none, {known}", quoted(name)),
                )
            })?);
        }
        Ok(preparation)
    }
}

impl Serialize for Preparation {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(Removed::ALL.iter().copied().filter(|kind| self.has(*kind)))
    }
}

impl<'de> Deserialize<'de> for Preparation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Kinds;
        impl<'de> Visitor<'de> for Kinds {
            type Value = Preparation;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`all`, `none`, or a list of kinds")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Preparation, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Preparation, A::Error> {
                let mut preparation = Preparation::NONE;
                while let Some(kind) = list.next_element()? {
                    preparation.add(kind);
                }
                Ok(preparation)
            }
        }
        deserializer.deserialize_any(Kinds)
    }
}
