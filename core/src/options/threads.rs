//! The number of threads of a pool.

use std::ops::RangeInclusive;

use crate::{Error, Result};

/// Threads that a pool may have.
const THREADS: RangeInclusive<usize> = 1..=1024;

/// The number of threads of a pool: as named, else as many cores as the process may use.
///
/// # Errors
/// `invalid-input` for a number out of range.
pub(crate) fn threads(named: Option<usize>) -> Result<usize> {
    match named {
        None => Ok(usable().min(*THREADS.end())),
        Some(count) if THREADS.contains(&count) => Ok(count),
        Some(count) => {
            let message = format!("{count} threads; from {} to {}", THREADS.start(), THREADS.end());
            Err(Error::invalid("threads", message))
        }
    }
}

/// Cores that the process may use, by affinity and cgroup. Slow ones beside fast ones do not count: they would
/// end a batch's last part late.
fn usable() -> usize {
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    fast().map_or(all, |fast| all.min(fast)).max(1)
}

/// The number of fast cores among those that the process may use, where the system tells them from slow ones.
#[cfg(target_os = "linux")]
fn fast() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    fast_of(allowed, |core| {
        let capacity = format!("/sys/devices/system/cpu/cpu{core}/cpu_capacity");
        std::fs::read_to_string(capacity).ok()?.trim().parse().ok()
    })
}

/// As above: the cores of the first of its levels, which is the fastest.
#[cfg(target_os = "macos")]
fn fast() -> Option<usize> {
    use sysctl::Sysctl as _;

    let cores = sysctl::Ctl::new("hw.perflevel0.logicalcpu").ok()?;
    cores.value_string().ok()?.trim().parse().ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn fast() -> Option<usize> {
    None
}

/// The number of cores of a list such as `0-3,6` that have half of the largest capacity at least: with three
/// kinds of cores, the middle ones are no slow ones. `None` where a capacity is not known.
#[cfg(any(target_os = "linux", test))]
fn fast_of(list: &str, capacity: impl Fn(usize) -> Option<u64>) -> Option<usize> {
    let mut capacities = Vec::new();
    for range in list.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        for core in first.parse().ok()?..=last.parse().ok()? {
            capacities.push(capacity(core)?);
        }
    }
    let largest = *capacities.iter().max()?;
    Some(capacities.iter().filter(|capacity| **capacity * 2 >= largest).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_cores_beside_fast_ones_do_not_count() {
        // Four small cores, three middle ones and a large one.
        let phone = |core: usize| Some([250, 250, 250, 250, 830, 830, 830, 1024][core]);
        assert_eq!(fast_of(" 0-7\n", phone), Some(4));
        assert_eq!(fast_of("0-3", phone), Some(4), "all are alike");
        assert_eq!(fast_of("0,2-4", phone), Some(1));
        assert_eq!(fast_of("0-7", |_| None), None);
        assert_eq!(fast_of("0-x", phone), None);
    }

    #[test]
    fn threads_are_as_named_and_by_default_no_more_than_cores() {
        let cores = std::thread::available_parallelism().unwrap().get();
        assert!((1..=cores).contains(&threads(None).unwrap()));
        assert_eq!(threads(Some(1024)).unwrap(), 1024);
        for count in [0, 1025] {
            let error = threads(Some(count)).unwrap_err();
            assert_eq!((error.kind(), error.field()), (crate::ErrorKind::InvalidInput, Some("threads")));
        }
    }
}
