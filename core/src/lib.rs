#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

// In the order of the flow: a module imports only modules above it (tests/import_law.rs).
mod quote;
mod readable;
mod error;
mod regular;
#[cfg(any(feature = "archive", feature = "train"))]
mod atomic;
#[cfg(any(feature = "archive", feature = "train"))]
mod gate;
#[cfg(any(feature = "archive", feature = "train"))]
mod page;
mod digest;
mod number;
pub mod prepare;
mod progress;
mod types;
mod tickets;
pub mod table;
pub mod route;
mod options;
mod model;
mod pipeline;
pub mod metrics;
mod engine;
mod score;
mod learn;
#[cfg(feature = "archive")]
pub mod archive;

pub use engine::{Engine, HeadInfo, Info, MAX_TICKETS, Pending, STREAM_STEP, STREAM_WINDOW, Stream};
pub use error::{Error, ErrorKind, Result};
pub use learn::evaluate;
#[cfg(feature = "train")]
pub use learn::{doctor, outcomes, train};
pub use metrics::Metrics;
pub use model::bundle::{HeadKind, default_model_dir};
pub use options::*;
pub use pipeline::NEUTRAL_BAND;
pub use progress::OnProgress;
pub use readable::readable;
pub use score::{Column, ScoreOptions, Scores, TextColumn, score};
pub use tickets::{IntoTickets, TicketRef, Tickets, from_json};
pub use types::*;
