//! A bundle or checkpoint from the hub: one of its files is the input's.

use std::path::Path;

use frontdesk::{DeviceChoice, Engine, EngineOptions, Ticket};

use crate::refused_or;

/// The files of a tiny checkpoint, of which the first byte of an input chooses one.
pub(crate) const FILES: [(&str, &[u8]); 4] = [
    ("config.json", include_bytes!("../../models/tests/golden/bert-single-float32/config.json")),
    ("tokenizer.json", include_bytes!("../../models/tests/golden/tokenizer.json")),
    (WEIGHTS, include_bytes!("../../models/tests/golden/bert-single-float32/model.safetensors")),
    (INDEX, include_bytes!("../model.safetensors.index.json")),
];

const WEIGHTS: &str = "model.safetensors";
/// Read only where there is no file of the name [`WEIGHTS`].
const INDEX: &str = "model.safetensors.index.json";
/// The one file that the index names.
const SHARD: &str = "model-00001-of-00001.safetensors";

/// Writes the checkpoint, one file of it as given. Its weights are one file, unless the index is given.
pub(crate) fn checkpoint(folder: &Path, other: Option<(&str, &[u8])>) {
    let sharded = other.is_some_and(|(changed, _)| changed == INDEX);
    for (name, content) in FILES {
        let name = if sharded && name == WEIGHTS { SHARD } else { name };
        let content = other.filter(|(changed, _)| *changed == name).map_or(content, |(_, content)| content);
        std::fs::write(folder.join(name), content).expect("a folder of our own");
    }
}

/// Options of a tiny engine.
pub(crate) fn options(model: &Path) -> EngineOptions {
    EngineOptions {
        model: model.into(),
        device: DeviceChoice::Cpu,
        threads: Some(1),
        ..EngineOptions::default()
    }
}

/// Opens a checkpoint with a file of this content, and analyzes a message with it.
pub fn model(data: &[u8]) {
    let Some((&which, content)) = data.split_first() else { return };
    let (name, _) = FILES[usize::from(which) % FILES.len()];
    let folder = tempfile::tempdir().expect("a temporary folder");
    checkpoint(folder.path(), Some((name, content)));
    let Some(engine) = refused_or(Engine::open(options(folder.path()))) else { return };
    let text = "Production is blocked! the proof shows the wrong blue ".repeat(4);
    refused_or(engine.analyze(&Ticket::new(text)));
}
