//! A checkpoint's tensors, packed.

use super::buffers::BufferPool;
use super::disentangled::{Embeddings, Projected};
use super::distances::Distances;
use super::heads::HeadLayout;
use super::rotary::Frequencies;
use super::{Layer, PackedEncoder};
use crate::Result;
use crate::config::{Attention, Config, Disentangled, Projection, Rotary};
use crate::encoder::checkpoint::Checkpoint;
use crate::families::Qkv;
use crate::kernels::linear::PackedLinear;
use crate::kernels::rows::Norm;
use crate::kernels::{Isa, Matrix, Moments, Precision, RowMajor};
use crate::weights::Weights;

impl PackedEncoder {
    /// Packs a checkpoint's tensors for `isa`.
    ///
    /// # Errors
    /// [`crate::ModelError::Tensor`] names the tensor that is missing or does not fit the configuration.
    pub fn load(config: &Config, weights: &Weights, precision: Precision, isa: Isa) -> Result<Self> {
        let checkpoint = &Checkpoint::new(config, weights)?;
        let (hidden, embedded) = (config.hidden_size, config.embedding_size);
        let words = weights.rows(&checkpoint.words(), config.vocab_size, embedded)?;
        let (after_norm, bias) = match config.projection {
            Projection::AfterNorm => (true, true),
            Projection::BeforeNorm | Projection::Nothing => (false, false),
        };
        let norm_width = if after_norm { embedded } else { hidden };
        let embedding_norm =
            norm(checkpoint, &checkpoint.trunk(checkpoint.names.embedding_norm), norm_width)?;
        let mut moments = embedding_norm.moments();
        let mut projection = None;
        if config.projection != Projection::Nothing {
            let name = checkpoint.trunk(checkpoint.names.projection);
            let plain = RowMajor::load(weights, &name, embedded, hidden, bias)?;
            if after_norm {
                moments = plain.moments(&moments);
            }
            projection = Some(plain.pack(Precision::F32, |_| 1.0));
        }
        let scale = scale(config);
        let embeddings = match &config.attention {
            Attention::Disentangled(Disentangled { distances: Some(how), .. }) => {
                Some((how, Embeddings::load(checkpoint, how, isa)?))
            }
            _ => None,
        };
        let mut layers: Vec<Layer> = Vec::with_capacity(config.layers);
        for index in 0..config.layers {
            let mut layer = Layer::load(checkpoint, precision, index, &moments)?;
            if let Some((how, embeddings)) = &embeddings {
                let of = (index, scale, isa);
                layer.distances = Some(Projected::load(checkpoint, how, embeddings, of)?);
            }
            moments = layer.output_norm.moments();
            layers.push(layer);
        }
        Ok(Self {
            words: words.into_owned(),
            positions: checkpoint.position_embedding()?,
            embedding_norm,
            projection,
            layers,
            distances: Distances::load(checkpoint)?,
            frequencies: frequencies(config),
            layout: HeadLayout::of(config),
            scale,
            config: config.clone(),
            isa,
            precision,
            arenas: BufferPool::new(),
            scratches: BufferPool::new(),
            strips: BufferPool::new(),
        })
    }
}

/// Scores are divided by the deviation that sums of so many products have.
fn scale(config: &Config) -> f32 {
    let products = match &config.attention {
        Attention::Disentangled(how) => how.products,
        _ => 1,
    };
    1.0 / ((config.head_size() * products) as f32).sqrt()
}

/// Those of layers with global and with local attention.
fn frequencies(config: &Config) -> Option<[Frequencies; 2]> {
    let Attention::Rotary(Rotary { global_base, local_base, .. }) = &config.attention else { return None };
    Some([*global_base, *local_base].map(|base| Frequencies::new(base, config.head_size())))
}

fn norm(checkpoint: &Checkpoint<'_>, name: &str, width: usize) -> Result<Norm> {
    let [weight, bias] = checkpoint.norm_values(name, width)?;
    Ok(Norm::new([&weight, &bias], checkpoint.config.layer_norm_eps as f32))
}

impl Layer {
    /// `before` tells of the states that the layer reads.
    fn load(
        checkpoint: &Checkpoint<'_>,
        precision: Precision,
        index: usize,
        before: &Moments,
    ) -> Result<Self> {
        let config = checkpoint.config;
        let (hidden, wide, names) = (config.hidden_size, config.intermediate_size, checkpoint.names);
        let plain = |name: &str, inputs, outputs, has_bias| {
            RowMajor::load(checkpoint.weights, &checkpoint.layer(index, name), inputs, outputs, has_bias)
        };
        let biases = config.biases;

        let layout = HeadLayout::of(config);
        let loaded: Vec<RowMajor<'_>> = match names.qkv {
            Qkv::Apart(names) => {
                let part = |name| plain(name, hidden, hidden, biases.attention);
                names.into_iter().map(part).collect::<Result<_>>()?
            }
            Qkv::Fused(name) => vec![plain(name, hidden, 3 * hidden, biases.attention)?],
        };
        let parts: [(&RowMajor<'_>, usize); 3] = match &loaded[..] {
            [query, key, value] => [(query, 0), (key, 0), (value, 0)],
            fused => [0, 1, 2].map(|part| (&fused[0], part * hidden)),
        };
        let qkv = layout.pack(precision, hidden, &parts, |input| before.spread(input));
        let (values, first) = parts[2];
        let values = spreads(precision, values, before, first + hidden);
        let mixed = plain(names.attention_output, hidden, hidden, biases.attention)?;
        let attention_output = PackedLinear::new(
            precision,
            &Matrix {
                inputs: layout.columns(),
                outputs: hidden,
                row: |column: usize| {
                    let row = mixed.row(column);
                    let padded = |input| layout.value(input).map_or(0.0, |at| row[at]);
                    Some((0..layout.columns()).map(padded).collect())
                },
            },
            |column| mixed.bias[column],
            |input| layout.value(input).map_or(0.0, |at| values[first + at]),
        );
        let attention_norm = norm(checkpoint, &checkpoint.norm_after_attention(index), hidden)?;
        let middle = attention_norm.moments();
        let widened = if config.is_gated { 2 * wide } else { wide };
        let intermediate = plain(names.intermediate, hidden, widened, biases.feed_forward)?;
        let widths = spreads(precision, &intermediate, &middle, widened);
        let gate = |input: usize| if config.is_gated { widths[wide + input] } else { 1.0 };
        Ok(Self {
            qkv,
            attention_output,
            attention_norm,
            intermediate: super::gate::pack(&intermediate, precision, wide, |input| middle.spread(input)),
            output: plain(names.output, wide, hidden, biases.feed_forward)?
                .pack(precision, |input| widths[input] * gate(input)),
            output_norm: norm(checkpoint, &checkpoint.norm_after_output(index), hidden)?,
            distances: None,
            is_local: match &config.attention {
                Attention::Rotary(rotary) => rotary.is_local[index],
                _ => false,
            },
        })
    }
}

/// How far the outputs of a layer go from zero. Zeros where no integers are needed.
fn spreads(precision: Precision, plain: &RowMajor<'_>, of: &Moments, outputs: usize) -> Vec<f32> {
    if precision != Precision::Int8 {
        return vec![0.0; outputs];
    }
    let moments = plain.moments(of);
    (0..outputs).map(|output| moments.spread(output)).collect()
}
