//! The source of a model.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The source of a model.
///
/// In JSON a name is a string, a directory `{ "path": DIRECTORY }` and a name on the hub `{ "hub": NAME }`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ModelSource {
    /// `frontdesk-small`, in [`crate::default_model_dir`].
    #[default]
    Default,
    /// A directory; its path needs not be UTF-8.
    Path(PathBuf),
    /// A name on the hub, `OWNER/NAME`, with `@REVISION` after it where wanted.
    Hub(String),
    /// A name from a user: a directory where one of this name exists, else a name on the hub. A name that can
    /// only be a path (`./model`, `/models/a`, `~/a`) is not requested from the hub.
    Named(String),
    /// The files themselves, by name (`config.json`, `model.safetensors`, `tokenizer.json`, …).
    Bytes(BTreeMap<String, Vec<u8>>),
}

impl From<&str> for ModelSource {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<String> for ModelSource {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

impl From<&Path> for ModelSource {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for ModelSource {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<OsString> for ModelSource {
    /// A name; where it is not UTF-8, and so on no hub, a path.
    fn from(name: OsString) -> Self {
        name.into_string().map_or_else(|path| Self::Path(path.into()), Self::Named)
    }
}

/// The forms in JSON.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a model: a name, `{ path }` or `{ hub }`")]
enum Written {
    Named(String),
    Explicit(Explicit),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Explicit {
    Path(PathBuf),
    Hub(String),
}

impl<'de> Deserialize<'de> for ModelSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Named(name) => Self::Named(name),
            Written::Explicit(Explicit::Path(path)) => Self::Path(path),
            Written::Explicit(Explicit::Hub(name)) => Self::Hub(name),
        })
    }
}

impl Serialize for ModelSource {
    /// Writes the name or the path; for bytes, only that they are bytes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Default => serializer.serialize_str("frontdesk-small"),
            Self::Path(path) => serializer.serialize_str(&path.to_string_lossy()),
            Self::Hub(name) | Self::Named(name) => serializer.serialize_str(name),
            Self::Bytes(_) => serializer.serialize_str("bytes"),
        }
    }
}
