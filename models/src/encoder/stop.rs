//! Giving a pass up before its end.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// Is asked now and then, in a pass, whether the pass is to end.
pub struct Stop<'a> {
    ask: Option<&'a (dyn Fn() -> bool + Sync)>,
    /// Once it was to end, it is not asked again.
    ended: AtomicBool,
}

impl<'a> Stop<'a> {
    /// Ends the pass when `ask` says so. It is asked before each layer, and in large layers before each part
    /// of the work, from all threads of the pass.
    pub fn when(ask: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { ask: Some(ask), ended: AtomicBool::new(false) }
    }

    /// Lets every pass run to its end.
    pub fn never() -> Self {
        Self { ask: None, ended: AtomicBool::new(false) }
    }

    /// Asks.
    pub(crate) fn asks(&self) -> bool {
        let Some(ask) = self.ask else { return false };
        if self.has_ended() {
            return true;
        }
        let ends = ask();
        if ends {
            self.ended.store(true, Ordering::Relaxed);
        }
        ends
    }

    /// Whether the pass was to end.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Stop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("ended", &self.ended).finish_non_exhaustive()
    }
}
