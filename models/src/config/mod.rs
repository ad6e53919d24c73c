//! `config.json` of a Hugging Face directory, validated field by field: an encoder described by data.

mod fields;
mod labels;

pub(crate) use fields::Fields;

use crate::{ModelError, Result};

/// The network families that this crate runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// `model_type: bert` (Devlin et al. 2019).
    Bert,
    /// `model_type: distilbert` (Sanh et al. 2019).
    DistilBert,
    /// `model_type: roberta` (Liu et al. 2019), `xlm-roberta` (Conneau et al. 2020), `camembert` (Martin et
    /// al. 2020).
    Roberta,
    /// `model_type: electra` (Clark et al. 2020).
    Electra,
    /// `model_type: mpnet` (Song et al. 2020).
    MpNet,
    /// `model_type: deberta-v2` (He et al. 2021), DeBERTa-v3 (He et al. 2023) too.
    DebertaV2,
    /// `model_type: modernbert` (Warner et al. 2024).
    ModernBert,
}

/// An activation, element by element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x · Φ(x), by the error function; `gelu`.
    Gelu,
    /// The tanh approximation; `gelu_new`, `gelu_fast`, `gelu_pytorch_tanh`.
    GeluTanh,
    /// max(0, x); `relu`.
    Relu,
    /// x / (1 + e⁻ˣ); `silu`, `swish`.
    Silu,
    /// `tanh`.
    Tanh,
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

/// What the embedding of a token adds for its place in the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// Nothing.
    Nowhere,
    /// A row of the position embedding, from row 0.
    FromZero,
    /// A row of the position embedding, counted from the row after this one among the tokens that are not
    /// this one; this token has the row of its own id (fairseq's padding index).
    AfterPadding(u32),
}

/// The step from the width of the embeddings to that of the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Projection {
    /// The widths are the same.
    Nothing,
    /// A linear layer without biases, before the embeddings' LayerNorm.
    BeforeNorm,
    /// A linear layer after it.
    AfterNorm,
}

/// What the attention's scores have beside the product of queries and keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Attention {
    /// Nothing.
    Plain,
    /// A number for each head and bucket of distances, the same in all layers.
    Buckets(Buckets),
    /// Products with embeddings of the distance.
    Disentangled(Disentangled),
    /// Queries and keys turned by their positions.
    Rotary(Rotary),
}

/// Buckets of distances as T5 has them (Raffel et al. 2020, section 2.1): exact up to a quarter of the
/// buckets each way, logarithmic up to a distance of 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    /// Rows of the table, of which the first 32 are read.
    pub rows: usize,
}

/// The disentangled attention of DeBERTa (He et al. 2021).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disentangled {
    /// Products that a score is the sum of, 1 to 3: it is divided by the root of as many times a head's width.
    pub products: usize,
    /// The embeddings that two of them read; `None` where no score reads any.
    pub distances: Option<DistanceEmbeddings>,
}

/// Embeddings of the distance between two tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistanceEmbeddings {
    /// Rows each way, up to 16,384.
    pub span: usize,
    /// Distances above half the span fall in buckets that grow with the distance up to this one; `None` where
    /// each distance up to the span has its own.
    pub farthest: Option<usize>,
    /// Whether queries read the embedding of the distance.
    pub content_to_position: bool,
    /// Whether keys read it.
    pub position_to_content: bool,
    /// What makes queries and keys of the embeddings.
    pub projection: DistanceProjection,
    /// Whether they have a LayerNorm.
    pub normed: bool,
}

/// The layers that make queries and keys of the embeddings of distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DistanceProjection {
    /// Those of the tokens' queries and keys.
    Shared,
    /// Layers of their own.
    Own,
}

/// Rotary positions (Su et al. 2021), layers with global and with local attention.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotary {
    /// The base of the frequencies in layers with global attention, from 1 to 1e12.
    pub global_base: f64,
    /// That in layers with local attention.
    pub local_base: f64,
    /// In a layer with local attention a token reads those up to so many tokens away, either way.
    pub window: usize,
    /// By layer, whether its attention is local.
    pub is_local: Vec<bool>,
}

/// The linear layers and norms that have biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Biases {
    /// Queries, keys, values, and the attention's output.
    pub attention: bool,
    /// Both feed-forward layers.
    pub feed_forward: bool,
    /// The norms.
    pub norm: bool,
}

/// The dense layer between the pooled state and the classifier of a sequence-classification checkpoint, as
/// far as config.json decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classifier {
    /// Whether the hidden states are averaged; else the first token's is read.
    pub mean: bool,
    /// After the dense layer.
    pub activation: Activation,
    /// Whether the dense layer has a bias.
    pub bias: bool,
}

