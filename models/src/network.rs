//! One trunk and the heads that read it in a single forward pass.

use crate::config::Config;
use crate::encoder::checkpoint::Checkpoint;
use crate::encoder::{Encoder, HiddenStates, PackedEncoder, Pooling, Stop, TokenBatch};
use crate::heads::{Dense, HeadNorm, HeadSpec, PackedHead};
use crate::kernels::{Isa, Precision};
use crate::memory::{Memory, Work};
#[cfg(feature = "reference")]
use crate::reference::{Device, Head, ReferenceEncoder};
use crate::weights::Weights;
use crate::{ModelError, Result};

/// Where a network computes, and with which numbers.
#[derive(Debug, Clone)]
pub enum Backend {
    /// The CPU's serving path: packed weights, the same bits whatever the batch, the threads and the
    /// instruction set.
    Packed {
        /// The number type of the trunk; heads are float32.
        precision: Precision,
        /// The instruction set.
        isa: Isa,
    },
    /// candle in float32: accelerators, and the oracle.
    #[cfg(feature = "reference")]
    Reference(Device),
}

/// An encoder with its heads.
#[derive(Debug)]
pub struct Network {
    encoder: Box<dyn Encoder>,
    heads: Heads,
}

#[derive(Debug)]
enum Heads {
    Packed(Isa, Vec<PackedHead>),
    #[cfg(feature = "reference")]
    Reference(Vec<Head>),
}

/// Logits of a head at most.
pub const MAX_LOGITS: usize = 1 << 16;
/// How many times as large as its file a network may become: float16 is kept as float32, and heads are padded
/// to sixteen values.
const MOST_OF_A_FILE: u64 = 64;

/// The name of a group of tensors, without the trunk's prefix where a bare trunk has it so.
fn own_name(name: &str, prefix: &str, weights: &Weights) -> String {
    let has = |name: &str| weights.shape(&format!("{name}.weight")).is_some();
    let bare = name.strip_prefix(prefix).filter(|bare| !has(name) && has(bare));
    bare.unwrap_or(name).to_owned()
}

impl Network {
    /// A trunk from `trunk`, and one head a spec from `heads`.
    ///
    /// # Errors
    /// [`crate::ModelError::Tensor`] names the tensor that is missing or does not fit.
    pub fn load(
        config: &Config,
        trunk: &Weights,
        specs: &[HeadSpec],
        heads: &Weights,
        backend: &Backend,
    ) -> Result<Self> {
        let hidden = config.hidden_size;
        for spec in specs {
            if !(1..=MAX_LOGITS).contains(&spec.logits) {
                let reason = format!("gives {} logits; from 1 to {MAX_LOGITS}", spec.logits);
                return Err(ModelError::tensor(&format!("{}.weight", spec.output), reason));
            }
        }
        Self::check_size(config, trunk, backend)?;
        Ok(match backend {
            Backend::Packed { precision, isa } => {
                let heads = specs.iter().map(|spec| PackedHead::load(spec, hidden, heads));
                let heads = Heads::Packed(*isa, heads.collect::<Result<_>>()?);
                Self { encoder: Box::new(PackedEncoder::load(config, trunk, *precision, *isa)?), heads }
            }
            #[cfg(feature = "reference")]
            Backend::Reference(device) => {
                let heads = specs.iter().map(|spec| Head::load(spec, hidden, heads, device));
                let heads = Heads::Reference(heads.collect::<Result<_>>()?);
                Self { encoder: Box::new(ReferenceEncoder::load(config, trunk, device)?), heads }
            }
        })
    }

    /// Refuses a configuration that makes much more of a file than it has: a head of one value is padded to
    /// sixteen, and the embeddings of distances are kept for each layer.
    fn check_size(config: &Config, trunk: &Weights, backend: &Backend) -> Result<()> {
        let work = Work { longest: 1, batch: 1, threads: 1 };
        let weights = Self::memory(config, trunk, &[], backend, work)?.weights;
        let bytes = trunk.total_bytes();
        if weights <= MOST_OF_A_FILE.saturating_mul(bytes).saturating_add(64 << 20) {
            return Ok(());
        }
        let size = weights >> 20;
        let reason = format!("its network would take {size} MiB, and its weights have {bytes} bytes");
        Err(ModelError::config("config.json", reason))
    }

