//! Safetensors files: the one memory map of the crate, limits before any allocation, and float tensors out.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

use safetensors::tensor::Metadata;
use safetensors::{Dtype, SafeTensors};

use crate::numbers::{Number, Rows};
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

/// An opened safetensors file. Tensors are copied out as float32 by [`Weights::values`].
#[derive(Debug)]
pub struct Weights {
    bytes: Bytes,
    tensors: Metadata,
    /// Where the tensors' data begins.
    start: usize,
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
    /// [`ModelError::Io`] where the file cannot be read; [`ModelError::Weights`] where it is not a
    /// safetensors file or breaks a limit.
    pub fn open(path: &Path, limits: Limits) -> Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        if length > limits.file_bytes {
            return Err(ModelError::Weights(format!("{length} bytes; at most {}", limits.file_bytes)));
        }
        // SAFETY: the map is read-only and lives only while a model is loaded: every tensor is copied out. A
        // file that another process shortens in that time ends this one with SIGBUS, the usual hazard of a
        // mapped file; loading from bytes avoids it.
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
        let (header, tensors) = SafeTensors::read_metadata(slice)
            .map_err(|e| ModelError::Weights(format!("not a whole safetensors file: {e}")))?;
        let count = tensors.offset_keys().len();
        if count > limits.tensors {
            return bad(format!("{count} tensors; at most {}", limits.tensors));
        }
        Ok(Self { bytes, tensors, start: 8 + header })
    }

    /// The names of all tensors in the file, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.tensors.offset_keys();
        names.sort();
        names
    }

    /// The shape of a tensor, `None` where the file has no such tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.info(name).map(|info| info.shape.as_slice())
    }

    /// Returns the values of one tensor as float32, in row-major order.
    ///
    /// # Errors
    /// [`ModelError::Tensor`] where it is missing, not of `shape`, not float32, float16 or bfloat16, or has a
    /// value that is not finite (named with its index).
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let (data, number) = self.numbers(name, shape)?;
        let mut values = vec![0.0; shape.iter().product()];
        number.read(data, &mut values);
        Ok(values)
    }

    /// The rows of one tensor, read where they lie.
    ///
    /// # Errors
    /// As [`Weights::values`].
    pub(crate) fn rows(&self, name: &str, rows: usize, columns: usize) -> Result<Rows<'_>> {
        let (data, number) = self.numbers(name, &[rows, columns])?;
        Ok(Rows { data: Cow::Borrowed(data), number, columns })
    }

    /// The bytes of one tensor, checked to be finite numbers.
    fn numbers(&self, name: &str, shape: &[usize]) -> Result<(&[u8], Number)> {
        let info = self.tensors.info(name).ok_or_else(|| ModelError::tensor(name, "is missing"))?;
        if info.shape != shape {
            return Err(ModelError::tensor(name, format!("has shape {:?}, expected {shape:?}", info.shape)));
        }
        let number = match info.dtype {
            Dtype::F32 => Number::F32,
            Dtype::F16 => Number::F16,
            Dtype::BF16 => Number::Bf16,
            other => {
                let reason = format!("has type {other:?}; supported: F32, F16, BF16");
                return Err(ModelError::tensor(name, reason));
            }
        };
        // The header was checked against the file's length.
        let data = &self.bytes.as_slice()[self.start..][info.data_offsets.0..info.data_offsets.1];
        match number.first_not_finite(data) {
            Some((at, value)) => Err(ModelError::tensor(name, format!("holds {value} at index {at}"))),
            None => Ok((data, number)),
        }
    }
}
