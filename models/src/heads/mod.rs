//! Hidden states to logits, and logits to probabilities.

mod head;
mod link;
mod packed;

pub use head::{Head, HeadSpec, NonLinearity};
pub use link::{Link, ordinal_level, ordinal_probabilities, probabilities, sigmoid, softmax};
pub(crate) use packed::PackedHead;

pub use crate::linear::Linear;
