//! A decision as it can be made again.

use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::decision::{DecisionContext, NoRoute, decide};
use super::policy::RoutePolicy;
use crate::digest::digest_named;
use crate::regular::read_text;
use crate::{
    CustomerHistory, DecisionRecord, Error, ErrorKind, Result, RouteAnalysis, Timestamp, Urgency, number,
};

/// SHA-256 of the message's text, its urgency and the customer's history.
pub(super) fn digest(text: &str, urgency: Option<Urgency>, history: Option<&CustomerHistory>) -> String {
    let urgency = urgency.map_or_else(String::new, |urgency| urgency.to_string());
    let history = history.map_or_else(Vec::new, |history| serde_json::to_vec(history).unwrap_or_default());
    let mut hasher = Sha256::new();
    for part in [text.as_bytes(), urgency.as_bytes(), &history] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    digest_named(&hasher.finalize())
}

/// A number from 0 to below 1 that a ticket always gets: the first 53 bits of a SHA-256.
pub(super) fn draw(seed: u64, ticket: &str) -> f64 {
    let hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(ticket).finalize();
    let bits = hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// The largest file of a record, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// Reads a record: a JSON file of at most 16 MiB with the record itself, or with a route or an analysis that
/// carries one.
///
/// # Errors
/// `io`; `too-large`; `invalid-input` for no regular file; `data-invalid` where there is no record in it, or
/// a broken one, or one with a number out of its range.
pub fn read_record(path: &Path) -> Result<DecisionRecord> {
    let text = read_text(path, MAX_BYTES)?;
    let invalid =
        |e: serde_json::Error| Error::new(ErrorKind::DataInvalid, e.to_string()).context(path.display());
    let value: serde_json::Value = serde_json::from_str(&text).map_err(invalid)?;
    let inner =
        ["/route/record", "/record"].into_iter().find_map(|place| value.pointer(place)).unwrap_or(&value);
    let record = DecisionRecord::deserialize(inner).map_err(invalid)?;
    record.check(ErrorKind::DataInvalid, "").map_err(|e| e.context(path.display()))?;
    Ok(record)
}

impl DecisionRecord {
    /// Refuses a record that no decision leaves; `path` is its place with a dot after it, or empty.
    ///
    /// # Errors
    /// One of `kind`, with the field at fault and its range.
    pub(crate) fn check(&self, kind: ErrorKind, path: &str) -> Result<()> {
        self.facts.check(kind, &format!("{path}facts"))?;
        for (route, share) in &self.context.shares {
            number::check(kind, format_args!("{path}context.shares.{route}"), *share, 0.0..=1.0)?;
        }
        self.draw.map_or(Ok(()), |draw| number::check(kind, format_args!("{path}draw"), draw, 0.0..1.0))
    }
}

/// Makes a recorded decision again: the same policy gives the same answer with the same record, byte for
/// byte, or the same [`NoRoute`]. The choice of a shadow policy is not made again.
///
/// # Errors
/// `invalid-input` where the policy is not that of the record, or the record has a number out of its range,
/// or misses the draw or the time that the policy needs; as [`RoutePolicy::check`].
pub fn replay(
    record: &DecisionRecord,
    policy: &RoutePolicy,
) -> Result<std::result::Result<RouteAnalysis, NoRoute>> {
    policy.check()?;
    record.check(ErrorKind::InvalidInput, "")?;
    let digest = policy.digest();
    if record.policy != digest {
        let message = format!("the decision was made by the policy {}, this one is {digest}", record.policy);
        return Err(Error::invalid("policy", message));
    }
    if policy.exploration.is_some() && record.draw.is_none() {
        return Err(Error::invalid(
            "draw",
            "the policy tries routes; the record needs a draw from 0 to below 1",
        ));
    }
    let now = match record.context.now {
        Some(now) => now,
        None if policy.rules.depend_on_time() => {
            return Err(Error::invalid(
                "now",
                "the policy has opening hours; the record's context needs the time",
            ));
        }
        None => Timestamp::UNIX_EPOCH,
    };
    let given = DecisionContext { policy, context: &record.context, now, draw: record.draw.unwrap_or(0.0) };
    let answer = decide(&record.facts, &given);
    Ok(answer.map(|answer| RouteAnalysis { record: Some(Box::new(record.clone())), ..answer }))
}
