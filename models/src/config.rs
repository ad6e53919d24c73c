//! `config.json` of a Hugging Face directory, validated field by field.

use serde_json::{Map, Value};

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
            labels: fields.labels()?,
            problem_type: fields.problem_type()?,
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
            labels: fields.labels()?,
            problem_type: fields.problem_type()?,
        })
    }
}

/// Typed access to the JSON object; `null` counts as absent, as transformers writes it.
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    fn string(&self, field: &str) -> Result<Option<&str>> {
        self.get(field)
            .map(|v| v.as_str().ok_or_else(|| ModelError::config(field, format!("{v} is not a string"))))
            .transpose()
    }

    fn size(&self, field: &str, max: usize) -> Result<usize> {
        let value = self.get(field).ok_or_else(|| ModelError::config(field, "is missing"))?;
        match value.as_u64().and_then(|n| usize::try_from(n).ok()) {
            Some(n) if (1..=max).contains(&n) => Ok(n),
            _ => Err(ModelError::config(field, format!("{value} is not a whole number from 1 to {max}"))),
        }
    }

    fn activation(&self, field: &str) -> Result<Activation> {
        match self.string(field)? {
            Some("gelu") | None => Ok(Activation::Gelu),
            Some("gelu_new" | "gelu_pytorch_tanh") => Ok(Activation::GeluTanh),
            Some("relu") => Ok(Activation::Relu),
            Some(other) => Err(ModelError::config(
                field,
                format!("`{other}` is not supported; known: gelu, gelu_new, gelu_pytorch_tanh, relu"),
            )),
        }
    }

    fn epsilon(&self, field: &str) -> Result<f64> {
        let Some(value) = self.get(field) else { return Ok(1e-12) };
        match value.as_f64() {
            Some(eps) if eps > 0.0 && eps < 0.1 => Ok(eps),
            _ => Err(ModelError::config(field, format!("{value} is not a number between 0 and 0.1"))),
        }
    }

    fn labels(&self) -> Result<Option<Vec<String>>> {
        let Some(value) = self.get("id2label") else { return Ok(None) };
        let bad = |reason: String| ModelError::config("id2label", reason);
        let map = value.as_object().ok_or_else(|| bad("is not an object".into()))?;
        let mut labels = vec![None; map.len()];
        for (id, label) in map {
            let slot = id.parse::<usize>().ok().and_then(|id| labels.get_mut(id));
            let slot =
                slot.ok_or_else(|| bad(format!("key `{id}` is not an id from 0 to {}", map.len() - 1)))?;
            let label = label.as_str().ok_or_else(|| bad(format!("label of `{id}` is not a string")))?;
            *slot = Some(label.to_owned());
        }
        let labels: Option<Vec<String>> = labels.into_iter().collect();
        let labels = labels.ok_or_else(|| bad("two keys are the same id".into()))?;
        let mut seen = std::collections::BTreeSet::new();
        match labels.iter().find(|label| !seen.insert(label.as_str())) {
            Some(twice) => Err(bad(format!("label `{twice}` is there twice"))),
            None => Ok((!labels.is_empty()).then_some(labels)),
        }
    }

    fn problem_type(&self) -> Result<Option<ProblemType>> {
        match self.string("problem_type")? {
            None => Ok(None),
            Some("single_label_classification") => Ok(Some(ProblemType::SingleLabel)),
            Some("multi_label_classification") => Ok(Some(ProblemType::MultiLabel)),
            Some("regression") => Ok(Some(ProblemType::Regression)),
            Some(other) => Err(ModelError::config(
                "problem_type",
                format!(
                    "`{other}` is not one of single_label_classification, multi_label_classification, regression"
                ),
            )),
        }
    }
}
