//! Logits and hidden states against Hugging Face transformers (golden/make.py made the values).

use std::path::{Path, PathBuf};

use frontdesk_models::Device;
use frontdesk_models::config::{Architecture, Config};
use frontdesk_models::encoder::{Encoder, Pooling, ReferenceEncoder, TokenBatch};
use frontdesk_models::network::Network;
use frontdesk_models::weights::{Limits, Weights};
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    minilm: MiniLm,
}

#[derive(Deserialize)]
struct Case {
    checkpoint: String,
    sequences: Vec<Vec<u32>>,
    logits: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct MiniLm {
    sequences: Vec<Vec<u32>>,
    pooled: Vec<Pooled>,
}

#[derive(Deserialize)]
struct Pooled {
    cls: Vec<f32>,
    mean: Vec<f32>,
}

fn golden_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden() -> Golden {
    serde_json::from_slice(&std::fs::read(golden_dir().join("golden.json")).unwrap()).unwrap()
}

/// The real MiniLM checkpoint, float32. It is 90 MB, so it is not in the repository.
fn minilm_dir() -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/minilm");
    assert!(dir.join("model.safetensors").is_file(), "{} is missing: `ci/minilm` fetches it", dir.display());
    dir
}

fn read(dir: &Path) -> (Config, Weights) {
    let config = Config::from_json(&std::fs::read(dir.join("config.json")).unwrap()).unwrap();
    (config, Weights::open(&dir.join("model.safetensors"), Limits::default()).unwrap())
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

#[test]
fn tiny_checkpoints_give_transformers_logits() {
    let cases = golden().cases;
    assert_eq!(cases.len(), 10, "two families, three problem types, two more number types of one of them");
    for case in cases {
        let (config, weights) = read(&golden_dir().join(&case.checkpoint));
        let network = Network::sequence_classifier(&config, &weights, &Device::Cpu).unwrap();
        for (sequence, expected) in case.sequences.iter().zip(&case.logits) {
            let logits = network.forward(&TokenBatch::new([sequence]), &[0]).unwrap().remove(0).remove(0);
            let difference = largest_difference(&logits, expected);
            assert!(difference < 1e-4, "{}: {logits:?} against {expected:?}", case.checkpoint);
        }
    }
}

#[test]
fn a_mixed_batch_equals_each_text_alone() {
    for case in golden().cases {
        let (config, weights) = read(&golden_dir().join(&case.checkpoint));
        let network = Network::sequence_classifier(&config, &weights, &Device::Cpu).unwrap();
        let together = network.forward(&TokenBatch::new(&case.sequences), &[0]).unwrap().remove(0);
        for (sequence, batched) in case.sequences.iter().zip(&together) {
            let alone = network.forward(&TokenBatch::new([sequence]), &[0]).unwrap().remove(0).remove(0);
            assert!(largest_difference(&alone, batched) < 1e-5, "{}: {alone:?} {batched:?}", case.checkpoint);
        }
    }
}

#[test]
fn real_minilm_gives_transformers_hidden_states_alone_and_in_a_batch() {
    let golden = golden().minilm;
    let (config, weights) = read(&minilm_dir());
    let encoder = ReferenceEncoder::load(&config, &weights, &Device::Cpu).unwrap();
    let together = encoder.forward(&TokenBatch::new(&golden.sequences)).unwrap();
    let pooled = |pooling| together.pool(pooling).unwrap().to_vec2::<f32>().unwrap();
    let (cls, mean) = (pooled(Pooling::Cls), pooled(Pooling::Mean));
    for (index, sequence) in golden.sequences.iter().enumerate() {
        assert!(largest_difference(&cls[index], &golden.pooled[index].cls) < 1e-4);
        assert!(largest_difference(&mean[index], &golden.pooled[index].mean) < 1e-4);
        let alone = encoder.forward(&TokenBatch::new([sequence])).unwrap().pool(Pooling::Mean).unwrap();
        assert!(largest_difference(&alone.to_vec2::<f32>().unwrap()[0], &mean[index]) < 1e-5);
    }
}

/// A DistilBERT has BERT's layers without token types: with their row 0 added to every position, the same weights run
/// through the other family's names.
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
    let device = Device::Cpu;
    let tensor = |name: &str| weights.tensor(name, &weights.shape(name).unwrap().unwrap(), &device).unwrap();
    let mut tensors = Vec::new();
    for name in weights.names().unwrap() {
        if name.starts_with("pooler") || name.contains("token_type") || name.contains("position_ids") {
            continue;
        }
        let mut values = tensor(&name);
        if name == "embeddings.position_embeddings.weight" {
            let types = tensor("embeddings.token_type_embeddings.weight");
            values = values.broadcast_add(&types.narrow(0, 0, 1).unwrap()).unwrap();
        }
        let mut renamed = names.iter().fold(name, |name, (from, to)| name.replace(from, to));
        if !renamed.starts_with("distilbert.") {
            renamed = format!("distilbert.{renamed}");
        }
        let bytes: Vec<u8> = values
            .flatten_all()
            .unwrap()
            .to_vec1::<f32>()
            .unwrap()
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        tensors.push((renamed, values.dims().to_vec(), bytes));
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
        states.pool(Pooling::Mean).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    assert!(largest_difference(&run(&bert, &weights), &run(&distilbert, &folded)) < 1e-5);
}
