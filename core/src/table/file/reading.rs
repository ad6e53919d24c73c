//! How inputs are read, and what is noticed of them.

use serde::{Deserialize, Serialize};

/// How inputs are read, where their names and contents do not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reading {
    /// The format; `None`: by the name's ending.
    pub format: Option<InputFormat>,
    /// What stands between the fields of a CSV; `None`: a tab in `.tsv`, what a first line of `sep=;` says, else what the header has most of among `,` `;` tab `|`.
    pub delimiter: Option<char>,
    /// What stands around a field that has the delimiter in it; `None`: `"`.
    pub quote: Option<char>,
    /// The encoding of a CSV or of JSON by its label in the WHATWG Encoding Standard; `None`: UTF-8, or what a byte order mark says.
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

/// Something that a person should look at: a row that can be read, and may be meant otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The input.
    pub input: String,
    /// The line on which the row begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What was noticed.
    pub message: String,
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.input)?;
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message)
    }
}