    /// The memory that [`Network::load`] asks for, and the passes of `work` after it. No tensor is read.
    ///
    /// # Errors
    /// [`crate::ModelError::Tensor`] where there is no trunk.
    pub fn memory(
        config: &Config,
        trunk: &Weights,
        specs: &[HeadSpec],
        backend: &Backend,
        work: Work,
    ) -> Result<Memory> {
        let name = Checkpoint::new(config, trunk)?.words();
        let packed = match backend {
            Backend::Packed { precision, .. } => Some(*precision),
            #[cfg(feature = "reference")]
            Backend::Reference(_) => None,
        };
        let words = match packed {
            Some(_) => trunk.bytes(&name) as u64,
            // As float32.
            None => 4 * (config.vocab_size * config.embedding_size) as u64,
        };
        Ok(Memory::of(config, words, specs, packed, work))
    }

    /// The head of a sequence-classification checkpoint as transformers stores it: trunk and head in one
    /// file. It has no logits where the file has no classifier.
    pub fn classifier(config: &Config, weights: &Weights) -> HeadSpec {
        let family = config.architecture.family();
        let output = family.classifier.to_owned();
        let logits = weights.shape(&format!("{output}.weight")).and_then(|shape| shape.first().copied());
        HeadSpec {
            pooling: if config.classifier.mean { Pooling::Mean } else { Pooling::Cls },
            dense: Some(Dense {
                name: own_name(family.dense, family.prefix, weights),
                bias: config.classifier.bias,
                norm: family.dense_norm.map(|name| HeadNorm {
                    name: name.to_owned(),
                    bias: config.biases.norm,
                    eps: config.layer_norm_eps as f32,
                }),
                ..Dense::new("", config.hidden_size, config.classifier.activation)
            }),
            output,
            logits: logits.unwrap_or(0),
            squared_length: false,
        }
    }

    /// A checkpoint with the head of [`Network::classifier`].
    ///
    /// # Errors
    /// As [`Network::load`].
    pub fn sequence_classifier(config: &Config, weights: &Weights, backend: &Backend) -> Result<Self> {
        Self::load(config, weights, &[Self::classifier(config, weights)], weights, backend)
    }

    /// The trunk's configuration.
    pub fn config(&self) -> &Config {
        self.encoder.config()
    }

    /// Whether a short sequence costs as much as the longest of its batch.
    pub fn pads(&self) -> bool {
        self.encoder.pads()
    }

    /// The number of logits of a head.
    pub fn logits(&self, head: usize) -> usize {
        match &self.heads {
            Heads::Packed(_, heads) => heads[head].logits(),
            #[cfg(feature = "reference")]
            Heads::Reference(heads) => heads[head].logits(),
        }
    }

    /// The trunk alone.
    ///
    /// # Errors
    /// As [`Encoder::forward`].
    pub fn encode(&self, batch: &TokenBatch) -> Result<Box<dyn HiddenStates>> {
        self.encoder.forward(batch)
    }

    /// The logits of the heads named by index, `[head][sequence][logit]`, with the squared length where a
    /// head has it; the trunk runs once.
    ///
    /// # Errors
    /// As [`Encoder::forward`].
    pub fn forward(&self, batch: &TokenBatch, heads: &[usize]) -> Result<Vec<Vec<Vec<f32>>>> {
        self.forward_until(batch, heads, &Stop::never())
    }

    /// As [`Network::forward`], unless `stop` ends it.
    ///
    /// # Errors
    /// As [`Encoder::forward_until`].
    pub fn forward_until(
        &self,
        batch: &TokenBatch,
        heads: &[usize],
        stop: &Stop<'_>,
    ) -> Result<Vec<Vec<Vec<f32>>>> {
        let hidden = self.encoder.forward_until(batch, stop)?;
        let logits = |&index: &usize| match &self.heads {
            Heads::Packed(isa, heads) => heads[index].forward(*isa, hidden.as_ref()),
            #[cfg(feature = "reference")]
            Heads::Reference(heads) => heads[index].forward(hidden.as_ref()),
        };
        heads.iter().map(logits).collect()
    }

    /// The trunk's pooled vectors, one of `hidden_size` numbers for each sequence.
    ///
    /// # Errors
    /// As [`Network::forward_until`].
    pub fn pool_until(&self, batch: &TokenBatch, pooling: Pooling, stop: &Stop<'_>) -> Result<Vec<Vec<f32>>> {
        self.encoder.forward_until(batch, stop)?.pool(pooling)
    }
}
