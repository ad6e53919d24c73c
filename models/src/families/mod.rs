//! The families of encoders: what each calls its fields and tensors, and how it differs from BERT.
//!
//! A family is one file here and a row of [`FAMILIES`]; the passes know none of them.

mod bert;
mod deberta;
mod distilbert;
mod electra;
mod modernbert;
mod mpnet;
mod roberta;

use crate::Result;
use crate::config::{Architecture, Config, Fields};
use crate::heads::Dense;

/// A family of encoders.
pub(crate) struct Family {
    /// The family's name, for people.
    pub(crate) name: &'static str,
    /// The values of `model_type` in config.json, each with the class of transformers for sequence
    /// classification.
    pub(crate) model_types: &'static [(&'static str, &'static str)],
    pub(crate) config: fn(&Fields<'_>) -> Result<Config>,
    /// Before the trunk's tensors in a checkpoint with a head.
    pub(crate) prefix: &'static str,
    pub(crate) names: Names,
    /// The dense layer before the classifier of a sequence classifier, its name with the prefix where it
    /// belongs to the trunk.
    pub(crate) dense: fn(&Config) -> Dense,
    /// The classifier's name.
    pub(crate) classifier: &'static str,
}

/// Where a trunk's tensors stand.
pub(crate) struct Names {
    pub(crate) words: &'static str,
    pub(crate) positions: &'static str,
    pub(crate) token_types: &'static str,
    pub(crate) embedding_norm: &'static str,
    pub(crate) projection: &'static str,
    /// Before the number of a layer.
    pub(crate) layer: &'static str,
    pub(crate) qkv: Qkv,
    pub(crate) attention_output: &'static str,
    /// The norm after the attention; where norms come first, that before the feed-forward layers.
    pub(crate) attention_norm: &'static str,
    /// With the gate, where there is one.
    pub(crate) intermediate: &'static str,
    pub(crate) output: &'static str,
    /// The norm after the feed-forward layers; where norms come first, that before the attention.
    pub(crate) output_norm: &'static str,
    /// Where norms come first, that after the last layer.
    pub(crate) final_norm: &'static str,
}

/// The tensors of queries, keys and values.
#[derive(Clone, Copy)]
pub(crate) enum Qkv {
    Apart([&'static str; 3]),
    /// One above the other in one.
    Fused(&'static str),
}

/// All families, in the order in which errors name them.
const FAMILIES: [&Family; 7] = [
    &bert::FAMILY,
    &distilbert::FAMILY,
    &roberta::FAMILY,
    &electra::FAMILY,
    &mpnet::FAMILY,
    &deberta::FAMILY,
    &modernbert::FAMILY,
];

/// The family of a `model_type`.
pub(crate) fn named(model_type: &str) -> Option<&'static Family> {
    FAMILIES.into_iter().find(|family| family.class(model_type).is_some())
}

/// All values of `model_type`, for people.
pub(crate) fn known() -> String {
    let all: Vec<&str> =
        FAMILIES.iter().flat_map(|family| family.model_types).map(|(name, _)| *name).collect();
    all.join(", ")
}

impl Family {
    /// The class of transformers of a `model_type` of this family.
    fn class(&self, model_type: &str) -> Option<&'static str> {
        self.model_types.iter().find(|(name, _)| *name == model_type).map(|(_, class)| *class)
    }
}

impl Architecture {
    pub(crate) fn family(self) -> &'static Family {
        match self {
            Self::Bert => &bert::FAMILY,
            Self::DistilBert => &distilbert::FAMILY,
            Self::Roberta => &roberta::FAMILY,
            Self::Electra => &electra::FAMILY,
            Self::MpNet => &mpnet::FAMILY,
            Self::DebertaV2 => &deberta::FAMILY,
            Self::ModernBert => &modernbert::FAMILY,
        }
    }

    /// The family's name, as its paper spells it.
    pub fn name(self) -> &'static str {
        self.family().name
    }

    /// What stands before the names of the trunk's tensors in a checkpoint with a head.
    pub fn prefix(self) -> &'static str {
        self.family().prefix
    }

    /// The class of transformers for sequence classification; the first of the family where `model_type` is
    /// not of it.
    pub fn sequence_classifier(self, model_type: &str) -> &'static str {
        let family = self.family();
        family.class(model_type).unwrap_or(family.model_types[0].1)
    }
}
