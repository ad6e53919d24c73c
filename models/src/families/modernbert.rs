//! ModernBERT (Warner et al. 2024): norms first, rotary positions, local attention in most layers, GeGLU.

use serde_json::Value;

use super::{Family, Names, Qkv};
use crate::config::{
    Architecture, Attention, Biases, Classifier, Config, Fields, Positions, Rotary, SIZES, Sizes, like_bert,
};
use crate::heads::{Dense, HeadNorm};
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
        attention_norm: "mlp_norm",
        intermediate: "mlp.Wi",
        output: "mlp.Wo",
        output_norm: "attn_norm",
        final_norm: "final_norm",
    },
    dense: |config| Dense {
        bias: config.classifier.bias,
        norm: Some(HeadNorm {
            name: "head.norm".to_owned(),
            bias: config.biases.norm,
            eps: config.layer_norm_eps as f32,
        }),
        ..Dense::new("head.dense", config.hidden_size, config.classifier.activation)
    },
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

/// The names of the two kinds of layers.
const GLOBAL: &str = "full_attention";
const LOCAL: &str = "sliding_attention";

/// The layers' kinds and bases, under the names of today (`layer_types`, `rope_parameters`) or those of the
/// first checkpoints.
fn rotary(fields: &Fields<'_>, layers: usize) -> Result<Rotary> {
    if fields.get("rope_scaling").is_some() {
        return Err(ModelError::config("rope_scaling", "scaled rotary positions are not supported"));
    }
    let every = fields.positive("global_attn_every_n_layers", 256)?.unwrap_or(3);
    let is_local = match fields.list("layer_types")? {
        None => (0..layers).map(|layer| layer % every != 0).collect(),
        Some(kinds) if kinds.len() == layers => kinds.iter().map(kind_of).collect::<Result<_>>()?,
        Some(kinds) => {
            let reason = format!("{} kinds for {layers} layers", kinds.len());
            return Err(ModelError::config("layer_types", reason));
        }
    };
    let parameters = fields.object("rope_parameters")?;
    let base = |kind: &str, old: &str, default: f64| {
        let own = parameters.as_ref().map(|all| all.object(kind)).transpose()?.flatten();
        if let Some(other) = own.as_ref().map(|own| own.string("rope_type")).transpose()?.flatten()
            && other != "default"
        {
            return Err(ModelError::config(
                "rope_parameters",
                format!("rope_type `{other}`; known: default"),
            ));
        }
        let number = |fields: &Fields<'_>, field: &str, default: f64| {
            fields.number(field, default, |base| base > 0.0 && base <= 1e12, "above 0 and up to 1e12")
        };
        let old = number(fields, old, default)?;
        own.map_or(Ok(old), |own| number(&own, "rope_theta", old))
    };
    Ok(Rotary {
        global_base: base(GLOBAL, "global_rope_theta", 160_000.0)?,
        local_base: base(LOCAL, "local_rope_theta", 10_000.0)?,
        window: fields.count("local_attention", 128, 1 << 20)? / 2,
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
