//! The team of a forward pass and the result that is not there yet, under loom: their tests are in their own
//! files, and run here without what else their crates need.
#![allow(dead_code, unreachable_pub, reason = "each file is a part of another crate")]

/// As much of the engine's error as a pending result needs.
mod error {
    /// The kinds that a pending result gives.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum ErrorKind {
        Timeout,
        Internal,
    }

    #[derive(Debug)]
    pub struct Error(ErrorKind);

    impl Error {
        pub fn new(kind: ErrorKind, _message: &str) -> Self {
            Self(kind)
        }

        pub fn kind(&self) -> ErrorKind {
            self.0
        }
    }

    pub type Result<T> = std::result::Result<T, Error>;
}

pub use error::{Error, ErrorKind, Result};

#[path = "../../../core/src/engine/pending.rs"]
mod pending;
#[path = "../../../models/src/kernels/team.rs"]
mod team;
