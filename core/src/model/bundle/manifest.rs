//! `frontdesk.json`: the description of a bundle, beside its network.

use std::collections::{BTreeMap, BTreeSet};

use frontdesk_models::config as network;
use frontdesk_models::encoder::Pooling;
use frontdesk_models::heads::{Dense, HeadSpec, Link};
use serde::{Deserialize, Serialize};

use super::scaling::{RANGE, Scaling};
use crate::{Error, ErrorKind, Result};

/// The versions of the format that this engine reads: 2 adds detectors, and is written where there is one.
pub(crate) const FORMATS: std::ops::RangeInclusive<u64> = 1..=2;

/// The whole of `frontdesk.json`. Unknown fields are refused: they would be promises that this engine does
/// not keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) format: u64,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: String,
    pub(crate) languages: Vec<String>,
    pub(crate) input: Input,
    pub(crate) heads: Vec<HeadManifest>,
    /// Every other file of the bundle with its digest, `sha256:…`.
    pub(crate) files: BTreeMap<String, String>,
    /// Replayed when the bundle is opened.
    pub(crate) golden: Vec<Golden>,
}

/// Fields of every analysis: a head of such a name would write over one.
pub(crate) const RESERVED: [&str; 5] = ["id", "route", "abstain", "usage", "model"];

/// Widths of a dense layer.
pub(crate) const DENSE: std::ops::RangeInclusive<usize> = 1..=1 << 14;

/// Labels of a head.
pub(crate) const MAX_LABELS: usize = 10_000;

/// Golden messages, each of which is a pass when the bundle is opened. `frontdesk train` writes five.
const MAX_GOLDEN: usize = 1000;

/// Tokens that a model may read: the two special ones and one of text at least, at most the positions that a
/// configuration may have. A pass on the CPU takes memory in proportion to them; its time is bounded by the
/// call's deadline.
pub(crate) const TOKENS: std::ops::RangeInclusive<usize> = 3..=1 << 16;

/// Limits on a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// Tokens that are read, special tokens counted; the rest is cut by the long-text policy.
    pub(crate) max_tokens: usize,
    /// Bytes of UTF-8 over which a text is refused as `too-large`.
    pub(crate) max_bytes: usize,
}

/// One head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeadManifest {
    pub(crate) name: String,
    pub(crate) kind: HeadKind,
    /// In the order of the logits; for an ordinal head, in rising order and one more than logits.
    pub(crate) labels: Vec<String>,
    pub(crate) pooling: PoolingName,
    /// Width of the dense layer before the output layer, where there is one.
    pub(crate) dense: Option<usize>,
    /// The activation after the dense layer.
    #[serde(default, skip_serializing_if = "Activation::is_relu")]
    pub(crate) activation: Activation,
    /// The logits are divided by it (temperature scaling, Guo et al. 2017).
    pub(crate) temperature: f32,
    /// A weight and a bias for each logit (vector scaling, of the same paper); where they are given, the
    /// temperature is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scaling: Option<Scaling>,
    /// Under this probability of the best label, the engine abstains; 0: never.
    pub(crate) abstain_below: f32,
    /// For each label, the probability under which the engine abstains, instead of `abstain_below`; `None`:
    /// always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) thresholds: Vec<Option<f32>>,
    /// The domain of the head: the distance beyond which a text is unlike those that it was trained on,
    /// where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) domain: Option<DomainManifest>,
    /// The head that detects texts outside of the domain, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detector: Option<DetectorManifest>,
}

/// A head that learnt from texts outside of the domain (outlier exposure, Hendrycks et al. 2019).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DetectorManifest {
    /// Its name: a multi-label head of one label, whose probability is that the text is outside. It gives no
    /// output of its own.
    pub(crate) head: String,
    /// The probability over which a text is outside, 0 to 1.
    pub(crate) limit: f32,
}

