//! One error for the whole crate; every variant says where the trouble is.

use std::path::PathBuf;

/// The crate's result.
pub type Result<T, E = DataError> = std::result::Result<T, E>;

/// Errors of reading, checking and writing data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file system said no.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is larger than any set this crate knows.
    #[error("{path}: larger than the limit of {limit} bytes", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file is not UTF-8 text.
    #[error("{path}:{line}: not valid UTF-8", path = path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first bad line, from 1.
        line: usize,
    },
    /// A JSON value that cannot be read, or has missing, repeated or unknown fields.
    #[error("{path}:{line}: {source}", path = path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The parser's reason.
        source: serde_json::Error,
    },
    /// A field holds a value outside its range.
    #[error("{path}:{line}: field `{field}`: {problem}", path = path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The field's name.
        field: &'static str,
        /// The fault.
        problem: String,
    },
    /// Two messages carry the same id.
    #[error("{path}:{line}: field `id`: `{id}` already stands in line {first}", path = path.display())]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// The second line with the id, from 1.
        line: usize,
        /// The id.
        id: String,
        /// The first line with the id, from 1.
        first: usize,
    },
    /// The same text, case and punctuation aside, stands in two places.
    #[error(
        "{path}:{line}: field `text`: the same as in {first}:{first_line}",
        path = path.display(), first = first_path.display()
    )]
    DuplicateText {
        /// The file.
        path: PathBuf,
        /// The second line with the text, from 1.
        line: usize,
        /// The file of the first.
        first_path: PathBuf,
        /// The first line with the text, from 1.
        first_line: usize,
    },
    /// A row of a public set that does not have the layout its card describes.
    #[error("{path}:{line}: {problem}", path = path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The fault.
        problem: String,
    },
    /// The folder holds no batch.
    #[error("{path}: no `*.jsonl` batch here", path = path.display())]
    NoBatches {
        /// The folder.
        path: PathBuf,
    },
    /// The data card has no place for the counts.
    #[error("{path}: no `<!-- stats: begin -->` and `<!-- stats: end -->` lines", path = path.display())]
    NoMarkers {
        /// The card.
        path: PathBuf,
    },
    /// There are too few batches to give every split one.
    #[error("{found} batches cannot be split: train, dev and test need one each")]
    TooFewBatches {
        /// How many there are.
        found: usize,
    },
    /// The committed split does not speak of the same batches as the folder.
    #[error("the split does not fit the batches (batch `{batch}`): run `frontdesk-datasets split`")]
    StaleSplit {
        /// The first batch that only one of the two knows.
        batch: String,
    },
    /// CSV that could not be composed.
    #[error("{name}: {source}")]
    Csv {
        /// The file to be written.
        name: String,
        /// The writer's reason.
        source: csv::Error,
    },
    /// A value that could not be written as JSON.
    #[error("JSON could not be written: {0}")]
    Serialize(#[source] serde_json::Error),
}
