//! Where an engine computes, and with which numbers.

use std::fmt;

use frontdesk_models::kernels::{self, Isa};
use frontdesk_models::network::Backend;

use crate::{DeviceChoice, Error, ErrorKind, Precision, Result};

/// A backend with its names.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) backend: Backend,
    pub(crate) device: String,
    pub(crate) precision: &'static str,
}

/// The CPU's serving path in float32.
///
/// # Errors
/// `invalid-input` where the environment names an instruction set that this processor does not have.
#[cfg(feature = "train")]
pub(crate) fn cpu() -> Result<Backend> {
    Ok(Backend::Packed { precision: kernels::Precision::F32, isa: Isa::chosen()? })
}

/// Returns the backend of the options, with its names. A device that was named and is not available
/// is an error, never a reason to fall back.
///
/// # Errors
/// `device-unavailable` for a device that is named and not available; `invalid-input` for a precision that
/// the device does not have.
pub(crate) fn choose(device: DeviceChoice, precision: Precision) -> Result<Chosen> {
    match device {
        DeviceChoice::Cpu => on_cpu(precision),
        DeviceChoice::Cuda(ordinal) => on_accelerator(Accelerator::Cuda(ordinal), precision),
        DeviceChoice::Metal => on_accelerator(Accelerator::Metal, precision),
        DeviceChoice::Auto => {
            let built = [
                cfg!(feature = "cuda").then_some(Accelerator::Cuda(0)),
                cfg!(feature = "metal").then_some(Accelerator::Metal),
            ];
            let there = built.into_iter().flatten().find(|accelerator| accelerator.open().is_ok());
            there.map_or_else(|| on_cpu(precision), |accelerator| on_accelerator(accelerator, precision))
        }
    }
}

fn on_cpu(precision: Precision) -> Result<Chosen> {
    let (numbers, name) = match precision {
        Precision::Int8 => (kernels::Precision::Int8, "int8"),
        Precision::Bf16 => (kernels::Precision::Bf16, "bf16"),
        Precision::Auto | Precision::F32 => (kernels::Precision::F32, "f32"),
    };
    let backend = Backend::Packed { precision: numbers, isa: Isa::chosen()? };
    Ok(Chosen { backend, device: "cpu".to_owned(), precision: name })
}

fn on_accelerator(accelerator: Accelerator, precision: Precision) -> Result<Chosen> {
    let backend = accelerator.open()?;
    if matches!(precision, Precision::Int8 | Precision::Bf16) {
        let reason = format!("{accelerator} does not compute in this precision; known: auto, f32");
        return Err(Error::invalid("precision", reason));
    }
    Ok(Chosen { backend, device: accelerator.to_string(), precision: "f32" })
}

/// A device beside the CPU.
#[derive(Debug, Clone, Copy)]
enum Accelerator {
    Cuda(usize),
    Metal,
}

impl fmt::Display for Accelerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

impl Accelerator {
    #[cfg(any(feature = "cuda", feature = "metal"))]
    fn open(self) -> Result<Backend> {
        use frontdesk_models::reference::Device;

        let device = match self {
            Self::Cuda(ordinal) => Device::cuda(ordinal),
            Self::Metal => Device::metal(),
        };
        device.map(Backend::Reference).map_err(|e| self.unavailable(&e.to_string()))
    }

    #[cfg(not(any(feature = "cuda", feature = "metal")))]
    fn open(self) -> Result<Backend> {
        Err(self.unavailable("this build has no accelerator; the features `cuda` and `metal` give one"))
    }

    fn unavailable(self, reason: &str) -> Error {
        Error::new(ErrorKind::DeviceUnavailable, format!("{self} is not available: {reason}"))
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) fn cpu_features() -> Vec<&'static str> {
    let features = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ("avx512vnni", std::arch::is_x86_feature_detected!("avx512vnni")),
        ("avx512bf16", std::arch::is_x86_feature_detected!("avx512bf16")),
    ];
    let mut names: Vec<_> = features.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect();
    // Where the system lets this process use its tiles.
    names.extend(Isa::available().iter().map(|isa| isa.name()).filter(|name| *name == "amx"));
    names
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}
