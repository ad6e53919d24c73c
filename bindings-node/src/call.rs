//! One call on its way: read off the event loop unless it is short, answered from the engine's threads, handed over in slices.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use std::vec;

use frontdesk::{
    Analysis, AnalyzeOptions, Engine, Error, ErrorKind, Pending, Result, Ticket, TicketRef, Tickets,
    from_json,
};
use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use crate::analysis::NativeAnalysis;
use crate::engine::{Job, Open};
use crate::mirror::Mirror;
use crate::promise::Promise;

/// What a call is made with; the texts are JSON.
pub(crate) struct Input {
    pub(crate) tickets: String,
    pub(crate) many: bool,
    /// The number of the first ticket, where the tickets are a part of something longer.
    pub(crate) first: Option<u32>,
    pub(crate) options: String,
}

/// Tickets that are a part of something longer, and are named by their place in it.
struct Part {
    tickets: Vec<Ticket>,
    first: usize,
}

impl Tickets for Part {
    fn len(&self) -> usize {
        self.tickets.len()
    }

    fn get(&self, index: usize) -> Result<TicketRef<'_>> {
        Tickets::get(&self.tickets, index)
    }

    fn place(&self, index: usize) -> Option<String> {
        Some(format!("ticket {}", self.first + index))
    }
}

impl Input {
    fn read(&self, since: Instant) -> Result<(Arc<dyn Tickets>, AnalyzeOptions)> {
        let mut options: AnalyzeOptions = from_json(self.options.as_bytes())?;
        let json = self.tickets.as_bytes();
        let tickets: Arc<dyn Tickets> = match self.first {
            _ if !self.many => Arc::new(vec![from_json::<Ticket>(json)?]),
            None => Arc::new(from_json::<Vec<Ticket>>(json)?),
            Some(first) => {
                let place = |e: Error| e.context(format!("counted from ticket {first}"));
                Arc::new(Part { tickets: from_json(json).map_err(place)?, first: first as usize })
            }
        };
        // Reading has taken its part of the time.
        options.timeout = options.timeout.map(|timeout| timeout.saturating_sub(since.elapsed()));
        Ok((tickets, options))
    }
}

/// What becomes of a call, one after the other; a call that was answered has no promise left.
struct State {
    promise: Option<Promise<()>>,
    input: Option<Input>,
    pending: Option<Pending<Vec<Analysis>>>,
    analyses: vec::IntoIter<Analysis>,
}

impl State {
    fn end(&mut self, result: Result<Vec<Analysis>>) {
        (self.input, self.pending) = (None, None);
        if let Some(promise) = self.promise.take() {
            promise.settle(result.map(|analyses| self.analyses = analyses.into_iter()));
        }
    }
}

/// A call, as JavaScript, the thread that reads it where it is long, and the engine's threads share it.
pub(crate) struct Shared {
    since: Instant,
    state: Mutex<State>,
}

impl Shared {
    /// No code panics while it holds the lock, so a poisoned one is as good as another.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the tickets and hands them to the engine, unless the call was cancelled.
    pub(crate) fn begin(self: &Arc<Self>, engine: &Engine) {
        let Some(input) = self.lock().input.take() else { return };
        let submitted =
            input.read(self.since).map(|(tickets, options)| engine.submit_from(tickets, &options));
        let mut state = self.lock();
        match submitted {
            Ok(pending) => state.pending = state.promise.is_some().then_some(pending),
            Err(error) => state.end(Err(error)),
        }
        drop(state);
        self.poll();
    }

    /// Takes the result if it is there, else asks to be woken.
    fn poll(self: &Arc<Self>) {
        let mut state = self.lock();
        let Some(pending) = &mut state.pending else { return };
        let waker = Waker::from(Arc::clone(self));
        if let Poll::Ready(result) = Pin::new(pending).poll(&mut Context::from_waker(&waker)) {
            state.end(result);
        }
    }

    pub(crate) fn cancel(&self, message: &str) {
        self.lock().end(Err(Error::new(ErrorKind::Cancelled, message)));
    }
}

/// The engine wakes from a thread of its own; the promise carries the news to the event loop.
impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.poll();
    }
}

/// Bytes of tickets that are read on the event loop: that takes less time than to wake another thread.
const FEW: usize = 4096;

/// A call; its engine stays open as long as it is there.
#[napi]
pub struct NativeCall {
    shared: Arc<Shared>,
    open: Open,
}

#[napi]
impl NativeCall {
    pub(crate) fn new(input: Input, open: Open) -> Self {
        let state =
            State { promise: None, input: Some(input), pending: None, analyses: Vec::new().into_iter() };
        Self { shared: Arc::new(Shared { since: Instant::now(), state: Mutex::new(state) }), open }
    }

    /// Begins. The promise is resolved when `take` has what it asked for, or with what went wrong.
    #[napi(ts_return_type = "Promise<Failure | undefined>")]
    pub fn run<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let (promise, object) = Promise::new(env)?;
        let mut state = self.shared.lock();
        state.promise = Some(promise);
        let few = state.input.as_ref().is_some_and(|input| input.tickets.len() <= FEW);
        drop(state);
        if few {
            self.shared.begin(&self.open.engine);
        } else if self.open.jobs.send(Job::Call(Arc::clone(&self.shared))).is_err() {
            self.shared.cancel("the engine was closed");
        }
        Ok(object)
    }

    /// Settles the call as cancelled, if it is not settled, and gives its place in the queue to others.
    #[napi]
    pub fn cancel(&self) {
        self.shared.cancel("the caller gave up");
    }

    /// Settles a call whose time is over.
    #[napi]
    pub fn check(&self) {
        let mut state = self.shared.lock();
        if let Some(result) = state.pending.as_mut().and_then(|pending| pending.wait_for(Duration::ZERO)) {
            state.end(result);
        }
    }

    /// The next analyses, `count` at most, as a JSON array of `NativeAnalysis`: its fifty properties cost more one by one.
    #[napi]
    pub fn take(&self, count: u32) -> napi::Result<String> {
        let analyses = self.shared.lock().analyses.by_ref().take(count as usize).map(Mirror::of).collect();
        serde_json::to_string::<Vec<NativeAnalysis>>(&analyses)
            .map_err(|e| napi::Error::from_reason(e.to_string()))
    }
}
