//! The memory that models may ask for.

use std::sync::atomic::{AtomicU64, Ordering};

use frontdesk_models::memory::Memory;

use crate::{Error, ErrorKind, Result};

/// A number of bytes that the models of one engine share, and its threads.
#[derive(Debug)]
pub(crate) struct Room {
    bytes: u64,
    pub(crate) threads: usize,
    taken: AtomicU64,
}

impl Room {
    pub(crate) fn new(bytes: u64, threads: usize) -> Self {
        Self { bytes, threads, taken: AtomicU64::new(0) }
    }

    /// Takes what a model needs.
    ///
    /// # Errors
    /// `too-large` where there is not so much, with the estimate and the limit.
    pub(crate) fn take(&self, Memory { weights, buffers }: Memory) -> Result<()> {
        let needed = weights.saturating_add(buffers);
        let before = self.taken.fetch_add(needed, Ordering::Relaxed);
        if before.saturating_add(needed) <= self.bytes {
            return Ok(());
        }
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        let other = match before {
            0 => String::new(),
            before => format!(" beside {} MiB of another model", mebibytes(before)),
        };
        let (all, weights, buffers) = (mebibytes(needed), mebibytes(weights), mebibytes(buffers));
        let (threads, most) = (self.threads, self.bytes >> 20);
        let message = format!(
            "the model needs about {all} MiB, {weights} for its weights and {buffers} for the buffers of \
             {threads} threads{other}; max_memory is {most} MiB"
        );
        Err(Error::new(ErrorKind::TooLarge, message).at("max_memory"))
    }
}
