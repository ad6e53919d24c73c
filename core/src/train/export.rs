//! The base that is read and the bundle that is written.

use std::collections::BTreeMap;
use std::path::Path;

use frontdesk_models::config::Config;
use frontdesk_models::weights::{Limits, Weights};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tempfile::TempDir;

use super::TrainOptions;
use super::fit::NamedTensor;
use crate::backend;
use crate::bundle::{
    CONFIG, DEFAULT_MAX_BYTES, FORMAT, Files, Golden, HEADS, HeadManifest, Input, MANIFEST, Manifest,
    TOKENIZER, TRUNK, digest_of,
};
use crate::forward::Model;
use crate::pipeline::WHOLE;
use crate::{Error, ErrorKind, LongText, Result};

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
    pub(super) tokenizer: Vec<u8>,
    pub(super) input: Input,
    config_json: Vec<u8>,
    tokenizer_config: Option<Vec<u8>>,
    trunk: Vec<u8>,
    /// The base's own manifest and heads, where it is a bundle.
    bundle: Option<(Manifest, Weights)>,
}

impl Base {
    pub(super) fn read(files: &Files, options: &TrainOptions) -> Result<Self> {
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
        // The other heads of a bundle were trained on this very trunk: it stays as it is, to the byte.
        let trunk = match &bundle {
            Some(_) if options.half => {
                return Err(Error::invalid("half", "the base is a bundle, whose trunk stays as it is"));
            }
            Some(_) => files.read_weights(TRUNK)?,
            None => trunk(&files.weights(TRUNK)?, options.half).map_err(|e| e.context(files.named(TRUNK)))?,
        };
        let max_tokens = options.max_tokens.min(config.max_positions);
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
            config_json,
            tokenizer_config,
            trunk,
            bundle,
        })
    }

    /// Whether the bundle, with a head of this name, has all heads of a whole one.
    pub(super) fn would_be_whole(&self, task: &str) -> bool {
        let heads = self.bundle.iter().flat_map(|(manifest, _)| &manifest.heads);
        let names: Vec<&str> = heads.map(|head| head.name.as_str()).chain([task]).collect();
        WHOLE.iter().all(|name| names.contains(name))
    }

    pub(super) fn trunk_weights(&self) -> Result<Weights> {
        Ok(Weights::from_bytes(self.trunk.clone(), Limits::default())?)
    }
}

/// The trunk's tensors, without a classifier that the base may have; as float16 where that was asked for.
fn trunk(weights: &Weights, half: bool) -> Result<Vec<u8>> {
    let mut tensors = BTreeMap::new();
    for name in weights.names() {
        let head = name.starts_with("classifier.") || name.starts_with("pre_classifier.");
        // Old checkpoints carry the positions' indexes as integers.
        if head || name.ends_with("position_ids") {
            continue;
        }
        let shape = weights.shape(&name).unwrap_or_default().to_vec();
        let values = weights.values(&name, &shape)?;
        let bytes: Vec<u8> = if half {
            if let Some(large) = values.iter().find(|v| v.abs() > 65504.0) {
                let message = format!("tensor `{name}` holds {large}, which float16 cannot hold");
                return Err(Error::new(ErrorKind::ModelInvalid, message));
            }
            values.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect()
        } else {
            values.iter().flat_map(|v| v.to_le_bytes()).collect()
        };
        tensors.insert(name, (shape, bytes));
    }
    serialize(&tensors, if half { Dtype::F16 } else { Dtype::F32 })
}

type Tensors = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

fn serialize(tensors: &Tensors, dtype: Dtype) -> Result<Vec<u8>> {
    let fault =
        |e: safetensors::SafeTensorError| Error::new(ErrorKind::Internal, e.to_string()).with_source(e);
    let mut views = Vec::new();
    for (name, (shape, bytes)) in tensors {
        views.push((name.clone(), TensorView::new(dtype, shape.clone(), bytes).map_err(fault)?));
    }
    // transformers asks who wrote the file.
    let metadata = std::collections::HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(fault)?;
    SafeTensors::deserialize(&bytes).map_err(fault)?;
    Ok(bytes)
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

/// Writes the bundle to a folder beside its place, opens it as a user would, and moves it there.
pub(super) fn write(
    folder: TempDir,
    base: &Base,
    head: HeadManifest,
    tensors: &[NamedTensor],
    options: &TrainOptions,
) -> Result<()> {
    let output = &options.output;
    let mut all = Tensors::new();
    let mut heads = Vec::new();
    if let Some((manifest, weights)) = &base.bundle {
        heads.extend(manifest.heads.iter().filter(|other| other.name != head.name).cloned());
        let own = format!("{}.", head.name);
        for name in weights.names().into_iter().filter(|name| !name.starts_with(&own)) {
            let shape = weights.shape(&name).unwrap_or_default().to_vec();
            let values = weights.values(&name, &shape)?;
            all.insert(name, (shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
        }
    }
    for (name, shape, values) in tensors {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        all.insert(format!("{}.{name}", head.name), (shape.clone(), bytes));
    }
    heads.push(head);

    let mut files = BTreeMap::new();
    let mut put = |name: &str, bytes: &[u8]| -> Result<()> {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).map_err(|e| Error::io(&path, e))?;
        files.insert(name.to_owned(), digest_of(bytes));
        Ok(())
    };
    put(CONFIG, &base.config_json)?;
    put(TOKENIZER, &base.tokenizer)?;
    put(TRUNK, &base.trunk)?;
    put(HEADS, &serialize(&all, Dtype::F32)?)?;
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
        let scores =
            model.heads.iter().zip(&logits).map(|(head, logits)| (head.name.clone(), head.scores(logits)));
        Ok(Golden { text: (*text).to_owned(), scores: scores.collect() })
    };
    GOLDEN_MESSAGES.iter().map(score).collect()
}
