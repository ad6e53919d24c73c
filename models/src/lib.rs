//! The networks of Frontdesk: encoders of seven families with classification heads, read from Hugging Face
//! directories.
//!
//! Tensors in, tensors out. This crate knows no text, no labels and no network access; the `frontdesk` crate
//! gives those.
//!
//! The flow: [`config`] and [`weights`] read a checkpoint, [`encoder`] turns token ids into hidden states,
//! [`heads`] turn hidden states into logits and logits into probabilities, [`network`] joins one encoder and
//! its heads.
#![warn(missing_docs)]

pub mod config;
pub mod encoder;
mod error;
mod families;
pub mod heads;
pub mod kernels;
pub mod memory;
pub mod network;
mod numbers;
#[cfg(feature = "reference")]
pub mod reference;
#[cfg(feature = "train")]
pub mod training;
pub mod weights;

pub use error::{ModelError, Result};
