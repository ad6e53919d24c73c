//! Typed fields of a `config.json`.

use serde_json::{Map, Value};

use super::Activation;
use crate::{ModelError, Result};

/// Typed access to the JSON object; `null` counts as absent, as transformers writes it.
pub(crate) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl Fields<'_> {
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    pub(crate) fn string(&self, field: &str) -> Result<Option<&str>> {
        self.get(field)
            .map(|v| v.as_str().ok_or_else(|| ModelError::config(field, format!("{v} is not a string"))))
            .transpose()
    }

    pub(crate) fn size(&self, field: &str, max: usize) -> Result<usize> {
        let value = self.get(field).ok_or_else(|| ModelError::config(field, "is missing"))?;
        match value.as_u64().and_then(|n| usize::try_from(n).ok()) {
            Some(n) if (1..=max).contains(&n) => Ok(n),
            _ => Err(ModelError::config(field, format!("{value} is not a whole number from 1 to {max}"))),
        }
    }

    pub(crate) fn activation(&self, field: &str) -> Result<Activation> {
        match self.string(field)? {
            Some("gelu") | None => Ok(Activation::Gelu),
            Some("gelu_new" | "gelu_pytorch_tanh") => Ok(Activation::GeluTanh),
            Some("relu") => Ok(Activation::Relu),
            Some(other) => Err(ModelError::config(
                field,
                format!("`{other}` is not supported; known: gelu, gelu_new, gelu_pytorch_tanh, relu"),
            )),
        }
    }

    pub(crate) fn epsilon(&self, field: &str) -> Result<f64> {
        let Some(value) = self.get(field) else { return Ok(1e-12) };
        match value.as_f64() {
            Some(eps) if eps > 0.0 && eps < 0.1 => Ok(eps),
            _ => Err(ModelError::config(field, format!("{value} is not a number between 0 and 0.1"))),
        }
    }
}
