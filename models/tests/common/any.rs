//! Checkpoints of any family and size, with weights from a seed.

use frontdesk_models::config::Config;
use frontdesk_models::weights::{Limits, Weights};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

/// `model_type`s, one of each layout.
pub const FAMILIES: [&str; 7] =
    ["bert", "distilbert", "roberta", "electra", "mpnet", "deberta-v2", "modernbert"];
/// Tokens of the longest sequence.
pub const LONGEST: usize = 60;
pub const VOCABULARY: usize = 23;

/// What is drawn; a family reads what concerns it.
#[derive(Debug, Clone)]
pub struct Sizes {
    pub family: &'static str,
    pub heads: usize,
    /// Half the width of a head.
    pub pairs: usize,
    pub wide: usize,
    pub layers: usize,
    pub embedding: usize,
    pub activation: &'static str,
    /// Local attention, and buckets of distances.
    pub reach: usize,
    /// Yes and no for what a configuration switches.
    pub switches: [bool; 5],
    pub seed: u32,
}

pub fn sizes() -> impl Strategy<Value = Sizes> {
    let activations = prop::sample::select(vec!["gelu", "gelu_new", "relu", "silu", "tanh"]);
    let numbers = (1usize..4, 1usize..20, 1usize..50, 1usize..4, 1usize..40, 1usize..30);
    (prop::sample::select(FAMILIES.to_vec()), numbers, activations, any::<[bool; 5]>(), any::<u32>())
        .prop_map(|(family, (heads, pairs, wide, layers, embedding, reach), activation, switches, seed)| {
            Sizes { family, heads, pairs, wide, layers, embedding, activation, reach, switches, seed }
        })
}

impl Sizes {
    pub fn hidden(&self) -> usize {
        2 * self.heads * self.pairs
    }

    fn config(&self) -> Value {
        let [first, second, third, fourth, _] = self.switches;
        let hidden = self.hidden();
        let mut config = json!({
            "model_type": self.family, "vocab_size": VOCABULARY, "hidden_size": hidden,
            "num_hidden_layers": self.layers, "num_attention_heads": self.heads,
            "intermediate_size": self.wide, "max_position_embeddings": LONGEST,
            "hidden_act": self.activation, "num_labels": 3,
        });
        let more = match self.family {
            "distilbert" => json!({
                "dim": hidden, "n_layers": self.layers, "n_heads": self.heads, "hidden_dim": self.wide,
                "activation": self.activation,
            }),
            "roberta" | "mpnet" => json!({
                "pad_token_id": 1, "type_vocab_size": 1, "max_position_embeddings": LONGEST + 2,
            }),
            "electra" => json!({ "embedding_size": self.embedding, "type_vocab_size": 2 }),
            "deberta-v2" => json!({
                "relative_attention": true, "position_buckets": if first { json!(-1) } else { json!(self.reach + 1) },
                "pos_att_type": match (second, third) {
                    (false, false) => json!(null),
                    (true, false) => json!("c2p"),
                    (false, true) => json!(["p2c"]),
                    (true, true) => json!("c2p|p2c"),
                },
                "share_att_key": fourth, "norm_rel_ebd": if second { "layer_norm" } else { "none" },
                "position_biased_input": third, "embedding_size": self.embedding, "type_vocab_size": usize::from(first),
            }),
            "modernbert" => json!({
                "hidden_activation": self.activation, "local_attention": self.reach,
                "global_attn_every_n_layers": 2, "attention_bias": first, "mlp_bias": second,
                "norm_bias": third, "classifier_bias": fourth,
                "classifier_pooling": if first { "cls" } else { "mean" },
            }),
            _ => json!({ "type_vocab_size": 2 }),
        };
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    }

