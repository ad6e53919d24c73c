//! A bundle or checkpoint from the hub: one of its files is the input's.

use std::path::Path;

use frontdesk::{DeviceChoice, Engine, EngineOptions, Ticket};

use crate::refused_or;

/// The files of a tiny checkpoint, of which the first byte of an input chooses one.
pub(crate) const FILES: [(&str, &[u8]); 3] = [
    ("config.json", include_bytes!("../../models/tests/golden/bert-single-float32/config.json")),
    ("tokenizer.json", include_bytes!("../../models/tests/golden/tokenizer.json")),
    ("model.safetensors", include_bytes!("../../models/tests/golden/bert-single-float32/model.safetensors")),
];

/// Writes the checkpoint, one file of it as given.
pub(crate) fn checkpoint(folder: &Path, other: Option<(&str, &[u8])>) {
    for (name, content) in FILES {
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
