//! Texts to tokens, and tokens through a trunk as it is served.

use std::sync::atomic::{AtomicUsize, Ordering};

use frontdesk_models::config::Config;
use frontdesk_models::encoder::{Encoder as _, PackedEncoder, Pooling};
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::weights::Weights;
use rayon::prelude::*;

use crate::model::batch::{Batch, batches};
use crate::model::tokenize::{Encoding, Tokenizer};
use crate::table::Labelled;
use crate::{LongText, OnProgress, Result};

/// Rows that are tokenized between two calls of `progress`, which may stop the work.
const TURN: usize = 1024;

/// One vector a text, `[rows][hidden]`.
pub(super) type Features = Vec<Vec<f32>>;

/// The tokens of the rows.
pub(super) fn encode(
    tokenizer: &Tokenizer,
    rows: &[&Labelled],
    progress: OnProgress<'_, usize>,
) -> Result<Vec<Encoding>> {
    let encode = |row: &&Labelled| {
        let encoding = tokenizer.encode(&row.text, LongText::HeadAndTail);
        encoding.map_err(|e| e.context(row.place))
    };
    let mut encodings = Vec::with_capacity(rows.len());
    for rows in rows.chunks(TURN) {
        progress(encodings.len())?;
        encodings.extend(rows.par_iter().map(encode).collect::<Result<Vec<_>>>()?);
    }
    Ok(encodings)
}

/// A trunk as it is served.
pub(super) fn served(config: &Config, weights: &Weights) -> Result<PackedEncoder> {
    Ok(PackedEncoder::load(config, weights, Precision::F32, Isa::chosen()?)?)
}

/// Pooled vectors of the rows, in their order.
pub(super) fn pooled(
    trunk: &PackedEncoder,
    encodings: &[Encoding],
    pooling: Pooling,
    progress: OnProgress<'_, usize>,
) -> Result<Features> {
    let done = AtomicUsize::new(0);
    let run = |batch: Batch| -> Result<(Vec<usize>, Features)> {
        let pooled = trunk.forward(&batch.tokens)?.pool(pooling)?;
        let rows = batch.members.len();
        progress(done.fetch_add(rows, Ordering::Relaxed) + rows)?;
        Ok((batch.members, pooled))
    };
    let batches = batches(&encodings.iter().collect::<Vec<_>>(), trunk.pads());
    let done: Vec<_> = batches.into_par_iter().map(run).collect::<Result<_>>()?;
    let mut features = vec![Vec::new(); encodings.len()];
    for (member, vector) in done.into_iter().flat_map(|(members, pooled)| members.into_iter().zip(pooled)) {
        features[member] = vector;
    }
    Ok(features)
}
