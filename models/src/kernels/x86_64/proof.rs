//! Proofs that the processor has AVX-512: values that are made only where it has.

/// The proof that this processor has AVX-512 F and BW.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(pub(super) ());

/// The proof that this processor has AVX-512 F, BW and VNNI.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vnni {
    /// Whether it has AVX-512 BF16, too.
    pub(super) bf16: bool,
}

/// AVX-512 F and BW, with one of two ways to multiply integers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512<I>(pub(super) I);

impl Avx512<Words> {
    pub(crate) fn detect() -> Option<Self> {
        let there = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        there.then_some(Self(Words(())))
    }
}

impl Avx512<Vnni> {
    pub(crate) fn detect() -> Option<Self> {
        let there = Avx512::<Words>::detect().is_some() && is_x86_feature_detected!("avx512vnni");
        there.then(|| Self(Vnni { bf16: is_x86_feature_detected!("avx512bf16") }))
    }

    /// Whether the processor multiplies pairs of bfloat16.
    #[cfg(feature = "bench")]
    pub(super) fn has_bf16(self) -> bool {
        self.0.bf16
    }
}
