//! The parts that are removed from messages, and those that are not.

mod examples;
mod properties;
mod stays;
