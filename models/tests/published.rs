//! The layouts that published checkpoints name in their config.json: the fields that this crate reads, as those
//! files have them. Their weights are not here.

use frontdesk_models::config::{Architecture, Attention, Config, DistanceProjection, Positions, Projection};
use serde_json::{Value, json};

fn read(config: &Value) -> Config {
    Config::from_json(config.to_string().as_bytes()).unwrap()
}

fn base(more: &Value) -> Config {
    let mut config = json!({
        "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
        "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "num_attention_heads": 12,
        "num_hidden_layers": 12,
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    read(&config)
}

/// cardiffnlp/twitter-roberta-base-sentiment-latest; j-hartmann/emotion-english-distilroberta-base has six
/// layers; cardiffnlp/twitter-xlm-roberta-base-sentiment and papluca/xlm-roberta-base-language-detection
/// another vocabulary.
#[test]
fn roberta_and_xlm_roberta() {
    for (model_type, vocabulary) in [("roberta", 50_265), ("xlm-roberta", 250_002)] {
        let config = base(&json!({
            "model_type": model_type, "vocab_size": vocabulary, "max_position_embeddings": 514,
            "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 1,
            "layer_norm_eps": 1e-5, "position_embedding_type": "absolute", "gradient_checkpointing": false,
            "id2label": {"0": "negative", "1": "neutral", "2": "positive"},
            "label2id": {"negative": 0, "neutral": 1, "positive": 2},
        }));
        assert_eq!((config.architecture, config.max_positions), (Architecture::Roberta, 512));
        assert_eq!((config.positions, config.position_rows()), (Positions::AfterPadding(1), 514));
        assert_eq!(config.labels.as_deref().unwrap(), ["negative", "neutral", "positive"]);
    }
}

/// google/electra-small-discriminator; google/electra-base-discriminator has embeddings as wide as its layers.
#[test]
fn electra() {
    let config = base(&json!({
        "model_type": "electra", "vocab_size": 30_522, "embedding_size": 128, "hidden_size": 256,
        "intermediate_size": 1024, "num_attention_heads": 4, "max_position_embeddings": 512,
        "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0, "summary_activation": "gelu",
        "summary_type": "first", "summary_use_proj": true,
    }));
    assert_eq!((config.embedding_size, config.projection), (128, Projection::AfterNorm));
}

/// microsoft/mpnet-base.
#[test]
fn mpnet() {
    let config = base(&json!({
        "model_type": "mpnet", "vocab_size": 30_527, "max_position_embeddings": 514, "layer_norm_eps": 1e-5,
        "relative_attention_num_buckets": 32, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
    }));
    assert_eq!((config.max_positions, config.token_types), (512, 0));
}

/// microsoft/deberta-v3-base, and MoritzLaurer's classifiers on it.
#[test]
fn deberta_v3() {
    let config = base(&json!({
        "model_type": "deberta-v2", "vocab_size": 128_100, "max_position_embeddings": 512,
        "relative_attention": true, "position_buckets": 256, "norm_rel_ebd": "layer_norm",
        "share_att_key": true, "pos_att_type": "p2c|c2p", "layer_norm_eps": 1e-7,
        "max_relative_positions": -1, "position_biased_input": false, "type_vocab_size": 0,
        "pooler_dropout": 0, "pooler_hidden_act": "gelu", "pooler_hidden_size": 768,
    }));
    let Attention::Disentangled(how) = &config.attention else { panic!("{config:?}") };
    let (products, how) = (how.products, how.distances.as_ref().unwrap());
    assert!(products == 3 && how.content_to_position && how.position_to_content && how.normed);
    assert_eq!(how.projection, DistanceProjection::Shared);
    assert_eq!((how.span, how.farthest, config.positions), (256, Some(512), Positions::Nowhere));
}

/// answerdotai/ModernBERT-base.
#[test]
fn modernbert() {
    let config = read(&json!({
        "model_type": "modernbert", "vocab_size": 50_368, "hidden_size": 768, "intermediate_size": 1152,
        "num_hidden_layers": 22, "num_attention_heads": 12, "hidden_activation": "gelu",
        "max_position_embeddings": 8192, "norm_eps": 1e-5, "norm_bias": false, "attention_bias": false,
        "mlp_bias": false, "classifier_bias": false, "classifier_activation": "gelu",
        "classifier_pooling": "mean", "global_attn_every_n_layers": 3, "global_rope_theta": 160_000.0,
        "local_attention": 128, "local_rope_theta": 10_000.0, "layer_norm_eps": 1e-5, "pad_token_id": 50_283,
        "position_embedding_type": "absolute", "deterministic_flash_attn": false,
    }));
    let Attention::Rotary(rotary) = &config.attention else { panic!("{config:?}") };
    assert_eq!((rotary.window, rotary.global_base, rotary.local_base), (64, 160_000.0, 10_000.0));
    let local = rotary.is_local.iter().filter(|local| **local).count();
    assert_eq!((local, rotary.is_local[0], rotary.is_local[21]), (14, false, false));
    assert!(config.norm_first && config.is_gated && !config.biases.norm && config.classifier.mean);
    assert_eq!(config.max_positions, 8192);
}
