//! The base that is read and the bundle that is written.

use std::collections::BTreeMap;
use std::path::Path;

use frontdesk_models::config::{Architecture, Config};
use frontdesk_models::training::Trunk;
use frontdesk_models::weights::{Limits, Weights};
use safetensors::tensor::{Dtype, TensorView};
use tempfile::TempDir;

use super::TrainOptions;
use super::head::NamedTensor;
use super::report;
use super::transformers::SequenceClassifier;
use crate::backend;
use crate::bundle::{
    CONFIG, DEFAULT_MAX_BYTES, FORMAT, Files, Golden, HEADS, HeadManifest, Input, MANIFEST, Manifest,
    TOKENIZER, TRUNK,
};
use crate::digest::digest_of;
use crate::forward::Model;
use crate::pipeline::WHOLE;
use crate::tokenize::Tokenizer;
use crate::{Error, ErrorKind, LongText, ModelSource, Result};

/// Messages whose scores are stored with a bundle and replayed when it is opened.
const GOLDEN_MESSAGES: [&str; 5] = [
    "Need to approve this proof ASAP",
    "Can you fix the bleed settings?",
    "Production is blocked!",
    "Just checking in",
    "Thank you so much, the brochures look wonderful and everybody here loves them.",
];

/// A file that transformers reads and this engine does not; kept so that both can open a bundle.
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

/// What is kept of the base.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) config: Config,
    tokenizer: Vec<u8>,
    pub(super) input: Input,
    pub(super) digest: String,
    config_json: Vec<u8>,
    tokenizer_config: Option<Vec<u8>>,
    weights: Weights,
    /// The base's own manifest and heads, where it is a bundle.
    bundle: Option<(Manifest, Weights)>,
}

impl Base {
    pub(super) fn read(files: &Files, max_tokens: usize) -> Result<Self> {
        let config_json = files.read(CONFIG)?;
        let config =
            Config::from_json(&config_json).map_err(|e| Error::from(e).context(files.named(CONFIG)))?;
        let bundle = if files.has(MANIFEST) {
            Model::open(files, &backend::cpu()?)?;
            let manifest = Manifest::from_json(&files.read(MANIFEST)?)?;
            Some((manifest, files.weights(HEADS)?))
        } else {
            None
        };
        let max_tokens = max_tokens.min(config.max_positions);
        let input = match &bundle {
            Some((manifest, _)) => manifest.input.clone(),
            None => Input { max_tokens, max_bytes: DEFAULT_MAX_BYTES },
        };
        let tokenizer_config =
            files.has(TOKENIZER_CONFIG).then(|| files.read(TOKENIZER_CONFIG)).transpose()?;
        Ok(Self {
            tokenizer: files.read(TOKENIZER)?,
            config,
            input,
            digest: files.digest(TRUNK)?,
            config_json,
            tokenizer_config,
            weights: files.weights(TRUNK)?,
            bundle,
        })
    }

    /// The names of the heads that the base has already.
    pub(super) fn heads(&self) -> Vec<&str> {
        let heads = self.bundle.iter().flat_map(|(manifest, _)| &manifest.heads);
        heads.map(|head| head.name.as_str()).collect()
    }

    /// What a report says of it; `source` is where it was found.
    pub(super) fn record(&self, source: &ModelSource) -> report::Base {
        let bundle = self.bundle.as_ref().map(|(manifest, _)| manifest);
        let named = match source {
            ModelSource::Default => "the bundled model".to_owned(),
            ModelSource::Bytes(_) => "files in memory".to_owned(),
            // Of a directory not where it lies, which differs from one training to the next.
            ModelSource::Named(name) => {
                let path = Path::new(name);
                let last = path.file_name().filter(|_| path.is_dir());
                last.map_or_else(|| name.clone(), |last| last.to_string_lossy().into_owned())
            }
        };
        report::Base {
            name: bundle.map_or(named, |manifest| manifest.name.clone()),
            version: bundle.map(|manifest| manifest.version.clone()),
            architecture: match self.config.architecture {
                Architecture::Bert => "BERT",
                Architecture::DistilBert => "DistilBERT",
            },
            layers: self.config.layers,
            width: self.config.hidden_size,
            digest: self.digest.clone(),
        }
    }

