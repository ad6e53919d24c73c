//! Proofs that the processor has AVX-512: values that are made only where it has.

use super::tiles::Hardware;
#[cfg(test)]
use super::tiles::emulated::Emulated;

/// The proof that this processor has AVX-512 F and BW.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(pub(super) ());

/// The proof that this processor has AVX-512 F, BW and VNNI.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vnni {
    /// Whether it has AVX-512 BF16, too.
    pub(super) bf16: bool,
}

/// The proof that a tile unit multiplies bytes and bfloat16, and that the processor has AVX-512 F, BW, VNNI
/// and BF16.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amx<T> {
    pub(super) unit: T,
}

/// AVX-512 F and BW, with one of the ways to multiply integers.
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

impl Avx512<Amx<Hardware>> {
    pub(crate) fn detect() -> Option<Self> {
        let vectors = Avx512::<Vnni>::detect()?;
        if !vectors.0.bf16 {
            return None;
        }
        Hardware::detect().map(|unit| Self(Amx { unit }))
    }

    #[cfg(feature = "bench")]
    pub(super) fn unit(self) -> Hardware {
        self.0.unit
    }
}

#[cfg(test)]
impl Avx512<Amx<Emulated>> {
    /// On any processor with AVX-512 VNNI and BF16.
    pub(crate) fn emulated() -> Option<Self> {
        Avx512::<Vnni>::detect().filter(|vectors| vectors.0.bf16).map(|_| Self(Amx { unit: Emulated }))
    }
}
