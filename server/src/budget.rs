//! The bytes that requests and unread answers may hold, all of them together.

use std::sync::Arc;

use bytes::Bytes;
use frontdesk::{Error, ErrorKind, Ticket};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of a body, and of an answer, that are not counted: the number of connections bounds them. Short
/// requests are served while long ones fill the budget.
pub(crate) const UNCOUNTED: usize = 16 << 10;

/// The bytes that are free.
#[derive(Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    /// A share of no bytes yet.
    pub(crate) fn share(&self) -> Share {
        Share { free: Arc::clone(&self.0), bytes: 0, held: None }
    }
}

/// The bytes of one request or one answer. Dropping it gives them back.
#[derive(Debug)]
pub(crate) struct Share {
    free: Arc<Semaphore>,
    bytes: usize,
    held: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Counts `bytes` more.
    ///
    /// # Errors
    /// `overloaded` at once where they are not free: waiting for them would keep the bytes that are held, for
    /// which others wait.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        let all = self.bytes.saturating_add(bytes);
        let mut more = all.saturating_sub(UNCOUNTED.max(self.bytes));
        while more > 0 {
            let step = u32::try_from(more).unwrap_or(u32::MAX);
            let permit = Arc::clone(&self.free).try_acquire_many_owned(step).map_err(|_| {
                let message =
                    "the requests and answers that are under way fill the memory that they may have";
                Error::new(ErrorKind::Overloaded, message)
            })?;
            match &mut self.held {
                Some(held) => held.merge(permit),
                None => self.held = Some(permit),
            }
            more -= step as usize;
        }
        self.bytes = all;
        Ok(())
    }

    /// Counts what tickets take beside their texts: an element of three bytes becomes a string of many more.
    pub(crate) fn grow_for(&mut self, tickets: &[Ticket]) -> Result<(), Error> {
        let issues = |ticket: &Ticket| {
            ticket.customer_history.as_ref().map_or(0, |history| history.previous_issues.capacity())
        };
        let issues: usize = tickets.iter().map(issues).sum();
        self.grow(size_of_val(tickets).saturating_add(issues.saturating_mul(size_of::<String>())))
    }

    /// The bytes of an answer, which count until the last of them was sent.
    pub(crate) fn around(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Counted { bytes, _share: self })
    }
}

struct Counted {
    bytes: Bytes,
    _share: Share,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, UNCOUNTED};
    use bytes::Bytes;
    use frontdesk::ErrorKind;

    #[test]
    fn what_is_short_is_free_and_what_is_long_waits_for_what_is_given_back() {
        let budget = Budget::new(1000);
        let mut long = budget.share();
        long.grow(UNCOUNTED - 1).unwrap();
        long.grow(1001).unwrap();
        let mut other = budget.share();
        other.grow(UNCOUNTED).unwrap();
        assert_eq!(other.grow(1).unwrap_err().kind(), ErrorKind::Overloaded);
        let answer = long.around(Bytes::from_static(b"an answer"));
        let part = answer.slice(3..);
        drop(answer);
        assert!(other.grow(1).is_err(), "a part of the answer is still there");
        drop(part);
        other.grow(1000).unwrap();
        assert!(other.grow(1).is_err());
    }
}