    pub(super) fn is_bundle(&self) -> bool {
        self.bundle.is_some()
    }

    /// Whether the bundle has all heads of a whole one: these, and where the trunk stays as it is the base's.
    pub(super) fn would_be_whole(&self, tasks: &[&str], frozen: bool) -> bool {
        let kept = if frozen { self.heads() } else { Vec::new() };
        WHOLE.iter().all(|name| tasks.contains(name) || kept.contains(name))
    }

    pub(super) fn tokenizer(&self) -> Result<Tokenizer> {
        let Input { max_tokens, max_bytes } = self.input;
        Tokenizer::new(&self.tokenizer, self.config.vocab_size, max_tokens, max_bytes)
    }

    pub(super) fn config_json(&self) -> &[u8] {
        &self.config_json
    }

    /// The number of the trunk's values.
    pub(super) fn parameters(&self) -> usize {
        self.weights
            .names()
            .iter()
            .filter_map(|name| self.weights.shape(name))
            .map(|s| s.iter().product::<usize>())
            .sum()
    }

    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The dense layer before the classifier of a checkpoint: BERT's pooler, DistilBERT's pre-classifier.
    pub(super) fn dense(&self) -> Option<(Vec<f32>, Vec<f32>)> {
        let width = self.config.hidden_size;
        ["bert.pooler.dense", "pooler.dense", "pre_classifier"].iter().find_map(|name| {
            let weight = self.weights.values(&format!("{name}.weight"), &[width, width]).ok()?;
            Some((weight, self.weights.values(&format!("{name}.bias"), &[width]).ok()?))
        })
    }

    /// The trunk, as it learnt where it did.
    pub(super) fn weights_of(&self, learnt: Option<&Trunk>) -> Result<Weights> {
        Ok(Weights::from_bytes(serialize(&self.tensors(learnt)?, false)?, Limits::default())?)
    }

    /// The trunk as float16 has it.
    pub(super) fn rounded(&self) -> Result<Weights> {
        Ok(Weights::from_bytes(serialize(&self.tensors(None)?, true)?, Limits::default())?)
    }

    /// The trunk's tensors, without a classifier that the base may have.
    fn tensors(&self, learnt: Option<&Trunk>) -> Result<Tensors> {
        let mut tensors = Tensors::new();
        for name in self.weights.names() {
            let head = name.starts_with("classifier.") || name.starts_with("pre_classifier.");
            // Old checkpoints carry the positions' indexes as integers.
            if head || name.ends_with("position_ids") {
                continue;
            }
            let shape = self.weights.shape(&name).unwrap_or_default().to_vec();
            let values = self.weights.values(&name, &shape)?;
            tensors.insert(name, (shape, values));
        }
        for (name, shape, values) in learnt.into_iter().flat_map(Trunk::tensors) {
            tensors.insert(name.to_owned(), (shape.to_vec(), values.to_vec()));
        }
        Ok(tensors)
    }

    /// The bytes of the trunk's file: those of a bundle whose trunk did not learn as they are, since its other heads were trained on this very
    /// trunk.
    pub(super) fn trunk_file(&self, files: &Files, learnt: Option<&Trunk>, half: bool) -> Result<Vec<u8>> {
        match (&self.bundle, learnt) {
            (Some(_), None) if half => {
                Err(Error::invalid("half", "the base is a bundle, whose trunk stays as it is"))
            }
            (Some(_), None) => files.read_weights(TRUNK),
            _ => serialize(&self.tensors(learnt)?, half).map_err(|e| e.context(files.named(TRUNK))),
        }
    }
}

/// The bytes of all values, one after the other.
pub(super) fn little_endian<const SIZE: usize>(values: &[f32], bytes: impl Fn(f32) -> [u8; SIZE]) -> Vec<u8> {
    let mut all = vec![0; values.len() * SIZE];
    all.as_chunks_mut().0.iter_mut().zip(values).for_each(|(to, value)| *to = bytes(*value));
    all
}

/// Tensors by name.
pub(super) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

