//! A model's tensors, from one safetensors file or several: limits before any allocation, each tensor read when
//! it is asked for, and float tensors out.

mod file;
mod index;
mod limits;
mod shards;
mod source;

use std::borrow::Cow;
use std::path::Path;

use safetensors::tensor::TensorInfo;

use self::file::TensorFile;
pub use self::index::Index;
pub use self::limits::Limits;
use crate::numbers::{Number, Rows};
use crate::{ModelError, Result};

/// An opened set of tensors, of one file or of several. Tensors are copied out as float32 by
/// [`Weights::values`].
#[derive(Debug)]
pub struct Weights {
    /// No two have a tensor of the same name.
    files: Vec<TensorFile>,
    /// The files' names, where they are of an index.
    index: Option<Index>,
}

impl Weights {
    /// Opens the file at `path` and checks its header. Tensors are read when they are asked for.
    ///
    /// # Errors
    /// [`ModelError::Io`] where the file cannot be read; [`ModelError::Weights`] where it is not a regular
    /// file, not a safetensors file, or breaks a limit.
    pub fn open(path: &Path, limits: Limits) -> Result<Self> {
        Ok(Self { files: vec![TensorFile::open(path, limits)?], index: None })
    }

    /// Takes a whole safetensors file from memory.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where it is not a safetensors file or breaks a limit.
    pub fn from_bytes(bytes: Vec<u8>, limits: Limits) -> Result<Self> {
        Ok(Self { files: vec![TensorFile::from_bytes(bytes, limits)?], index: None })
    }

    /// Opens the files of an index, which lie in `directory`, as one set of tensors, and checks that each has
    /// the tensors that the index says, and no others. A file may be a link within the directory, or into
    /// the `blobs` of a hub's cache.
    ///
    /// # Errors
    /// [`ModelError::Weights`] names the file that is not there, leads elsewhere or is no safetensors file, or
    /// the limit that all files together break; [`ModelError::Tensor`] the tensor that a file lacks or has and
    /// should not; [`ModelError::Io`].
    pub fn open_shards(directory: &Path, index: &Index, limits: Limits) -> Result<Self> {
        let files = shards::open(index, limits, |name| {
            let path = directory.join(name);
            shards::check_path(directory, &path)?;
            TensorFile::open(&path, limits)
        })?;
        Ok(Self { files, index: Some(index.clone()) })
    }

    /// As [`Weights::open_shards`], with the files from memory; `take` gives a file by its name.
    ///
    /// # Errors
    /// As [`Weights::open_shards`].
    pub fn from_shards(
        index: &Index,
        limits: Limits,
        mut take: impl FnMut(&str) -> Option<Vec<u8>>,
    ) -> Result<Self> {
        let files = shards::open(index, limits, |name| {
            let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
            TensorFile::from_bytes(take(name).ok_or_else(missing)?, limits)
        })?;
        Ok(Self { files, index: Some(index.clone()) })
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.files.iter().flat_map(TensorFile::names).collect();
        names.sort();
        names
    }

    /// The shape of a tensor, `None` where there is no such tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.find(name).map(|(_, info)| info.shape.as_slice())
    }

    /// The bytes of a tensor in its file; 0 where there is no such tensor.
    pub(crate) fn bytes(&self, name: &str) -> usize {
        self.find(name).map_or(0, |(_, info)| info.data_offsets.1 - info.data_offsets.0)
    }

    /// The bytes of all tensors.
    pub(crate) fn total_bytes(&self) -> u64 {
        self.files.iter().map(TensorFile::bytes).sum()
    }

    /// Returns the values of one tensor as float32, in row-major order. Those of float64 are rounded.
    ///
    /// # Errors
    /// [`ModelError::Tensor`] where it is missing, not of `shape`, not float64, float32, float16 or bfloat16,
    /// or has a value that is not finite as float32 (named with its index).
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

    /// A tensor and the place of its file.
    fn find(&self, name: &str) -> Option<(usize, &TensorInfo)> {
        self.files.iter().enumerate().find_map(|(place, file)| Some((place, file.info(name)?)))
    }

    /// The bytes of one tensor, checked to be finite numbers.
    fn numbers(&self, name: &str, shape: &[usize]) -> Result<(Cow<'_, [u8]>, Number)> {
        let (place, info) = self.find(name).ok_or_else(|| ModelError::tensor(name, "is missing"))?;
        let read = || {
            if info.shape != shape {
                let reason = format!("has shape {:?}, expected {shape:?}", info.shape);
                return Err(ModelError::tensor(name, reason));
            }
            self.files[place].numbers(name, info)
        };
        read().map_err(|error| self.of_file(place, error))
    }

    /// An error with the name of the file, where there are several.
    fn of_file(&self, place: usize, error: ModelError) -> ModelError {
        let Some(index) = &self.index else { return error };
        let shard = &index.shards()[place];
        match error {
            ModelError::Tensor { name, reason } => {
                ModelError::Tensor { name, reason: format!("{reason} (in {shard})") }
            }
            ModelError::Weights(reason) => ModelError::Weights(format!("{shard}: {reason}")),
            other => other,
        }
    }
}
