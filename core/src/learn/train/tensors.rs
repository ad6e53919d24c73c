//! Tensors by name, and their file.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, TensorView};

use crate::{Error, ErrorKind, Result};

/// The bytes of all values, one after the other.
pub(super) fn little_endian<const SIZE: usize>(values: &[f32], bytes: impl Fn(f32) -> [u8; SIZE]) -> Vec<u8> {
    let mut all = vec![0; values.len() * SIZE];
    all.as_chunks_mut().0.iter_mut().zip(values).for_each(|(to, value)| *to = bytes(*value));
    all
}

/// Tensors by name.
pub(super) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

pub(super) fn serialize(tensors: &Tensors, half: bool) -> Result<Vec<u8>> {
    let fault =
        |e: safetensors::SafeTensorError| Error::new(ErrorKind::Internal, e.to_string()).with_source(e);
    let mut bytes = Vec::new();
    for (name, (_, values)) in tensors {
        if half && let Some(large) = values.iter().find(|v| v.abs() > 65504.0) {
            let message = format!("tensor `{name}` holds {large}, which float16 cannot hold");
            return Err(Error::new(ErrorKind::ModelInvalid, message));
        }
        let of_values: Vec<u8> = if half {
            little_endian(values, |v| half::f16::from_f32(v).to_le_bytes())
        } else {
            little_endian(values, f32::to_le_bytes)
        };
        bytes.push(of_values);
    }
    let dtype = if half { Dtype::F16 } else { Dtype::F32 };
    let mut views = Vec::new();
    for ((name, (shape, _)), bytes) in tensors.iter().zip(&bytes) {
        views.push((name.clone(), TensorView::new(dtype, shape.clone(), bytes).map_err(fault)?));
    }
    // transformers needs the writer of the file.
    let metadata = std::collections::HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata)).map_err(fault)
}
