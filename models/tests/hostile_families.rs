//! Configurations and tensors of each family that do not fit: a clear error that names what is wrong.

mod common;

use common::{golden_dir, read};
use frontdesk_models::ModelError;
use frontdesk_models::config::{Attention, Config};
use frontdesk_models::encoder::TokenBatch;
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::network::{Backend, Network};
use frontdesk_models::reference::Device;
use frontdesk_models::weights::{Limits, Weights};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

fn config_of(checkpoint: &str) -> Value {
    let path = golden_dir().join("families").join(checkpoint).join("config.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_field_of_a_family_is_checked_by_name() {
    for (checkpoint, field, value) in [
        ("roberta", "pad_token_id", json!(-1)),
        ("roberta", "pad_token_id", json!(64)),
        ("roberta", "pad_token_id", json!("one")),
        ("roberta", "max_position_embeddings", json!(2)),
        ("roberta", "type_vocab_size", json!(0)),
        ("roberta", "position_embedding_type", json!("relative_key")),
        ("roberta", "num_attention_heads", json!(null)),
        ("electra", "embedding_size", json!(0)),
        ("electra", "embedding_size", json!(1_000_000)),
        ("electra", "embedding_size", json!(null)),
        ("mpnet", "relative_attention_num_buckets", json!(0)),
        ("mpnet", "relative_attention_num_buckets", json!(31)),
        ("mpnet", "relative_attention_num_buckets", json!(1e12)),
        ("deberta-v2-v3-base", "position_buckets", json!(1)),
        ("deberta-v2-v3-base", "position_buckets", json!(1_000_000)),
        ("deberta-v2-v3-base", "position_buckets", json!("many")),
        ("deberta-v2-v3-base", "max_relative_positions", json!(1e30)),
        ("deberta-v2-v3-base", "pos_att_type", json!("c2c")),
        ("deberta-v2-v3-base", "pos_att_type", json!([7])),
        ("deberta-v2-v3-base", "pos_att_type", json!({})),
        ("deberta-v2-v3-base", "share_att_key", json!("yes")),
        ("deberta-v2-v3-base", "conv_kernel_size", json!(3)),
        ("deberta-v2-v3-base", "pooler_hidden_size", json!(7)),
        ("deberta-v2-v3-base", "pooler_hidden_act", json!("mish")),
        ("deberta-v2-v3-base", "attention_head_size", json!(3)),
        ("deberta-v2-v3-base", "layer_norm_eps", json!("NaN")),
        ("modernbert-published", "global_rope_theta", json!("NaN")),
        ("modernbert-published", "local_rope_theta", json!(-1)),
        ("modernbert-published", "local_rope_theta", json!(0)),
        ("modernbert-published", "global_rope_theta", json!(1e300)),
        ("modernbert-published", "local_attention", json!(-128)),
        ("modernbert-published", "global_attn_every_n_layers", json!(0)),
        ("modernbert-published", "global_attn_every_n_layers", json!(-2)),
        ("modernbert-published", "classifier_pooling", json!("max")),
        ("modernbert-published", "classifier_activation", json!("mish")),
        ("modernbert-published", "hidden_activation", json!(3)),
        ("modernbert-published", "attention_bias", json!("no")),
        ("modernbert-published", "layer_types", json!(["full_attention"])),
        ("modernbert-published", "layer_types", json!("full_attention")),
        ("modernbert-published", "rope_scaling", json!({"factor": 2.0})),
        ("modernbert-published", "rope_parameters", json!({"full_attention": {"rope_type": "yarn"}})),
        (
            "modernbert-published",
            "rope_parameters",
            json!({"full_attention": {"type": "linear", "factor": 4.0}}),
        ),
        ("modernbert-published", "rope_parameters", json!({"rope_type": "linear", "factor": 2.0})),
        ("modernbert-published", "sliding_window", json!(-1)),
        ("modernbert-published", "norm_eps", json!(0)),
    ] {
        let mut config = config_of(checkpoint);
        Config::from_json(config.to_string().as_bytes()).unwrap();
        config[field] = value.clone();
        match Config::from_json(config.to_string().as_bytes()) {
            Err(ModelError::Config { field: named, .. }) => assert_eq!(named, field, "{checkpoint}: {value}"),
            other => panic!("{checkpoint}: {field} = {value}: {other:?}"),
        }
    }
}

#[test]
fn an_unknown_family_is_told_the_known_ones() {
    let error = Config::from_json(br#"{"model_type": "gpt2"}"#).unwrap_err().to_string();
    for known in ["gpt2", "bert", "xlm-roberta", "deberta-v2", "modernbert"] {
        assert!(error.contains(known), "{error}");
    }
}

#[test]
fn heads_that_do_not_divide_are_refused() {
    for checkpoint in ["roberta", "electra", "mpnet", "deberta-v2-v3-base", "modernbert-published"] {
        let mut config = config_of(checkpoint);
        config["num_attention_heads"] = json!(5);
        config["hidden_size"] = json!(32);
        let error = Config::from_json(config.to_string().as_bytes()).unwrap_err().to_string();
        assert!(error.contains("hidden_size") && error.contains("32"), "{checkpoint}: {error}");
    }
}

/// Each tensor of each family, taken away and given another shape: the error has its name, on every path.
#[test]
fn every_tensor_that_is_missing_or_of_another_shape_is_named() {
    for checkpoint in ["roberta", "electra", "mpnet", "deberta-v2-own-keys", "modernbert-biases"] {
        let (config, weights) = read(&golden_dir().join("families").join(checkpoint));
        for name in weights.names() {
            for backend in [
                Backend::Reference(Device::cpu()),
                Backend::Packed { precision: Precision::F32, isa: Isa::chosen().unwrap() },
            ] {
                let load = |weights: &Weights| {
                    Network::sequence_classifier(&config, weights, &backend)
                        .map(|_| ())
                        .unwrap_err()
                        .to_string()
                };
                let missing = load(&without(&weights, &name, None));
                let bare = name.split_once('.').unwrap().1;
                assert!(missing.contains(bare), "{checkpoint} without {name}: {missing}");
                let shape = weights.shape(&name).unwrap();
                let longer = [&[shape[0] + 1], &shape[1..]].concat();
                // One more label is a classifier of one more label, whose bias does not fit.
                let named =
                    if shape.len() == 2 && name.starts_with("classifier") { "classifier" } else { bare };
                let other = load(&without(&weights, &name, Some(&longer)));
                assert!(other.contains(named), "{checkpoint} with another {name}: {other}");
            }
        }
    }
}

/// The file without a tensor, or with zeros of another shape in its place.
fn without(weights: &Weights, name: &str, shape: Option<&[usize]>) -> Weights {
    changed(weights, |other, own| match shape {
        _ if other != name => Some(own),
        Some(shape) => Some((shape.to_vec(), vec![0.0; shape.iter().product()])),
        None => None,
    })
}

/// The file with all values of a tensor the same.
fn with_values(weights: &Weights, name: &str, value: f32) -> Weights {
    changed(weights, |other, (shape, values)| {
        Some((shape, if other == name { vec![value; values.len()] } else { values }))
    })
}

/// A tensor's shape and values.
type Tensor = (Vec<usize>, Vec<f32>);

/// The file with its tensors changed, or left out.
fn changed(weights: &Weights, change: impl Fn(&str, Tensor) -> Option<Tensor>) -> Weights {
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = weights
        .names()
        .into_iter()
        .filter_map(|name| {
            let shape = weights.shape(&name).unwrap().to_vec();
            let values = weights.values(&name, &shape).unwrap();
            let (shape, values) = change(&name, (shape, values))?;
            Some((name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        })
        .collect();
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    Weights::from_bytes(safetensors::serialize(views, None).unwrap(), Limits::default()).unwrap()
}

#[test]
fn a_small_file_does_not_become_a_large_network() {
    let (mut config, weights) = read(&golden_dir().join("families/deberta-v2-every-distance"));
    let Attention::Disentangled(how) = &mut config.attention else { panic!("{config:?}") };
    how.distances.as_mut().unwrap().span = 1 << 14;
    config.layers = 256;
    let backend = Backend::Packed { precision: Precision::F32, isa: Isa::chosen().unwrap() };
    let error =
        Network::sequence_classifier(&config, &weights, &backend).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("would take") && error.contains("MiB"), "{error}");
}

#[test]
fn a_classifier_without_rows_and_one_with_too_many_are_refused() {
    for (rows, backend) in [
        (0, Backend::Packed { precision: Precision::Int8, isa: Isa::chosen().unwrap() }),
        (70_000, Backend::Reference(Device::cpu())),
    ] {
        let (config, weights) = read(&golden_dir().join("families/bert-relu"));
        let weights = without(&weights, "classifier.weight", Some(&[rows, config.hidden_size]));
        let error = Network::sequence_classifier(&config, &weights, &backend).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("classifier.weight"), "{error}");
    }
}

/// A bare trunk has BERT's pooler without the prefix; `sliding_window` is another name of half of
/// `local_attention`.
#[test]
fn other_names_of_the_same_thing_are_read() {
    let (config, weights) = read(&golden_dir().join("families/bert-relu"));
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = weights
        .names()
        .into_iter()
        .map(|name| {
            let shape = weights.shape(&name).unwrap().to_vec();
            let values = weights.values(&name, &shape).unwrap();
            let bare = name.strip_prefix("bert.").unwrap_or(&name).to_owned();
            (bare, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
        })
        .collect();
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    let bare = Weights::from_bytes(safetensors::serialize(views, None).unwrap(), Limits::default()).unwrap();
    let backend = Backend::Packed { precision: Precision::F32, isa: Isa::chosen().unwrap() };
    let logits = |weights: &Weights| {
        let network = Network::sequence_classifier(&config, weights, &backend).unwrap();
        network.forward(&TokenBatch::new([[2, 7, 9, 3]]), &[0]).unwrap()
    };
    assert_eq!(logits(&weights), logits(&bare));

    let mut config = config_of("modernbert-published");
    config["sliding_window"] = json!(3);
    let config = Config::from_json(config.to_string().as_bytes()).unwrap();
    assert!(matches!(config.attention, Attention::Rotary(rotary) if rotary.window == 3));
}

/// A state that overflowed is no number, and not the bias of the next norm.
#[test]
fn states_that_overflow_are_no_answer() {
    for checkpoint in ["bert-relu", "modernbert-biases"] {
        let (config, weights) = read(&golden_dir().join("families").join(checkpoint));
        let norm = if checkpoint == "bert-relu" {
            "bert.embeddings.LayerNorm.bias"
        } else {
            "model.embeddings.norm.bias"
        };
        let huge = with_values(&weights, norm, 1e30);
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
            let backend = Backend::Packed { precision, isa: Isa::chosen().unwrap() };
            let network = Network::sequence_classifier(&config, &huge, &backend).unwrap();
            let logits = network.forward(&TokenBatch::new([[2, 7, 9, 3]]), &[0]).unwrap();
            assert!(
                logits[0][0].iter().all(|logit| !logit.is_finite()),
                "{checkpoint} {precision:?}: {logits:?}"
            );
        }
    }
}

#[test]
fn a_text_longer_than_the_positions_is_refused() {
    let (config, weights) = read(&golden_dir().join("families/roberta"));
    // Two rows of the table are the padding's and the one before it.
    assert_eq!(config.max_positions, 40);
    let backend = Backend::Packed { precision: Precision::F32, isa: Isa::chosen().unwrap() };
    let network = Network::sequence_classifier(&config, &weights, &backend).unwrap();
    assert!(network.forward(&TokenBatch::new([vec![5; 40]]), &[0]).is_ok());
    let refused = network.forward(&TokenBatch::new([vec![5; 41]]), &[0]);
    assert!(matches!(refused, Err(ModelError::Batch(_))));
}
