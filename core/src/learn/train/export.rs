//! The bundle that is written.

use std::collections::BTreeMap;
use std::path::Path;

use super::TrainOptions;
use super::base::Base;
use super::head::Written;
use super::tensors::{Tensors, serialize};
use super::transformers::SequenceClassifier;
use crate::digest::digest_of;
use crate::model::backend;
use crate::model::bundle::{CONFIG, FORMATS, Files, Golden, HEADS, MANIFEST, Manifest, TOKENIZER, TRUNK};
use crate::model::forward::Model;
use crate::{Error, ErrorKind, LongText, Result};

/// Messages whose scores are stored with a bundle and replayed when it is opened.
const GOLDEN_MESSAGES: [&str; 5] = [
    "Need to approve this proof ASAP",
    "Can you fix the bleed settings?",
    "Production is blocked!",
    "Just checking in",
    "Thank you so much, the brochures look wonderful and everybody here loves them.",
];

/// Returns the error where the output exists: nothing of a user is overwritten.
pub(super) fn already(output: &Path) -> Error {
    Error::new(ErrorKind::Io, format!("{} is there already", output.display()))
}

/// Writes the bundle to a folder beside its place, and opens it as a user would. `trunk` is the trunk's file;
/// `kept`: the base's other heads stay.
pub(super) fn write(
    folder: &Path,
    base: &Base,
    written: Vec<Written>,
    trunk: Vec<u8>,
    kept: bool,
    options: &TrainOptions,
) -> Result<Manifest> {
    let output = &options.output;
    let mut all = Tensors::new();
    let mut heads = Vec::new();
    if let Some((manifest, weights)) = base.bundle.as_ref().filter(|_| kept) {
        let replaced = |name: &str| written.iter().any(|head| head.manifest.name == name);
        heads.extend(manifest.heads.iter().filter(|head| !replaced(&head.name)).cloned());
        for name in weights.names() {
            if name.split('.').next().is_some_and(replaced) {
                continue;
            }
            let shape = weights.shape(&name).unwrap_or_default().to_vec();
            let values = weights.values(&name, &shape)?;
            all.insert(name, (shape, values));
        }
    }
    let sequence_classifier = SequenceClassifier::of(base, &written, heads.is_empty());
    for Written { manifest, tensors } in written {
        for (name, shape, values) in tensors {
            all.insert(format!("{}.{name}", manifest.name), (shape, values));
        }
        heads.push(manifest);
    }
    let (config_json, trunk) = match sequence_classifier {
        Some(classifier) => classifier.files(base, &trunk, options.half)?,
        None => (base.config_json.clone(), trunk),
    };

    let mut files = BTreeMap::new();
    let mut put = |name: &str, bytes: &[u8]| -> Result<()> {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|e| Error::io(&path, e))?;
        files.insert(name.to_owned(), digest_of(bytes));
        Ok(())
    };
    put(CONFIG, &config_json)?;
    put(TOKENIZER, &base.tokenizer)?;
    put(TRUNK, &trunk)?;
    put(HEADS, &serialize(&all, false)?)?;
    for (name, bytes) in &base.beside_tokenizer {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|e| Error::io(&path, e))?;
    }
    let old = base.bundle.as_ref().map(|(manifest, _)| manifest);
    let directory =
        || output.file_name().map_or_else(|| "bundle".into(), |name| name.to_string_lossy().into_owned());
    let mut manifest = Manifest {
        format: if heads.iter().any(|head| head.detector.is_some()) {
            *FORMATS.end()
        } else {
            *FORMATS.start()
        },
        name: options.name.clone().or_else(|| old.map(|m| m.name.clone())).unwrap_or_else(directory),
        version: options.version.clone(),
        licence: options
            .licence
            .clone()
            .or_else(|| old.map(|m| m.licence.clone()))
            .unwrap_or_else(|| "unknown".into()),
        languages: old.map_or_else(|| vec!["en".into()], |m| m.languages.clone()),
        input: base.input.clone(),
        heads,
        files,
        golden: Vec::new(),
    };
    let write_manifest = |manifest: &Manifest| -> Result<()> {
        let path = folder.join(MANIFEST);
        let json = serde_json::to_vec_pretty(manifest)
            .map_err(|e| Error::new(ErrorKind::Internal, e.to_string()).with_source(e))?;
        std::fs::write(&path, json).map_err(|e| Error::io(&path, e))
    };
    write_manifest(&manifest)?;
    let written = Files::directory(folder.to_owned());
    manifest.golden = golden(&Model::open(&written, &backend::cpu()?, None)?)?;
    write_manifest(&manifest)?;
    Model::open(&written, &backend::cpu()?, None)?;
    Ok(manifest)
}

fn golden(model: &Model) -> Result<Vec<Golden>> {
    let heads: Vec<usize> = (0..model.heads.len()).collect();
    let score = |text: &&str| {
        let encoding = model.tokenizer.encode(text, LongText::Head)?;
        let logits = model.logits(&[&encoding], &heads)?.remove(0);
        let scores = model
            .heads
            .iter()
            .zip(&logits)
            .map(|(head, output)| (head.name.clone(), head.scores(&output.logits)));
        Ok(Golden { text: (*text).to_owned(), scores: scores.collect() })
    };
    GOLDEN_MESSAGES.iter().map(score).collect()
}
