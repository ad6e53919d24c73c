//! The products of queries and keys with embeddings of their distance (DeBERTa, He et al. 2021).

use super::distances::Rows;
use super::heads::HeadLayout;
use crate::config::{DistanceEmbeddings, DistanceProjection};
use crate::encoder::checkpoint::Checkpoint;
use crate::families::Qkv;
use crate::kernels::layout::{Lane, Tiles, panels};
use crate::kernels::linear::{Epilogue, Precision};
use crate::kernels::microkernel::f32_tile;
use crate::kernels::rows::Norm;
use crate::kernels::simd::{LANES, Simd};
use crate::kernels::{Aligned, Isa, RowMajor, few};
use crate::{ModelError, Result};

/// The embeddings of distances as one layer's queries and keys read them, `[head][sixteen
/// rows][dimension][16]`: constants of a model.
#[derive(Debug)]
pub(super) struct Projected {
    /// Read by queries.
    keys: Option<Vec<Lane>>,
    /// Read by keys, divided as scores are.
    queries: Option<Vec<Lane>>,
}

/// The embeddings of distances, by columns.
pub(super) struct Embeddings {
    lanes: Vec<Lane>,
    rows: usize,
    hidden: usize,
}

impl Embeddings {
    pub(super) fn load(checkpoint: &Checkpoint<'_>, how: &DistanceEmbeddings, isa: Isa) -> Result<Self> {
        let (rows, hidden) = (2 * how.span, checkpoint.config.hidden_size);
        let name = checkpoint.trunk("encoder.rel_embeddings.weight");
        let values = checkpoint.weights.values(&name, &[rows, hidden])?;
        let mut lanes = few::by_columns(&values, rows, hidden);
        if how.normed {
            let [weight, bias] = checkpoint.norm_values(&checkpoint.trunk("encoder.LayerNorm"), hidden)?;
            let norm = Norm::new([&weight, &bias], checkpoint.config.layer_norm_eps as f32);
            lanes = few::norm(isa, &norm, rows, &lanes);
        }
        Ok(Self { lanes, rows, hidden })
    }
}

impl Projected {
    /// `scale` is that of the scores.
    pub(super) fn load(
        checkpoint: &Checkpoint<'_>,
        how: &DistanceEmbeddings,
        embeddings: &Embeddings,
        (layer, scale, isa): (usize, f32, Isa),
    ) -> Result<Self> {
        let Qkv::Apart([query, key, _]) = checkpoint.names.qkv else {
            return Err(ModelError::config("model_type", "queries and keys are one tensor"));
        };
        let (query, key) = match how.projection {
            DistanceProjection::Shared => (query, key),
            DistanceProjection::Own => ("attention.self.pos_query_proj", "attention.self.pos_key_proj"),
        };
        let layout = HeadLayout::of(checkpoint.config);
        let hidden = checkpoint.config.hidden_size;
        let project = |wanted: bool, name: &str, scale: f32| {
            wanted
                .then(|| {
                    let name = checkpoint.layer(layer, name);
                    let plain = RowMajor::load(checkpoint.weights, &name, hidden, hidden, true)?;
                    Ok::<_, ModelError>(embeddings.projected(&plain, layout, scale, isa))
                })
                .transpose()
        };
        // Each is as much work as a pass over a text of as many tokens: two threads.
        let (keys, queries) = rayon::join(
            || project(how.content_to_position, key, 1.0),
            || project(how.position_to_content, query, scale),
        );
        Ok(Self { keys: keys?, queries: queries? })
    }

    pub(super) fn head<'a>(&'a self, head: usize, heads: usize, rows: &'a Rows) -> HeadDistances<'a> {
        let part = |of: &'a Option<Vec<Lane>>| {
            of.as_ref().map(|lanes| &lanes[head * lanes.len() / heads..(head + 1) * lanes.len() / heads])
        };
        HeadDistances { rows, keys: part(&self.keys), queries: part(&self.queries) }
    }
}