/// The Mahalanobis distance of a pooled vector to the nearest centre of the training rows (Lee et al. 2018).
/// `{head}.domain.dense` whitens the vector to z; `{head}.domain.output` has the centres m as weights and
/// -|m|²/2 as biases, so that the squared distance is |z|² less twice the largest output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DomainManifest {
    /// The number of centres.
    pub(crate) centres: usize,
    /// The squared distance over which a text is out of the head's domain.
    pub(crate) limit: f32,
}

/// The kind of a head: the number of labels of a text, and whether they have an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadKind {
    /// One label; a softmax, so that the probabilities add up to 1.
    SingleLabel,
    /// Any number of labels, none included; a sigmoid for each, so that they do not.
    MultiLabel,
    /// One of levels in an order; cumulative logits, so that the probabilities add up to 1.
    Ordinal,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Activation {
    #[default]
    Relu,
    /// As in BERT's pooler.
    Tanh,
    /// As in ELECTRA's classifier.
    Gelu,
}

impl Activation {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_relu(&self) -> bool {
        *self == Self::Relu
    }

    fn of_network(self) -> network::Activation {
        match self {
            Self::Relu => network::Activation::Relu,
            Self::Tanh => network::Activation::Tanh,
            Self::Gelu => network::Activation::Gelu,
        }
    }

    /// The name of one of the network's; `None` where heads have no such activation.
    pub(crate) fn named(activation: network::Activation) -> Option<Self> {
        [Self::Relu, Self::Tanh, Self::Gelu].into_iter().find(|own| own.of_network() == activation)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PoolingName {
    Cls,
    Mean,
}

/// A message with the scores that this bundle gave when it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Golden {
    pub(crate) text: String,
    /// Probabilities by head, in the order of its labels.
    pub(crate) scores: BTreeMap<String, Vec<f32>>,
}

impl HeadKind {
    pub(crate) fn link(self) -> Link {
        match self {
            Self::SingleLabel => Link::Softmax,
            Self::MultiLabel => Link::Sigmoid,
            Self::Ordinal => Link::Ordinal,
        }
    }
}

impl HeadManifest {
    pub(crate) fn logits(&self) -> usize {
        match self.kind {
            HeadKind::Ordinal => self.labels.len() - 1,
            HeadKind::SingleLabel | HeadKind::MultiLabel => self.labels.len(),
        }
    }

    pub(crate) fn spec(&self) -> HeadSpec {
        HeadSpec {
            pooling: match self.pooling {
                PoolingName::Cls => Pooling::Cls,
                PoolingName::Mean => Pooling::Mean,
            },
            dense: self
                .dense
                .map(|width| Dense::new(format!("{}.dense", self.name), width, self.activation.of_network())),
            output: format!("{}.output", self.name),
            logits: self.logits(),
            squared_length: false,
        }
    }

    /// The layers of the distance, for a trunk that is `hidden` wide.
    pub(crate) fn domain_spec(&self, hidden: usize) -> Option<HeadSpec> {
        self.domain.as_ref().map(|domain| HeadSpec {
            pooling: self.spec().pooling,
            dense: Some(Dense::new(format!("{}.domain.dense", self.name), hidden, None)),
            output: format!("{}.domain.output", self.name),
            logits: domain.centres,
            squared_length: true,
        })
    }
}

impl Input {
    /// Refuses limits that no model works within.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        const BYTES: std::ops::RangeInclusive<usize> = 1..=1 << 30;
        let within = |what: &str, value: usize, range: &std::ops::RangeInclusive<usize>| {
            let (least, most) = (range.start(), range.end());
            let fault = || format!("{what} is {value}; from {least} to {most}");
            range.contains(&value).then_some(()).ok_or_else(fault)
        };
        within("max_tokens", self.max_tokens, &TOKENS)?;
        within("max_bytes", self.max_bytes, &BYTES)?;
        Ok(())
    }
}

