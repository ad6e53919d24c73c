//! How long work takes, as measured, and who can be answered by a deadline.

use std::sync::Arc;
use std::time::Duration;

use super::call::Call;
use crate::{Error, ErrorKind, Result};

/// Work after which a measurement counts half, in the unit of [`crate::pipeline::Pipeline::work`].
const HALF_LIFE: f64 = 32.0 * 1024.0;

/// The time that a unit of work takes the whole engine, as measured of late.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    tokenizing: Rate,
    passes: Rate,
}

#[derive(Debug, Default)]
struct Rate {
    seconds: f64,
    work: f64,
}

impl Rate {
    fn add(&mut self, work: u64, time: Duration, threads: usize) {
        let work = work as f64;
        let kept = 0.5_f64.powf(work / HALF_LIFE);
        self.work = self.work * kept + work;
        self.seconds = self.seconds * kept + time.as_secs_f64() / threads.max(1) as f64;
    }

    /// Seconds for each unit; 0 before anything was measured.
    fn seconds(&self) -> f64 {
        if self.work > 0.0 { self.seconds / self.work } else { 0.0 }
    }
}

impl Pace {
    /// So much work was tokenized in this time, on one of `threads` threads that were at work.
    pub(crate) fn tokenized(&mut self, work: u64, time: Duration, threads: usize) {
        self.tokenizing.add(work, time, threads);
    }

    /// A pass and what follows it took this time, on one of `threads` threads that were at work. The work
    /// counts once, in the first of its models.
    pub(crate) fn passed(&mut self, work: u64, time: Duration, threads: usize) {
        self.passes.add(work, time, threads);
    }

    /// Whether a pass was measured.
    pub(crate) fn is_measured(&self) -> bool {
        self.passes.work > 0.0
    }

    /// Whether so much was measured that a slow first pass, with cold caches, tells little any more.
    fn is_settled(&self) -> bool {
        self.passes.work >= HALF_LIFE / 2.0
    }

    /// The time of so much work; `None` before a pass was measured.
    pub(crate) fn time(&self, work: u64) -> Option<Duration> {
        if !self.is_measured() {
            return None;
        }
        let seconds = work as f64 * (self.tokenizing.seconds() + self.passes.seconds());
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

/// Work that is ahead of a call: turns go to the oldest call and to the one with the least work left,
/// alternately, as soon as a pass has ended.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Ahead {
    /// Of passes that run, where they keep every thread.
    pub(crate) passes: u64,
    /// Of all calls that wait.
    pub(crate) waiting: u64,
    /// Of those that have no more work left than this one.
    pub(crate) smaller: u64,
}

impl Ahead {
    /// Whether the call would begin at once.
    pub(crate) fn is_nothing(self) -> bool {
        self.passes == 0 && self.waiting == 0
    }

    /// The work that is done by when a call of `own` work is: every second turn is one of the smaller calls',
    /// and nobody waits for more than all.
    pub(crate) fn until(self, own: u64) -> u64 {
        let before = self.waiting.min(self.smaller.saturating_mul(2));
        self.passes.saturating_add(before).saturating_add(own)
    }
}

/// The share of the time until its deadline by the end of which the answer of a call must be expected: the
/// machine may become slower while it waits.
const IN_TIME: f64 = 0.75;

/// How much later than its deadline the answer of a call must be expected before it is refused while it
/// waits, and before it is once it has begun: then much is lost with it.
const MARGIN: f64 = 1.1;
const MARGIN_BEGUN: f64 = 1.25;

/// Refuses a call that would be answered after `time`, of which `alone` is its own work, and has `left`,
/// where that is too late.
pub(crate) fn in_time(time: Duration, alone: Duration, left: Duration) -> Result<()> {
    if time <= left.mul_f64(IN_TIME) {
        return Ok(());
    }
    Err(Late { time, left }.error(time, alone, left))
}

/// The answer of a call is expected after `time`, and its deadline is in `left`.
#[derive(Clone, Copy)]
struct Late {
    time: Duration,
    left: Duration,
}

impl Late {
    /// The refusal of a call that was given the time `given`, of which `alone` is its own work: `timeout`
    /// where that is more, since to come back later is no help. `again` is the time after which it would be
    /// answered if it came now.
    fn error(self, again: Duration, alone: Duration, given: Duration) -> Error {
        let (time, left) = (self.time.as_secs_f64(), self.left.as_secs_f64());
        let message = format!("the work would take {time:.1} s, and the deadline is in {left:.1} s");
        if alone > given {
            return Error::new(ErrorKind::Timeout, message);
        }
        // An idle engine takes a call that fits into its time barely.
        let accepted = given.mul_f64(IN_TIME).max(alone);
        Error::new(ErrorKind::Overloaded, message).after(again.saturating_sub(accepted))
    }
}

/// A call, and why it will have no answer.
pub(crate) struct Refusal {
    pub(crate) call: Arc<Call>,
    pub(crate) error: Error,
}

/// The calls that would be answered well after their deadlines, of those that wait with their work, the
/// oldest first, behind the work of `passes` that run. Of a call that has begun only the work that waits
/// counts: what runs may be done in a moment.
pub(crate) fn late(pace: &Pace, waiting: &[(&Arc<Call>, u64)], passes: u64) -> Vec<Refusal> {
    let mut work: Vec<u64> = waiting.iter().map(|(_, work)| *work).collect();
    work.sort_unstable();
    let sums: Vec<u64> = std::iter::once(0)
        .chain(work.iter().scan(0, |sum, work| {
            *sum += work;
            Some(*sum)
        }))
        .collect();
    let mut older = 0;
    let mut refused = Vec::new();
    for &(call, own) in waiting {
        let smaller = sums[work.partition_point(|work| *work <= own)] - own;
        let (until, margin) = if call.has_begun() {
            (own, MARGIN_BEGUN)
        } else {
            (Ahead { passes, waiting: older, smaller }.until(own), MARGIN)
        };
        match (pace.time(until), call.time_left()) {
            (Some(time), Some(left))
                if time > left.mul_f64(margin) && !call.waits && (pace.is_settled() || !call.has_begun()) =>
            {
                refused.push((call, Late { time, left }));
            }
            _ => older += own,
        }
    }
    let refusal = |(call, late): (&Arc<Call>, Late)| {
        let again = pace.time(passes.saturating_add(older).saturating_add(call.work))?;
        let error = late.error(again, pace.time(call.work)?, call.time_given()?);
        Some(Refusal { call: Arc::clone(call), error })
    };
    refused.into_iter().filter_map(refusal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_follows_the_passes_of_late() {
        let mut pace = Pace::default();
        assert_eq!(pace.time(1000), None, "nothing was measured");
        for _ in 0..100 {
            pace.passed(1000, Duration::from_secs(1), 2);
        }
        let close =
            |time: Option<Duration>, seconds: f64| (time.unwrap().as_secs_f64() - seconds).abs() < 1e-6;
        assert!(close(pace.time(4000), 2.0), "two threads, a second for a thousand each: {pace:?}");
        for _ in 0..1000 {
            pace.passed(1000, Duration::from_millis(100), 1);
        }
        assert!(close(pace.time(4000), 0.4), "{pace:?}");
    }

    #[test]
    fn a_small_call_waits_for_twice_the_smaller_ones_and_never_for_more_than_all() {
        let ahead = |smaller| Ahead { passes: 7, waiting: 100, smaller };
        assert_eq!(ahead(0).until(5), 12);
        assert_eq!(ahead(20).until(5), 52);
        assert_eq!(ahead(90).until(95), 202);
    }
}