impl Embeddings {
    fn projected(&self, plain: &RowMajor<'_>, layout: HeadLayout, scale: f32, isa: Isa) -> Vec<Lane> {
        let linear = layout.pack(Precision::F32, self.hidden, &[(plain, 0)], |_| 1.0);
        let by_columns = few::linear(isa, &linear, Epilogue::Nothing, self.rows, &self.lanes);
        let mut to = Vec::with_capacity(layout.heads * panels(self.rows) * layout.panels() * LANES);
        for head in by_columns.chunks_exact(layout.panels() * self.rows) {
            for first in (0..self.rows).step_by(LANES) {
                for column in 0..layout.panels() * LANES {
                    let of_row = |lane: usize| {
                        let row = first + lane;
                        let at = column / LANES * self.rows + row;
                        if row < self.rows { head[at][column % LANES] * scale } else { 0.0 }
                    };
                    to.push(std::array::from_fn(of_row));
                }
            }
        }
        to
    }
}

/// What one head reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadDistances<'a> {
    rows: &'a Rows,
    keys: Option<&'a [Lane]>,
    queries: Option<&'a [Lane]>,
}

/// Products with the embeddings, `[query or key][row of the embedding]`, from a row on.
#[derive(Debug, Default)]
pub(super) struct Products {
    of_queries: Aligned<Lane>,
    of_keys: Aligned<Lane>,
    /// Panels of rows, and the first.
    panels: usize,
    first: usize,
}

impl HeadDistances<'_> {
    /// The products of all keys of a sequence.
    #[inline(always)]
    pub(super) fn of_keys<S: Simd>(&self, simd: S, keys: Tiles<'_>, to: &mut Products) {
        let [first, last] = self.rows.between(keys.rows());
        (to.first, to.panels) = (first / LANES, last / LANES + 1 - first / LANES);
        let width = to.panels;
        let Some(embeddings) = self.queries else { return };
        let lanes = to.of_keys.resized(keys.rows() * width);
        for (group, lanes) in lanes.chunks_mut(S::ROWS * width).enumerate() {
            let keys = keys.part(group * S::ROWS, lanes.len() / width);
            products(simd, keys, embeddings, to.first, lanes);
        }
    }

    /// The products of a group of queries.
    #[inline(always)]
    pub(super) fn of_queries<S: Simd>(&self, simd: S, queries: Tiles<'_>, to: &mut Products) {
        let Some(embeddings) = self.keys else { return };
        let lanes = to.of_queries.resized(queries.rows() * to.panels);
        products(simd, queries, embeddings, to.first, lanes);
    }

    /// Adds what the distance gives to the scores of a group of `height` queries from `query` on,
    /// `[sixteen keys][row][16]`.
    #[inline(always)]
    pub(super) fn add(&self, products: &Products, query: usize, keys: usize, height: usize, to: &mut [Lane]) {
        let (width, first) = (products.panels * LANES, products.first * LANES);
        if self.keys.is_some() {
            let of_queries = products.of_queries.as_flattened().chunks_exact(width).take(height);
            for (row, of_query) in of_queries.enumerate() {
                for (key, at) in self.rows.of_query(query + row, keys).enumerate() {
                    to[key / LANES * height + row][key % LANES] += of_query[at - first];
                }
            }
        }
        if self.queries.is_some() {
            // Keys outermost: what the queries of a group read of one lies side by side.
            let of_keys = products.of_keys.as_flattened().chunks_exact(width).take(keys);
            for (key, of_key) in of_keys.enumerate() {
                let to = &mut to[key / LANES * height..][..height];
                for (to, at) in to.iter_mut().zip(self.rows.of_key(key, query)) {
                    to[key % LANES] += of_key[at - first];
                }
            }
        }
    }
}

/// The products of a group of rows with the embeddings from the panel `first` on, as many as `to` has.
#[inline(always)]
fn products<S: Simd>(simd: S, rows: Tiles<'_>, embeddings: &[Lane], first: usize, to: &mut [Lane]) {
    let (height, dims) = (rows.rows(), rows.panels() * LANES);
    let width = to.len() / height;
    for panel in 0..width {
        let mut sums = [[0.0; LANES]; 16];
        let sums = &mut sums[..height];
        f32_tile(simd, rows, [&embeddings[(first + panel) * dims..][..dims]], [&mut *sums]);
        for (sum, to) in sums.iter().zip(to.iter_mut().skip(panel).step_by(width)) {
            *to = *sum;
        }
    }
}
