//! `model.safetensors.index.json`: which of several files has which tensor.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};

use super::Limits;
use crate::{ModelError, Result};

/// The ending of the files that an index may name.
const ENDING: &str = ".safetensors";
/// The longest file name, in bytes: that of most file systems.
const NAME_BYTES: usize = 255;

/// An index of weights that are several files, its names checked. No file is opened for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Sorted.
    shards: Vec<String>,
    /// A tensor's place among the shards.
    places: BTreeMap<String, usize>,
}

impl Index {
    /// Reads and checks the bytes of an index. Fields beside `weight_map` are not read.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where it is no index, breaks a limit, has a tensor twice, or names a file by
    /// anything but the plain name of a `.safetensors` file in its own directory.
    pub fn from_json(bytes: &[u8], limits: Limits) -> Result<Self> {
        let bad = |reason: String| ModelError::Weights(format!("index: {reason}"));
        if bytes.len() as u64 > limits.header_bytes {
            return Err(bad(format!("{} bytes; at most {}", bytes.len(), limits.header_bytes)));
        }
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let names = Object(Whole(limits)).deserialize(&mut json).map_err(|e| bad(e.to_string()))?;
        json.end().map_err(|e| bad(e.to_string()))?;
        if names.is_empty() {
            return Err(bad("`weight_map` names no tensor".into()));
        }
        let mut shards: Vec<&String> = names.values().collect();
        shards.sort();
        shards.dedup();
        if shards.len() > limits.shards {
            return Err(bad(format!("{} files; at most {}", shards.len(), limits.shards)));
        }
        let shards: Vec<String> = shards.into_iter().cloned().collect();
        let place = |(tensor, shard)| shards.binary_search(&shard).ok().map(|place| (tensor, place));
        Ok(Self { places: names.into_iter().filter_map(place).collect(), shards })
    }

    /// The names of the files that have the tensors, sorted.
    pub fn shards(&self) -> &[String] {
        &self.shards
    }

    /// The tensors with their places among the shards, in the order of their names.
    pub(super) fn tensors(&self) -> impl Iterator<Item = (&str, usize)> {
        self.places.iter().map(|(tensor, &place)| (tensor.as_str(), place))
    }

    /// A tensor's place among the shards.
    pub(super) fn place(&self, tensor: &str) -> Option<usize> {
        self.places.get(tensor).copied()
    }
}

/// True of a name that is a file of the index's own directory on every system.
fn is_plain(name: &str) -> bool {
    let outside = |letter: char| letter.is_control() || matches!(letter, '/' | '\\' | ':');
    name.len() <= NAME_BYTES && name.ends_with(ENDING) && !name.starts_with('.') && !name.contains(outside)
}

/// The file's name by the tensor's.
type Names = BTreeMap<String, String>;

/// A JSON object that a visitor reads.
struct Object<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Object<V> {
    type Value = V::Value;

    fn deserialize<D: serde::Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<V::Value, D::Error> {
        deserializer.deserialize_map(self.0)
    }
}

/// The object of the whole file.
struct Whole(Limits);

impl<'de> Visitor<'de> for Whole {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `weight_map`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Names, A::Error> {
        let mut names = None;
        while let Some(field) = map.next_key::<String>()? {
            if field != "weight_map" {
                map.next_value::<IgnoredAny>()?;
            } else if names.is_none() {
                names = Some(map.next_value_seed(Object(WeightMap(self.0)))?);
            } else {
                return Err(A::Error::duplicate_field("weight_map"));
            }
        }
        names.ok_or_else(|| A::Error::missing_field("weight_map"))
    }
}

/// The object `weight_map`. It ends at the limit, and not at the file's own idea of its length.
struct WeightMap(Limits);

impl<'de> Visitor<'de> for WeightMap {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors' names with files' names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Names, A::Error> {
        let mut names = Names::new();
        while let Some((tensor, shard)) = map.next_entry::<String, String>()? {
            if names.len() == self.0.tensors {
                return Err(A::Error::custom(format!("more than {} tensors", self.0.tensors)));
            }
            if !is_plain(&shard) {
                return Err(A::Error::custom(format!(
                    "tensor `{tensor}` is in `{shard}`, which is not the plain name of a {ENDING} file"
                )));
            }
            if names.contains_key(&tensor) {
                return Err(A::Error::custom(format!("tensor `{tensor}` is there twice")));
            }
            names.insert(tensor, shard);
        }
        Ok(names)
    }
}
