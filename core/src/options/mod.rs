//! Options of an engine and of a call; each can be read from JSON, in either spelling.

mod hub;
mod model;
mod threads;

use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::prepare::Preparation;
use crate::quote::quoted;
use crate::route::RouteOptions;
use crate::{Error, Result, RouteContext};

pub use self::hub::HubOptions;
pub use self::model::ModelSource;
pub(crate) use self::threads::threads;

/// Options of an engine. The default opens the bundled model on the best device that this build knows.
///
/// As JSON, every field but the last two may be given, and `null` is the default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineOptions {
    /// The model.
    #[serde(deserialize_with = "or_default")]
    pub model: ModelSource,
    /// A sequence-classification checkpoint that replaces the bundle's sentiment head; `None`: that head.
    #[serde(alias = "sentimentModel")]
    pub sentiment_model: Option<ModelSource>,
    /// The device to run on.
    #[serde(deserialize_with = "or_default")]
    pub device: DeviceChoice,
    /// The number type to compute in.
    #[serde(deserialize_with = "or_default")]
    pub precision: Precision,
    /// Threads of the engine's own pool, 1 to 1024; `None`: as many cores as the process may use (affinity
    /// and cgroup), of those with slow and fast ones only the fast.
    pub threads: Option<usize>,
    /// The outputs to compute, by the names of [`crate::Info::outputs`]; empty: all that the model has.
    #[serde(deserialize_with = "or_default")]
    pub outputs: Vec<String>,
    /// The treatment of a text that is longer than the model reads.
    #[serde(alias = "longText", deserialize_with = "or_default")]
    pub long_text: LongText,
    /// The parts that are removed from texts before they are read; by default none.
    #[serde(deserialize_with = "or_default")]
    pub prepare: Preparation,
    /// The routing policy and its options.
    #[serde(deserialize_with = "or_default")]
    pub route: RouteOptions,
    /// Tickets that may wait for a batch before calls are refused as `overloaded`, from 1; `None`: 4096. Of
    /// a long call, only 512 tickets count, and an idle engine accepts a call of any length.
    pub queue: Option<usize>,
    /// Bytes of memory that the models may take by an estimate: their weights, and the buffers of passes on
    /// all threads. A model that needs more is `too-large`, before its weights are read. `None`: no limit.
    /// Texts, tokenizers and what waits are not counted.
    #[serde(alias = "maxMemory")]
    pub max_memory: Option<u64>,
    /// The treatment of queued calls when the last clone of the engine is dropped.
    #[serde(skip)]
    pub shutdown: Shutdown,
    /// The hub that models are loaded from; by default as the environment variables have it.
    #[serde(skip)]
    pub hub: HubOptions,
}

/// The device to run on. As text `auto`, `cpu`, `cuda`, `cuda:N` or `metal`; another one is `invalid-input`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum DeviceChoice {
    /// An accelerator that this build supports and that is available, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device by its number, from 0.
    Cuda(usize),
    /// Apple's GPU.
    Metal,
}

impl TryFrom<String> for DeviceChoice {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = || {
            Error::invalid(
                "device",
                format!("{} is no device; known: auto, cpu, cuda[:N], metal", quoted(text)),
            )
        };
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => text.strip_prefix("cuda:").and_then(|n| n.parse().ok()).map(Self::Cuda).ok_or_else(known),
        }
    }
}

/// The number type to compute in. As text `auto`, `int8`, `bf16` or `f32`; another one is `invalid-input`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Precision {
    /// The type that the device runs best at full accuracy: float32 in this version.
    #[default]
    Auto,
    /// 8-bit integers, on the CPU.
    Int8,
    /// bfloat16 with float32 sums, on the CPU: faster than float32 where the processor has AVX-512 BF16,
    /// slower elsewhere.
    Bf16,
    /// float32.
    F32,
}

impl TryFrom<String> for Precision {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "int8" => Ok(Self::Int8),
            "bf16" => Ok(Self::Bf16),
            "f32" => Ok(Self::F32),
            _ => Err(Error::invalid(
                "precision",
                format!("{} is no precision; known: auto, int8, bf16, f32", quoted(text)),
            )),
        }
    }
}

/// The treatment of a text that has more tokens than the model reads. As text `head`, `head-and-tail` or
/// `refuse`; another one is `invalid-input`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", try_from = "String")]
pub enum LongText {
    /// Read its beginning.
    Head,
    /// Read the first three quarters of the limit from its beginning and the last quarter from its end, where
    /// e-mails often have their request.
    #[default]
    HeadAndTail,
    /// Refuse it: `too-long`.
    Refuse,
}

impl TryFrom<String> for LongText {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl FromStr for LongText {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "head" => Ok(Self::Head),
            "head-and-tail" => Ok(Self::HeadAndTail),
            "refuse" => Ok(Self::Refuse),
            _ => Err(Error::invalid(
                "long_text",
                format!("{} is no policy; known: head, head-and-tail, refuse", quoted(text)),
            )),
        }
    }
}

/// The treatment of queued calls when an engine closes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shutdown {
    /// They are finished first.
    #[default]
    Finish,
    /// They are answered `cancelled`; a batch that runs is finished.
    Cancel,
}

/// Options of one call. In JSON the timeout is `timeout_ms`, in milliseconds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnalyzeOptions {
    /// The outputs to compute, by the names of [`crate::Info::outputs`]; empty: those of
    /// [`EngineOptions::outputs`].
    #[serde(deserialize_with = "or_default")]
    pub outputs: Vec<String>,
    /// The time after which the call ends with `timeout`, waiting included; `None`: never.
    /// [`crate::Pending::wait`] returns at that time; a future is woken when the batch that runs then ends.
    #[serde(rename = "timeout_ms", alias = "timeoutMs", deserialize_with = "milliseconds")]
    pub timeout: Option<Duration>,
    /// Facts about the call's tickets for the hard rules: the time, free agents, consent.
    #[serde(deserialize_with = "or_default")]
    pub route: RouteContext,
}

/// A `null` is the default.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> std::result::Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn milliseconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Duration>, D::Error> {
    let time = |ms: f64| {
        Duration::try_from_secs_f64(ms / 1000.0)
            .map_err(|e| D::Error::custom(format!("{ms} milliseconds: {e}")))
    };
    Option::deserialize(deserializer)?.map(time).transpose()
}
