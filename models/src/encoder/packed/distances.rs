//! What the scores of the attention have for the distance of a key from its query.

use crate::Result;
use crate::config::{Attention, Buckets, Disentangled, DistanceEmbeddings};
use crate::encoder::checkpoint::Checkpoint;
use crate::encoder::distance::t5_bucket;
use crate::kernels::simd::LANES;

/// Tables of an encoder, by distance.
#[derive(Debug)]
pub(super) enum Distances {
    Unread,
    /// A number for each head and distance.
    Numbers(Numbers),
    /// The row of the embedding of distances.
    Rows(Rows),
}

/// Numbers by distance, `[head][distance of the key from the query]`.
#[derive(Debug)]
pub(super) struct Numbers {
    values: Vec<f32>,
    /// Where the distance 0 is.
    centre: usize,
    /// Distances of a head.
    width: usize,
}

/// The row of the embedding for each distance of the query from the key; it never falls with the distance.
#[derive(Debug)]
pub(super) struct Rows {
    rows: Vec<u32>,
    /// Where the distance 0 is.
    centre: usize,
}

impl Distances {
    pub(super) fn load(checkpoint: &Checkpoint<'_>) -> Result<Self> {
        let config = checkpoint.config;
        match &config.attention {
            Attention::Buckets(buckets) => Ok(Self::Numbers(Numbers::load(checkpoint, *buckets)?)),
            Attention::Disentangled(Disentangled { distances: Some(distances), .. }) => {
                Ok(Self::Rows(Rows::new(config.max_positions, distances)))
            }
            Attention::Plain | Attention::Disentangled(_) | Attention::Rotary(_) => Ok(Self::Unread),
        }
    }
}

impl Numbers {
    fn load(checkpoint: &Checkpoint<'_>, buckets: Buckets) -> Result<Self> {
        let (heads, longest) = (checkpoint.config.attention_heads, checkpoint.config.max_positions);
        let name = checkpoint.trunk("encoder.relative_attention_bias.weight");
        let table = checkpoint.weights.values(&name, &[buckets.rows, heads])?;
        // Lanes of keys past the last token are read as well.
        let (centre, width) = (longest - 1, 2 * longest - 1 + LANES);
        let mut values = vec![0.0; heads * width];
        for (head, values) in values.chunks_exact_mut(width).enumerate() {
            for (at, value) in values.iter_mut().enumerate() {
                *value = table[t5_bucket(at.abs_diff(centre), at > centre) * heads + head];
            }
        }
        Ok(Self { values, centre, width })
    }

    /// Sixteen keys from `key` on, for a query.
    #[inline(always)]
    pub(super) fn lane(&self, head: usize, query: usize, key: usize) -> &[f32] {
        &self.values[head * self.width + self.centre + key - query..][..LANES]
    }
}

impl Rows {
    fn new(longest: usize, distances: &DistanceEmbeddings) -> Self {
        let centre = longest - 1;
        let row = |at: usize| distances.row(at.saturating_sub(centre), centre.saturating_sub(at)) as u32;
        Self { rows: (0..=2 * centre).map(row).collect(), centre }
    }

    /// The rows for one query and the first `keys` keys, in the order of the keys.
    #[inline(always)]
    pub(super) fn of_query(&self, query: usize, keys: usize) -> impl Iterator<Item = usize> {
        let last = self.centre + query;
        self.rows[last + 1 - keys..=last].iter().rev().map(|&row| row as usize)
    }

    /// The rows for one key and the queries from `query` on, in their order.
    #[inline(always)]
    pub(super) fn of_key(&self, key: usize, query: usize) -> impl Iterator<Item = usize> {
        self.rows[self.centre + query - key..].iter().map(|&row| row as usize)
    }

    /// The first and the last row that a sequence reads.
    pub(super) fn between(&self, tokens: usize) -> [usize; 2] {
        [self.centre + 1 - tokens, self.centre + tokens - 1].map(|at| self.rows[at] as usize)
    }
}
