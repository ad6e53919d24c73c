//! The arithmetic of the CPU's serving path: written once over one trait (`simd.rs`), compiled for each
//! instruction set, chosen at run time.
//!
//! The same bits come out of every instruction set: sums of integers are exact, and each float step keeps one
//! order of operations.
#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod aligned;
#[cfg(feature = "bench")]
pub mod bench;
pub(crate) mod few;
mod isa;
pub(crate) mod linear;
pub(crate) mod math;
mod pack;
mod row_major;
mod portable;
#[cfg(feature = "train")]
pub(crate) mod product;
pub(crate) mod rows;
pub(crate) mod simd;
pub(crate) mod team;
#[cfg(test)]
mod tests;
pub(crate) mod microkernel;
pub(crate) mod layout;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub(crate) use aligned::Aligned;
pub use isa::Isa;
pub use linear::Precision;
pub(crate) use pack::Matrix;
pub(crate) use row_major::{Moments, RowMajor};
