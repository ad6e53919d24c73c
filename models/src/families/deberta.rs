//! DeBERTa-v2 (He et al. 2021) and DeBERTa-v3 (He et al. 2023): attention to content and distance.

use serde_json::Value;

use super::{Family, Names, Qkv, bert};
use crate::config::{
    Architecture, Attention, Classifier, Config, Disentangled, DistanceEmbeddings, DistanceProjection,
    Fields, Positions, Projection, SIZES, like_bert,
};
use crate::{ModelError, Result};

pub(super) const FAMILY: Family = Family {
    name: "DeBERTa-v2",
    model_types: &[("deberta-v2", "DebertaV2ForSequenceClassification")],
    config,
    prefix: "deberta.",
    names: Names {
        projection: "embeddings.embed_proj",
        qkv: Qkv::Apart([
            "attention.self.query_proj",
            "attention.self.key_proj",
            "attention.self.value_proj",
        ]),
        ..bert::NAMES
    },
    dense: "pooler.dense",
    dense_norm: None,
    classifier: "classifier",
};

fn config(fields: &Fields<'_>) -> Result<Config> {
    let config = like_bert(fields, Architecture::DebertaV2, &SIZES)?;
    if fields.count("conv_kernel_size", 0, 1 << 10)? > 0 {
        return Err(ModelError::config(
            "conv_kernel_size",
            "a convolution after the first layer is not supported",
        ));
    }
    let (hidden, head) = (config.hidden_size, config.hidden_size / config.attention_heads);
    for (field, expected) in [("attention_head_size", head), ("pooler_hidden_size", hidden)] {
        let found = fields.count(field, expected, 1 << 14)?;
        if found != expected {
            return Err(ModelError::config(field, format!("{found}; only {expected} is supported here")));
        }
    }
    let embedding_size = fields.count("embedding_size", hidden, 1 << 14)?;
    if embedding_size == 0 {
        return Err(ModelError::config("embedding_size", "0 is not a whole number from 1"));
    }
    let biased = fields.boolean("position_biased_input", true)?;
    Ok(Config {
        embedding_size,
        projection: if embedding_size == hidden { Projection::Nothing } else { Projection::BeforeNorm },
        positions: if biased { Positions::FromZero } else { Positions::Nowhere },
        token_types: fields.count("type_vocab_size", 0, 1 << 10)?,
        attention: Attention::Disentangled(disentangled(fields, config.max_positions)?),
        layer_norm_eps: fields.epsilon("layer_norm_eps", 1e-7)?,
        classifier: Classifier { activation: fields.activation("pooler_hidden_act")?, ..config.classifier },
        ..config
    })
}

fn disentangled(fields: &Fields<'_>, max_positions: usize) -> Result<Disentangled> {
    const FARTHEST: usize = 1 << 14;
    let kinds = kinds(fields)?;
    let has = |kind: &str| kinds.iter().any(|name| name == kind);
    let relative = fields.boolean("relative_attention", false)?;
    let farthest = fields.positive("max_relative_positions", FARTHEST)?.unwrap_or(max_positions);
    let buckets = fields.positive("position_buckets", FARTHEST)?;
    // The logarithmic buckets lie between half the buckets and the farthest distance.
    if relative && buckets.is_some_and(|buckets| buckets < 2 || farthest - 1 <= buckets / 2) {
        let reason = "has to be 2 at least and below twice the largest relative position";
        return Err(ModelError::config("position_buckets", reason));
    }
    let norm = fields.string("norm_rel_ebd")?.unwrap_or("none").to_lowercase();
    let is_shared = fields.boolean("share_att_key", false)?;
    let (content_to_position, position_to_content) = (has("c2p"), has("p2c"));
    let distances = DistanceEmbeddings {
        span: buckets.unwrap_or(farthest),
        farthest: buckets.map(|_| farthest),
        content_to_position,
        position_to_content,
        projection: if is_shared { DistanceProjection::Shared } else { DistanceProjection::Own },
        normed: norm.split('|').any(|part| part.trim() == "layer_norm"),
    };
    Ok(Disentangled {
        // Counted whether they are read or not.
        products: 1 + usize::from(content_to_position) + usize::from(position_to_content),
        distances: (relative && (content_to_position || position_to_content)).then_some(distances),
    })
}

/// `pos_att_type`: a list of names, or the names between bars.
fn kinds(fields: &Fields<'_>) -> Result<Vec<String>> {
    const FIELD: &str = "pos_att_type";
    let kinds: Vec<String> = match fields.get(FIELD) {
        None => Vec::new(),
        Some(Value::String(names)) => {
            names.to_lowercase().split('|').map(|name| name.trim().to_owned()).collect()
        }
        Some(Value::Array(names)) => {
            names.iter().map(|name| name.as_str().unwrap_or("?").to_owned()).collect()
        }
        Some(_) => vec!["?".to_owned()],
    };
    match kinds.iter().find(|kind| !["c2p", "p2c", ""].contains(&kind.as_str())) {
        Some(_) => Err(ModelError::config(FIELD, "only `c2p` and `p2c` are supported")),
        None => Ok(kinds),
    }
}
