#![doc = include_str!("../../README.md")]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

// In the order of the flow: a module imports only modules above it (tests/import_law.rs).
mod error;
#[cfg(any(feature = "archive", feature = "train"))]
mod atomic;
#[cfg(any(feature = "archive", feature = "train"))]
mod gate;
#[cfg(any(feature = "archive", feature = "train"))]
mod page;
mod digest;
pub mod prepare;
mod types;
mod tickets;
pub mod route;
#[cfg(feature = "hub")]
mod hub_options;
mod options;
mod backend;
mod bundle;
mod tokenize;
mod batch;
mod forward;
mod decode;
mod language;
mod repeat;
mod pipeline;
pub mod metrics;
mod pending;
mod call;
mod queue;
mod scheduler;
mod runtime;
mod engine;
mod stream;
mod score;
pub mod table;
#[cfg(feature = "archive")]
pub mod archive;
#[cfg(feature = "train")]
mod lbfgs;
#[cfg(feature = "train")]
mod scale;
#[cfg(feature = "train")]
mod calibrate;
pub mod evaluate;
#[cfg(feature = "train")]
pub mod outcomes;
#[cfg(feature = "train")]
pub mod doctor;
#[cfg(feature = "train")]
pub mod train;

pub use bundle::default_model_dir;
pub use decode::NEUTRAL_BAND;
pub use engine::{Engine, HeadInfo, Info, MAX_TICKETS};
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "hub")]
pub use hub_options::HubOptions;
pub use metrics::Metrics;
pub use options::*;
pub use pending::Pending;
pub use score::{Column, ScoreOptions, Scores, TextColumn, score};
pub use stream::{STREAM_STEP, STREAM_WINDOW, Stream};
pub use tickets::{TicketRef, Tickets, from_json};
pub use types::*;
