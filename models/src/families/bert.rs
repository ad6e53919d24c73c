//! BERT (Devlin et al. 2019).

use super::{Family, Names, Qkv};
use crate::config::{Architecture, Config, Fields, SIZES, like_bert};
use crate::{ModelError, Result};

pub(super) const FAMILY: Family = Family {
    name: "BERT",
    model_types: &[("bert", "BertForSequenceClassification")],
    config,
    prefix: "bert.",
    names: NAMES,
    dense: "bert.pooler.dense",
    dense_norm: None,
    classifier: "classifier",
};

/// The names of BERT, and of those that followed it.
pub(super) const NAMES: Names = Names {
    words: "embeddings.word_embeddings",
    positions: "embeddings.position_embeddings",
    token_types: "embeddings.token_type_embeddings",
    embedding_norm: "embeddings.LayerNorm",
    projection: "",
    layer: "encoder.layer.",
    qkv: Qkv::Apart(["attention.self.query", "attention.self.key", "attention.self.value"]),
    attention_output: "attention.output.dense",
    norm_after_attention: "attention.output.LayerNorm",
    intermediate: "intermediate.dense",
    output: "output.dense",
    norm_after_output: "output.LayerNorm",
    final_norm: "",
};

fn config(fields: &Fields<'_>) -> Result<Config> {
    absolute(fields)?;
    let config = like_bert(fields, Architecture::Bert, &SIZES)?;
    Ok(Config { token_types: fields.size("type_vocab_size", 1 << 10)?, ..config })
}

/// Refuses the relative positions that a BERT could once be trained with.
pub(super) fn absolute(fields: &Fields<'_>) -> Result<()> {
    match fields.string("position_embedding_type")? {
        None | Some("absolute") => Ok(()),
        Some(_) => Err(ModelError::config("position_embedding_type", "only `absolute` is supported")),
    }
}
