//! `config.json` of a Hugging Face directory, validated field by field.

mod fields;
mod labels;

pub(crate) use fields::Fields;
use serde_json::Value;

use crate::{ModelError, Result};

/// The network families that this crate runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// `model_type: bert` (Devlin et al. 2019).
    Bert,
    /// `model_type: distilbert` (Sanh et al. 2019).
    DistilBert,
}

/// The activation between the two feed-forward layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x · Φ(x), by the error function; `gelu`.
    Gelu,
    /// The tanh approximation; `gelu_new`, `gelu_pytorch_tanh`.
    GeluTanh,
    /// max(0, x); `relu`.
    Relu,
}

/// The link from the logits of a sequence-classification checkpoint to probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemType {
    /// One of the labels holds: softmax.
    SingleLabel,
    /// Each label holds or not: sigmoid.
    MultiLabel,
    /// The logits are the values: identity.
    Regression,
}

/// A BERT or DistilBERT configuration whose every field has been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The network family.
    pub architecture: Architecture,
    /// Rows of the word embedding.
    pub vocab_size: usize,
    /// Width of the hidden states.
    pub hidden_size: usize,
    /// Transformer layers.
    pub layers: usize,
    /// Attention heads; divides `hidden_size`.
    pub attention_heads: usize,
    /// Width between the two feed-forward layers.
    pub intermediate_size: usize,
    /// The longest sequence in tokens, special tokens counted.
    pub max_positions: usize,
    /// Rows of the token type embedding; 0 for DistilBERT, which has none.
    pub token_types: usize,
    /// The feed-forward activation.
    pub activation: Activation,
    /// Added to the variance in LayerNorm.
    pub layer_norm_eps: f64,
    /// `id2label` in the order of the ids, where the file has it.
    pub labels: Option<Vec<String>>,
    /// `problem_type`, where the file has it.
    pub problem_type: Option<ProblemType>,
}

/// DistilBERT's LayerNorm epsilon is a constant of the architecture; its config.json has no field for it.
const DISTILBERT_LAYER_NORM_EPS: f64 = 1e-12;
/// A config.json larger than this is refused unread.
pub const MAX_CONFIG_BYTES: usize = 4 << 20;

impl Config {
    /// Reads and checks the bytes of a `config.json`.
    ///
    /// # Errors
    /// [`ModelError::Config`] names the first field that is missing, mistyped, out of range or not supported.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_CONFIG_BYTES {
            return Err(ModelError::config(
                "config.json",
                format!("{} bytes; at most {MAX_CONFIG_BYTES}", bytes.len()),
            ));
        }
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|e| ModelError::config("config.json", format!("is not valid JSON: {e}")))?;
        let fields = Fields(
            value.as_object().ok_or_else(|| ModelError::config("config.json", "is not a JSON object"))?,
        );
        let config = match fields.string("model_type")? {
            Some("bert") => Self::bert(&fields)?,
            Some("distilbert") => Self::distilbert(&fields)?,
            Some(other) => {
                return Err(ModelError::config(
                    "model_type",
                    format!("`{other}` is not supported; known: bert, distilbert"),
                ));
            }
            None => return Err(ModelError::config("model_type", "is missing; known: bert, distilbert")),
        };
        if config.hidden_size % config.attention_heads != 0 {
            let (hidden, heads) = (config.hidden_size, config.attention_heads);
            return Err(ModelError::config(
                "hidden_size",
                format!("{hidden} does not divide by {heads} attention heads"),
            ));
        }
        Ok(config)
    }

    fn bert(fields: &Fields<'_>) -> Result<Self> {
        if fields.string("position_embedding_type")?.is_some_and(|kind| kind != "absolute") {
            return Err(ModelError::config("position_embedding_type", "only `absolute` is supported"));
        }
        for flag in ["is_decoder", "add_cross_attention"] {
            if fields.0.get(flag).is_some_and(|v| v.as_bool() == Some(true)) {
                return Err(ModelError::config(flag, "only encoders are supported"));
            }
        }
        Ok(Self {
            architecture: Architecture::Bert,
            vocab_size: fields.size("vocab_size", 1 << 20)?,
            hidden_size: fields.size("hidden_size", 1 << 14)?,
            layers: fields.size("num_hidden_layers", 256)?,
            attention_heads: fields.size("num_attention_heads", 256)?,
            intermediate_size: fields.size("intermediate_size", 1 << 16)?,
            max_positions: fields.size("max_position_embeddings", 1 << 16)?,
            token_types: fields.size("type_vocab_size", 1 << 10)?,
            activation: fields.activation("hidden_act")?,
            layer_norm_eps: fields.epsilon("layer_norm_eps")?,
            labels: labels::labels(fields)?,
            problem_type: labels::problem_type(fields)?,
        })
    }

    fn distilbert(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            architecture: Architecture::DistilBert,
            vocab_size: fields.size("vocab_size", 1 << 20)?,
            hidden_size: fields.size("dim", 1 << 14)?,
            layers: fields.size("n_layers", 256)?,
            attention_heads: fields.size("n_heads", 256)?,
            intermediate_size: fields.size("hidden_dim", 1 << 16)?,
            max_positions: fields.size("max_position_embeddings", 1 << 16)?,
            token_types: 0,
            activation: fields.activation("activation")?,
            layer_norm_eps: DISTILBERT_LAYER_NORM_EPS,
            labels: labels::labels(fields)?,
            problem_type: labels::problem_type(fields)?,
        })
    }
}
