//! Proofs of what the processor has: values that are made only where it has it.

use std::arch::is_aarch64_feature_detected;

/// NEON, with one of the ways to multiply integers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neon<I>(pub(super) I);

/// The proof that this processor has NEON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain(());

/// The proof that this processor has NEON and its dot products of bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dots(());

/// The proof that this processor has NEON and its products of matrices of bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrices {
    /// Whether it multiplies bfloat16, too.
    pub(super) bf16: bool,
}

impl Neon<Plain> {
    pub(crate) fn detect() -> Option<Self> {
        is_aarch64_feature_detected!("neon").then_some(Self(Plain(())))
    }
}

impl Neon<Dots> {
    pub(crate) fn detect() -> Option<Self> {
        let there = is_aarch64_feature_detected!("neon") && is_aarch64_feature_detected!("dotprod");
        there.then_some(Self(Dots(())))
    }
}

impl Neon<Matrices> {
    pub(crate) fn detect() -> Option<Self> {
        let there = is_aarch64_feature_detected!("neon") && is_aarch64_feature_detected!("i8mm");
        there.then(|| Self(Matrices { bf16: is_aarch64_feature_detected!("bf16") }))
    }
}
