//! The attention on candle: plain, with distances, or with turned queries and keys.

use candle_core::{D, Tensor};
use candle_nn::ops::softmax_last_dim;

use super::linear::{LayerNorm, Linear};
use super::{Device, tensor};
use crate::Result;
use crate::config::{
    Attention as Kind, Config, Disentangled, DistanceEmbeddings, DistanceProjection, Rotary,
};
use crate::encoder::checkpoint::Checkpoint;
use crate::encoder::distance::t5_bucket;
use crate::families::Qkv;

/// The attention of one layer.
#[derive(Debug)]
pub(super) struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    heads: usize,
    /// Scores are divided by it.
    divisor: f64,
    projected: Projected,
    is_local: bool,
}

/// The embeddings of distances as queries and keys read them, `[head, row, width]`.
#[derive(Debug, Default)]
struct Projected {
    keys: Option<Tensor>,
    queries: Option<Tensor>,
}

/// Constants of an encoder.
#[derive(Debug)]
pub(super) struct Distances {
    /// MPNet's table, `[bucket, head]`.
    numbers: Option<Tensor>,
    /// DeBERTa's embeddings, `[row, hidden]`.
    embeddings: Option<Tensor>,
}

/// What the scores of sequences of one length have, whatever their tokens.
pub(super) struct ScoreTerms {
    /// Added, `[1, heads, n, n]` or `[1, 1, n, n]`; in layers with global and with local attention.
    added: [Option<Tensor>; 2],
    /// The row of the embedding for each query and key, `[n, n]`.
    rows: Option<Tensor>,
    /// Cosines and sines, `[n, width / 2]`; in layers with global and with local attention.
    turns: Option<[(Tensor, Tensor); 2]>,
}

impl Distances {
    pub(super) fn load(checkpoint: &Checkpoint<'_>, device: &Device) -> Result<Self> {
        let (config, weights) = (checkpoint.config, checkpoint.weights);
        let (mut numbers, mut embeddings) = (None, None);
        match &config.attention {
            Kind::Buckets(buckets) => {
                let name = checkpoint.trunk("encoder.relative_attention_bias.weight");
                numbers = Some(tensor(weights, &name, &[buckets.rows, config.attention_heads], device)?);
            }
            Kind::Disentangled(Disentangled { distances: Some(how), .. }) => {
                let name = checkpoint.trunk("encoder.rel_embeddings.weight");
                let mut rows = tensor(weights, &name, &[2 * how.span, config.hidden_size], device)?;
                if how.normed {
                    let name = checkpoint.trunk("encoder.LayerNorm");
                    let values = checkpoint.norm_values(&name, config.hidden_size)?;
                    rows = LayerNorm::new(values, config.layer_norm_eps as f32, device)?.forward(&rows)?;
                }
                embeddings = Some(rows);
            }
            _ => {}
        }
        Ok(Self { numbers, embeddings })
    }

    pub(super) fn terms(&self, config: &Config, tokens: usize, device: &Device) -> Result<ScoreTerms> {
        // By query and key.
        let pairs = || (0..tokens).flat_map(|query| (0..tokens).map(move |key| (query, key)));
        let mut terms = ScoreTerms { added: [None, None], rows: None, turns: None };
        match &config.attention {
            Kind::Plain => {}
            Kind::Buckets(_) => {
                let buckets: Vec<u32> =
                    pairs().map(|(q, k)| t5_bucket(q.abs_diff(k), k > q) as u32).collect();
                let buckets = Tensor::from_vec(buckets, tokens * tokens, &device.0)?;
                if let Some(numbers) = &self.numbers {
                    let numbers = numbers.index_select(&buckets, 0)?.t()?;
                    let shape = (1, config.attention_heads, tokens, tokens);
                    terms.added = [Some(numbers.reshape(shape)?), None];
                }
            }
            Kind::Disentangled(Disentangled { distances: None, .. }) => {}
            Kind::Disentangled(Disentangled { distances: Some(how), .. }) => {
                let rows = pairs().map(|(query, key)| how.row(query, key) as u32).collect();
                terms.rows = Some(Tensor::from_vec(rows, (tokens, tokens), &device.0)?);
            }
            Kind::Rotary(rotary) => {
                let outside =
                    |(q, k): (usize, usize)| if q.abs_diff(k) <= rotary.window { 0.0 } else { f32::MIN };
                let mask = Tensor::from_vec(
                    pairs().map(outside).collect::<Vec<f32>>(),
                    (1, 1, tokens, tokens),
                    &device.0,
                )?;
                terms.added = [None, Some(mask)];
                terms.turns = Some(turns(rotary, config.head_size(), tokens, device)?);
            }
        }
        Ok(terms)
    }
}

/// Cosines and sines of layers with global and with local attention.
fn turns(rotary: &Rotary, size: usize, tokens: usize, device: &Device) -> Result<[(Tensor, Tensor); 2]> {
    let turn = |base: f64| {
        let angle = |position: usize, pair: usize| {
            let frequency = (1.0 / base.powf(2.0 * pair as f64 / size as f64)) as f32;
            position as f32 * frequency
        };
        let of = |function: fn(f32) -> f32| {
            let values = (0..tokens).flat_map(|at| (0..size / 2).map(move |pair| function(angle(at, pair))));
            Tensor::from_vec(values.collect::<Vec<f32>>(), (tokens, size / 2), &device.0)
        };
        Ok::<_, crate::ModelError>((of(f32::cos)?, of(f32::sin)?))
    };
    Ok([turn(rotary.global_base)?, turn(rotary.local_base)?])
}

