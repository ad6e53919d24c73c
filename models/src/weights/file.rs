//! One safetensors file: its header checked when it is opened, each tensor read when it is asked for.

use std::borrow::Cow;
use std::path::Path;

use rayon::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::Limits;
use super::source::Source;
use crate::numbers::Number;
use crate::{ModelError, Result};

/// Bytes that a thread reads of a file and looks at in one go: they stay in its second-level cache.
const PIECE: usize = 1 << 18;

#[derive(Debug)]
pub(super) struct TensorFile {
    source: Source,
    tensors: Metadata,
    /// Where the tensors' data begins.
    start: usize,
    /// Bytes of the whole file.
    pub(super) length: u64,
}

impl TensorFile {
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self> {
        let (source, length) = Source::open(path)?;
        Self::checked(source, length, limits)
    }

    pub(super) fn from_bytes(bytes: Vec<u8>, limits: Limits) -> Result<Self> {
        let length = bytes.len() as u64;
        Self::checked(Source::Memory(bytes), length, limits)
    }

    fn checked(source: Source, length: u64, limits: Limits) -> Result<Self> {
        let bad = |reason: String| Err(ModelError::Weights(reason));
        if length > limits.file_bytes {
            return bad(format!("{length} bytes; at most {}", limits.file_bytes));
        }
        if length < 8 {
            return bad(format!("{length} bytes is too short for a safetensors file"));
        }
        let mut claimed = [0; 8];
        source.read(0, &mut claimed)?;
        let claimed = u64::from_le_bytes(claimed);
        if claimed > limits.header_bytes {
            return bad(format!("the header claims {claimed} bytes; at most {}", limits.header_bytes));
        }
        if claimed > length - 8 {
            return bad(format!("cut short: a header of {claimed} bytes in a file of {length}"));
        }
        let mut header = vec![0; claimed as usize];
        source.read(8, &mut header)?;
        // Checks that the tensors lie end to end and have the lengths of their shapes.
        let tensors: Metadata = serde_json::from_slice(&header)
            .map_err(|e| ModelError::Weights(format!("not a whole safetensors file: {e}")))?;
        let count = tensors.offset_keys().len();
        if count > limits.tensors {
            return bad(format!("{count} tensors; at most {}", limits.tensors));
        }
        let start = 8 + header.len();
        let end = tensors.tensors().values().map(|info| info.data_offsets.1).max().unwrap_or(0);
        let end = (start as u64).saturating_add(end as u64);
        if end != length {
            return bad(format!("not a whole safetensors file: {length} bytes, the header tells of {end}"));
        }
        Ok(Self { source, tensors, start, length })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.tensors.offset_keys()
    }

    /// Bytes of the header.
    pub(super) fn header_bytes(&self) -> u64 {
        self.start as u64 - 8
    }

    /// The bytes of all tensors.
    pub(super) fn bytes(&self) -> u64 {
        self.tensors.tensors().values().map(|info| (info.data_offsets.1 - info.data_offsets.0) as u64).sum()
    }

    pub(super) fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.info(name)
    }

    /// The bytes of a tensor of this file, checked to be numbers that float32 holds.
    pub(super) fn numbers(&self, name: &str, info: &TensorInfo) -> Result<(Cow<'_, [u8]>, Number)> {
        let number = match info.dtype {
            Dtype::F64 => Number::F64,
            Dtype::F32 => Number::F32,
            Dtype::F16 => Number::F16,
            Dtype::BF16 => Number::Bf16,
            other => {
                let reason = format!("has type {other:?}; supported: F64, F32, F16, BF16");
                return Err(ModelError::tensor(name, reason));
            }
        };
        let (from, to) = info.data_offsets;
        let (from, to) = (self.start + from, self.start + to);
        let (data, finite) = match &self.source {
            Source::Memory(bytes) => (Cow::Borrowed(&bytes[from..to]), false),
            Source::File(_) => {
                let mut data = vec![0; to - from];
                let read = |(index, piece): (usize, &mut [u8])| {
                    self.source.read(from + index * PIECE, piece)?;
                    Ok(number.are_finite(piece))
                };
                let finite = data.par_chunks_mut(PIECE).enumerate().map(read);
                let finite = finite.try_reduce(|| true, |a, b| Ok::<_, ModelError>(a && b))?;
                (Cow::Owned(data), finite)
            }
        };
        match (!finite).then(|| number.first_not_finite(&data)).flatten() {
            Some((at, value)) if value.is_finite() => {
                Err(ModelError::tensor(name, format!("holds {value:e} at index {at}, too large for float32")))
            }
            Some((at, value)) => Err(ModelError::tensor(name, format!("holds {value} at index {at}"))),
            None => Ok((data, number)),
        }
    }
}
