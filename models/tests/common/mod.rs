//! The golden values, the checkpoints beside them, and how results are compared.
#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};

use frontdesk_models::Device;
use frontdesk_models::config::Config;
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::network::Backend;
use frontdesk_models::weights::{Limits, Weights};
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

/// The reference, and the packed path in float32 on each instruction set that there is.
pub fn backends() -> Vec<Backend> {
    let packed = Isa::available().into_iter().map(|isa| Backend::Packed { precision: Precision::F32, isa });
    std::iter::once(Backend::Reference(Device::Cpu)).chain(packed).collect()
}
