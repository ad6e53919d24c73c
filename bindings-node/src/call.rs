//! One call on its way: read off the event loop unless it is short, answered from the engine's threads,
//! handed over in slices.

use std::sync::Arc;

use napi_derive::napi;

use crate::open::{Job, Open};
use crate::shared::{Input, Shared};

/// Bytes of tickets that are read on the event loop: that takes less time than to wake another thread.
const FEW: usize = 4096;

/// A call; its engine stays open as long as it is there.
#[napi]
pub struct NativeCall {
    shared: Arc<Shared>,
    _open: Open,
}

#[napi]
impl NativeCall {
    /// Begins.
    pub(crate) fn new(number: u32, input: Input, open: Open) -> Self {
        let few = input.tickets.len() <= FEW;
        let shared = Shared::new(number, input, Arc::clone(&open.settle));
        if few {
            shared.begin(&open.engine);
        } else if open.jobs.send(Job::Call(Arc::clone(&shared))).is_err() {
            shared.cancel("the engine was closed");
        }
        Self { shared, _open: open }
    }

    /// Ends the call as cancelled, if it has not ended, and gives its place in the queue to others.
    #[napi]
    pub fn cancel(&self) {
        self.shared.cancel("the caller gave up");
    }

    /// Ends a call whose time is over.
    #[napi]
    pub fn check(&self) {
        self.shared.check();
    }

    /// The analyses after those that were handed over, as a JSON array of `NativeAnalysis`; an empty one is
    /// the last.
    #[napi]
    pub fn more(&self) -> napi::Result<String> {
        self.shared.more().map_err(|e| napi::Error::from_reason(e.message()))
    }
}