    /// Names and shapes of all tensors of a sequence classifier.
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (hidden, wide) = (self.hidden(), self.wide);
        let [first, second, third, fourth, _] = self.switches;
        let mut all = Vec::new();
        let linear = |all: &mut Vec<_>, name: String, outputs: usize, inputs: usize, bias: bool| {
            all.push((format!("{name}.weight"), vec![outputs, inputs]));
            all.extend(bias.then(|| (format!("{name}.bias"), vec![outputs])));
        };
        let norm = |all: &mut Vec<_>, name: &str, width: usize, bias: bool| {
            all.push((format!("{name}.weight"), vec![width]));
            all.extend(bias.then(|| (format!("{name}.bias"), vec![width])));
        };
        if self.family == "modernbert" {
            all.push(("model.embeddings.tok_embeddings.weight".to_owned(), vec![VOCABULARY, hidden]));
            norm(&mut all, "model.embeddings.norm", hidden, third);
            for layer in 0..self.layers {
                let name = |name: &str| format!("model.layers.{layer}.{name}");
                if layer > 0 {
                    norm(&mut all, &name("attn_norm"), hidden, third);
                }
                linear(&mut all, name("attn.Wqkv"), 3 * hidden, hidden, first);
                linear(&mut all, name("attn.Wo"), hidden, hidden, first);
                norm(&mut all, &name("mlp_norm"), hidden, third);
                linear(&mut all, name("mlp.Wi"), 2 * wide, hidden, second);
                linear(&mut all, name("mlp.Wo"), hidden, wide, second);
            }
            norm(&mut all, "model.final_norm", hidden, third);
            linear(&mut all, "head.dense".into(), hidden, hidden, fourth);
            norm(&mut all, "head.norm", hidden, third);
            linear(&mut all, "classifier".into(), 3, hidden, true);
            return all;
        }
        let narrow = matches!(self.family, "electra" | "deberta-v2");
        let embedding = if narrow { self.embedding } else { hidden };
        let (prefix, names) = match self.family {
            "distilbert" => ("distilbert.", DISTILBERT),
            "roberta" => ("roberta.", BERT),
            "electra" => ("electra.", BERT),
            "mpnet" => ("mpnet.", MPNET),
            "deberta-v2" => ("deberta.", DEBERTA),
            _ => ("bert.", BERT),
        };
        let rows = LONGEST + if matches!(self.family, "roberta" | "mpnet") { 2 } else { 0 };
        let embedded = |name: &str| format!("{prefix}embeddings.{name}_embeddings.weight");
        all.push((embedded("word"), vec![VOCABULARY, embedding]));
        all.push((embedded("position"), vec![rows, embedding]));
        let types = match self.family {
            "distilbert" | "mpnet" => 0,
            "roberta" => 1,
            "deberta-v2" => usize::from(first),
            _ => 2,
        };
        all.extend((types > 0).then(|| (embedded("token_type"), vec![types, embedding])));
        let norm_width = if self.family == "electra" { embedding } else { hidden };
        norm(&mut all, &format!("{prefix}embeddings.LayerNorm"), norm_width, true);
        if self.family == "electra" && embedding != hidden {
            linear(&mut all, format!("{prefix}embeddings_project"), hidden, embedding, true);
        }
        if self.family == "deberta-v2" {
            if embedding != hidden {
                linear(&mut all, format!("{prefix}embeddings.embed_proj"), hidden, embedding, false);
            }
            let span = if first { LONGEST } else { self.reach + 1 };
            all.push((format!("{prefix}encoder.rel_embeddings.weight"), vec![2 * span, hidden]));
            if second {
                norm(&mut all, &format!("{prefix}encoder.LayerNorm"), hidden, true);
            }
        }
        if self.family == "mpnet" {
            let name = format!("{prefix}encoder.relative_attention_bias.weight");
            all.push((name, vec![32, self.heads]));
        }
        let [of_layers, query, key, value, mixed, mixed_norm, widen, narrow, narrow_norm] = names;
        for layer in 0..self.layers {
            let name = |name: &str| format!("{prefix}{of_layers}{layer}.{name}");
            for part in [query, key, value, mixed] {
                linear(&mut all, name(part), hidden, hidden, true);
            }
            norm(&mut all, &name(mixed_norm), hidden, true);
            linear(&mut all, name(widen), wide, hidden, true);
            linear(&mut all, name(narrow), hidden, wide, true);
            norm(&mut all, &name(narrow_norm), hidden, true);
            if self.family == "deberta-v2" && !fourth {
                for (read, part) in [(second, "pos_key_proj"), (third, "pos_query_proj")] {
                    if read {
                        linear(&mut all, name(&format!("attention.self.{part}")), hidden, hidden, true);
                    }
                }
            }
        }
        let (dense, output) = match self.family {
            "bert" => ("bert.pooler.dense", "classifier"),
            "distilbert" => ("pre_classifier", "classifier"),
            "deberta-v2" => ("pooler.dense", "classifier"),
            _ => ("classifier.dense", "classifier.out_proj"),
        };
        linear(&mut all, dense.into(), hidden, hidden, true);
        linear(&mut all, output.into(), 3, hidden, true);
        all
    }

    pub fn checkpoint(&self) -> (Config, Weights) {
        let mut state = self.seed;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = self
            .tensors()
            .into_iter()
            .map(|(name, shape)| {
                // Sums of products keep about the size of their terms.
                let scale = if shape.len() == 2 { (3.0 / shape[1] as f32).sqrt() } else { 0.5 };
                let offset = if name.to_lowercase().contains("norm.weight") { 1.0 } else { 0.0 };
                let values =
                    (0..shape.iter().product()).flat_map(|_| (offset + scale * noise()).to_le_bytes());
                (name, shape, values.collect())
            })
            .collect();
        let views = tensors.iter().map(|(name, shape, values)| {
            (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), values).unwrap())
        });
        let file = safetensors::serialize(views, None).unwrap();
        let config = Config::from_json(self.config().to_string().as_bytes()).unwrap();
        (config, Weights::from_bytes(file, Limits::default()).unwrap())
    }
}

type Names = [&'static str; 9];

const BERT: Names = [
    "encoder.layer.",
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];

const DISTILBERT: Names = [
    "transformer.layer.",
    "attention.q_lin",
    "attention.k_lin",
    "attention.v_lin",
    "attention.out_lin",
    "sa_layer_norm",
    "ffn.lin1",
    "ffn.lin2",
    "output_layer_norm",
];

const MPNET: Names = [
    "encoder.layer.",
    "attention.attn.q",
    "attention.attn.k",
    "attention.attn.v",
    "attention.attn.o",
    "attention.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];

const DEBERTA: Names = [
    "encoder.layer.",
    "attention.self.query_proj",
    "attention.self.key_proj",
    "attention.self.value_proj",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];
