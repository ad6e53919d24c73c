//! The instruction sets that the kernels are compiled for, and which of them this processor has.

use std::ffi::OsStr;

#[cfg(target_arch = "aarch64")]
use super::aarch64::{Dots, Matrices, Neon, Plain};
use super::portable::Portable;
use super::simd::Program;
#[cfg(any(feature = "train", feature = "bench"))]
use super::simd::{Kernel, Simd};
#[cfg(target_arch = "x86_64")]
use super::x86_64::tiles::{self, Hardware};
#[cfg(target_arch = "x86_64")]
use super::x86_64::{Amx, Avx2, Avx512, Vnni, Words};
use crate::{ModelError, Result};

/// An instruction set that this processor supports.
#[derive(Debug, Clone, Copy)]
pub struct Isa(Set);

#[derive(Debug, Clone, Copy)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Amx(Avx512<Amx<Hardware>>),
    #[cfg(all(test, target_arch = "x86_64"))]
    Emulated(Avx512<Amx<tiles::emulated::Emulated>>),
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni(Avx512<Vnni>),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512<Words>),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "aarch64")]
    I8mm(Neon<Matrices>),
    #[cfg(target_arch = "aarch64")]
    Dotprod(Neon<Dots>),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon<Plain>),
    Portable(Portable),
}

/// The environment variable that forces an instruction set, for tests.
const FORCED: &str = "FRONTDESK_ISA";

impl Isa {
    /// Those that this processor has, fastest first; the last is [`Isa::PORTABLE`].
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            // To ask for the tiles binds the process for good, so that another set can be forced instead.
            if std::env::var_os(FORCED).is_none_or(|name| name == "amx") {
                sets.extend(Avx512::<Amx<Hardware>>::detect().map(Set::Amx));
            }
            sets.extend(Avx512::<Vnni>::detect().map(Set::Avx512Vnni));
            sets.extend(Avx512::<Words>::detect().map(Set::Avx512));
            sets.extend(Avx2::detect().map(Set::Avx2));
        }
        #[cfg(target_arch = "aarch64")]
        {
            sets.extend(Neon::<Matrices>::detect().map(Set::I8mm));
            sets.extend(Neon::<Dots>::detect().map(Set::Dotprod));
            sets.extend(Neon::<Plain>::detect().map(Set::Neon));
        }
        #[cfg(all(test, target_arch = "x86_64"))]
        sets.extend(Avx512::<Amx<tiles::emulated::Emulated>>::emulated().map(Set::Emulated));
        sets.push(Set::Portable(Portable));
        sets.into_iter().map(Self).collect()
    }

    /// Plain Rust.
    pub const PORTABLE: Self = Self(Set::Portable(Portable));

    /// The fastest that this processor has, or the one that `FRONTDESK_ISA` names: `amx`, `avx512vnni`,
    /// `avx512` or `avx2`, `i8mm`, `dotprod` or `neon`, or `portable`.
    ///
    /// # Errors
    /// [`ModelError::Isa`] where the variable names none, or one that this processor does not have.
    pub fn chosen() -> Result<Self> {
        std::env::var_os(FORCED).map_or_else(|| Ok(Self::available()[0]), |name| Self::named(&name))
    }

    /// The one of this name.
    pub(super) fn named(name: &OsStr) -> Result<Self> {
        let available = Self::available();
        available.iter().copied().find(|isa| name == isa.name()).ok_or_else(|| {
            let known: Vec<_> = available.iter().map(|isa| isa.name()).collect();
            let name = name.to_string_lossy();
            #[cfg(target_arch = "x86_64")]
            if name == "amx" && tiles::is_supported() {
                let reason = "the system does not let this process use the processor's tiles";
                return ModelError::Isa(format!("{FORCED} is `amx`, and {reason}"));
            }
            ModelError::Isa(format!("{FORCED} is `{name}`; this processor has {}", known.join(", ")))
        })
    }

    /// Whether its sums of bfloat16 products have the bits of the other sets. AMX adds in another order.
    pub fn has_shared_bf16_bits(self) -> bool {
        !self.name().starts_with("amx")
    }

    /// Its name in `FRONTDESK_ISA`.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Amx(_) => "amx",
            #[cfg(all(test, target_arch = "x86_64"))]
            Set::Emulated(_) => "amx, emulated",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512Vnni(_) => "avx512vnni",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => "avx2",
            #[cfg(target_arch = "aarch64")]
            Set::I8mm(_) => "i8mm",
            #[cfg(target_arch = "aarch64")]
            Set::Dotprod(_) => "dotprod",
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => "neon",
            Set::Portable(_) => "portable",
        }
    }

    /// The operations of `turns` turns of the loop that shows the processor's peak.
    #[cfg(feature = "bench")]
    pub(super) fn peak(self, precision: super::Precision, turns: u32) -> Option<f64> {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Amx(simd) => simd.peak(precision, turns),
            #[cfg(all(test, target_arch = "x86_64"))]
            Set::Emulated(_) => None,
            #[cfg(target_arch = "x86_64")]
            Set::Avx512Vnni(simd) => simd.peak(precision, turns),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(simd) => simd.peak(precision, turns),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(simd) => simd.peak(precision, turns),
            // Nobody has measured one.
            #[cfg(target_arch = "aarch64")]
            Set::I8mm(_) | Set::Dotprod(_) | Set::Neon(_) => None,
            Set::Portable(_) => None,
        }
    }

    #[cfg(any(feature = "train", feature = "bench"))]
    /// Runs a program of one kernel, which is compiled whole for the instruction set: its `run` is
    /// `#[inline(always)]`.
    pub(crate) fn compiled<P: Program>(self, program: P) -> P::Output {
        self.run(Whole(program))
    }

    /// Runs a program on it.
    pub(crate) fn run<P: Program>(self, program: P) -> P::Output {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Amx(simd) => program.run(simd),
            #[cfg(all(test, target_arch = "x86_64"))]
            Set::Emulated(simd) => program.run(simd),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512Vnni(simd) => program.run(simd),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(simd) => program.run(simd),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(simd) => program.run(simd),
            #[cfg(target_arch = "aarch64")]
            Set::I8mm(simd) => program.run(simd),
            #[cfg(target_arch = "aarch64")]
            Set::Dotprod(simd) => program.run(simd),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(simd) => program.run(simd),
            Set::Portable(simd) => program.run(simd),
        }
    }
}

#[cfg(any(feature = "train", feature = "bench"))]
/// A program that is one kernel.
struct Whole<P>(P);

#[cfg(any(feature = "train", feature = "bench"))]
impl<P: Program> Program for Whole<P> {
    type Output = P::Output;

    fn run<S: Simd>(self, simd: S) -> P::Output {
        simd.run(self)
    }
}

#[cfg(any(feature = "train", feature = "bench"))]
impl<S: Simd, P: Program> Kernel<S> for Whole<P> {
    type Output = P::Output;

    #[inline(always)]
    fn run(self, simd: S) -> P::Output {
        self.0.run(simd)
    }
}
