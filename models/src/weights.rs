//! Safetensors files: limits before any allocation, each tensor read when it is asked for, and float tensors
//! out.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::Path;

use rayon::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::Metadata;

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

/// Bytes that a thread reads of a file and looks at in one go: they stay in its second-level cache.
const PIECE: usize = 1 << 18;

/// An opened safetensors file. Tensors are copied out as float32 by [`Weights::values`].
#[derive(Debug)]
pub struct Weights {
    source: Source,
    tensors: Metadata,
    /// Where the tensors' data begins.
    start: usize,
}

#[derive(Debug)]
enum Source {
    /// Read and not mapped: a mapped file that another process shortens ends this one.
    File(File),
    Memory(Vec<u8>),
}

impl Source {
    /// Fills `to` with the bytes from `at` on.
    fn read(&self, at: usize, to: &mut [u8]) -> Result<()> {
        let short = || ModelError::Weights("the file became shorter while it was read".into());
        match self {
            Self::File(file) => read_exact_at(file, to, at as u64).map_err(|e| match e.kind() {
                io::ErrorKind::UnexpectedEof => short(),
                _ => e.into(),
            }),
            Self::Memory(bytes) => {
                to.copy_from_slice(bytes.get(at..at + to.len()).ok_or_else(short)?);
                Ok(())
            }
        }
    }
}

/// Fills `to` with the bytes of a file from `at` on, wherever other threads read it.
fn read_exact_at(file: &File, mut to: &mut [u8], mut at: u64) -> io::Result<()> {
    #[cfg(unix)]
    let read = |to: &mut [u8], at| std::os::unix::fs::FileExt::read_at(file, to, at);
    #[cfg(windows)]
    let read = |to: &mut [u8], at| std::os::windows::fs::FileExt::seek_read(file, to, at);
    while !to.is_empty() {
        match read(to, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => (to, at) = (&mut to[count..], at + count as u64),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Weights {
    /// Opens the file at `path` and checks its header. Tensors are read when they are asked for.
    ///
    /// # Errors
    /// [`ModelError::Io`] where the file cannot be read; [`ModelError::Weights`] where it is not a regular
    /// file, not a safetensors file, or breaks a limit.
    pub fn open(path: &Path, limits: Limits) -> Result<Self> {
        // A pipe would wait for its writer: it is not opened.
        if !std::fs::metadata(path)?.is_file() {
            return Err(ModelError::Weights("no regular file".to_owned()));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Self::checked(Source::File(file), length, limits)
    }

    /// Takes a whole safetensors file from memory.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where it is not a safetensors file or breaks a limit.
    pub fn from_bytes(bytes: Vec<u8>, limits: Limits) -> Result<Self> {
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
        Ok(Self { source, tensors, start })
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

    /// The bytes of a tensor in the file; 0 where it has no such tensor.
    pub(crate) fn bytes(&self, name: &str) -> usize {
        self.tensors.info(name).map_or(0, |info| info.data_offsets.1 - info.data_offsets.0)
    }

    /// Returns the values of one tensor as float32, in row-major order.
    ///
    /// # Errors
    /// [`ModelError::Tensor`] where it is missing, not of `shape`, not float32, float16 or bfloat16, or has a
    /// value that is not finite (named with its index).
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let (data, number) = self.numbers(name, shape)?;
        let mut values = vec![0.0; shape.iter().product()];
        number.read(&data, &mut values);
        Ok(values)
    }

    /// The rows of one tensor, in the number type of the file.
    ///
    /// # Errors
    /// As [`Weights::values`].
    pub(crate) fn rows(&self, name: &str, rows: usize, columns: usize) -> Result<Rows<'_>> {
        let (data, number) = self.numbers(name, &[rows, columns])?;
        Ok(Rows { data, number, columns })
    }

    /// The bytes of one tensor, checked to be finite numbers.
    fn numbers(&self, name: &str, shape: &[usize]) -> Result<(Cow<'_, [u8]>, Number)> {
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
            Some((at, value)) => Err(ModelError::tensor(name, format!("holds {value} at index {at}"))),
            None => Ok((data, number)),
        }
    }
}
