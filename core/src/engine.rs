//! The engine: opened once, cloned freely, called from any thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use frontdesk_models::Device;
use serde::Serialize;

use crate::bundle::locate;
use crate::forward::{Interrupted, Model};
use crate::pending::{self, Pending};
use crate::pipeline::Pipeline;
use crate::{
    Analysis, AnalyzeOptions, DeviceChoice, EngineOptions, Error, ErrorKind, ModelInfo, ModelSource,
    Precision, Result, Ticket,
};

/// The largest number of tickets in one call; more is work for `score`.
pub const MAX_TICKETS: usize = 100_000;

/// Reads support messages. Cloning is cheap and shares the model and the threads.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pipeline: Pipeline,
    pool: rayon::ThreadPool,
    info: Info,
}

/// What an engine is made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// The model.
    pub model: ModelInfo,
    /// The sentiment model that stands in for the bundle's head, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment_model: Option<ModelInfo>,
    /// The outputs that it can give.
    pub outputs: Vec<String>,
    /// Each head with its labels.
    pub heads: Vec<HeadInfo>,
    /// Tokens that are read of a text, special tokens counted.
    pub max_tokens: usize,
    /// `cpu`, `cuda:0` or `metal`.
    pub device: String,
    /// `f32`.
    pub precision: &'static str,
    /// Threads of the engine's own pool.
    pub threads: usize,
    /// What the processor has of the instruction sets that matter here.
    pub cpu_features: Vec<&'static str>,
    /// This library's version.
    pub version: &'static str,
}

/// One head of the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeadInfo {
    /// Its name.
    pub name: String,
    /// Its labels, in the order of the logits.
    pub labels: Vec<String>,
}

impl Engine {
    /// Opens an engine: finds the model, checks every file, replays its golden messages, starts the threads.
    ///
    /// # Errors
    /// `model-not-found`, `model-invalid`, `device-unavailable`, `network`, `io`, or `invalid-input` for an option.
    #[allow(clippy::needless_pass_by_value, reason = "options are made for one engine")]
    pub fn open(options: EngineOptions) -> Result<Self> {
        if matches!(options.precision, Precision::Int8 | Precision::Bf16) {
            return Err(Error::invalid("precision", "this version computes in f32; known: auto, f32"));
        }
        let (device, device_name) = open_device(options.device)?;
        let threads = match options.threads {
            None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            Some(n) if (1..=1024).contains(&n) => n,
            Some(n) => return Err(Error::invalid("threads", format!("{n} threads; from 1 to 1024"))),
        };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("frontdesk-{index}"))
            .build()
            .map_err(|e| Error::new(ErrorKind::Internal, format!("starting threads: {e}")).with_source(e))?;
        let load = |source: &ModelSource| Model::open(&locate(source, &options)?, &device);
        let (pipeline, sentiment_model) = pool.install(|| -> Result<_> {
            let model = load(&options.model)?;
            let sentiment = options.sentiment_model.as_ref().map(load).transpose()?;
            let sentiment_info = sentiment.as_ref().map(|model| model.info.clone());
            Ok((Pipeline::new(model, sentiment, &options.outputs, options.long_text)?, sentiment_info))
        })?;
        let model = &pipeline.model;
        let info = Info {
            model: model.info.clone(),
            sentiment_model,
            outputs: pipeline.known_outputs(),
            heads: model
                .heads
                .iter()
                .map(|h| HeadInfo { name: h.name.clone(), labels: h.labels.clone() })
                .collect(),
            max_tokens: model.input.max_tokens,
            device: device_name,
            precision: "f32",
            threads,
            cpu_features: cpu_features(),
            version: env!("CARGO_PKG_VERSION"),
        };
        Ok(Self { inner: Arc::new(Inner { pipeline, pool, info }) })
    }

    /// What this engine is made of.
    pub fn info(&self) -> &Info {
        &self.inner.info
    }

    /// Analyzes one ticket.
    ///
    /// # Errors
    /// `invalid-input` for a ticket without text; `too-large`, `too-long`.
    pub fn analyze(&self, ticket: &Ticket) -> Result<Analysis> {
        let analyses = self.analyze_batch(std::slice::from_ref(ticket), &AnalyzeOptions::default())?;
        analyses
            .into_iter()
            .next()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "one ticket gave no analysis"))
    }

    /// Analyzes tickets, in their order. One bad ticket fails the call and is named by its place, from 0.
    ///
    /// # Errors
    /// As [`Engine::analyze`]; `too-large` for more than [`MAX_TICKETS`]; `timeout`.
    pub fn analyze_batch(&self, tickets: &[Ticket], options: &AnalyzeOptions) -> Result<Vec<Analysis>> {
        let deadline = options.timeout.map(|timeout| Instant::now() + timeout);
        self.inner.pool.install(|| self.inner.run(tickets, options, &|| within(deadline)))
    }

    /// Hands tickets over and returns at once; `pending.wait()` or `pending.await` gives what
    /// [`Engine::analyze_batch`] gives. Dropping the [`Pending`] cancels work that has not begun.
    pub fn submit(&self, tickets: Vec<Ticket>, options: AnalyzeOptions) -> Pending<Vec<Analysis>> {
        let (promise, pending) = pending::pair();
        let deadline = options.timeout.map(|timeout| Instant::now() + timeout);
        let inner = Arc::clone(&self.inner);
        self.inner.pool.spawn(move || {
            let interrupted = || promise.wanted().and_then(|()| within(deadline));
            let result = interrupted().and_then(|()| inner.run(&tickets, &options, &interrupted));
            promise.settle(result);
        });
        pending
    }

    /// Runs `work` on the engine's own threads.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce(&Pipeline) -> T + Send) -> T {
        self.inner.pool.install(|| work(&self.inner.pipeline))
    }
}