impl Attention {
    pub(super) fn load(
        checkpoint: &Checkpoint<'_>,
        distances: &Distances,
        index: usize,
        device: &Device,
    ) -> Result<Self> {
        let (config, names) = (checkpoint.config, checkpoint.names);
        let (hidden, heads, has_bias) = (config.hidden_size, config.attention_heads, config.biases.attention);
        let linear = |name: &str, outputs: usize, has_bias: bool| {
            let name = checkpoint.layer(index, name);
            Linear::load(checkpoint.weights, &name, (hidden, outputs), has_bias, device)
        };
        let [query, key, value] = match names.qkv {
            Qkv::Apart(names) => names.map(|name| linear(name, hidden, has_bias)),
            Qkv::Fused(name) => {
                let fused = linear(name, 3 * hidden, has_bias)?;
                [0, 1, 2].map(|part| fused.part(part * hidden, hidden))
            }
        };
        let (query, key) = (query?, key?);
        let mut projected = Projected::default();
        let mut products = 1;
        if let Kind::Disentangled(how) = &config.attention {
            products = how.products;
            if let (Some(embeddings), Some(how)) = (&distances.embeddings, &how.distances) {
                let own = |name: &str| linear(name, hidden, true);
                projected = Projected::of(embeddings, how, heads, [&query, &key], own)?;
            }
        }
        Ok(Self {
            query,
            key,
            value: value?,
            output: linear(names.attention_output, hidden, has_bias)?,
            heads,
            divisor: ((config.head_size() * products) as f64).sqrt(),
            projected,
            is_local: matches!(&config.attention, Kind::Rotary(rotary) if rotary.is_local[index]),
        })
    }

    /// softmax(Q Kᵀ / √d + distances + mask) V, head by head (Vaswani et al. 2017), and the output layer.
    pub(super) fn forward(
        &self,
        states: &Tensor,
        terms: &ScoreTerms,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let (rows, longest, hidden) = states.dims3()?;
        let (heads, width) = (self.heads, hidden / self.heads);
        let split = |t: Tensor| t.reshape((rows, longest, heads, width))?.transpose(1, 2)?.contiguous();
        let local = usize::from(self.is_local);
        let mut query = split((self.query.forward(states)? / self.divisor)?)?;
        let mut key = split(self.key.forward(states)?)?;
        let value = split(self.value.forward(states)?)?;
        if let Some(turns) = &terms.turns {
            (query, key) = (turned(&query, &turns[local])?, turned(&key, &turns[local])?);
        }
        let mut scores = query.matmul(&key.t()?)?;
        if let Some(which) = &terms.rows {
            let shape = (rows, heads, longest, longest);
            if let Some(embeddings) = &self.projected.keys {
                let products = query.broadcast_matmul(&embeddings.t()?)?;
                scores = (scores + products.gather(&which.broadcast_as(shape)?.contiguous()?, 3)?)?;
            }
            if let Some(embeddings) = &self.projected.queries {
                let products = (key.broadcast_matmul(&embeddings.t()?)? / self.divisor)?;
                let by_key = which.t()?.broadcast_as(shape)?.contiguous()?;
                scores = (scores + products.gather(&by_key, 3)?.transpose(2, 3)?)?;
            }
        }
        for added in [terms.added[local].as_ref(), mask].into_iter().flatten() {
            scores = scores.broadcast_add(added)?;
        }
        let mixed = softmax_last_dim(&scores.contiguous()?)?.matmul(&value)?;
        self.output.forward(&mixed.transpose(1, 2)?.reshape((rows, longest, hidden))?)
    }
}

impl Projected {
    fn of(
        embeddings: &Tensor,
        how: &DistanceEmbeddings,
        heads: usize,
        shared: [&Linear; 2],
        own: impl Fn(&str) -> Result<Linear>,
    ) -> Result<Self> {
        let (rows, hidden) = embeddings.dims2()?;
        let project = |is_read: bool, shared: &Linear, name: &str| -> Result<Option<Tensor>> {
            if !is_read {
                return Ok(None);
            }
            let rows_of = match how.projection {
                DistanceProjection::Shared => shared.forward(embeddings)?,
                DistanceProjection::Own => own(name)?.forward(embeddings)?,
            };
            Ok(Some(rows_of.reshape((rows, heads, hidden / heads))?.transpose(0, 1)?.contiguous()?))
        };
        let [query, key] = shared;
        Ok(Self {
            keys: project(how.content_to_position, key, "attention.self.pos_key_proj")?,
            queries: project(how.position_to_content, query, "attention.self.pos_query_proj")?,
        })
    }
}

/// Turns the values i and i + width / 2 of queries or keys by their positions (Su et al. 2021).
fn turned(states: &Tensor, (cosines, sines): &(Tensor, Tensor)) -> Result<Tensor> {
    let half = states.dim(D::Minus1)? / 2;
    let (first, second) = (states.narrow(3, 0, half)?, states.narrow(3, half, half)?);
    let times = |a: &Tensor, b: &Tensor| a.broadcast_mul(b);
    let parts = [
        (times(&first, cosines)? - times(&second, sines)?)?,
        (times(&second, cosines)? + times(&first, sines)?)?,
    ];
    Ok(Tensor::cat(&parts, 3)?)
}
