//! MPNet (Song et al. 2020): positions after the padding index, and a bias of the scores by the distance.

use super::{Family, Names, Qkv, bert, roberta};
use crate::config::{Architecture, Attention, Buckets, Config, Fields, SIZES, like_bert};
use crate::{ModelError, Result};

pub(super) const FAMILY: Family = Family {
    name: "MPNet",
    model_types: &[("mpnet", "MPNetForSequenceClassification")],
    config,
    prefix: "mpnet.",
    names: Names {
        qkv: Qkv::Apart(["attention.attn.q", "attention.attn.k", "attention.attn.v"]),
        attention_output: "attention.attn.o",
        norm_after_attention: "attention.LayerNorm",
        ..bert::NAMES
    },
    dense: "classifier.dense",
    dense_norm: None,
    classifier: "classifier.out_proj",
};

/// A constant of the architecture, whatever `pad_token_id` says.
const PADDING: usize = 1;
/// The buckets that are used, whatever the table has.
const BUCKETS: usize = 32;

fn config(fields: &Fields<'_>) -> Result<Config> {
    let field = "relative_attention_num_buckets";
    let rows = fields.count(field, BUCKETS, 1 << 16)?;
    if rows < BUCKETS {
        return Err(ModelError::config(field, format!("{rows} is less than the {BUCKETS} that are used")));
    }
    let config = roberta::after_padding(like_bert(fields, Architecture::MpNet, &SIZES)?, PADDING)?;
    Ok(Config { attention: Attention::Buckets(Buckets { rows }), ..config })
}
