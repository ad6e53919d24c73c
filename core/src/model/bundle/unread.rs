//! Weights in formats that are not read, and how they become safetensors.

use crate::{Error, ErrorKind};

/// The files of other formats, and what transformers is told to read them. A pickle runs what its author
/// wants, so that none is ever opened.
const FORMATS: [(&str, Format); 6] = [
    ("pytorch_model.bin", Format::PyTorch),
    ("pytorch_model.bin.index.json", Format::PyTorch),
    ("tf_model.h5", Format::TensorFlow),
    ("tf_model.h5.index.json", Format::TensorFlow),
    ("flax_model.msgpack", Format::Flax),
    ("flax_model.msgpack.index.json", Format::Flax),
];

#[derive(Clone, Copy)]
enum Format {
    PyTorch,
    TensorFlow,
    Flax,
}

/// The error for a model without safetensors that has one of these files: two lines of Python that convert it.
/// `None` where it has none of them. `place` is its name in messages, `source` the directory or the name on
/// the hub that transformers opens.
pub(super) fn refuse(
    place: &str,
    source: &str,
    revision: Option<&str>,
    has: impl Fn(&str) -> bool,
) -> Option<Error> {
    let (file, format) = FORMATS.into_iter().find(|(name, _)| has(name))?;
    let (option, needs) = match format {
        Format::PyTorch => ("", ""),
        Format::TensorFlow => (", from_tf=True", " (transformers 4, with TensorFlow)"),
        Format::Flax => (", from_flax=True", " (transformers 4, with Flax)"),
    };
    // A string of JSON is one of Python.
    let source = serde_json::Value::from(source);
    let revision =
        revision.map(|name| format!(", revision={}", serde_json::Value::from(name))).unwrap_or_default();
    let message = format!(
        "{place} has its weights as {file}, and only safetensors are read. Two lines of Python convert it{needs}; \
         then open \"DIR\":\n\
         from transformers import AutoModelForSequenceClassification as Model, AutoTokenizer as Tokenizer\n\
         Tokenizer.from_pretrained({source}{revision}).save_pretrained(\"DIR\"); \
         Model.from_pretrained({source}{revision}{option}).save_pretrained(\"DIR\")"
    );
    Some(Error::new(ErrorKind::ModelInvalid, message))
}
