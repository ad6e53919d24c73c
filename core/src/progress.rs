//! The callback for the progress of a long call.

use crate::Result;

/// A callback for the progress of a long call, called from any of its threads. An error that it returns stops
/// the call and is the call's result.
pub type OnProgress<'a, P> = &'a (dyn Fn(P) -> Result<()> + Sync);
