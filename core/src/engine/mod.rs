//! The engine: opened once, cloned freely, called from any thread.

mod admission;
mod backlog;
mod call;
mod in_flight;
mod pending;
mod queue;
mod runtime;
mod scheduler;
pub(crate) mod stream;

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use self::call::{Call, named};
use self::runtime::Runtime;
use crate::model::backend::{Chosen, choose, cpu_features};
use crate::model::bundle::locate;
use crate::model::forward::Model;
use crate::model::room::Room;
use crate::pipeline::{CallSpec, Pipeline};
use crate::{
    Analysis, AnalyzeOptions, EngineOptions, Error, ErrorKind, IntoTickets, Metrics, ModelInfo, ModelSource,
    Result, Shutdown, Ticket, Tickets,
};

pub use self::pending::Pending;
pub use self::stream::{STREAM_STEP, STREAM_WINDOW, Stream};

/// The largest number of tickets in one call; more are `too-large`. [`crate::score`] and [`Engine::stream`]
/// have no such limit.
pub const MAX_TICKETS: usize = 100_000;

/// Tickets that may wait by default.
const QUEUE: usize = 4096;

/// Reads support messages. Cloning is cheap and shares the model and the threads.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    runtime: Runtime,
    info: Info,
}

/// The description of an engine: its models, outputs, device and version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// The model.
    pub model: ModelInfo,
    /// The model that replaces the bundle's sentiment head; `None` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment_model: Option<ModelInfo>,
    /// The names of the outputs that it can give.
    pub outputs: Vec<String>,
    /// The heads of the model, in their order, each with its labels.
    pub heads: Vec<HeadInfo>,
    /// The largest number of tokens that are read of a text, its two special tokens included.
    pub max_tokens: usize,
    /// The device: `cpu`, `cuda:0` (with the device's number) or `metal`.
    pub device: String,
    /// The number type: `f32`, `int8` or `bf16`.
    pub precision: &'static str,
    /// Threads of the engine's own pool.
    pub threads: usize,
    /// The instruction sets of the processor that the kernels can use.
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
    /// `model-not-found`, `model-invalid`, `device-unavailable`, `network`, `io`; `too-large` where the model
    /// needs more than [`EngineOptions::max_memory`]; `invalid-input` for an option; for a routing policy
    /// those of [`crate::route::RoutePolicy::read`]; `internal` where threads cannot be started.
    #[allow(clippy::needless_pass_by_value, reason = "options are made for one engine")]
    pub fn open(options: EngineOptions) -> Result<Self> {
        let Chosen { backend, device, precision } = choose(options.device, options.precision)?;
        let threads = crate::options::threads(options.threads)?;
        let queue = match options.queue {
            Some(0) => return Err(Error::invalid("queue", "a queue of 0 tickets; from 1")),
            queue => queue.unwrap_or(QUEUE),
        };
        let mut sentiment_model = None;
        let load = || -> Result<_> {
            let room = options.max_memory.map(|bytes| Room::new(bytes, threads));
            let load =
                |source: &ModelSource| Model::open(&locate(source, &options.hub)?, &backend, room.as_ref());
            let model = load(&options.model)?;
            let named = |e: Error| if e.field() == Some("model") { e.at("sentiment_model") } else { e };
            let sentiment = options.sentiment_model.as_ref().map(load).transpose().map_err(named)?;
            sentiment_model = sentiment.as_ref().map(|model| model.info.clone());
            Ok(Arc::new(Pipeline::new(model, sentiment, &options)?))
        };
        let runtime = Runtime::start(threads, queue, options.shutdown, load)?;
        let pipeline = runtime.pipeline();
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
            device,
            precision,
            threads,
            cpu_features: cpu_features(),
            version: env!("CARGO_PKG_VERSION"),
        };
        Ok(Self { inner: Arc::new(Inner { runtime, info }) })
    }

    /// Returns the description of this engine.
    pub fn info(&self) -> &Info {
        &self.inner.info
    }

    /// Analyzes one ticket; blocks until it is answered.
    ///
    /// # Errors
    /// As [`Engine::analyze_batch`].
    pub fn analyze(&self, ticket: &Ticket) -> Result<Analysis> {
        self.analyze_with(ticket, &AnalyzeOptions::default())
    }

    /// As [`Engine::analyze`], with options.
    ///
    /// # Errors
    /// As [`Engine::analyze_batch`].
    pub fn analyze_with(&self, ticket: &Ticket, options: &AnalyzeOptions) -> Result<Analysis> {
        let mut analyses = self.analyze_batch([ticket.clone()], options)?;
        analyses.pop().ok_or_else(|| Error::new(ErrorKind::Internal, "one ticket gave no analysis"))
    }

    /// Analyzes tickets, in their order; blocks until all are answered. One bad ticket fails the call and is
    /// named by its place, from 0.
    ///
    /// Tickets that are moved into the call ([`IntoTickets`]) are not copied.
    ///
    /// # Errors
    /// `invalid-input` for a ticket without text, an option, and a closed engine; `too-large` for more than
    /// [`MAX_TICKETS`], or a text of more bytes than the model takes; `too-long` under
    /// [`crate::LongText::Refuse`]; `overloaded` where too many tickets of other callers wait, or, at the
    /// measured speed, their work would keep this call from its deadline ([`crate::Error::retry_after`]);
    /// `timeout`; `cancelled` where the engine was closed meanwhile; `internal`.
    pub fn analyze_batch(
        &self,
        tickets: impl IntoTickets,
        options: &AnalyzeOptions,
    ) -> Result<Vec<Analysis>> {
        self.submit(tickets, options).wait()
    }

    /// Submits tickets and returns at once; `pending.wait()` or `pending.await` gives the result of
    /// [`Engine::analyze_batch`], errors of the input included.
    ///
    /// Tickets of concurrent callers share batches; an idle engine begins at once. Callers get their turns
    /// one after the other, so that one message does not wait for somebody's thousands. Dropping the
    /// [`Pending`] cancels the tickets that have not begun and frees their place in the queue.
    pub fn submit(&self, tickets: impl IntoTickets, options: &AnalyzeOptions) -> Pending<Vec<Analysis>> {
        self.hand_over(tickets.into_tickets(), options, false)
    }

    /// As [`Engine::submit`], but where other callers fill the queue the call waits for its turn and is never
    /// `overloaded`. It is for callers who submit a bounded number of tickets and wait for their answers, as
    /// [`Engine::stream`] does.
    pub fn submit_in_turn(
        &self,
        tickets: impl IntoTickets,
        options: &AnalyzeOptions,
    ) -> Pending<Vec<Analysis>> {
        self.hand_over(tickets.into_tickets(), options, true)
    }

    fn hand_over(
        &self,
        tickets: Arc<dyn Tickets>,
        options: &AnalyzeOptions,
        waits: bool,
    ) -> Pending<Vec<Analysis>> {
        // A time that no clock can show never comes.
        let deadline = options.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let (promise, pending) = pending::pair(deadline);
        let (spec, work) = match self.check(tickets.as_ref(), options) {
            Ok(checked) => checked,
            Err(error) => {
                promise.settle(Err(error));
                return pending;
            }
        };
        let call = Call::new(tickets, spec, work, waits, deadline, promise);
        if let Err(error) = self.inner.runtime.submit(&call) {
            call.fail(error);
        }
        pending
    }

    /// Checks a call as a whole, and each of its tickets before they are tokenized; returns its specification
    /// and its work.
    fn check(&self, tickets: &dyn Tickets, options: &AnalyzeOptions) -> Result<(Arc<CallSpec>, u64)> {
        let count = tickets.len();
        if count > MAX_TICKETS {
            let message = format!("{count} tickets in one call; at most {MAX_TICKETS}");
            return Err(Error::new(ErrorKind::TooLarge, message).at("tickets"));
        }
        let pipeline = self.inner.runtime.pipeline();
        let mut work = 0;
        for index in 0..count {
            let checked = tickets.get(index).and_then(|ticket| {
                pipeline.check(&ticket)?;
                Ok(pipeline.work(&ticket))
            });
            work += checked.map_err(|e| named(tickets, index, e))?;
        }
        Ok((pipeline.spec(options)?, work))
    }

    /// Returns counts and durations of this engine's work so far.
    ///
    /// # Errors
    /// `internal` where a forked process cannot start threads of its own.
    pub fn metrics(&self) -> Result<Metrics> {
        self.inner.runtime.metrics()
    }

    /// Closes the engine and all its clones: later calls are `invalid-input`, queued ones are finished or
    /// cancelled, and the threads are joined. Closing twice does nothing.
    pub fn close(&self, shutdown: Shutdown) {
        self.inner.runtime.close(shutdown);
    }

    /// The outputs of a call in the order of [`Info::outputs`], and whether the model is whole.
    pub(crate) fn shape(&self, outputs: &[String]) -> Result<(Vec<String>, bool)> {
        let pipeline = self.inner.runtime.pipeline();
        let chosen = pipeline.chosen(outputs)?;
        let known = pipeline.known_outputs().into_iter();
        Ok((known.filter(|output| chosen.contains(output)).collect(), pipeline.is_whole()))
    }

    /// Runs `work` on the engine's own threads.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce(&Pipeline) -> Result<T> + Send) -> Result<T> {
        let runtime = &self.inner.runtime;
        runtime.install(|| work(runtime.pipeline()))
    }
}
