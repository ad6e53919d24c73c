//! Errors of a model or of its input.

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, ModelError>;

/// An error, without file names: the caller knows which file it handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A configuration field is missing, of the wrong type, out of range or not supported.
    #[error("config field `{field}`: {reason}")]
    Config {
        /// The field's name as config.json spells it.
        field: String,
        /// The fault of its value.
        reason: String,
    },
    /// The weights file as a whole is not a safetensors file within the limits.
    #[error("weights: {0}")]
    Weights(String),
    /// One tensor is missing, of the wrong shape or type, or holds a value that is not finite.
    #[error("tensor `{name}`: {reason}")]
    Tensor {
        /// The tensor's name in the file.
        name: String,
        /// Its fault.
        reason: String,
    },
    /// The batch does not fit the model: an id outside the vocabulary, a sequence that is empty or too long.
    #[error("batch: {0}")]
    Batch(String),
    /// An instruction set that does not exist, or that this processor does not have.
    #[error("{0}")]
    Isa(String),
    /// A file could not be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The pass was ended by [`crate::encoder::Stop`].
    #[error("the pass was ended before its end")]
    Stopped,
    /// The computation itself failed, out of memory included.
    #[error("compute: {0}")]
    Compute(String),
}

impl ModelError {
    pub(crate) fn config(field: &str, reason: impl Into<String>) -> Self {
        Self::Config { field: field.to_owned(), reason: reason.into() }
    }

    pub(crate) fn tensor(name: &str, reason: impl Into<String>) -> Self {
        Self::Tensor { name: name.to_owned(), reason: reason.into() }
    }
}
