//! The routing policy of a desk: weights, hard rules and exploration. It is a file that can be read, compared
//! and named by its digest.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::explore::Exploration;
use super::rules::Rules;
use super::weights::Weights;
use crate::digest::digest_of;
use crate::regular::read_text;
use crate::{Error, ErrorKind, Result, from_json};

/// A routing policy. Parts that a file leaves out are those of the default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoutePolicy {
    /// The name by which people know it.
    pub name: String,
    /// The weights of the features in the routes' scores.
    pub weights: Weights,
    /// The rules that exclude a route before the scores.
    pub rules: Rules,
    /// Exploration; `None`: none, and every decision is the best route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploration: Option<Exploration>,
}

/// The largest policy file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

impl RoutePolicy {
    /// Reads a policy from a TOML (`.toml`) or JSON (`.json`) file of at most 1 MiB, and checks it.
    ///
    /// # Errors
    /// `io`; `too-large`; `invalid-input` for another ending of the name, or no regular file; `data-invalid`,
    /// with the place where the file is broken, or the rules that contradict each other.
    pub fn read(path: &Path) -> Result<Self> {
        let text = read_text(path, MAX_BYTES)?;
        let is = |ending: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
        let policy: std::result::Result<Self, String> = if is("toml") {
            toml::from_str(&text).map_err(|e| e.to_string())
        } else if is("json") {
            from_json(text.as_bytes()).map_err(|e| e.message().to_owned())
        } else {
            let message = format!("{}: the name of a policy ends in .toml or .json", path.display());
            return Err(Error::invalid("policy", message));
        };
        let policy = policy.map_err(|e| Error::new(ErrorKind::DataInvalid, e).context(path.display()))?;
        policy.check().map_err(|e| e.context(path.display()))?;
        Ok(policy)
    }

    /// The policy as the text of a file of this name: TOML, or JSON where the name ends in `.json`.
    ///
    /// # Errors
    /// `internal` where it cannot be written.
    pub fn to_text(&self, path: &Path) -> Result<String> {
        let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        let text = if json {
            serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|e| e.to_string())
        } else {
            toml::to_string_pretty(self).map_err(|e| e.to_string())
        };
        text.map_err(|e| Error::new(ErrorKind::Internal, format!("writing a policy: {e}")))
    }

    /// Refuses a policy that contradicts itself, or has a value out of its range.
    ///
    /// # Errors
    /// `data-invalid`, with the range of a number; the error's field is its place in the policy, such as
    /// `weights.bias.live-chat`.
    pub fn check(&self) -> Result<()> {
        self.weights.check()?;
        self.rules.check()?;
        self.exploration.as_ref().map_or(Ok(()), |exploration| exploration.check(&self.rules.available))
    }

    /// Its SHA-256, `sha256:` and 64 hexadecimal digits: the same for the same policy however its file is
    /// written.
    pub fn digest(&self) -> String {
        digest_of(&serde_json::to_vec(self).unwrap_or_default())
    }
}
