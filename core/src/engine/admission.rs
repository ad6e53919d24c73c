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

    /// The time of so much work; `None` before a pass was measured.
    pub(crate) fn time(&self, work: u64) -> Option<Duration> {
        if self.passes.work <= 0.0 {
            return None;
        }
        Duration::try_from_secs_f64(work as f64 * (self.tokenizing.seconds() + self.passes.seconds())).ok()
    }
}

/// Work that is ahead of a call: turns go to the oldest call and to the one with the least work left,
/// alternately.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Ahead {
    /// Of all calls.
    pub(crate) all: u64,
    /// Of the calls that have no more work left than this one.
    pub(crate) smaller: u64,
}

impl Ahead {
    /// The work that is done by when a call of `own` work is: every second turn is one of the smaller calls',
    /// and nobody waits for more than all.
    pub(crate) fn until(self, own: u64) -> u64 {
        self.all.min(self.smaller.saturating_mul(2)).saturating_add(own)
    }
}

/// The share of the time until its deadline by the end of which the answer of a call must be expected: what
/// is measured varies.
const IN_TIME: f64 = 0.9;

/// How much later than its deadline the answer of a call must be expected before it is refused while it
/// waits.
const MARGIN: f64 = 1.25;

/// Refuses a call that would be answered after `time`, of which `alone` is its own work, and has `left`,
/// where that is too late.
pub(crate) fn in_time(time: Duration, alone: Duration, left: Duration) -> Result<()> {
    let enough = left.mul_f64(IN_TIME);
    if time <= enough { Ok(()) } else { Err(too_late(time, alone, enough)) }
}

/// The refusal of a call that would be answered after `time`, and had `left`: `timeout` where its own work is
/// more than that, since to come back later is no help.
fn too_late(time: Duration, alone: Duration, left: Duration) -> Error {
    let seconds = time.as_secs_f64();
    let message =
        format!("the work would take {seconds:.1} s, and the deadline is in {:.1} s", left.as_secs_f64());
    if alone > left {
        return Error::new(ErrorKind::Timeout, message);
    }
    Error::new(ErrorKind::Overloaded, message).after(time.saturating_sub(left))
}

/// A call, and why it will have no answer.
pub(crate) struct Refusal {
    pub(crate) call: Arc<Call>,
    pub(crate) error: Error,
}

/// The calls that have not begun and would be answered well after their deadlines, of those that wait with
/// their work, the oldest first.
pub(crate) fn late(pace: &Pace, waiting: &[(&Arc<Call>, u64)]) -> Vec<Refusal> {
    let mut work: Vec<u64> = waiting.iter().map(|(_, work)| *work).collect();
    work.sort_unstable();
    let sums: Vec<u64> = std::iter::once(0)
        .chain(work.iter().scan(0, |sum, work| {
            *sum += work;
            Some(*sum)
        }))
        .collect();
    let mut all = 0;
    let mut refused = Vec::new();
    for &(call, own) in waiting {
        let smaller = sums[work.partition_point(|work| *work <= own)] - own;
        let time = pace.time(Ahead { all, smaller }.until(own)).zip(pace.time(own));
        match (time, call.time_left()) {
            (Some((time, alone)), Some(left))
                if time > left.mul_f64(MARGIN) && !call.waits && !call.has_begun() =>
            {
                refused.push(Refusal { call: Arc::clone(call), error: too_late(time, alone, left) });
            }
            _ => all += own,
        }
    }
    refused
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
        assert_eq!(Ahead { all: 100, smaller: 0 }.until(5), 5);
        assert_eq!(Ahead { all: 100, smaller: 20 }.until(5), 45);
        assert_eq!(Ahead { all: 100, smaller: 90 }.until(95), 195);
    }
}
