//! ARM64.

mod bf16;
mod dots;
mod floats;
mod integers;
mod matrices;
mod neon;
mod pairs;
mod proof;

pub(crate) use proof::{Dots, Matrices, Neon, Plain};

/// Asks for a cache line. None is asked for a fixed distance ahead, as on x86: whether that gains anything
/// beside these processors' own prefetchers was not measured.
#[inline(always)]
fn prefetch<T>(weights: &T) {
    // SAFETY: a prefetch of any address has no visible effect, and the address is not read.
    unsafe {
        std::arch::asm!(
            "prfm pldl1keep, [{}]",
            in(reg) std::ptr::from_ref(weights),
            options(readonly, nostack, preserves_flags),
        );
    }
}
