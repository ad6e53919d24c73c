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

use serde_json::Value;

use crate::config::{Architecture, Config, Fields, MAX_CONFIG_BYTES};
use crate::{ModelError, Result};

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
    /// The name of the dense layer before a sequence classifier's output layer, with the prefix where it
    /// belongs to the trunk.
    pub(crate) dense: &'static str,
    /// That of the norm which follows it in some.
    pub(crate) dense_norm: Option<&'static str>,
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
    pub(crate) norm_after_attention: &'static str,
    /// With the gate, where there is one.
    pub(crate) intermediate: &'static str,
    pub(crate) output: &'static str,
    pub(crate) norm_after_output: &'static str,
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

impl Config {
    /// Reads and checks the bytes of a `config.json`.
    ///
    /// # Errors
    /// [`ModelError::Config`] names the first field that is missing, mistyped, out of range or not supported.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let whole = |reason: String| ModelError::config("config.json", reason);
        if bytes.len() > MAX_CONFIG_BYTES {
            return Err(whole(format!("{} bytes; at most {MAX_CONFIG_BYTES}", bytes.len())));
        }
        let value: Value =
            serde_json::from_slice(bytes).map_err(|e| whole(format!("is not valid JSON: {e}")))?;
        let object = value.as_object().ok_or_else(|| whole("is not a JSON object".into()))?;
        let fields = Fields::new(object);
        let model_type = fields.string("model_type")?;
        let family = model_type.and_then(named).ok_or_else(|| {
            let fault = match model_type {
                Some(other) => format!("`{other}` is not supported"),
                None => "is missing".to_owned(),
            };
            ModelError::config("model_type", format!("{fault}; known: {}", known()))
        })?;
        for flag in ["is_decoder", "add_cross_attention"] {
            if fields.boolean(flag, false)? {
                return Err(ModelError::config(flag, "only encoders are supported"));
            }
        }
        (family.config)(&fields)
    }
}

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
