//! Threads that work on one forward pass together, where there are idle ones.
//!
//! The pass belongs to the thread that began it, and is a sequence of regions: many independent parts, then a
//! wait for all of them. A region is short, a few microseconds to a millisecond, so helpers spin between
//! regions and do not sleep. Helpers come from the rayon pool that the pass runs on, if any of its threads is
//! idle; a busy pool sends none, and then each thread has a pass of its own.

#![allow(unsafe_code)]

use std::cell::Cell;
#[cfg(not(loom))]
use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

// `ci/loom` tries every order in which threads may come to these.
#[cfg(loom)]
use loom::cell::UnsafeCell;
#[cfg(loom)]
use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// A region's work on the part of an index.
type Work<'a> = dyn Fn(usize) + Sync + 'a;

/// The part of the region that is claimed next, under the region's number and its count of parts.
const NEXT_BITS: u32 = 20;
const MOST_PARTS: u64 = (1 << NEXT_BITS) - 1;

/// The work of a region.
struct Slot(UnsafeCell<Option<&'static Work<'static>>>);

impl Slot {
    /// # Safety
    /// Nobody writes meanwhile.
    unsafe fn read(&self) -> Option<&'static Work<'static>> {
        #[cfg(loom)]
        // SAFETY: the caller's.
        return self.0.with(|work| unsafe { *work });
        #[cfg(not(loom))]
        // SAFETY: the caller's.
        unsafe {
            *self.0.get()
        }
    }

    /// # Safety
    /// Nobody reads or writes meanwhile.
    unsafe fn write(&self, work: &'static Work<'static>) {
        #[cfg(loom)]
        // SAFETY: the caller's.
        self.0.with_mut(|to| unsafe { *to = Some(work) });
        #[cfg(not(loom))]
        // SAFETY: the caller's.
        unsafe {
            *self.0.get() = Some(work);
        }
    }
}

struct Shared {
    /// Region, count, next: 24, 20 and 20 bits. A claim raises `next` by one.
    claims: AtomicU64,
    /// Parts of the region that are done.
    done: AtomicUsize,
    work: Slot,
    failed: AtomicBool,
    ended: AtomicBool,
    helpers: AtomicUsize,
}

// SAFETY: `work` is written by the lead alone, before the release store of `claims` that opens a region and
// after every part of the region before is done. A helper reads it only between a claim (acquire) of a part
// and the release of `done` for that part, and the lead does not continue, or write again, before it has
// acquired all of these.
unsafe impl Sync for Shared {}

/// The thread that began the pass. Not `Sync`: regions follow each other.
pub(crate) struct Lead<'a> {
    shared: &'a Shared,
    alone: bool,
    one_thread: PhantomData<Cell<()>>,
}