impl Manifest {
    /// Reads and checks the bytes of a `frontdesk.json`.
    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self> {
        // The format first: another version's fields must not be reported as mistakes.
        #[derive(Deserialize)]
        struct Version {
            format: serde_json::Value,
        }
        let bad = |reason: String| Error::new(ErrorKind::ModelInvalid, reason);
        let version: Version = serde_json::from_slice(bytes).map_err(|e| bad(e.to_string()))?;
        if !version.format.as_u64().is_some_and(|format| FORMATS.contains(&format)) {
            let (first, last) = (FORMATS.start(), FORMATS.end());
            let found = version.format;
            return Err(bad(format!("format {found}; this engine reads the formats {first} to {last}")));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|e| bad(e.to_string()))?;
        manifest.check().map_err(bad)?;
        Ok(manifest)
    }

    fn check(&self) -> std::result::Result<(), String> {
        if self.heads.is_empty() || self.heads.len() > 64 {
            return Err(format!("{} heads; from 1 to 64", self.heads.len()));
        }
        self.input.check()?;
        if self.golden.len() > MAX_GOLDEN {
            return Err(format!("{} golden messages; at most {MAX_GOLDEN}", self.golden.len()));
        }
        let mut names = BTreeSet::new();
        for head in &self.heads {
            let name = &head.name;
            let at = |reason: String| Err(format!("head `{name}`: {reason}"));
            if name.is_empty() || !names.insert(name) {
                return at("the name is empty or is there twice".into());
            }
            let distinct: BTreeSet<_> = head.labels.iter().collect();
            let least = if head.kind == HeadKind::MultiLabel { 1 } else { 2 };
            if !(least..=MAX_LABELS).contains(&head.labels.len()) || distinct.len() != head.labels.len() {
                return at(format!("{} labels; from {least} to {MAX_LABELS}, each once", head.labels.len()));
            }
            if RESERVED.contains(&name.as_str()) {
                return at("every analysis has a field of this name".into());
            }
            if head.dense.is_some_and(|width| !DENSE.contains(&width)) {
                return at("the dense width is out of range".into());
            }
            if !(head.temperature.is_finite() && (0.01..=100.0).contains(&head.temperature)) {
                return at(format!("temperature {}; from 0.01 to 100", head.temperature));
            }
            if let Some(domain) = &head.domain
                && (!(1..=MAX_LABELS).contains(&domain.centres) || !(0.0..=f32::MAX).contains(&domain.limit))
            {
                return at(format!(
                    "a domain of {} centres with the limit {}; from 1 to {MAX_LABELS}, and a squared distance from 0",
                    domain.centres, domain.limit
                ));
            }
            if head.scaling.as_ref().is_some_and(|scaling| !scaling.fits(head.logits())) {
                let (logits, least, most) = (head.logits(), RANGE.start(), RANGE.end());
                return at(format!(
                    "a scaling has {logits} weights and {logits} biases, each from {least:e} to {most:e}"
                ));
            }
            let share = |threshold: &Option<f32>| threshold.is_none_or(|share| (0.0..=1.0).contains(&share));
            if ![0, head.labels.len()].contains(&head.thresholds.len()) || !head.thresholds.iter().all(share)
            {
                return at("thresholds are one a label, from 0 to 1, or none".into());
            }
            if let Some(detector) = &head.detector {
                self.check_detector(detector).or_else(at)?;
            }
            if !(0.0..=1.0).contains(&head.abstain_below) {
                return at(format!("abstain_below {}; from 0 to 1", head.abstain_below));
            }
        }
        Ok(())
    }
    fn check_detector(&self, detector: &DetectorManifest) -> std::result::Result<(), String> {
        let DetectorManifest { head: name, limit } = detector;
        let named = self.heads.iter().find(|head| head.name == *name);
        let fits = named.is_some_and(|head| {
            head.kind == HeadKind::MultiLabel && head.labels.len() == 1 && head.detector.is_none()
        });
        if !fits {
            return Err(format!("its detector `{name}` is no multi-label head of one label"));
        }
        let bounded = (0.0..=1.0).contains(limit);
        bounded.then_some(()).ok_or_else(|| format!("the limit of its detector is {limit}; from 0 to 1"))
    }
}
