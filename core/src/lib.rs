#![doc = include_str!("../../README.md")]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

// In the order of the flow: a module imports only modules above it (tests/import_law.rs).
mod batch;
mod bundle;
pub mod data;
mod decode;
mod engine;
mod error;
pub mod evaluate;
mod forward;
#[cfg(feature = "hub")]
mod hub_options;
mod options;
mod pending;
mod pipeline;
pub mod route;
mod tokenize;
#[cfg(feature = "train")]
pub mod train;
mod types;

pub use bundle::default_model_dir;
pub use decode::NEUTRAL_BAND;
pub use engine::{Engine, HeadInfo, Info, MAX_TICKETS};
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "hub")]
pub use hub_options::HubOptions;
pub use options::*;
pub use pending::Pending;
pub use types::*;
