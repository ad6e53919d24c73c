//! ModernBERT (Warner et al. 2024): norms first, rotary positions, local attention in most layers, GeGLU.

use serde_json::Value;

use super::{Family, Names, Qkv};
use crate::config::{
    Architecture, Attention, Biases, Classifier, Config, Fields, MAX_LAYERS, MAX_POSITIONS, Positions,
    Rotary, SIZES, Sizes, like_bert,
};
use crate::{ModelError, Result};

pub(super) const FAMILY: Family = Family {
    name: "ModernBERT",
    model_types: &[("modernbert", "ModernBertForSequenceClassification")],
    config,
    prefix: "model.",
    names: Names {
        words: "embeddings.tok_embeddings",
        positions: "",
        token_types: "",
        embedding_norm: "embeddings.norm",
        projection: "",
        layer: "layers.",
        qkv: Qkv::Fused("attn.Wqkv"),
        attention_output: "attn.Wo",
        // Norms stand before what they are named for: the one after the attention is the feed-forward's.
        norm_after_attention: "mlp_norm",
        intermediate: "mlp.Wi",
        output: "mlp.Wo",
        norm_after_output: "attn_norm",
        final_norm: "final_norm",
    },
    dense: "head.dense",
    dense_norm: Some("head.norm"),
    classifier: "classifier",
};

fn config(fields: &Fields<'_>) -> Result<Config> {
    let sizes = Sizes { activation: "hidden_activation", ..SIZES };
    let config = like_bert(fields, Architecture::ModernBert, &sizes)?;
    let mean = match fields.string("classifier_pooling")? {
        None | Some("cls") => false,
        Some("mean") => true,
        Some(other) => {
            return Err(ModelError::config("classifier_pooling", format!("`{other}`; known: cls, mean")));
        }
    };
    if !config.head_size().is_multiple_of(2) {
        let reason = format!("heads of {} values; rotary positions turn pairs of them", config.head_size());
        return Err(ModelError::config("hidden_size", reason));
    }
    Ok(Config {
        positions: Positions::Nowhere,
        attention: Attention::Rotary(rotary(fields, config.layers)?),
        norm_first: true,
        is_gated: true,
        biases: Biases {
            attention: fields.boolean("attention_bias", false)?,
            feed_forward: fields.boolean("mlp_bias", false)?,
            norm: fields.boolean("norm_bias", false)?,
        },
        layer_norm_eps: fields.epsilon("norm_eps", 1e-5)?,
        classifier: Classifier {
            mean,
            activation: fields.activation("classifier_activation")?,
            bias: fields.boolean("classifier_bias", false)?,
        },
        ..config
    })
}

/// Of how many layers one has global attention.
const EVERY: &str = "global_attn_every_n_layers";
/// The names of the two kinds of layers.
const GLOBAL: &str = "full_attention";
const LOCAL: &str = "sliding_attention";

/// The layers' kinds and bases, under the names of today (`layer_types`, `rope_parameters`) or those of the
/// first checkpoints.
fn rotary(fields: &Fields<'_>, layers: usize) -> Result<Rotary> {
    if fields.get("rope_scaling").is_some() {
        return Err(ModelError::config("rope_scaling", "scaled rotary positions are not supported"));
    }
    let every = match fields.get(EVERY) {
        None => 3,
        Some(_) => fields.size(EVERY, MAX_LAYERS)?,
    };
    let is_local = match fields.list("layer_types")? {
        None => (0..layers).map(|layer| layer % every != 0).collect(),
        Some(kinds) if kinds.len() == layers => kinds.iter().map(kind_of).collect::<Result<_>>()?,
        Some(kinds) => {
            let reason = format!("{} kinds for {layers} layers", kinds.len());
            return Err(ModelError::config("layer_types", reason));
        }
    };
    let parameters = fields.object("rope_parameters")?;
    if let Some(other) = parameters.as_ref().and_then(|all| all.other_than(&[GLOBAL, LOCAL])) {
        let reason = format!("`{other}`; known: {GLOBAL}, {LOCAL}");
        return Err(ModelError::config("rope_parameters", reason));
    }
    // The one is half of the other.
    let window = match fields.get("sliding_window") {
        Some(_) => fields.count("sliding_window", 0, MAX_POSITIONS)?,
        None => fields.count("local_attention", 128, 2 * MAX_POSITIONS)? / 2,
    };
    let base = |kind: &str, old: &str, default: f64| {
        let own = parameters.as_ref().map(|all| all.object(kind)).transpose()?.flatten();
        for field in ["rope_type", "type"] {
            let kind = own.as_ref().map(|own| own.string(field)).transpose()?.flatten();
            if let Some(other) = kind.filter(|kind| *kind != "default") {
                let reason = format!("{field} `{other}`; known: default");
                return Err(ModelError::config("rope_parameters", reason));
            }
        }
        let number = |fields: &Fields<'_>, field: &str, default: f64| {
            fields.number(field, default, |base| (1.0..=1e12).contains(&base), "from 1 to 1e12")
        };
        let old = number(fields, old, default)?;
        own.map_or(Ok(old), |own| number(&own, "rope_theta", old))
    };
    Ok(Rotary {
        global_base: base(GLOBAL, "global_rope_theta", 160_000.0)?,
        local_base: base(LOCAL, "local_rope_theta", 10_000.0)?,
        window,
        is_local,
    })
}

fn kind_of(kind: &Value) -> Result<bool> {
    match kind.as_str() {
        Some(GLOBAL) => Ok(false),
        Some(LOCAL) => Ok(true),
        _ => Err(ModelError::config("layer_types", format!("{kind}; known: {GLOBAL}, {LOCAL}"))),
    }
}
