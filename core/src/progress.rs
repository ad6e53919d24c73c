//! How a long call reports its progress.

use crate::Result;

/// A callback that takes the progress of a long call, from any of its threads. An error that it returns stops
/// the call and is the call's result.
pub type OnProgress<'a, P> = &'a (dyn Fn(P) -> Result<()> + Sync);
