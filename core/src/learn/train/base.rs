//! The base that is read: a checkpoint, or a bundle with its heads.

use std::path::Path;

use frontdesk_models::config::Config;
use frontdesk_models::heads::HeadSpec;
use frontdesk_models::network::Network;
use frontdesk_models::training::Trunk;
use frontdesk_models::weights::{Limits, Weights};

use super::report;
use super::tensors::{Tensors, serialize};
use crate::model::backend;
use crate::model::bundle::{
    Activation, CONFIG, DEFAULT_MAX_BYTES, Files, HEADS, Input, MANIFEST, Manifest, TRUNK,
    Trunk as TrunkFiles, tokenizer,
};
use crate::model::forward::Model;
use crate::model::tokenize::Tokenizer;
use crate::model::tokenize::checkpoint::OPTIONAL;
use crate::pipeline::WHOLE;
use crate::{Error, ModelSource, Result};

/// The parts of the base that a training keeps.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) config: Config,
    pub(super) tokenizer: Vec<u8>,
    pub(super) input: Input,
    pub(super) digest: String,
    pub(super) config_json: Vec<u8>,
    /// Files beside the tokenizer that transformers reads in a bundle and this engine does not; kept so that both
    /// can open it.
    pub(super) beside_tokenizer: Vec<(&'static str, Vec<u8>)>,
    weights: Weights,
    /// The base's own manifest and heads, where it is a bundle.
    pub(super) bundle: Option<(Manifest, Weights)>,
}

impl Base {
    pub(super) fn read(files: &Files, max_tokens: usize) -> Result<Self> {
        let config_json = files.read(CONFIG)?;
        let config =
            Config::from_json(&config_json).map_err(|e| Error::from(e).context(files.named(CONFIG)))?;
        let bundle = if files.has(MANIFEST) {
            Model::open(files, &backend::cpu()?, None)?;
            let manifest = Manifest::from_json(&files.read(MANIFEST)?)?;
            Some((manifest, files.weights(HEADS)?))
        } else {
            None
        };
        let tokenizer = tokenizer(files, bundle.is_some(), &config_json, config.vocab_size)?;
        let max_tokens =
            max_tokens.min(config.max_positions).min(tokenizer.max_tokens.unwrap_or(config.max_positions));
        let input = match &bundle {
            Some((manifest, _)) => manifest.input.clone(),
            None => Input { max_tokens, max_bytes: DEFAULT_MAX_BYTES },
        };
        let trunk = TrunkFiles::of(files)?;
        let mut beside_tokenizer = Vec::new();
        for name in OPTIONAL {
            beside_tokenizer.extend(files.read_if_there(name)?.map(|bytes| (name, bytes)));
        }
        Ok(Self {
            tokenizer: tokenizer.json,
            config,
            input,
            digest: trunk.digest(files)?,
            config_json,
            beside_tokenizer,
            weights: trunk.open(files)?,
            bundle,
        })
    }

    /// The names of the heads that the base has already.
    pub(super) fn heads(&self) -> Vec<&str> {
        let heads = self.bundle.iter().flat_map(|(manifest, _)| &manifest.heads);
        heads.map(|head| head.name.as_str()).collect()
    }

    /// Returns the report's entry on the base; `source` is where it was found.
    pub(super) fn record(&self, source: &ModelSource) -> report::Base {
        let bundle = self.bundle.as_ref().map(|(manifest, _)| manifest);
        let last_of =
            |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let named = match source {
            ModelSource::Default => "the bundled model".to_owned(),
            ModelSource::Bytes(_) => "files in memory".to_owned(),
            // Of a directory not where it lies, which differs from one training to the next.
            ModelSource::Path(path) => last_of(path),
            ModelSource::Named(name) if Path::new(name).is_dir() => last_of(Path::new(name)),
            ModelSource::Named(name) | ModelSource::Hub(name) => name.clone(),
        };
        report::Base {
            name: bundle.map_or(named, |manifest| manifest.name.clone()),
            version: bundle.map(|manifest| manifest.version.clone()),
            architecture: self.config.architecture.name(),
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

    /// The head that a sequence classifier of this family has.
    pub(super) fn classifier(&self) -> HeadSpec {
        Network::classifier(&self.config, &self.weights)
    }

    /// The activation of the classifier's dense layer; `None` where a head of a bundle cannot have that layer.
    pub(super) fn between(&self) -> Option<Activation> {
        let dense = self.classifier().dense.filter(|dense| dense.bias && dense.norm.is_none())?;
        dense.activation.and_then(Activation::named)
    }

    /// The dense layer before the classifier of a checkpoint, such as BERT's pooler.
    pub(super) fn dense(&self) -> Option<(Vec<f32>, Vec<f32>)> {
        let width = self.config.hidden_size;
        let whole = self.classifier().dense?.name;
        // A bare trunk has BERT's pooler without the prefix.
        let bare = whole.strip_prefix(self.config.architecture.prefix()).unwrap_or(&whole);
        [whole.as_str(), bare].iter().find_map(|name| {
            let weight = self.weights.values(&format!("{name}.weight"), &[width, width]).ok()?;
            Some((weight, self.weights.values(&format!("{name}.bias"), &[width]).ok()?))
        })
    }

    /// Returns the trunk's weights, those of `learnt` where it was trained.
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
        let names = self.weights.names();
        let prefix = self.config.architecture.prefix();
        let has_prefix = names.iter().any(|name| name.starts_with(prefix));
        for name in names {
            // Heads stand beside the trunk's prefix.
            let head = if has_prefix {
                !name.starts_with(prefix)
            } else {
                name.starts_with("classifier.") || name.starts_with("pre_classifier.")
            };
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

    /// Returns the bytes of the trunk's file: those of a bundle whose trunk was not trained stay as they are,
    /// since its other heads were trained on this very trunk.
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
