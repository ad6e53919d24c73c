//! Memory that begins at a cache line: vectors of 64 bytes that cross two lines load and store at half the
//! rate.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Numbers, and arrays and structures of them.
///
/// # Safety
/// All bytes zero are a value, the type needs no alignment above 64 bytes, and nothing is dropped.
pub(crate) unsafe trait Plain: Copy + Send + Sync {}

// SAFETY: numbers.
unsafe impl Plain for i8 {}
// SAFETY: as above.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl Plain for i16 {}
// SAFETY: as above.
unsafe impl Plain for i32 {}
// SAFETY: as above.
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for f32 {}
// SAFETY: an array has nothing but its items.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// A slice of its own that begins at a cache line.
pub(crate) struct Aligned<T> {
    lines: Vec<Line>,
    length: usize,
    of: PhantomData<T>,
}

impl<T: Plain> Aligned<T> {
    /// So many zeros.
    pub(crate) fn zeros(length: usize) -> Self {
        let bytes = length.checked_mul(size_of::<T>()).expect("a size in memory");
        let lines = bytes.div_ceil(size_of::<Line>());
        let lines = vec![Line([0; 64]); lines];
        #[cfg(target_os = "linux")]
        ask_for_huge_pages(&lines);
        Self { lines, length, of: PhantomData }
    }

    /// Makes space for `length` items, of any value, and returns them.
    pub(crate) fn resized(&mut self, length: usize) -> &mut [T] {
        if self.length < length {
            *self = Self::zeros(length);
        }
        &mut self[..length]
    }
}

/// Asks Linux to back these lines by pages of 2 MiB, where it gives them on request only: fewer page faults
/// while weights are packed, and fewer misses of the address cache while they are read. Refusal changes
/// nothing.
#[cfg(target_os = "linux")]
fn ask_for_huge_pages(lines: &[Line]) {
    /// What the C library maps by itself; smaller ones lie among others.
    const LEAST: usize = 128 << 10;
    const PAGE: usize = 4096;
    if size_of_val(lines) < LEAST {
        return;
    }
    // Outwards, so that neighbouring allocations become one range, and pages may reach over both.
    let start = lines.as_ptr().addr() & !(PAGE - 1);
    let end = lines.as_ptr_range().end.addr();
    // SAFETY: the pages are mapped, since the lines lie in them, and the advice changes no byte.
    unsafe {
        libc::madvise(std::ptr::without_provenance_mut(start), end - start, libc::MADV_HUGEPAGE);
    }
}

impl<T> Default for Aligned<T> {
    fn default() -> Self {
        Self { lines: Vec::new(), length: 0, of: PhantomData }
    }
}

impl<T: Plain> Deref for Aligned<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: the lines are initialised, have the size of `length` items at least, and are aligned for
        // them. Each item is zeros, or was written as one.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }
}

impl<T: Plain> DerefMut for Aligned<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and the lines are borrowed alone.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }
}

impl<T: Plain> FromIterator<T> for Aligned<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items: Vec<T> = items.into_iter().collect();
        let mut aligned = Self::zeros(items.len());
        aligned.copy_from_slice(&items);
        aligned
    }
}

impl<T> fmt::Debug for Aligned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aligned").field("length", &self.length).finish_non_exhaustive()
    }
}
