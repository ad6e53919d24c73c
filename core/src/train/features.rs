//! Texts through the frozen trunk, once.

use std::sync::atomic::{AtomicUsize, Ordering};

use frontdesk_models::encoder::{Encoder as _, PackedEncoder, Pooling};
use frontdesk_models::kernels::{Isa, Precision};
use rayon::prelude::*;

use super::export::Base;
use crate::batch::{Batch, batches};
use crate::data::Labelled;
use crate::tokenize::{Encoding, Tokenizer};
use crate::{LongText, Result};

/// Rows that are tokenized before whoever waits may stop the work.
const TURN: usize = 1024;

/// A trunk with its tokenizer.
#[derive(Debug)]
pub(super) struct Encoder {
    trunk: PackedEncoder,
    tokenizer: Tokenizer,
}

/// One vector a text, `[rows][hidden]`.
pub(super) type Features = Vec<Vec<f32>>;

impl Encoder {
    pub(super) fn new(base: &Base) -> Result<Self> {
        let trunk =
            PackedEncoder::load(&base.config, &base.trunk_weights()?, Precision::F32, Isa::chosen()?)?;
        let input = &base.input;
        let vocabulary = base.config.vocab_size;
        let tokenizer = Tokenizer::new(&base.tokenizer, vocabulary, input.max_tokens, input.max_bytes)?;
        Ok(Self { trunk, tokenizer })
    }

    /// Mean-pooled vectors of the rows, in their order. `progress` is told the rows done, and may stop the work.
    pub(super) fn pooled(
        &self,
        rows: &[&Labelled],
        progress: &(dyn Fn(usize) -> Result<()> + Sync),
    ) -> Result<Features> {
        let encode = |row: &&Labelled| {
            let encoding = self.tokenizer.encode(&row.text, LongText::HeadAndTail);
            encoding.map_err(|e| e.context(format!("line {}", row.line)))
        };
        let mut encodings: Vec<Encoding> = Vec::with_capacity(rows.len());
        for rows in rows.chunks(TURN) {
            progress(0)?;
            encodings.extend(rows.par_iter().map(encode).collect::<Result<Vec<_>>>()?);
        }
        let done = AtomicUsize::new(0);
        let run = |batch: Batch| -> Result<(Vec<usize>, Features)> {
            let pooled = self.trunk.forward(&batch.tokens)?.pool(Pooling::Mean)?;
            let pooled = pooled.to_vec2::<f32>().map_err(frontdesk_models::ModelError::from)?;
            let rows = batch.members.len();
            progress(done.fetch_add(rows, Ordering::Relaxed) + rows)?;
            Ok((batch.members, pooled))
        };
        let batches = batches(&encodings.iter().collect::<Vec<_>>(), self.trunk.pads());
        let done: Vec<_> = batches.into_par_iter().map(run).collect::<Result<_>>()?;
        let mut features = vec![Vec::new(); rows.len()];
        for (member, vector) in done.into_iter().flat_map(|(members, pooled)| members.into_iter().zip(pooled))
        {
            features[member] = vector;
        }
        Ok(features)
    }
}
