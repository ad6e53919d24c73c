//! A network with its heads: where its files come from, texts as tokens, and its outputs for them.

pub(crate) mod backend;
pub(crate) mod batch;
pub(crate) mod bundle;
pub(crate) mod forward;
pub(crate) mod language;
pub(crate) mod room;
pub(crate) mod tokenize;
