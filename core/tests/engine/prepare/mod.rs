//! What is taken away from messages, and what is not.

mod examples;
mod properties;
mod stays;