/// Calls `pass` with a lead that gets help from the threads of the current rayon pool.
pub(crate) fn with<T>(pass: impl FnOnce(&Lead<'_>) -> T) -> T {
    let shared = Shared::new();
    let others = rayon::current_num_threads() - 1;
    let lead = Lead { shared: &shared, alone: others == 0, one_thread: PhantomData };
    if lead.alone {
        return pass(&lead);
    }
    rayon::in_place_scope(|scope| {
        for _ in 0..others {
            scope.spawn(|_| shared.help());
        }
        let result = catch_unwind(AssertUnwindSafe(|| pass(&lead)));
        shared.ended.store(true, Ordering::SeqCst);
        // A thread that waits in rayon could take other work meanwhile, and this pass would wait for that.
        wait(|| shared.helpers.load(Ordering::SeqCst) == 0);
        result.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Spins, and after a while lets others run.
fn wait(until: impl Fn() -> bool) {
    let mut turns = 0;
    while !until() {
        turns += 1;
        #[cfg(loom)]
        loom::thread::yield_now();
        if turns < 500 {
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

impl Shared {
    fn new() -> Self {
        Self {
            claims: AtomicU64::new(0),
            done: AtomicUsize::new(0),
            work: Slot(UnsafeCell::new(None)),
            failed: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            helpers: AtomicUsize::new(0),
        }
    }

    /// Works on one part, if one is left.
    fn take_part(&self) -> bool {
        let claims = self.claims.load(Ordering::Acquire);
        let (count, next) = ((claims >> NEXT_BITS) & MOST_PARTS, claims & MOST_PARTS);
        if next >= count {
            return false;
        }
        if self.claims.compare_exchange(claims, claims + 1, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return true;
        }
        // SAFETY: this part is claimed and not done, so the lead is in `region` and the reference is its own.
        let work = unsafe { self.work.read() };
        let worked = catch_unwind(AssertUnwindSafe(|| {
            if let Some(work) = work {
                work(next as usize);
            }
        }));
        if worked.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        self.done.fetch_add(1, Ordering::Release);
        true
    }

    fn help(&self) {
        self.helpers.fetch_add(1, Ordering::SeqCst);
        while !self.ended.load(Ordering::SeqCst) {
            if !self.take_part() {
                let seen = self.claims.load(Ordering::Relaxed);
                wait(|| self.claims.load(Ordering::Relaxed) != seen || self.ended.load(Ordering::Relaxed));
            }
        }
        self.helpers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Lead<'_> {
    /// Calls `work` once with each index below `count`, and returns when all calls have.
    fn region(&self, count: usize, work: &Work<'_>) {
        if self.alone || count < 2 {
            (0..count).for_each(work);
            return;
        }
        assert!(count as u64 <= MOST_PARTS, "a region has at most {MOST_PARTS} parts");
        // SAFETY: the reference is used by calls of `work` that `done` counts, and this function returns
        // after all of them.
        let work = unsafe { std::mem::transmute::<&Work<'_>, &'static Work<'static>>(work) };
        // SAFETY: no region is open, so nobody reads.
        unsafe { self.shared.work.write(work) };
        self.shared.done.store(0, Ordering::Relaxed);
        let region = (self.shared.claims.load(Ordering::Relaxed) >> (2 * NEXT_BITS)) + 1;
        self.shared
            .claims
            .store((region << (2 * NEXT_BITS)) | ((count as u64) << NEXT_BITS), Ordering::Release);
        while self.shared.take_part() {}
        wait(|| self.shared.done.load(Ordering::Acquire) == count);
        assert!(!self.shared.failed.load(Ordering::Relaxed), "a part of a region panicked");
    }

    /// Calls `work` once with each part.
    #[allow(clippy::needless_pass_by_value, reason = "the parts are handed out, and must not be used again")]
    pub(crate) fn for_each<P: Parts>(&self, parts: P, work: impl Fn(usize, P::Part) + Sync) {
        self.region(parts.count(), &|index| {
            // SAFETY: `region` gives each index once.
            work(index, unsafe { parts.part(index) });
        });
    }
}

/// Mutable data in parts that do not overlap.
pub(crate) trait Parts: Sync {
    type Part;
    fn count(&self) -> usize;
    /// # Safety
    /// Each index is requested once at most.
    unsafe fn part(&self, index: usize) -> Self::Part;
}

/// A slice in pieces of `size`, the last one shorter; beyond the end, pieces are empty.
pub(crate) struct Pieces<'a, T> {
    start: *mut T,
    length: usize,
    size: usize,
    data: PhantomData<&'a mut [T]>,
}

// SAFETY: it hands out `&mut` to parts that do not overlap, each once, as `&mut [T]` split among threads.
unsafe impl<T: Send> Sync for Pieces<'_, T> {}

impl<'a, T> Pieces<'a, T> {
    pub(crate) fn new(data: &'a mut [T], size: usize) -> Self {
        assert!(size > 0, "pieces have a size");
        Self { start: data.as_mut_ptr(), length: data.len(), size, data: PhantomData }
    }
}

impl<'a, T: Send> Parts for Pieces<'a, T> {
    type Part = &'a mut [T];

    fn count(&self) -> usize {
        self.length.div_ceil(self.size)
    }

    unsafe fn part(&self, index: usize) -> &'a mut [T] {
        let start = (index * self.size).min(self.length);
        let end = (start + self.size).min(self.length);
        // SAFETY: the range lies inside the slice, which is borrowed for 'a; ranges of different indices do
        // not overlap, and the caller asks for each once.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), end - start) }
    }
}

impl<A: Parts, B: Parts> Parts for (A, B) {
    type Part = (A::Part, B::Part);

    /// One may have nothing to split.
    fn count(&self) -> usize {
        self.0.count().max(self.1.count())
    }

    unsafe fn part(&self, index: usize) -> Self::Part {
        // SAFETY: as the caller promises.
        unsafe { (self.0.part(index), self.1.part(index)) }
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use loom::sync::Arc;

    /// A lead with one helper, which ends after it; switches of threads that nothing forces are bounded.
    fn in_every_order(switches: usize, work: impl Fn(&Lead<'_>) + Send + Sync + 'static) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(switches);
        model.check(move || {
            let shared = Arc::new(Shared::new());
            let helper = {
                let shared = Arc::clone(&shared);
                loom::thread::spawn(move || shared.help())
            };
            work(&Lead { shared: &shared, alone: false, one_thread: PhantomData });
            shared.ended.store(true, Ordering::SeqCst);
            helper.join().unwrap();
            assert_eq!(shared.helpers.load(Ordering::SeqCst), 0);
        });
    }

    /// Each part of each region is done once, by the lead or a helper, and the lead sees it before it goes
    /// on.
    #[test]
    fn regions_are_done_whole_in_every_order() {
        in_every_order(3, |lead| {
            let mut sums = [0u32; 2];
            for region in 1..=2 {
                lead.for_each(Pieces::new(&mut sums, 1), |index, sum| sum[0] += region * (index as u32 + 1));
                assert_eq!(sums, [region * (region + 1) / 2, region * (region + 1)]);
            }
        });
    }

    /// A panic in a part reaches the lead, and helpers end.
    #[test]
    fn a_panic_in_a_part_is_the_leads() {
        in_every_order(2, |lead| {
            let failed = catch_unwind(AssertUnwindSafe(|| {
                lead.region(2, &|index| assert_ne!(index, 1, "a part that fails"));
            }));
            assert!(failed.is_err());
        });
    }
}
