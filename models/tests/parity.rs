//! Logits and hidden states against Hugging Face transformers (golden/make.py made the values).

mod common;

use common::{backends, golden, golden_dir, largest_difference, minilm_dir, read};
use frontdesk_models::config::{Architecture, Config};
use frontdesk_models::encoder::{Encoder, Pooling, TokenBatch};
use frontdesk_models::network::{Backend, Network};
use frontdesk_models::reference::{Device, ReferenceEncoder};
use frontdesk_models::weights::{Limits, Weights};
use safetensors::tensor::{Dtype, TensorView};

#[test]
fn tiny_checkpoints_give_transformers_logits() {
    let cases = golden().cases;
    assert_eq!(cases.len(), 10, "two families, three problem types, two more number types of one of them");
    for (case, backend) in cases.iter().flat_map(|case| backends().into_iter().map(move |b| (case, b))) {
        let (config, weights) = read(&golden_dir().join(&case.checkpoint));
        let network = Network::sequence_classifier(&config, &weights, &backend).unwrap();
        for (sequence, expected) in case.sequences.iter().zip(&case.logits) {
            let logits = network.forward(&TokenBatch::new([sequence]), &[0]).unwrap().remove(0).remove(0);
            let difference = largest_difference(&logits, expected);
            assert!(difference < 1e-4, "{} on {backend:?}: {logits:?}, {expected:?}", case.checkpoint);
        }
    }
}

#[test]
fn a_mixed_batch_equals_each_text_alone() {
    for (case, backend) in
        golden().cases.iter().flat_map(|case| backends().into_iter().map(move |b| (case, b)))
    {
        let (config, weights) = read(&golden_dir().join(&case.checkpoint));
        let network = Network::sequence_classifier(&config, &weights, &backend).unwrap();
        let together = network.forward(&TokenBatch::new(&case.sequences), &[0]).unwrap().remove(0);
        // candle's products round by the shape of the batch; ours do not.
        let tolerance = if matches!(backend, Backend::Reference(_)) { 1e-5 } else { 0.0 };
        for (sequence, batched) in case.sequences.iter().zip(&together) {
            let alone = network.forward(&TokenBatch::new([sequence]), &[0]).unwrap().remove(0).remove(0);
            let difference = largest_difference(&alone, batched);
            assert!(difference <= tolerance, "{} on {backend:?}: {alone:?} {batched:?}", case.checkpoint);
        }
    }
}

#[test]
fn real_minilm_gives_transformers_hidden_states_alone_and_in_a_batch() {
    let golden = golden().minilm;
    let (config, weights) = read(&minilm_dir());
    let encoder = ReferenceEncoder::load(&config, &weights, &Device::cpu()).unwrap();
    let together = encoder.forward(&TokenBatch::new(&golden.sequences)).unwrap();
    let pooled = |pooling| together.pool(pooling).unwrap();
    let (cls, mean) = (pooled(Pooling::Cls), pooled(Pooling::Mean));
    for (index, sequence) in golden.sequences.iter().enumerate() {
        assert!(largest_difference(&cls[index], &golden.pooled[index].cls) < 1e-4);
        assert!(largest_difference(&mean[index], &golden.pooled[index].mean) < 1e-4);
        let alone = encoder.forward(&TokenBatch::new([sequence])).unwrap().pool(Pooling::Mean).unwrap();
        assert!(largest_difference(&alone[0], &mean[index]) < 1e-5);
    }
}

