//! A model on disk or in memory becomes a checked network with its tokenizer's bytes and what its heads mean.

mod files;
#[cfg(feature = "hub")]
mod hub;
mod manifest;
mod source;

use frontdesk_models::config::{Config, ProblemType};
use frontdesk_models::heads::Link;
use frontdesk_models::network::{Backend, Network};

pub(crate) use files::{CONFIG, Files, HEADS, MANIFEST, TOKENIZER, TRUNK, digest_of};
#[cfg(feature = "train")]
pub(crate) use manifest::{DENSE, FORMAT, HeadKind, PoolingName, RESERVED};
pub(crate) use manifest::{Golden, HeadManifest, Input, Manifest};
pub use source::default_model_dir;
pub(crate) use source::locate;

use crate::{Error, ErrorKind, ModelInfo, Result};

/// Bytes of text over which a plain checkpoint refuses, as bundles do by default.
pub(crate) const DEFAULT_MAX_BYTES: usize = 1 << 20;

/// A model, checked and loaded, its golden messages not yet replayed.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) info: ModelInfo,
    pub(crate) network: Network,
    pub(crate) tokenizer: Vec<u8>,
    pub(crate) heads: Vec<HeadMeaning>,
    pub(crate) input: Input,
    pub(crate) golden: Vec<Golden>,
}

/// What a head's logits mean.
#[derive(Debug, Clone)]
pub(crate) struct HeadMeaning {
    pub(crate) name: String,
    pub(crate) link: Link,
    pub(crate) labels: Vec<String>,
    pub(crate) temperature: f32,
    pub(crate) abstain_below: f32,
}

impl HeadManifest {
    pub(crate) fn meaning(&self) -> HeadMeaning {
        HeadMeaning {
            name: self.name.clone(),
            link: self.kind.link(),
            labels: self.labels.clone(),
            temperature: self.temperature,
            abstain_below: self.abstain_below,
        }
    }
}

impl Bundle {
    /// Loads the model that lies in `files`: a bundle where there is a `frontdesk.json`, else a sequence-classification
    /// checkpoint as transformers stores it.
    pub(crate) fn load(files: &Files, backend: &Backend) -> Result<Self> {
        let named = |name: &str| files.named(name);
        let json = files.read(CONFIG)?;
        let config = Config::from_json(&json).map_err(|e| Error::from(e).context(named(CONFIG)))?;
        let tokenizer = files.read(TOKENIZER)?;
        if files.has(MANIFEST) {
            Self::load_bundle(files, &config, tokenizer, backend)
        } else {
            Self::load_checkpoint(files, &config, tokenizer, backend)
        }
    }

    fn load_bundle(files: &Files, config: &Config, tokenizer: Vec<u8>, backend: &Backend) -> Result<Self> {
        let bytes = files.read(MANIFEST)?;
        let invalid =
            |reason: String| Error::new(ErrorKind::ModelInvalid, reason).context(files.named(MANIFEST));
        let manifest = Manifest::from_json(&bytes).map_err(|e| e.context(files.named(MANIFEST)))?;
        for needed in [CONFIG, TOKENIZER, TRUNK, HEADS] {
            if !manifest.files.contains_key(needed) {
                return Err(invalid(format!("no digest for {needed}")));
            }
        }
        for (name, expected) in &manifest.files {
            // A file name that leaves the bundle's folder would read, and report on, any file of the machine.
            if name.contains(['/', '\\']) || name.starts_with('.') {
                return Err(invalid(format!("file name `{name}`")));
            }
            let digest = files.digest(name)?;
            if digest != *expected {
                let message =
                    format!("{} has the digest {digest}, {MANIFEST} says {expected}", files.named(name));
                return Err(Error::new(ErrorKind::ModelInvalid, message));
            }
        }
        if manifest.input.max_tokens > config.max_positions {
            let (max, positions) = (manifest.input.max_tokens, config.max_positions);
            return Err(invalid(format!("max_tokens is {max}, the model has {positions} positions")));
        }
        let specs: Vec<_> = manifest.heads.iter().map(HeadManifest::spec).collect();
        let network = Network::load(config, &files.weights(TRUNK)?, &specs, &files.weights(HEADS)?, backend)
            .map_err(|e| Error::from(e).context(files.place()))?;
        let heads = manifest.heads.iter().map(HeadManifest::meaning);
        Ok(Self {
            info: ModelInfo { name: manifest.name, version: manifest.version, digest: digest_of(&bytes) },
            heads: heads.collect(),
            network,
            tokenizer,
            input: manifest.input,
            golden: manifest.golden,
        })
    }

    fn load_checkpoint(
        files: &Files,
        config: &Config,
        tokenizer: Vec<u8>,
        backend: &Backend,
    ) -> Result<Self> {
        let invalid =
            |reason: String| Error::new(ErrorKind::ModelInvalid, format!("{}: {reason}", files.place()));
        let input = Input { max_tokens: config.max_positions, max_bytes: DEFAULT_MAX_BYTES };
        input.check().map_err(&invalid)?;
        let weights = files.weights(TRUNK)?;
        if weights.shape("classifier.weight")?.is_none() {
            let reason = format!(
                "{TRUNK} has no classifier and there is no {MANIFEST}: a trunk alone cannot classify"
            );
            return Err(invalid(reason));
        }
        let network = Network::sequence_classifier(config, &weights, backend)
            .map_err(|e| Error::from(e).context(files.named(TRUNK)))?;
        let logits = network.logits(0);
        let labels =
            config.labels.clone().unwrap_or_else(|| (0..logits).map(|i| format!("LABEL_{i}")).collect());
        if labels.len() != logits {
            return Err(invalid(format!(
                "{CONFIG} names {} labels, the classifier has {logits}",
                labels.len()
            )));
        }
        // Where config.json does not say, as transformers' text-classification pipeline decides.
        let link = match config.problem_type {
            Some(ProblemType::SingleLabel) => Link::Softmax,
            Some(ProblemType::MultiLabel) => Link::Sigmoid,
            Some(ProblemType::Regression) => Link::Identity,
            None if logits == 1 => Link::Sigmoid,
            None => Link::Softmax,
        };
        let digests = [CONFIG, TOKENIZER, TRUNK]
            .map(|name| files.digest(name).map(|digest| format!("{name} {digest}\n")));
        let digests: String = digests.into_iter().collect::<Result<_>>()?;
        Ok(Self {
            info: ModelInfo {
                name: files.name().to_owned(),
                version: String::new(),
                digest: digest_of(digests.as_bytes()),
            },
            network,
            tokenizer,
            heads: vec![HeadMeaning {
                name: "label".into(),
                link,
                labels,
                temperature: 1.0,
                abstain_below: 0.0,
            }],
            input,
            golden: Vec::new(),
        })
    }
}
