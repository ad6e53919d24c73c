//! Where an engine computes, and with which numbers.

use frontdesk_models::Device;
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
pub(crate) fn cpu() -> Result<Backend> {
    Ok(Backend::Packed { precision: kernels::Precision::F32, isa: Isa::chosen()? })
}

/// Returns the backend that the options ask for, with its names.
///
/// # Errors
/// `device-unavailable` for a device that is named and not available; `invalid-input` for a precision that
/// the device does not have.
pub(crate) fn choose(device: DeviceChoice, precision: Precision) -> Result<Chosen> {
    let (device, name) = open_device(device)?;
    let packed = |precision| Ok::<_, Error>(Backend::Packed { precision, isa: Isa::chosen()? });
    let (backend, precision) = match (&device, precision) {
        (Device::Cpu, Precision::Int8) => (packed(kernels::Precision::Int8)?, "int8"),
        (Device::Cpu, Precision::Bf16) => (packed(kernels::Precision::Bf16)?, "bf16"),
        (Device::Cpu, Precision::Auto | Precision::F32) => (cpu()?, "f32"),
        (_, Precision::Auto | Precision::F32) => (Backend::Reference(device), "f32"),
        (_, Precision::Int8 | Precision::Bf16) => {
            let reason = format!("{name} does not compute in this precision; known: auto, f32");
            return Err(Error::invalid("precision", reason));
        }
    };
    Ok(Chosen { backend, device: name, precision })
}

/// Opens the device and returns it with its name. One that was named and is not available is an error, never
/// a reason to fall back.
fn open_device(choice: DeviceChoice) -> Result<(Device, String)> {
    let unavailable = |name: &str, reason: String| {
        Error::new(ErrorKind::DeviceUnavailable, format!("{name} is not available: {reason}"))
    };
    let cuda = |ordinal: usize| {
        Device::new_cuda(ordinal)
            .map(|device| (device, format!("cuda:{ordinal}")))
            .map_err(|e| unavailable(&format!("cuda:{ordinal}"), e.to_string()))
    };
    let metal = || {
        Device::new_metal(0).map(|d| (d, "metal".to_owned())).map_err(|e| unavailable("metal", e.to_string()))
    };
    match choice {
        DeviceChoice::Cpu => Ok((Device::Cpu, "cpu".to_owned())),
        DeviceChoice::Cuda(ordinal) => cuda(ordinal),
        DeviceChoice::Metal => metal(),
        DeviceChoice::Auto if cfg!(feature = "cuda") => cuda(0).or_else(|_| open_device(DeviceChoice::Cpu)),
        DeviceChoice::Auto if cfg!(feature = "metal") => metal().or_else(|_| open_device(DeviceChoice::Cpu)),
        DeviceChoice::Auto => open_device(DeviceChoice::Cpu),
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
    features.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}