/// The configuration of an encoder, whose every field has been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The network family.
    pub architecture: Architecture,
    /// Rows of the word embedding, up to [`MAX_VOCABULARY`].
    pub vocab_size: usize,
    /// Width of the embeddings, up to [`MAX_HIDDEN`].
    pub embedding_size: usize,
    /// The step from there to the width of the layers.
    pub projection: Projection,
    /// Width of the hidden states, up to [`MAX_HIDDEN`].
    pub hidden_size: usize,
    /// Transformer layers, up to [`MAX_LAYERS`].
    pub layers: usize,
    /// Attention heads, up to [`MAX_LAYERS`]; divides `hidden_size`.
    pub attention_heads: usize,
    /// Width between the two feed-forward layers, up to [`MAX_INTERMEDIATE`].
    pub intermediate_size: usize,
    /// The longest sequence in tokens, special tokens counted, up to [`MAX_POSITIONS`].
    pub max_positions: usize,
    /// What tells the places of tokens apart in the embeddings.
    pub positions: Positions,
    /// Rows of the token type embedding; 0 where there is none.
    pub token_types: usize,
    /// What tells them apart in the attention.
    pub attention: Attention,
    /// Whether LayerNorm stands before the attention and the feed-forward layers, and one more after the last
    /// layer (Xiong et al. 2020); else after each of them.
    pub norm_first: bool,
    /// Whether the first feed-forward layer has a second half, which its activated first half is multiplied
    /// with (Shazeer 2020).
    pub is_gated: bool,
    /// The layers that have biases.
    pub biases: Biases,
    /// The feed-forward activation.
    pub activation: Activation,
    /// Added to the variance in LayerNorm.
    pub layer_norm_eps: f64,
    /// The head of a sequence classifier.
    pub classifier: Classifier,
    /// `id2label` in the order of the ids, where the file has it.
    pub labels: Option<Vec<String>>,
    /// `problem_type`, where the file has it.
    pub problem_type: Option<ProblemType>,
}

/// Rows of the word embedding at most.
pub const MAX_VOCABULARY: usize = 1 << 20;
/// Width of the hidden states and of the embeddings at most.
pub const MAX_HIDDEN: usize = 1 << 14;
/// Layers at most, and heads of a layer.
pub const MAX_LAYERS: usize = 256;
/// Width between the feed-forward layers at most.
pub const MAX_INTERMEDIATE: usize = 1 << 16;
/// Rows of the position embedding at most, and tokens of a sequence.
pub const MAX_POSITIONS: usize = 1 << 16;

/// A config.json larger than this is refused unread.
pub const MAX_CONFIG_BYTES: usize = 4 << 20;

impl Config {
    /// The width of an attention head.
    pub fn head_size(&self) -> usize {
        self.hidden_size / self.attention_heads
    }

    /// Rows of the position embedding; 0 where there is none.
    pub fn position_rows(&self) -> usize {
        match self.positions {
            Positions::Nowhere => 0,
            Positions::FromZero => self.max_positions,
            Positions::AfterPadding(padding) => self.max_positions + padding as usize + 1,
        }
    }

    /// The row of the position embedding for each token of a sequence.
    pub(crate) fn position_ids(&self, sequence: &[u32]) -> impl Iterator<Item = usize> {
        let mut next = 0;
        sequence.iter().enumerate().map(move |(index, &id)| match self.positions {
            Positions::Nowhere => 0,
            Positions::FromZero => index,
            Positions::AfterPadding(padding) if id == padding => padding as usize,
            Positions::AfterPadding(padding) => {
                next += 1;
                padding as usize + next
            }
        })
    }
}

/// A layer's biases, all of them.
pub(crate) const BIASES: Biases = Biases { attention: true, feed_forward: true, norm: true };

/// The sizes that families name differently.
pub(crate) struct Sizes {
    pub(crate) hidden: &'static str,
    pub(crate) layers: &'static str,
    pub(crate) heads: &'static str,
    pub(crate) intermediate: &'static str,
    pub(crate) activation: &'static str,
}

/// As BERT names them.
pub(crate) const SIZES: Sizes = Sizes {
    hidden: "hidden_size",
    layers: "num_hidden_layers",
    heads: "num_attention_heads",
    intermediate: "intermediate_size",
    activation: "hidden_act",
};

/// The sizes that a config.json must have, of a network that is BERT in all else: a family changes what
/// differs.
pub(crate) fn like_bert(fields: &Fields<'_>, architecture: Architecture, sizes: &Sizes) -> Result<Config> {
    let hidden_size = fields.size(sizes.hidden, MAX_HIDDEN)?;
    let attention_heads = fields.size(sizes.heads, MAX_LAYERS)?;
    if !hidden_size.is_multiple_of(attention_heads) {
        let reason = format!("{hidden_size} does not divide by {attention_heads} attention heads");
        return Err(ModelError::config(sizes.hidden, reason));
    }
    Ok(Config {
        architecture,
        vocab_size: fields.size("vocab_size", MAX_VOCABULARY)?,
        embedding_size: hidden_size,
        projection: Projection::Nothing,
        hidden_size,
        layers: fields.size(sizes.layers, MAX_LAYERS)?,
        attention_heads,
        intermediate_size: fields.size(sizes.intermediate, MAX_INTERMEDIATE)?,
        max_positions: fields.size("max_position_embeddings", MAX_POSITIONS)?,
        positions: Positions::FromZero,
        token_types: 0,
        attention: Attention::Plain,
        norm_first: false,
        is_gated: false,
        biases: BIASES,
        activation: fields.activation(sizes.activation)?,
        layer_norm_eps: fields.epsilon("layer_norm_eps", 1e-12)?,
        classifier: Classifier { mean: false, activation: Activation::Tanh, bias: true },
        labels: labels::labels(fields)?,
        problem_type: labels::problem_type(fields)?,
    })
}
