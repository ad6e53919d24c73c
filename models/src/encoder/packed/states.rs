//! Hidden states without padding, and one vector of them for each sequence.

use crate::Result;
use crate::encoder::{HiddenStates, Pooling};

#[derive(Debug)]
pub(super) struct PackedStates {
    /// `[token][hidden]`.
    pub(super) states: Vec<f32>,
    /// Where each sequence ends, in tokens.
    pub(super) ends: Vec<usize>,
    pub(super) hidden: usize,
}

impl HiddenStates for PackedStates {
    fn pool(&self, pooling: Pooling) -> Result<Vec<Vec<f32>>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let sequences = starts.zip(&self.ends).map(|(start, &end)| start * self.hidden..end * self.hidden);
        Ok(sequences.map(|tokens| pool(&self.states[tokens], self.hidden, pooling)).collect())
    }
}

/// One vector of the tokens of a sequence, `[token][hidden]`.
fn pool(tokens: &[f32], hidden: usize, pooling: Pooling) -> Vec<f32> {
    let mut pooled = tokens[..hidden].to_vec();
    if pooling == Pooling::Mean {
        for token in tokens.chunks_exact(hidden).skip(1) {
            pooled.iter_mut().zip(token).for_each(|(sum, value)| *sum += value);
        }
        let count = (tokens.len() / hidden) as f32;
        for sum in &mut pooled {
            *sum /= count;
        }
    }
    pooled
}
