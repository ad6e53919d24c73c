//! Options of reading inputs.

use serde::{Deserialize, Serialize};

/// Options of reading inputs, for what their names and contents leave open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reading {
    /// The format; `None`: by the ending of the name.
    pub format: Option<InputFormat>,
    /// The delimiter between the fields of a CSV, a one-byte character; `None`: a tab in `.tsv`, the one
    /// that a first line such as `sep=;` names, else the most frequent in the header among `,` `;` tab
    /// `|`.
    pub delimiter: Option<char>,
    /// The quote around a field that has the delimiter in it, a one-byte character; `None`: `"`.
    pub quote: Option<char>,
    /// The encoding of a CSV or of JSON by its label in the WHATWG Encoding Standard; `None`: that of a byte
    /// order mark, else UTF-8.
    pub encoding: Option<String>,
    /// Bytes that an input may take in a temporary file, at most: a packed Parquet or Arrow file when it is
    /// unpacked, and standard input of an archive. `None`: unpacked 256 MiB, or 100 times its packed bytes
    /// where that is more; and 64 GiB in any case.
    #[serde(skip_serializing)]
    pub max_unpacked: Option<u64>,
}

/// A format that tables are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputFormat {
    /// Apache Parquet.
    Parquet,
    /// Separated by commas, or by [`Reading::delimiter`].
    Csv,
    /// JSON: one object a line, or an array of objects.
    #[serde(alias = "json")]
    Jsonl,
    /// Apache Arrow's IPC format, as a file or as a stream.
    Arrow,
}
