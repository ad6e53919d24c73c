//! Loading of a model from disk or memory: a checked network, its tokenizer's bytes and the meaning of its
//! heads.

mod files;
mod head;
#[cfg(feature = "hub")]
mod hub;
mod manifest;
mod scaling;
mod source;
mod stamps;
mod tokenizer;
mod trunk;
mod unread;

use frontdesk_models::config::Config;
use frontdesk_models::heads::HeadSpec;
use frontdesk_models::memory::Work;
use frontdesk_models::network::{Backend, Network};
use frontdesk_models::weights::Weights;
use rayon::prelude::*;

pub(crate) use files::{CONFIG, Files, HEADS, MANIFEST, TOKENIZER, TRUNK};
pub(crate) use head::HeadMeaning;
pub use manifest::HeadKind;
#[cfg(feature = "train")]
pub(crate) use manifest::{
    Activation, DENSE, DetectorManifest, DomainManifest, FORMATS, MAX_LABELS, PoolingName, RESERVED, TOKENS,
};
pub(crate) use manifest::{Golden, HeadManifest, Input, Manifest};
#[cfg(feature = "train")]
pub(crate) use scaling::Scaling;
pub use source::default_model_dir;
pub(crate) use source::locate;
use stamps::Stamps;
pub(crate) use tokenizer::tokenizer;
pub(crate) use trunk::Trunk;

use super::batch::TOKEN_BUDGET;
use super::room::Room;
use super::tokenize::checkpoint::Assembled;
use crate::digest::digest_of;
use crate::{Error, ErrorKind, ModelInfo, Result};

/// Bytes of text over which a plain checkpoint refuses, as bundles do by default.
pub(crate) const DEFAULT_MAX_BYTES: usize = 1 << 20;

/// A model's small files, read and checked: all that the tokenizer needs, before the weights are read.
#[derive(Debug)]
pub(crate) struct Bundle<'a> {
    files: &'a Files,
    stamps: Stamps,
    config: Config,
    /// With the bytes that it was read from; a plain checkpoint has none.
    manifest: Option<(Manifest, Vec<u8>)>,
    pub(crate) tokenizer: Assembled,
    pub(crate) input: Input,
}

/// A model, checked and loaded, its golden messages not yet replayed.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) info: ModelInfo,
    pub(crate) network: Network,
    pub(crate) heads: Vec<HeadMeaning>,
    pub(crate) golden: Vec<Golden>,
    /// Codes of the languages that it was trained on; empty where they are not stated.
    pub(crate) languages: Vec<String>,
}

impl HeadManifest {
    pub(crate) fn meaning(&self) -> HeadMeaning {
        HeadMeaning {
            name: self.name.clone(),
            link: self.kind.link(),
            labels: self.labels.clone(),
            temperature: self.temperature,
            scaling: self.scaling.clone(),
            abstain_below: self.abstain_below,
            thresholds: self.thresholds.clone(),
            domain: None,
            detector: None,
        }
    }
}

impl<'a> Bundle<'a> {
    /// Reads what lies in `files`: a bundle where there is a `frontdesk.json`, else a sequence-classification
    /// checkpoint as transformers stores it.
    pub(crate) fn read(files: &'a Files) -> Result<Self> {
        let stamps = Stamps::take(files);
        let json = files.read(CONFIG)?;
        let config = Config::from_json(&json).map_err(|e| Error::from(e).context(files.named(CONFIG)))?;
        let manifest = files.has(MANIFEST).then(|| files.read(MANIFEST)).transpose()?;
        let parsed = |bytes: Vec<u8>| {
            let manifest = Manifest::from_json(&bytes).map_err(|e| e.context(files.named(MANIFEST)))?;
            check_names(files, &manifest)?;
            Ok::<_, Error>((manifest, bytes))
        };
        let manifest = manifest.map(parsed).transpose()?;
        let tokenizer = tokenizer(files, manifest.is_some(), &json, config.vocab_size)?;
        let input = if let Some((manifest, _)) = &manifest {
            let (max, positions) = (manifest.input.max_tokens, config.max_positions);
            if max > positions {
                let reason = format!("max_tokens is {max}, the model has {positions} positions");
                return Err(Error::new(ErrorKind::ModelInvalid, reason).context(files.named(MANIFEST)));
            }
            manifest.input.clone()
        } else {
            let stated = tokenizer.max_tokens.unwrap_or(config.max_positions);
            let max_tokens = stated.min(config.max_positions);
            let input = Input { max_tokens, max_bytes: DEFAULT_MAX_BYTES };
            input.check().map_err(|reason| {
                let named = files.named(CONFIG);
                Error::new(ErrorKind::ModelInvalid, format!("{named}: by max_position_embeddings {reason}"))
            })?;
            input
        };
        Ok(Self { files, stamps, config, manifest, tokenizer, input })
    }

    /// Rows of the word embedding.
    pub(crate) fn vocabulary(&self) -> usize {
        self.config.vocab_size
    }

    /// Checks the files' digests and loads the network, both at once; refuses files that are changed
    /// meanwhile.
    pub(crate) fn load(&self, backend: &Backend, room: Option<&Room>) -> Result<Loaded> {
        let loaded = match &self.manifest {
            Some((manifest, bytes)) => self.load_bundle(manifest, bytes, backend, room),
            None => self.load_checkpoint(backend, room),
        }?;
        self.stamps.check(self.files)?;
        Ok(loaded)
    }

