//! DistilBERT (Sanh et al. 2019): BERT without token types, its pooler in the head.

use super::{Family, Names, Qkv, bert};
use crate::Result;
use crate::config::{Activation, Architecture, Classifier, Config, Fields, Sizes, like_bert};

pub(super) const FAMILY: Family = Family {
    name: "DistilBERT",
    model_types: &[("distilbert", "DistilBertForSequenceClassification")],
    config,
    prefix: "distilbert.",
    names: Names {
        layer: "transformer.layer.",
        qkv: Qkv::Apart(["attention.q_lin", "attention.k_lin", "attention.v_lin"]),
        attention_output: "attention.out_lin",
        norm_after_attention: "sa_layer_norm",
        intermediate: "ffn.lin1",
        output: "ffn.lin2",
        norm_after_output: "output_layer_norm",
        ..bert::NAMES
    },
    dense: "pre_classifier",
    dense_norm: None,
    classifier: "classifier",
};

const SIZES: Sizes = Sizes {
    hidden: "dim",
    layers: "n_layers",
    heads: "n_heads",
    intermediate: "hidden_dim",
    activation: "activation",
};

/// A constant of the architecture; its config.json has no field for it.
const LAYER_NORM_EPS: f64 = 1e-12;

fn config(fields: &Fields<'_>) -> Result<Config> {
    let config = like_bert(fields, Architecture::DistilBert, &SIZES)?;
    let classifier = Classifier { activation: Activation::Relu, ..config.classifier };
    Ok(Config { layer_norm_eps: LAYER_NORM_EPS, classifier, ..config })
}
