//! The parameters of a trunk, and their gradients.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rayon::prelude::*;

use crate::config::{Architecture, Config};
use crate::encoder::checkpoint::Checkpoint;
use crate::families::Qkv;
use crate::weights::Weights;
use crate::{ModelError, Result};

/// Some tensors of a checkpoint that are used as one: queries, keys and values; a LayerNorm's weight and
/// bias.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The tensors' names and shapes, in the order of the values.
    pub parts: Vec<(String, Vec<usize>)>,
    /// The values of all parts, end to end.
    pub values: Vec<f32>,
    /// Whether weight decay applies: to matrices, not to biases and LayerNorm (as BERT was trained).
    pub decays: bool,
    /// 0 for the embeddings, then the layer from 1.
    pub depth: usize,
}

/// The place of a parameter of all layers among the trunk's.
pub(super) const WORDS: usize = 0;
pub(super) const POSITIONS: usize = 1;
/// Empty for DistilBERT.
pub(super) const TYPES: usize = 2;
pub(super) const EMBEDDING_NORM: usize = 3;
const LAYERS: usize = 4;

/// A layer's parameters, from [`LAYERS`] on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    Qkv,
    QkvBias,
    Output,
    OutputBias,
    Norm,
    Wide,
    WideBias,
    Narrow,
    NarrowBias,
    NarrowNorm,
}

const OF_A_LAYER: usize = Of::NarrowNorm as usize + 1;

/// The place of a layer's parameter.
pub(super) fn place(layer: usize, of: Of) -> usize {
    LAYERS + layer * OF_A_LAYER + of as usize
}

/// Whether the backward pass is that of the family: they differ in their embeddings only.
pub(super) fn is_trainable(config: &Config) -> bool {
    matches!(config.architecture, Architecture::Bert | Architecture::DistilBert | Architecture::Roberta)
}

fn untrainable(config: &Config) -> ModelError {
    let name = config.architecture.name();
    ModelError::config("model_type", format!("the trunk of {name} cannot be trained; its heads can"))
}

/// Reads all parameters of a trunk, in the order of the places.
pub(super) fn load(config: &Config, weights: &Weights) -> Result<Vec<Parameter>> {
    if !is_trainable(config) {
        return Err(untrainable(config));
    }
    let checkpoint = Checkpoint::new(config, weights)?;
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let read = |parts: Vec<(String, Vec<usize>)>, decays: bool, depth: usize| -> Result<Parameter> {
        let mut values =
            Vec::with_capacity(parts.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum());
        for (name, shape) in &parts {
            values.extend(weights.values(name, shape)?);
        }
        Ok(Parameter { parts, values, decays, depth })
    };
    let table = |name: &str, rows: usize| {
        let name = checkpoint.trunk(&format!("{name}.weight"));
        read(vec![(name, vec![rows, hidden])], true, 0)
    };
    let norm = |name: &str, depth: usize| {
        read(checkpoint.norm(name).map(|name| (name, vec![hidden])).to_vec(), false, depth)
    };
    let names = checkpoint.names;
    let Qkv::Apart(qkv) = names.qkv else { return Err(untrainable(config)) };
    let mut all =
        vec![table(names.words, config.vocab_size)?, table(names.positions, config.position_rows())?];
    all.push(match config.token_types {
        0 => Parameter { parts: Vec::new(), values: Vec::new(), decays: true, depth: 0 },
        types => table(names.token_types, types)?,
    });
    all.push(norm(&checkpoint.trunk(names.embedding_norm), 0)?);
    for layer in 0..config.layers {
        let depth = layer + 1;
        let linear = |of: &[&str], outputs: usize, inputs: usize| {
            let parts = |end: &str, shape: &[usize]| -> Vec<_> {
                of.iter()
                    .map(|name| (format!("{}.{end}", checkpoint.layer(layer, name)), shape.to_vec()))
                    .collect()
            };
            Ok::<_, crate::ModelError>([
                read(parts("weight", &[outputs, inputs]), true, depth)?,
                read(parts("bias", &[outputs]), false, depth)?,
            ])
        };
        all.extend(linear(&qkv, hidden, hidden)?);
        all.extend(linear(&[names.attention_output], hidden, hidden)?);
        all.push(norm(&checkpoint.layer(layer, names.norm_after_attention), depth)?);
        all.extend(linear(&[names.intermediate], wide, hidden)?);
        all.extend(linear(&[names.output], hidden, wide)?);
        all.push(norm(&checkpoint.layer(layer, names.norm_after_output), depth)?);
    }
    Ok(all)
}

/// Values that one thread adds at a time.
const PART: usize = 1 << 14;

/// Gradients of a trunk's parameters, added up over batches.
#[derive(Debug, Clone)]
pub struct Gradients {
    /// By parameter; that of the word embedding stays empty.
    pub dense: Vec<Vec<f32>>,
    /// Of the word embedding, the rows of the tokens that occurred.
    pub words: BTreeMap<u32, Vec<f32>>,
    /// Zeros, for the part of a batch that another thread computes meanwhile; made where they are first
    /// needed.
    pub(super) beside: Option<Box<Self>>,
}

impl Gradients {
    pub(super) fn new(parameters: &[Parameter]) -> Self {
        let size = |(place, parameter): (usize, &Parameter)| {
            if place == WORDS { Vec::new() } else { vec![0.0; parameter.values.len()] }
        };
        let dense = parameters.iter().enumerate().map(size).collect();
        Self { dense, words: BTreeMap::new(), beside: None }
    }

    /// Adds others, which become zero.
    pub(super) fn take(&mut self, other: &mut Self) {
        for (sums, values) in self.dense.iter_mut().zip(&mut other.dense) {
            sums.par_chunks_mut(PART).zip(values.par_chunks_mut(PART)).for_each(|(sums, values)| {
                sums.iter_mut().zip(values.iter()).for_each(|(sum, value)| *sum += value);
                values.fill(0.0);
            });
        }
        for (id, row) in std::mem::take(&mut other.words) {
            match self.words.entry(id) {
                Entry::Vacant(vacant) => drop(vacant.insert(row)),
                Entry::Occupied(mut sums) => {
                    sums.get_mut().iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                }
            }
        }
    }

    /// Back to zero.
    pub fn clear(&mut self) {
        self.dense.iter_mut().for_each(|values| values.fill(0.0));
        self.words.clear();
    }

    /// The sum of all squares.
    pub fn square(&self) -> f64 {
        self.dense.iter().chain(self.words.values()).map(|values| square(values)).sum()
    }
}

/// The sum of squares, in sixteen running sums.
fn square(values: &[f32]) -> f64 {
    let mut total = 0.0;
    for values in values.chunks(1 << 12) {
        let mut lanes = [0.0f32; 16];
        let (whole, rest) = values.as_chunks::<16>();
        for block in whole {
            lanes.iter_mut().zip(block).for_each(|(sum, value)| *sum += value * value);
        }
        lanes.iter_mut().zip(rest).for_each(|(sum, value)| *sum += value * value);
        total += lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>();
    }
    total
}
