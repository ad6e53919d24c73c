//! A call as JavaScript, the thread that reads it, and the engine's threads share it.

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
use napi::bindgen_prelude::{Either, FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode::NonBlocking};

use crate::analysis::NativeAnalysis;
use crate::mirror::Mirror;
use crate::promise::Failure;

/// The end of a call: its number, and its first analyses as JSON or the failure.
pub(crate) type Ended = FnArgs<(u32, Either<String, Failure>)>;

/// Notifies JavaScript that a call has ended. An engine has one for all its calls: to make one costs as much
/// as a call.
pub(crate) type Settle = ThreadsafeFunction<Ended, (), Ended, napi::Status, false, true>;

/// Weak: what waits for an answer keeps the process alive, not the engine.
pub(crate) fn settle(function: &Function<'_, Ended, ()>) -> napi::Result<Arc<Settle>> {
    function.build_threadsafe_function().weak::<true>().build().map(Arc::new)
}

/// The arguments of a call; the texts are JSON.
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

/// The states of a call, one after the other; a call that has ended has no caller that waits.
struct State {
    settle: Option<Arc<Settle>>,
    input: Option<Input>,
    pending: Option<Pending<Vec<Analysis>>>,
    analyses: vec::IntoIter<Analysis>,
}

/// A call, as JavaScript, the thread that reads it where it is long, and the engine's threads share it.
pub(crate) struct Shared {
    number: u32,
    since: Instant,
    state: Mutex<State>,
}

impl Shared {
    pub(crate) fn new(number: u32, input: Input, settle: Arc<Settle>) -> Arc<Self> {
        let settle = Some(settle);
        let state = State { settle, input: Some(input), pending: None, analyses: Vec::new().into_iter() };
        Arc::new(Self { number, since: Instant::now(), state: Mutex::new(state) })
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as another.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the tickets and hands them to the engine, unless the call was cancelled.
    pub(crate) fn begin(self: &Arc<Self>, engine: &Engine) {
        let Some(input) = self.lock().input.take() else { return };
        // A part of something longer is not refused where others fill the queue: who hands over one after the
        // other waits for each.
        let submitted = input.read(self.since).map(|(tickets, options)| match input.first {
            Some(_) => engine.submit_in_turn(tickets, &options),
            None => engine.submit(tickets, &options),
        });
        match submitted {
            Ok(pending) => {
                let mut state = self.lock();
                state.pending = state.settle.is_some().then_some(pending);
                drop(state);
                self.poll();
            }
            Err(error) => self.end(self.lock(), Err(error)),
        }
    }

    /// Takes the result if it is there, else registers to be woken.
    fn poll(self: &Arc<Self>) {
        let mut state = self.lock();
        let Some(pending) = &mut state.pending else { return };
        let waker = Waker::from(Arc::clone(self));
        if let Poll::Ready(result) = Pin::new(pending).poll(&mut Context::from_waker(&waker)) {
            self.end(state, result);
        }
    }

    /// Ends the call if its time is over.
    pub(crate) fn check(&self) {
        let mut state = self.lock();
        if let Some(result) = state.pending.as_mut().and_then(|pending| pending.wait_for(Duration::ZERO)) {
            self.end(state, result);
        }
    }

    /// The analyses after those that were handed over, as a JSON array of `NativeAnalysis`; an empty one is
    /// the last.
    pub(crate) fn more(&self) -> Result<String> {
        slice(&mut self.lock().analyses)
    }

    pub(crate) fn cancel(&self, message: &str) {
        self.end(self.lock(), Err(Error::new(ErrorKind::Cancelled, message)));
    }

    /// Notifies JavaScript of the end of the call, once.
    fn end(&self, mut state: MutexGuard<'_, State>, result: Result<Vec<Analysis>>) {
        (state.input, state.pending) = (None, None);
        let Some(settle) = state.settle.take() else { return };
        let outcome = result.and_then(|analyses| {
            state.analyses = analyses.into_iter();
            slice(&mut state.analyses)
        });
        let outcome = outcome.map_or_else(|error| Either::B(error.into()), Either::A);
        // Where JavaScript has ended, no caller waits.
        settle.call((self.number, outcome).into(), NonBlocking);
    }
}

/// The engine wakes from a thread of its own, which carries the news to the event loop.
impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.poll();
    }
}

/// Analyses that are handed over at a time, so that the event loop gets its turns.
const SLICE: usize = 64;

/// The next analyses as a JSON array of `NativeAnalysis`: its fifty properties cost more one by one.
fn slice(analyses: &mut vec::IntoIter<Analysis>) -> Result<String> {
    let slice: Vec<NativeAnalysis> = analyses.take(SLICE).map(Mirror::of).collect();
    serde_json::to_string(&slice).map_err(|e| Error::new(ErrorKind::Internal, e.to_string()))
}
