//! Typed fields of a `config.json`; `null` counts as absent, as transformers writes it.

use serde_json::{Map, Value};

use super::Activation;
use crate::{ModelError, Result};

/// The object, or one inside of it.
pub(crate) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(crate) fn new(object: &'a Map<String, Value>) -> Self {
        Self(object)
    }

    pub(crate) fn get(&self, field: &str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    pub(crate) fn string(&self, field: &str) -> Result<Option<&'a str>> {
        self.get(field)
            .map(|v| v.as_str().ok_or_else(|| ModelError::config(field, format!("{v} is not a string"))))
            .transpose()
    }

    pub(crate) fn boolean(&self, field: &str, default: bool) -> Result<bool> {
        let Some(value) = self.get(field) else { return Ok(default) };
        value.as_bool().ok_or_else(|| ModelError::config(field, format!("{value} is not true or false")))
    }

    /// The fields of an object.
    pub(crate) fn object(&self, field: &str) -> Result<Option<Fields<'a>>> {
        let object = |value: &'a Value| {
            value
                .as_object()
                .map(Fields)
                .ok_or_else(|| ModelError::config(field, format!("{value} is not an object")))
        };
        self.get(field).map(object).transpose()
    }

    /// A field that is none of these.
    pub(crate) fn other_than(&self, known: &[&str]) -> Option<&'a str> {
        self.0.keys().map(String::as_str).find(|field| !known.contains(field))
    }

    pub(crate) fn list(&self, field: &str) -> Result<Option<&'a [Value]>> {
        let list = |value: &'a Value| {
            value
                .as_array()
                .map(Vec::as_slice)
                .ok_or_else(|| ModelError::config(field, format!("{value} is not a list")))
        };
        self.get(field).map(list).transpose()
    }

    /// A whole number from 1 to `max`.
    pub(crate) fn size(&self, field: &str, max: usize) -> Result<usize> {
        let value = self.get(field).ok_or_else(|| ModelError::config(field, "is missing"))?;
        whole(field, value, 1, max)
    }

    /// A whole number from 0 to `max`, `default` where the field is missing.
    pub(crate) fn count(&self, field: &str, default: usize, max: usize) -> Result<usize> {
        self.get(field).map_or(Ok(default), |value| whole(field, value, 0, max))
    }

    /// A whole number up to `max`; `None` where it is missing, zero or less, as -1 stands for "as many as
    /// there are".
    pub(crate) fn positive(&self, field: &str, max: usize) -> Result<Option<usize>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        if value.as_i64().is_some_and(|n| n < 1) {
            return Ok(None);
        }
        whole(field, value, 1, max).map(Some)
    }

    pub(crate) fn activation(&self, field: &str) -> Result<Activation> {
        match self.string(field)? {
            Some("gelu" | "gelu_python") | None => Ok(Activation::Gelu),
            Some("gelu_new" | "gelu_fast" | "gelu_pytorch_tanh") => Ok(Activation::GeluTanh),
            Some("relu") => Ok(Activation::Relu),
            Some("silu" | "swish") => Ok(Activation::Silu),
            Some("tanh") => Ok(Activation::Tanh),
            Some(other) => Err(ModelError::config(
                field,
                format!(
                    "`{other}` is not supported; known: gelu, gelu_python, gelu_new, gelu_fast, gelu_pytorch_tanh, relu, silu, swish, tanh"
                ),
            )),
        }
    }

    /// A number above 0 and below 0.1.
    pub(crate) fn epsilon(&self, field: &str, default: f64) -> Result<f64> {
        self.number(field, default, |eps| eps > 0.0 && eps < 0.1, "between 0 and 0.1")
    }

    /// A number for which `fits` holds; `range` says so in words.
    pub(crate) fn number(
        &self,
        field: &str,
        default: f64,
        fits: impl Fn(f64) -> bool,
        range: &str,
    ) -> Result<f64> {
        let Some(value) = self.get(field) else { return Ok(default) };
        let number = value.as_f64().filter(|&number| fits(number));
        number.ok_or_else(|| ModelError::config(field, format!("{value} is not a number {range}")))
    }
}

fn whole(field: &str, value: &Value, min: usize, max: usize) -> Result<usize> {
    match value.as_u64().and_then(|n| usize::try_from(n).ok()) {
        Some(n) if (min..=max).contains(&n) => Ok(n),
        _ => Err(ModelError::config(field, format!("{value} is not a whole number from {min} to {max}"))),
    }
}
