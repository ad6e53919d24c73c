//! Intel and AMD.

mod amx;
mod avx2;
mod avx512;
mod dots;
mod integers;
#[cfg(feature = "bench")]
mod peak;
mod proof;
pub(crate) mod tiles;

pub(crate) use avx2::Avx2;
pub(crate) use proof::{Amx, Avx512, Vnni, Words};

/// Bytes between the weights that are read and those that are prefetched.
const AHEAD: usize = 2048;

#[inline(always)]
fn prefetch_ahead<T>(weights: &T) {
    prefetch_address(std::ptr::from_ref(weights).cast::<i8>().wrapping_add(AHEAD));
}

#[inline(always)]
fn prefetch<T>(weights: &T) {
    prefetch_address(std::ptr::from_ref(weights).cast());
}

#[inline(always)]
fn prefetch_address(address: *const i8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: SSE belongs to every x86-64; a prefetch of any address has no visible effect, and the address
    // is not read.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address) }
}
