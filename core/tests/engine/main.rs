//! The engine, its models, and what goes into it.

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod tables;
#[cfg(feature = "hub")]
mod hub;
#[cfg(feature = "hub")]
mod hub_server;
#[cfg(feature = "hub")]
mod hub_shards;
mod import_law;
mod labels;
mod large_models;
mod messages;
mod models;
mod prepare;
mod scheduler;
mod sentiment_model;
mod shards;
mod strange_texts;
mod tokenizers;
