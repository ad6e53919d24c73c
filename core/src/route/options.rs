//! Options of routing, with which an engine is opened.

use std::fmt;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, de};

use super::policy::RoutePolicy;
use super::router::Router;
use crate::Result;

/// Options of routing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteOptions {
    /// The active policy; `None`: the default one.
    pub policy: Option<PolicySource>,
    /// A shadow policy: every answer has the route that it would have chosen, in
    /// [`crate::RouteAnalysis::shadow`]. It does not act.
    pub shadow: Option<PolicySource>,
    /// True: every answer carries the record of its decision, from which [`super::replay`] makes it again.
    pub records: bool,
    /// The comparison of a message with the customer's earlier issues.
    pub repeats: Repeats,
}

/// The comparison of a message with the customer's earlier issues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeats {
    /// By the words of all earlier issues, and by the trunk's vectors of the last eight: the encoder runs
    /// once more for a ticket that has any.
    #[default]
    Meaning,
    /// By their words alone, as [`super::repeated_issue`].
    Words,
}

/// The source of a policy; in JSON a file's name, or the policy itself.
#[derive(Debug, Clone)]
pub enum PolicySource {
    /// A TOML (`.toml`) or JSON (`.json`) file.
    File(PathBuf),
    /// The policy.
    Given(Box<RoutePolicy>),
}

impl PolicySource {
    /// The policy.
    ///
    /// # Errors
    /// As [`RoutePolicy::read`].
    pub fn read(&self) -> Result<RoutePolicy> {
        match self {
            Self::File(path) => RoutePolicy::read(path),
            Self::Given(policy) => Ok(RoutePolicy::clone(policy)),
        }
    }
}

impl From<RoutePolicy> for PolicySource {
    fn from(policy: RoutePolicy) -> Self {
        Self::Given(Box::new(policy))
    }
}

impl<'de> Deserialize<'de> for PolicySource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = PolicySource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a policy: the name of its file, or the policy itself")
            }

            fn visit_str<E>(self, path: &str) -> std::result::Result<PolicySource, E> {
                Ok(PolicySource::File(path.into()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> std::result::Result<PolicySource, A::Error> {
                RoutePolicy::deserialize(MapAccessDeserializer::new(map)).map(PolicySource::from)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl RouteOptions {
    /// True where at most `repeats` differs from the default.
    pub(crate) fn is_plain(&self) -> bool {
        self.policy.is_none() && self.shadow.is_none() && !self.records
    }

    /// Builds the router of these options.
    pub(crate) fn router(&self) -> Result<Router> {
        let policy = self.policy.as_ref().map(PolicySource::read).transpose()?.unwrap_or_default();
        Router::new(policy, self.shadow.as_ref().map(PolicySource::read).transpose()?, self.records)
    }
}
