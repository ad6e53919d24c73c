//! From labelled rows to a model: training, the doctor, evaluation and reports.
#![cfg(feature = "train")]

#[path = "../common/mod.rs"]
mod common;

mod detector;
mod doctor;
mod evaluate;
mod families;
mod heads;
mod limits;
mod numbers;
mod report;
mod tune;
