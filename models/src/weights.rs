//! Safetensors files: the one memory map of the crate, limits before any allocation, and float tensors out.

use std::fs::File;
use std::path::Path;

use candle_core::{Device, Tensor};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use crate::{ModelError, Result};

/// Limits on a weights file, checked before anything of its claimed size is allocated.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the whole file.
    pub file_bytes: u64,
    /// Bytes of the JSON header.
    pub header_bytes: u64,
    /// Tensors in the file.
    pub tensors: usize,
}

impl Default for Limits {
    /// 8 GiB, a 16 MiB header, 10,000 tensors: far above any BERT, far below what hurts a machine.
    fn default() -> Self {
        Self { file_bytes: 8 << 30, header_bytes: 16 << 20, tensors: 10_000 }
    }
}

/// An opened safetensors file. Tensors are copied out as float32 by [`Weights::tensor`].
#[derive(Debug)]
pub struct Weights {
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(vec) => vec,
        }
    }
}

impl Weights {
    /// Maps the file at `path` and checks its header.
    ///
    /// # Errors
    /// [`ModelError::Io`] where the file cannot be read; [`ModelError::Weights`] where it is not a safetensors file or
    /// breaks a limit.
    pub fn open(path: &Path, limits: Limits) -> Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        if length > limits.file_bytes {
            return Err(ModelError::Weights(format!("{length} bytes; at most {}", limits.file_bytes)));
        }
        // SAFETY: the map is read-only and lives only while a model is loaded: every tensor is copied out. A file that
        // another process shortens in that time ends this one with SIGBUS, the usual hazard of a mapped file; loading
        // from bytes avoids it.
        #[allow(unsafe_code)]
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Self::checked(Bytes::Mapped(map), limits)
    }

    /// Takes a whole safetensors file from memory.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where it is not a safetensors file or breaks a limit.
    pub fn from_bytes(bytes: Vec<u8>, limits: Limits) -> Result<Self> {
        Self::checked(Bytes::Owned(bytes), limits)
    }

    fn checked(bytes: Bytes, limits: Limits) -> Result<Self> {
        let slice = bytes.as_slice();
        let bad = |reason: String| Err(ModelError::Weights(reason));
        if slice.len() as u64 > limits.file_bytes {
            return bad(format!("{} bytes; at most {}", slice.len(), limits.file_bytes));
        }
        let Some(length) = slice.first_chunk::<8>() else {
            return bad(format!("{} bytes is too short for a safetensors file", slice.len()));
        };
        let header = u64::from_le_bytes(*length);
        if header > limits.header_bytes {
            return bad(format!("the header claims {header} bytes; at most {}", limits.header_bytes));
        }
        if header > slice.len() as u64 - 8 {
            return bad(format!("cut short: a header of {header} bytes in a file of {}", slice.len()));
        }
        let tensors = SafeTensors::deserialize(slice)
            .map_err(|e| ModelError::Weights(format!("not a whole safetensors file: {e}")))?;
        if tensors.len() > limits.tensors {
            return bad(format!("{} tensors; at most {}", tensors.len(), limits.tensors));
        }
        Ok(Self { bytes })
    }

    fn view(&self) -> Result<SafeTensors<'_>> {
        SafeTensors::deserialize(self.bytes.as_slice()).map_err(|e| ModelError::Weights(e.to_string()))
    }

    /// The names of all tensors in the file, sorted.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where a mapped file changed since it was opened.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = self.view()?.names().into_iter().map(ToString::to_string).collect();
        names.sort();
        Ok(names)
    }

    /// The shape of a tensor, `None` where the file has no such tensor.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where a mapped file changed since it was opened.
    pub fn shape(&self, name: &str) -> Result<Option<Vec<usize>>> {
        Ok(self.view()?.tensor(name).ok().map(|view| view.shape().to_vec()))
    }

    /// One tensor as float32 on `device`.
    ///
    /// # Errors
    /// As [`Weights::values`]; [`ModelError::Compute`] where the device failed.
    pub fn tensor(&self, name: &str, shape: &[usize], device: &Device) -> Result<Tensor> {
        Ok(Tensor::from_vec(self.values(name, shape)?, shape, device)?)
    }

    /// The values of one tensor as float32, the last dimension nearest.
    ///
    /// # Errors
    /// [`ModelError::Tensor`] where it is missing, not of `shape`, not float32, float16 or bfloat16, or has a value that
    /// is not finite (named with its index).
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let file = self.view()?;
        let view = file.tensor(name).map_err(|_| ModelError::tensor(name, "is missing"))?;
        if view.shape() != shape {
            return Err(ModelError::tensor(
                name,
                format!("has shape {:?}, expected {shape:?}", view.shape()),
            ));
        }
        let data = view.data();
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            Dtype::F16 => data.as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
            Dtype::BF16 => data.as_chunks::<2>().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
            other => {
                return Err(ModelError::tensor(
                    name,
                    format!("has type {other:?}; supported: F32, F16, BF16"),
                ));
            }
        };
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(ModelError::tensor(name, format!("holds {} at index {at}", values[at])));
        }
        Ok(values)
    }
}
