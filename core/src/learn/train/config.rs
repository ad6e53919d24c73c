//! A training in a file, as TOML: the options under `[training]`, each head under `[[heads]]`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{HeadData, TrainOptions};
use crate::model::bundle::HeadKind;
use crate::regular::read_text;
use crate::table::{LabelledTexts, Notice, Reading, read_labelled};
use crate::{Error, ErrorKind, Result};

/// The largest configuration, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// A training as a file has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// The options; those that are left out have their defaults. `task`, `dense` and
    /// `kind` are taken from the heads.
    #[serde(default)]
    pub training: TrainOptions,
    /// The heads, one at least.
    pub heads: Vec<HeadConfig>,
}

/// A head and its files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadConfig {
    /// The head's name; see [`TrainOptions::task`].
    pub task: String,
    /// Labelled texts in any format of [`crate::table`]; a relative path is resolved from the
    /// configuration's folder.
    pub data: PathBuf,
    /// Labelled texts that choose the epoch; `None`: a tenth of the data.
    pub valid: Option<PathBuf>,
    /// The column that holds the text; by default `text`.
    #[serde(default = "text")]
    pub text_column: String,
    /// The column that holds the label; by default `label`.
    #[serde(default = "label")]
    pub label_column: String,
    /// Options of reading the files.
    #[serde(default)]
    pub reading: Reading,
    /// The number of times that the rows come in an epoch, 1 to 10,000.
    #[serde(default = "once")]
    pub passes: usize,
    /// The factor that the head's loss is multiplied by, 1e-6 to 1e6.
    #[serde(default = "whole")]
    pub weight: f64,
    /// See [`TrainOptions::dense`].
    pub dense: Option<usize>,
    /// See [`TrainOptions::kind`].
    pub kind: Option<HeadKind>,
}

fn text() -> String {
    "text".into()
}

fn label() -> String {
    "label".into()
}

fn once() -> usize {
    1
}

fn whole() -> f64 {
    1.0
}

/// The rows of a head's files.
#[derive(Debug, Clone)]
pub struct HeadRows {
    train: LabelledTexts,
    valid: Option<LabelledTexts>,
}

impl HeadRows {
    /// Notices for a person about the files.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.train.notices.iter().chain(self.valid.iter().flat_map(|file| &file.notices))
    }
}

impl TrainConfig {
    /// Reads a configuration of at most 1 MiB; the paths in it become relative to its folder.
    ///
    /// # Errors
    /// `io` where it cannot be read; `too-large`; `data-invalid` for invalid UTF-8; `invalid-input` for no
    /// regular file, and with the place of what is wrong.
    pub fn read(path: &Path) -> Result<Self> {
        let text = read_text(path, MAX_BYTES)?;
        let mut config: Self = toml::from_str(&text).map_err(|e| {
            Error::new(ErrorKind::InvalidInput, format!("{}: {e}", path.display())).at("config")
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for head in &mut config.heads {
            for path in std::iter::once(&mut head.data).chain(&mut head.valid) {
                // The address of an object is no path.
                if !path.to_string_lossy().contains("://") {
                    *path = folder.join(&*path);
                }
            }
        }
        Ok(config)
    }

    /// Reads every head's files, in the order of the heads.
    ///
    /// # Errors
    /// As [`read_labelled`].
    pub fn rows(&self) -> Result<Vec<HeadRows>> {
        let read = |head: &HeadConfig| {
            let read =
                |path: &PathBuf| read_labelled(path, &head.text_column, &head.label_column, &head.reading);
            Ok(HeadRows { train: read(&head.data)?, valid: head.valid.as_ref().map(read).transpose()? })
        };
        self.heads.iter().map(read).collect()
    }

    /// The heads with the rows of [`TrainConfig::rows`], for [`super::train_heads`].
    pub fn heads<'a>(&'a self, rows: &'a [HeadRows]) -> Vec<HeadData<'a>> {
        let head = |(head, rows): (&'a HeadConfig, &'a HeadRows)| HeadData {
            task: &head.task,
            train: &rows.train.rows,
            valid: rows.valid.as_ref().map(|file| file.rows.as_slice()),
            passes: head.passes,
            weight: head.weight,
            dense: head.dense,
            kind: head.kind,
        };
        self.heads.iter().zip(rows).map(head).collect()
    }
}