pub(super) fn serialize(tensors: &Tensors, half: bool) -> Result<Vec<u8>> {
    let fault =
        |e: safetensors::SafeTensorError| Error::new(ErrorKind::Internal, e.to_string()).with_source(e);
    let mut bytes = Vec::new();
    for (name, (_, values)) in tensors {
        if half && let Some(large) = values.iter().find(|v| v.abs() > 65504.0) {
            let message = format!("tensor `{name}` holds {large}, which float16 cannot hold");
            return Err(Error::new(ErrorKind::ModelInvalid, message));
        }
        let of_values: Vec<u8> = if half {
            little_endian(values, |v| half::f16::from_f32(v).to_le_bytes())
        } else {
            little_endian(values, f32::to_le_bytes)
        };
        bytes.push(of_values);
    }
    let dtype = if half { Dtype::F16 } else { Dtype::F32 };
    let mut views = Vec::new();
    for ((name, (shape, _)), bytes) in tensors.iter().zip(&bytes) {
        views.push((name.clone(), TensorView::new(dtype, shape.clone(), bytes).map_err(fault)?));
    }
    // transformers asks who wrote the file.
    let metadata = std::collections::HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata)).map_err(fault)
}

/// Why nothing is written over what a user has.
pub(super) fn already(output: &Path) -> Error {
    Error::new(ErrorKind::Io, format!("{} is there already", output.display()))
}

/// A folder beside the output's place; it is gone with this value. Made before the training, which would be lost where nothing
/// can be written.
pub(super) fn beside(output: &Path) -> Result<TempDir> {
    let parent = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
    tempfile::Builder::new().prefix(".frontdesk-").tempdir_in(parent).map_err(|e| Error::io(parent, e))
}

/// A head with its tensors, to be written.
pub(super) struct Written {
    pub(super) manifest: HeadManifest,
    pub(super) tensors: Vec<NamedTensor>,
}

/// Writes the bundle to a folder beside its place, and opens it as a user would. `trunk` is the trunk's file; `kept` says whether the base's
/// other heads stay.
pub(super) fn write(
    folder: &TempDir,
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
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).map_err(|e| Error::io(&path, e))?;
        files.insert(name.to_owned(), digest_of(bytes));
        Ok(())
    };
    put(CONFIG, &config_json)?;
    put(TOKENIZER, &base.tokenizer)?;
    put(TRUNK, &trunk)?;
    put(HEADS, &serialize(&all, false)?)?;
    if let Some(bytes) = &base.tokenizer_config {
        let path = folder.path().join(TOKENIZER_CONFIG);
        std::fs::write(&path, bytes).map_err(|e| Error::io(&path, e))?;
    }
    let old = base.bundle.as_ref().map(|(manifest, _)| manifest);
    let directory =
        || output.file_name().map_or_else(|| "bundle".into(), |name| name.to_string_lossy().into_owned());
    let mut manifest = Manifest {
        format: FORMAT,
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
        let path = folder.path().join(MANIFEST);
        let json = serde_json::to_vec_pretty(manifest)
            .map_err(|e| Error::new(ErrorKind::Internal, e.to_string()).with_source(e))?;
        std::fs::write(&path, json).map_err(|e| Error::io(&path, e))
    };
    write_manifest(&manifest)?;
    let written = Files::directory(folder.path().to_owned());
    manifest.golden = golden(&Model::open(&written, &backend::cpu()?)?)?;
    write_manifest(&manifest)?;
    Model::open(&written, &backend::cpu()?)?;
    Ok(manifest)
}

/// Moves what was written to its place.
pub(super) fn place(folder: TempDir, output: &Path) -> Result<()> {
    if output.exists() {
        return Err(already(output));
    }
    let kept = folder.keep();
    std::fs::rename(&kept, output).map_err(|e| {
        let _ = std::fs::remove_dir_all(&kept);
        Error::io(output, e)
    })
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
            .map(|(head, said)| (head.name.clone(), head.scores(&said.logits)));
        Ok(Golden { text: (*text).to_owned(), scores: scores.collect() })
    };
    GOLDEN_MESSAGES.iter().map(score).collect()
}
