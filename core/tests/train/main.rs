//! From labelled rows to a model, and what is said of both.
#![cfg(feature = "train")]

#[path = "../common/mod.rs"]
mod common;

mod doctor;
mod evaluate;
mod heads;
mod report;
mod tune;