    /// Refuses a network that there is no room for.
    fn check_room(
        &self,
        (name, trunk): (&str, &Weights),
        specs: &[HeadSpec],
        backend: &Backend,
        room: Option<&Room>,
    ) -> Result<()> {
        let Some(room) = room else { return Ok(()) };
        let longest = self.input.max_tokens;
        let work = Work { longest, batch: longest.max(TOKEN_BUDGET), threads: room.threads };
        let memory = Network::memory(&self.config, trunk, specs, backend, work);
        room.take(memory.map_err(|e| Error::from(e).context(self.files.named(name)))?)
            .map_err(|e| e.context(self.files.place()))
    }

    fn load_bundle(
        &self,
        manifest: &Manifest,
        bytes: &[u8],
        backend: &Backend,
        room: Option<&Room>,
    ) -> Result<Loaded> {
        let files = self.files;
        let load = || {
            let domains = manifest.heads.iter().filter_map(|head| head.domain_spec(self.config.hidden_size));
            let specs: Vec<_> = manifest.heads.iter().map(HeadManifest::spec).chain(domains).collect();
            let (trunk, heads) = (files.weights(TRUNK)?, files.weights(HEADS)?);
            self.check_room((TRUNK, &trunk), &specs, backend, room)?;
            Network::load(&self.config, &trunk, &specs, &heads, backend)
                .map_err(|e| Error::from(e).context(files.place()))
        };
        let (checked, network) = rayon::join(|| check_digests(files, manifest), load);
        checked?;
        Ok(Loaded {
            info: ModelInfo {
                name: manifest.name.clone(),
                version: manifest.version.clone(),
                digest: digest_of(bytes),
            },
            heads: meanings(&manifest.heads),
            network: network?,
            golden: manifest.golden.clone(),
            languages: manifest.languages.clone(),
        })
    }

    fn load_checkpoint(&self, backend: &Backend, room: Option<&Room>) -> Result<Loaded> {
        let (files, config) = (self.files, &self.config);
        let invalid =
            |reason: String| Error::new(ErrorKind::ModelInvalid, format!("{}: {reason}", files.place()));
        let trunk = Trunk::of(files)?;
        let weights = trunk.open(files)?;
        let classifier = Network::classifier(config, &weights);
        if weights.shape(&format!("{}.weight", classifier.output)).is_none() {
            let reason = format!(
                "{} has no {}.weight and there is no {MANIFEST}: a trunk alone cannot classify",
                trunk.name(),
                classifier.output
            );
            return Err(invalid(reason));
        }
        self.check_room((trunk.name(), &weights), &[classifier], backend, room)?;
        let digests = || {
            let tokenizer = self.tokenizer.read.iter().map(|(name, bytes)| (*name, Some(bytes)));
            let weights = trunk.names().into_iter().map(|name| (name, None));
            let read: Vec<_> = [(CONFIG, None)].into_iter().chain(tokenizer).chain(weights).collect();
            let digest = |(name, bytes): (&str, Option<&Vec<u8>>)| {
                let digest = bytes.map_or_else(|| files.digest(name), |bytes| Ok(digest_of(bytes)));
                digest.map(|digest| format!("{name} {digest}\n"))
            };
            read.into_par_iter().map(digest).collect::<Result<Vec<_>>>()
        };
        let load = || {
            Network::sequence_classifier(config, &weights, backend)
                .map_err(|e| Error::from(e).context(files.named(trunk.name())))
        };
        let (digests, network) = rayon::join(digests, load);
        let (digests, network) = (digests?.concat(), network?);
        let head = HeadMeaning::of_checkpoint(config, network.logits(0))
            .map_err(|reason| invalid(format!("{CONFIG} {reason}")))?;
        Ok(Loaded {
            info: ModelInfo {
                name: files.name().to_owned(),
                version: String::new(),
                digest: digest_of(digests.as_bytes()),
            },
            network,
            heads: vec![head],
            golden: Vec::new(),
            languages: Vec::new(),
        })
    }
}

/// The meanings of the heads; in the network, the heads of the distances follow them. Where a detector has
/// learnt what is outside, the distance does not count.
fn meanings(heads: &[HeadManifest]) -> Vec<HeadMeaning> {
    let mut place = heads.len();
    let mut meaning = |head: &HeadManifest| {
        let domain = head.domain.as_ref().map(|domain| {
            place += 1;
            (place - 1, domain.limit)
        });
        let detector = head.detector.as_ref().and_then(|detector| {
            let place = heads.iter().position(|head| head.name == detector.head)?;
            Some((place, detector.limit))
        });
        HeadMeaning { domain: domain.filter(|_| detector.is_none()), detector, ..head.meaning() }
    };
    heads.iter().map(&mut meaning).collect()
}

/// Checks that each file that is needed has a digest, and that each that has one lies in the bundle's folder.
fn check_names(files: &Files, manifest: &Manifest) -> Result<()> {
    let invalid = |reason: String| Error::new(ErrorKind::ModelInvalid, reason).context(files.named(MANIFEST));
    for needed in [CONFIG, TOKENIZER, TRUNK, HEADS] {
        if !manifest.files.contains_key(needed) {
            return Err(invalid(format!("no digest for {needed}")));
        }
    }
    // A file name that leaves the bundle's folder would read, and report on, any file of the machine.
    let outside = |name: &&String| name.contains(['/', '\\']) || name.starts_with('.');
    match manifest.files.keys().find(outside) {
        Some(name) => Err(invalid(format!("file name `{name}`"))),
        None => Ok(()),
    }
}

fn check_digests(files: &Files, manifest: &Manifest) -> Result<()> {
    manifest.files.par_iter().try_for_each(|(name, expected)| {
        let digest = files.digest(name)?;
        if digest == *expected {
            return Ok(());
        }
        let message = format!("{} has the digest {digest}, {MANIFEST} says {expected}", files.named(name));
        Err(Error::new(ErrorKind::ModelInvalid, message))
    })
}
