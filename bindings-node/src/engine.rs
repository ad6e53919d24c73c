//! An engine, and the thread that owns it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};

use frontdesk::{Engine, EngineOptions, Result, Shutdown, from_json};
use napi::Env;
use napi::bindgen_prelude::{Function, Object};
use napi_derive::napi;

use crate::call::NativeCall;
use crate::mirror::Mirror;
use crate::open::{Job, Open};
use crate::promise::{Promise, on_thread};
use crate::reports::{Info, Metrics};
use crate::shared::{Ended, Input, settle};
use crate::training::{NativeWork, comparison, evaluation};

fn open(options: &str) -> Result<Engine> {
    let mut options: EngineOptions = from_json(options.as_bytes())?;
    options.shutdown = Shutdown::Cancel;
    Engine::open(options)
}

/// Tickets that a stream submits at once, as in core.
#[napi]
pub const STREAM_STEP: u32 = frontdesk::STREAM_STEP as u32;

/// Steps of a stream that are under way at a time, as in core.
#[napi]
pub const STREAM_WINDOW: u32 = frontdesk::STREAM_WINDOW as u32;

/// An engine. A thread opens it, reads the tickets of its long calls and is the last to let go of it, so that
/// neither loading a model nor joining threads is ever done on the event loop.
#[napi]
pub struct NativeEngine {
    open: Option<Open>,
    closed: Arc<AtomicBool>,
}

#[napi]
impl NativeEngine {
    /// `settled` is called at the end of each call with its number, and its first analyses as JSON or the
    /// failure.
    #[napi(
        ts_args_type = "options: string, settled: (call: number, outcome: string | Failure) => void",
        ts_return_type = "Promise<NativeEngine | Failure>"
    )]
    pub fn open<'env>(
        env: &'env Env,
        options: String,
        settled: Function<'_, Ended, ()>,
    ) -> napi::Result<Object<'env>> {
        let settle = settle(&settled)?;
        on_thread(env, move |promise: Promise<Self>| {
            let engine = match open(&options) {
                Ok(engine) => engine,
                Err(error) => return promise.settle(Err(error)),
            };
            let (jobs, queue) = mpsc::channel();
            let closed = Arc::new(AtomicBool::new(false));
            let open = Some(Open { engine: engine.clone(), jobs, settle });
            promise.settle(Ok(Self { open, closed: Arc::clone(&closed) }));
            serve(&engine, &queue, &closed);
        })
    }

    #[napi]
    pub fn info(&self) -> napi::Result<Info> {
        Ok(Mirror::of(self.opened()?.engine.info().clone()))
    }

    #[napi]
    pub fn metrics(&self) -> napi::Result<Metrics> {
        let metrics = self.opened()?.engine.metrics();
        metrics.map(Mirror::of).map_err(|e| napi::Error::from_reason(e.message()))
    }

    /// Begins a call on one ticket, or on many, as JSON; `first` is the place of the first one where they are
    /// a part of more.
    #[napi]
    pub fn call(
        &self,
        number: u32,
        tickets: String,
        many: bool,
        options: String,
        first: Option<u32>,
    ) -> napi::Result<NativeCall> {
        Ok(NativeCall::new(number, Input { tickets, many, first, options }, self.opened()?.clone()))
    }

    #[napi(ts_return_type = "Promise<Evaluation | Failure>")]
    pub fn evaluate<'env>(
        &self,
        env: &'env Env,
        data: String,
        options: String,
        work: &NativeWork,
    ) -> napi::Result<Object<'env>> {
        let (engine, notifier, on_progress) =
            (self.opened()?.engine.clone(), work.notifier(), work.reporter());
        on_thread(env, move |promise| {
            promise.settle(evaluation(&data, &options, &engine, &notifier, &on_progress));
        })
    }

    /// Compares this engine's model, a, with another's, b.
    #[napi(ts_return_type = "Promise<Comparison | Failure>")]
    pub fn compare<'env>(
        &self,
        env: &'env Env,
        other: &NativeEngine,
        data: String,
        options: String,
        work: &NativeWork,
    ) -> napi::Result<Object<'env>> {
        let (a, b) = (self.opened()?.engine.clone(), other.opened()?.engine.clone());
        let (notifier, on_progress) = (work.notifier(), work.reporter());
        on_thread(env, move |promise| {
            promise.settle(comparison(&data, &options, [&a, &b], &notifier, &on_progress));
        })
    }

    /// Cancels every call. The promise is resolved when the threads have ended.
    #[napi(ts_return_type = "Promise<Failure | undefined>")]
    pub fn close<'env>(&mut self, env: &'env Env) -> napi::Result<Object<'env>> {
        let (promise, object) = Promise::new(env)?;
        match self.open.take() {
            None => promise.settle(Ok(())),
            Some(Open { engine, jobs, .. }) => {
                drop(engine);
                self.closed.store(true, Ordering::Relaxed);
                // A thread that is gone has closed the engine; the promise is kept when it is dropped.
                let _ = jobs.send(Job::Close(promise));
            }
        }
        Ok(object)
    }

    fn opened(&self) -> napi::Result<&Open> {
        self.open.as_ref().ok_or_else(|| napi::Error::from_reason("the engine is closed"))
    }
}

fn serve(engine: &Engine, queue: &Receiver<Job>, closed: &AtomicBool) {
    for job in queue {
        match job {
            // Calls that were made before the engine was closed are cancelled, read or not.
            Job::Call(call) if closed.load(Ordering::Relaxed) => call.cancel("the engine was closed"),
            Job::Call(call) => call.begin(engine),
            Job::Close(promise) => {
                engine.close(Shutdown::Cancel);
                return promise.settle(Ok(()));
            }
        }
    }
}
