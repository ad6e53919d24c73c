//! Frontdesk's own labelled tickets and the public sets it is trained and evaluated with.
//!
//! A leaf crate: it reads labelled text and writes the `text,label` files that `frontdesk train` and
//! `frontdesk evaluate` take. It knows nothing of models, and nothing in the product depends on it.
#![warn(missing_docs)]

pub mod agreement;
pub mod check;
pub mod error;
mod files;
pub mod gibberish;
pub mod near;
pub mod outside;
pub mod prepare;
pub mod public;
mod rng;
pub mod split;
pub mod stats;
pub mod tickets;

pub use error::{DataError, Result};
