//! RoBERTa (Liu et al. 2019), XLM-RoBERTa (Conneau et al. 2020) and CamemBERT (Martin et al. 2020): BERT whose
//! positions begin after the padding index, its pooler in the head.

use super::{Family, bert};
use crate::config::{Architecture, Config, Fields, Positions, SIZES, like_bert};
use crate::{ModelError, Result};

pub(super) const FAMILY: Family = Family {
    name: "RoBERTa",
    model_types: &[
        ("roberta", "RobertaForSequenceClassification"),
        ("xlm-roberta", "XLMRobertaForSequenceClassification"),
        ("camembert", "CamembertForSequenceClassification"),
    ],
    config,
    prefix: "roberta.",
    names: bert::NAMES,
    dense: "classifier.dense",
    dense_norm: None,
    classifier: "classifier.out_proj",
};

fn config(fields: &Fields<'_>) -> Result<Config> {
    bert::absolute(fields)?;
    let config = like_bert(fields, Architecture::Roberta, &SIZES)?;
    let padding = fields.count("pad_token_id", 1, config.vocab_size - 1)?;
    let config = after_padding(config, padding)?;
    Ok(Config { token_types: fields.size("type_vocab_size", 1 << 10)?, ..config })
}

/// Positions that begin after the row of the padding index.
pub(super) fn after_padding(config: Config, padding: usize) -> Result<Config> {
    let rows = config.max_positions;
    let max_positions = rows.checked_sub(padding + 1).filter(|&left| left > 0).ok_or_else(|| {
        let reason = format!("{rows} rows leave no position after the padding index {padding}");
        ModelError::config("max_position_embeddings", reason)
    })?;
    Ok(Config { max_positions, positions: Positions::AfterPadding(padding as u32), ..config })
}
