//! A checkpoint's tensors, packed.

use super::buffers::BufferPool;
use super::{Layer, PackedEncoder};
use crate::Result;
use crate::config::Config;
use crate::encoder::checkpoint::Checkpoint;
use crate::kernels::layout::{Lane, panels};
use crate::kernels::linear::PackedLinear;
use crate::kernels::rows::Norm;
use crate::kernels::simd::LANES;
use crate::kernels::{Isa, Matrix, Precision, RowMajor};
use crate::weights::Weights;

impl PackedEncoder {
    /// Packs a checkpoint's tensors for `isa`.
    ///
    /// # Errors
    /// [`crate::ModelError::Tensor`] names the tensor that is missing or does not fit the configuration.
    pub fn load(config: &Config, weights: &Weights, precision: Precision, isa: Isa) -> Result<Self> {
        let checkpoint = Checkpoint::new(config, weights)?;
        let hidden = config.hidden_size;
        let embedding = |name: &str, rows: usize| {
            weights.values(&checkpoint.embedding(&format!("{name}_embeddings.weight")), &[rows, hidden])
        };
        let words = checkpoint.embedding("word_embeddings.weight");
        let words = weights.rows(&words, config.vocab_size, hidden)?;
        let mut positions = embedding("position", config.max_positions)?;
        if config.token_types > 0 {
            let types = embedding("token_type", config.token_types)?;
            for position in positions.chunks_exact_mut(hidden) {
                for (position, kind) in position.iter_mut().zip(&types) {
                    *position += kind;
                }
            }
        }
        let embedding_norm = norm(config, &checkpoint, &checkpoint.embedding("LayerNorm"))?;
        let mut layers: Vec<Layer> = Vec::with_capacity(config.layers);
        for index in 0..config.layers {
            let before = layers.last().map_or(&embedding_norm, |layer| &layer.output_norm);
            layers.push(Layer::load(config, &checkpoint, precision, index, before)?);
        }
        Ok(Self {
            words: words.into_owned(),
            positions,
            embedding_norm,
            layers,
            config: config.clone(),
            isa,
            precision,
            arenas: BufferPool::new(),
            scratches: BufferPool::new(),
            strips: BufferPool::new(),
        })
    }
}

fn norm(config: &Config, checkpoint: &Checkpoint<'_>, name: &str) -> Result<Norm> {
    let [weight, bias] = checkpoint.norm(name);
    let lanes = |name: &str| {
        let values = checkpoint.weights.values(name, &[config.hidden_size])?;
        let lane = |chunk: &[f32]| std::array::from_fn(|lane| chunk.get(lane).copied().unwrap_or(0.0));
        Ok::<_, crate::ModelError>(values.chunks(LANES).map(lane).collect())
    };
    Ok(Norm {
        weight: lanes(&weight)?,
        bias: lanes(&bias)?,
        columns: config.hidden_size,
        eps: config.layer_norm_eps as f32,
    })
}

impl Layer {
    /// `before` is the LayerNorm whose output the layer reads.
    fn load(
        config: &Config,
        checkpoint: &Checkpoint<'_>,
        precision: Precision,
        index: usize,
        before: &Norm,
    ) -> Result<Self> {
        let (hidden, wide, names, weights) =
            (config.hidden_size, config.intermediate_size, &checkpoint.names, checkpoint.weights);
        let plain = |name: &str, inputs, outputs| {
            RowMajor::load(weights, &checkpoint.layer(index, name), inputs, outputs)
        };
        let norm = |name: &str| norm(config, checkpoint, &checkpoint.layer(index, name));

        // Heads are padded to whole panels, so that attention reads and writes whole lanes.
        let dims = hidden / config.attention_heads;
        let padded = panels(dims) * LANES;
        let place =
            |column: usize| (column % padded < dims).then(|| column / padded * dims + column % padded);
        let of_heads = config.attention_heads * padded;
        let parts = [names.query, names.key, names.value].map(|name| plain(name, hidden, hidden));
        let [query, key, value] = parts;
        let parts = [query?, key?, value?];
        let qkv = PackedLinear::new(
            precision,
            &Matrix {
                inputs: hidden,
                outputs: 3 * of_heads,
                row: |column: usize| place(column % of_heads).map(|at| parts[column / of_heads].row(at)),
            },
            |column| place(column % of_heads).map_or(0.0, |at| parts[column / of_heads].bias[at]),
            |input| spread_of(before, input),
        );
        let (means, deviations) = moments(before);
        let values = parts[2].spreads(precision, &means, &deviations);
        let mixed = plain(names.attention_output, hidden, hidden)?;
        let attention_output = PackedLinear::new(
            precision,
            &Matrix {
                inputs: of_heads,
                outputs: hidden,
                row: |column: usize| {
                    let row = mixed.row(column);
                    let padded = |input| place(input).map_or(0.0, |at| row[at]);
                    Some((0..of_heads).map(padded).collect())
                },
            },
            |column| mixed.bias[column],
            |input| place(input).map_or(0.0, |at| values[at]),
        );
        let attention_norm = norm(names.attention_norm)?;
        let intermediate = plain(names.intermediate, hidden, wide)?;
        let (means, deviations) = moments(&attention_norm);
        let widths = intermediate.spreads(precision, &means, &deviations);
        Ok(Self {
            qkv,
            attention_output,
            intermediate: intermediate.pack(precision, |input| spread_of(&attention_norm, input)),
            attention_norm,
            output: plain(names.output, wide, hidden)?.pack(precision, |input| widths[input]),
            output_norm: norm(names.output_norm)?,
        })
    }
}

/// Returns the means and the standard deviations of LayerNorm's output by column: its bias and its weight.
fn moments(norm: &Norm) -> (Vec<f32>, Vec<f32>) {
    let flat = |lanes: &[Lane]| lanes.as_flattened()[..norm.columns].to_vec();
    (flat(&norm.bias), flat(&norm.weight))
}

/// Estimates how far a column of LayerNorm's output goes from zero.
fn spread_of(norm: &Norm, column: usize) -> f32 {
    let (panel, lane) = (column / LANES, column % LANES);
    norm.bias[panel][lane].abs() + 3.0 * norm.weight[panel][lane].abs()
}
