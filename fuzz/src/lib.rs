//! What a stranger can give to Frontdesk, as functions of bytes: each takes anything, answers or refuses it
//! with an error of a kind that is the input's fault, and never panics.
//!
//! `cargo fuzz run NAME --features libfuzzer` looks for inputs that do; `tests/corpus.rs` runs each target
//! over the corpus and over changed copies of it.

#![allow(clippy::missing_panics_doc, reason = "to panic is how a target tells of a fault")]

mod corpus;
mod files;
mod http;
mod model;
mod mutate;
mod routing;

pub use corpus::{TARGETS, Target, seeds};
pub use files::{condition, prepare, table};
pub use http::http;
pub use model::model;
pub use mutate::Mutator;
pub use routing::{outcomes, policy, record};

use frontdesk::{ErrorKind, Result};

/// An error must be the input's fault.
fn refused_or<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            assert_ne!(error.kind(), ErrorKind::Internal, "{error}");
            None
        }
    }
}