/// A DistilBERT has BERT's layers without token types: with their row 0 added to every position, the same
/// weights run through the other family's names.
#[test]
fn minilm_folded_into_the_distilbert_layout_gives_the_same_answer() {
    let (bert, weights) = read(&minilm_dir());
    let names = [
        ("encoder.layer.", "distilbert.transformer.layer."),
        ("attention.self.query", "attention.q_lin"),
        ("attention.self.key", "attention.k_lin"),
        ("attention.self.value", "attention.v_lin"),
        ("attention.output.dense", "attention.out_lin"),
        ("attention.output.LayerNorm", "sa_layer_norm"),
        ("intermediate.dense", "ffn.lin1"),
        ("output.dense", "ffn.lin2"),
        ("output.LayerNorm", "output_layer_norm"),
    ];
    let device = Device::cpu();
    let tensor = |name: &str| weights.values(name, weights.shape(name).unwrap()).unwrap();
    let mut tensors = Vec::new();
    for name in weights.names() {
        if name.starts_with("pooler") || name.contains("token_type") || name.contains("position_ids") {
            continue;
        }
        let mut values = tensor(&name);
        if name == "embeddings.position_embeddings.weight" {
            let types = tensor("embeddings.token_type_embeddings.weight");
            for position in values.chunks_exact_mut(bert.hidden_size) {
                position.iter_mut().zip(&types).for_each(|(value, first)| *value += first);
            }
        }
        let mut renamed = names.iter().fold(name.clone(), |name, (from, to)| name.replace(from, to));
        if !renamed.starts_with("distilbert.") {
            renamed = format!("distilbert.{renamed}");
        }
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        tensors.push((renamed, weights.shape(&name).unwrap().to_vec(), bytes));
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let folded =
        Weights::from_bytes(safetensors::serialize(views, None).unwrap(), Limits::default()).unwrap();
    let distilbert = Config { architecture: Architecture::DistilBert, token_types: 0, ..bert.clone() };

    let batch = TokenBatch::new(&golden().minilm.sequences);
    let run = |config: &Config, weights: &Weights| {
        let states = ReferenceEncoder::load(config, weights, &device).unwrap().forward(&batch).unwrap();
        states.pool(Pooling::Mean).unwrap().concat()
    };
    assert!(largest_difference(&run(&bert, &weights), &run(&distilbert, &folded)) < 1e-5);
}

/// Old BERT checkpoints call a norm's weight `gamma` and its bias `beta`; transformers takes either name, and
/// the old one where both are there.
#[test]
fn a_norm_is_read_by_its_old_and_its_new_name() {
    let case = golden().cases.into_iter().find(|case| case.checkpoint == "bert-single-float32").unwrap();
    let (config, weights) = read(&golden_dir().join(&case.checkpoint));
    for (weight, bias, both) in [
        ("gamma", "beta", false),
        ("gamma", "bias", false),
        ("weight", "beta", false),
        ("gamma", "beta", true),
    ] {
        let mut tensors = Vec::new();
        let mut add = |name: String, shape: &[usize], values: &[f32]| {
            tensors.push((
                name,
                shape.to_vec(),
                values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>(),
            ));
        };
        for name in weights.names() {
            let shape = weights.shape(&name).unwrap();
            let values = weights.values(&name, shape).unwrap();
            let renamed = name.replace("LayerNorm.weight", &format!("LayerNorm.{weight}"));
            let renamed = renamed.replace("LayerNorm.bias", &format!("LayerNorm.{bias}"));
            if both && renamed != name {
                add(name, shape, &vec![7.0; values.len()]);
            }
            add(renamed, shape, &values);
        }
        let views = tensors.iter().map(|(name, shape, bytes)| {
            (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
        });
        let renamed =
            Weights::from_bytes(safetensors::serialize(views, None).unwrap(), Limits::default()).unwrap();
        for backend in backends() {
            let network = Network::sequence_classifier(&config, &renamed, &backend).unwrap();
            for (sequence, expected) in case.sequences.iter().zip(&case.logits) {
                let found = network.forward(&TokenBatch::new([sequence]), &[0]).unwrap().remove(0).remove(0);
                let difference = largest_difference(&found, expected);
                assert!(difference < 1e-4, "{weight} {bias} {both} on {backend:?}: {found:?}, {expected:?}");
            }
        }
    }
}
