//! Hidden states to logits, and logits to probabilities.

mod link;
mod packed;
mod spec;

pub use link::{Link, ordinal_level, ordinal_probabilities, probabilities, sigmoid, softmax};
pub(crate) use packed::PackedHead;
pub use spec::{Dense, HeadNorm, HeadSpec};
