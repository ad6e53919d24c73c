//! How inputs are read.

use serde::{Deserialize, Serialize};

/// How inputs are read, where their names and contents do not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reading {
    /// The format; `None`: by the name's ending.
    pub format: Option<InputFormat>,
    /// The delimiter between the fields of a CSV; `None`: a tab in `.tsv`, the one that a first line such as
    /// `sep=;` names, else the most frequent in the header among `,` `;` tab `|`.
    pub delimiter: Option<char>,
    /// The quote around a field that has the delimiter in it; `None`: `"`.
    pub quote: Option<char>,
    /// The encoding of a CSV or of JSON by its label in the WHATWG Encoding Standard; `None`: UTF-8, or the
    /// one that a byte order mark says.
    pub encoding: Option<String>,
}

/// A format that tables are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputFormat {
    /// Apache Parquet.
    Parquet,
    /// Separated by commas, or by what [`Reading::delimiter`] says.
    Csv,
    /// JSON: one object a line, or an array of objects.
    #[serde(alias = "json")]
    Jsonl,
    /// Apache Arrow's IPC format, as a file or as a stream.
    Arrow,
}