impl Inner {
    /// A panic below here is a fault of ours; the caller gets an error, the other callers keep their engine.
    fn run(
        &self,
        tickets: &[Ticket],
        options: &AnalyzeOptions,
        interrupted: Interrupted<'_>,
    ) -> Result<Vec<Analysis>> {
        if tickets.len() > MAX_TICKETS {
            let message = format!("{} tickets in one call; at most {MAX_TICKETS}", tickets.len());
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let run = || self.pipeline.analyze(tickets, &options.outputs, interrupted);
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Internal, "the engine panicked; please report the input"))
        })
    }
}

fn within(deadline: Option<Instant>) -> Result<()> {
    match deadline {
        Some(deadline) if Instant::now() >= deadline => {
            Err(Error::new(ErrorKind::Timeout, "the deadline passed"))
        }
        _ => Ok(()),
    }
}

/// The device, and its name. One that was named and is not there is an error, never a fall back.
pub(crate) fn open_device(choice: DeviceChoice) -> Result<(Device, String)> {
    let unavailable = |name: &str, reason: String| {
        Error::new(ErrorKind::DeviceUnavailable, format!("{name} is not available: {reason}"))
    };
    let cuda = |ordinal: usize| {
        Device::new_cuda(ordinal)
            .map(|device| (device, format!("cuda:{ordinal}")))
            .map_err(|e| unavailable(&format!("cuda:{ordinal}"), e.to_string()))
    };
    let metal = || {
        Device::new_metal(0).map(|d| (d, "metal".to_owned())).map_err(|e| unavailable("metal", e.to_string()))
    };
    match choice {
        DeviceChoice::Cpu => Ok((Device::Cpu, "cpu".to_owned())),
        DeviceChoice::Cuda(ordinal) => cuda(ordinal),
        DeviceChoice::Metal => metal(),
        DeviceChoice::Auto if cfg!(feature = "cuda") => cuda(0).or_else(|_| open_device(DeviceChoice::Cpu)),
        DeviceChoice::Auto if cfg!(feature = "metal") => metal().or_else(|_| open_device(DeviceChoice::Cpu)),
        DeviceChoice::Auto => open_device(DeviceChoice::Cpu),
    }
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<&'static str> {
    let features = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ("avx512vnni", std::arch::is_x86_feature_detected!("avx512vnni")),
        ("avx512bf16", std::arch::is_x86_feature_detected!("avx512bf16")),
    ];
    features.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}
