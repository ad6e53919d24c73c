//! The golden values, the checkpoints beside them, and how results are compared.
#![allow(dead_code, unreachable_pub)]

pub mod any;

use std::path::{Path, PathBuf};

use frontdesk_models::config::Config;
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::network::Backend;
use frontdesk_models::reference::Device;
use frontdesk_models::weights::{Limits, Weights};
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Golden {
    pub cases: Vec<Case>,
    pub minilm: MiniLm,
}

#[derive(Deserialize)]
pub struct Case {
    pub checkpoint: String,
    pub sequences: Vec<Vec<u32>>,
    pub logits: Vec<Vec<f32>>,
    /// The first token's last hidden state.
    pub cls: Option<Vec<Vec<f32>>>,
    /// The mean of all.
    pub mean: Option<Vec<Vec<f32>>>,
}

#[derive(Deserialize)]
pub struct Cases {
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
pub struct MiniLm {
    pub sequences: Vec<Vec<u32>>,
    pub pooled: Vec<Pooled>,
}

#[derive(Deserialize)]
pub struct Pooled {
    pub cls: Vec<f32>,
    pub mean: Vec<f32>,
}

pub fn golden_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

pub fn golden() -> Golden {
    serde_json::from_slice(&std::fs::read(golden_dir().join("golden.json")).unwrap()).unwrap()
}

/// The cases of a folder beside the golden values.
pub fn golden_of(folder: &str) -> Cases {
    serde_json::from_slice(&std::fs::read(golden_dir().join(folder).join("golden.json")).unwrap()).unwrap()
}

/// The real MiniLM checkpoint, float32. It is 90 MB, so it is not in the repository.
pub fn minilm_dir() -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/minilm");
    assert!(dir.join("model.safetensors").is_file(), "{} is missing: `ci/minilm` fetches it", dir.display());
    dir
}

pub fn read(dir: &Path) -> (Config, Weights) {
    let config = Config::from_json(&std::fs::read(dir.join("config.json")).unwrap()).unwrap();
    (config, Weights::open(&dir.join("model.safetensors"), Limits::default()).unwrap())
}

pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

/// The reference, and the packed path in float32 on each available instruction set.
pub fn backends() -> Vec<Backend> {
    let packed = Isa::available().into_iter().map(|isa| Backend::Packed { precision: Precision::F32, isa });
    std::iter::once(Backend::Reference(Device::cpu())).chain(packed).collect()
}

/// A DistilBERT of these sizes with weights from a seed, as its files have it.
pub fn random(hidden: usize, heads: usize, wide: usize, seed: u32) -> (Config, Weights) {
    let (layers, vocabulary, positions) = (2, 50, 140);
    let config = serde_json::json!({
        "model_type": "distilbert", "dim": hidden, "n_heads": heads, "hidden_dim": wide, "n_layers": layers,
        "vocab_size": vocabulary, "max_position_embeddings": positions,
    });
    let mut tensors = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![vocabulary, hidden]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![positions, hidden]),
    ];
    let mut norm = |name: String| {
        tensors.extend(["weight", "bias"].map(|part| (format!("{name}.{part}"), vec![hidden])));
    };
    norm("embeddings.LayerNorm".to_owned());
    for layer in 0..layers {
        norm(format!("transformer.layer.{layer}.sa_layer_norm"));
        norm(format!("transformer.layer.{layer}.output_layer_norm"));
    }
    for layer in 0..layers {
        for (name, outputs, inputs) in [
            ("attention.q_lin", hidden, hidden),
            ("attention.k_lin", hidden, hidden),
            ("attention.v_lin", hidden, hidden),
            ("attention.out_lin", hidden, hidden),
            ("ffn.lin1", wide, hidden),
            ("ffn.lin2", hidden, wide),
        ] {
            let name = format!("transformer.layer.{layer}.{name}");
            tensors.push((format!("{name}.weight"), vec![outputs, inputs]));
            tensors.push((format!("{name}.bias"), vec![outputs]));
        }
    }
    let mut state = seed;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape)| {
            let values = (0..shape.iter().product()).flat_map(|_| noise().to_le_bytes()).collect();
            (name, shape, values)
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, values)| {
        (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), values).unwrap())
    });
    let file = safetensors::serialize(views, None).unwrap();
    let config = Config::from_json(config.to_string().as_bytes()).unwrap();
    (config, Weights::from_bytes(file, Limits::default()).unwrap())
}

/// Sequences of these lengths, of tokens that [`random`] knows.
pub fn sequences(lengths: &[usize]) -> Vec<Vec<u32>> {
    let token = |row: usize, at: usize| ((7 * row + 3 * at) % 50) as u32;
    lengths.iter().enumerate().map(|(row, &length)| (0..length).map(|at| token(row, at)).collect()).collect()
}
