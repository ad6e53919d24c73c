//! The memory of a pass: sized by the longest pass so far, and reused.

use std::ops::Range;

use super::attention::Scratch;
use super::buffers::BufferPool;
use super::rotary::Turns;
use crate::config::Config;
use crate::kernels::Aligned;
use crate::kernels::layout::{Lane, Lanes, Order};
use crate::kernels::linear::{Packed, PackedLinear, Precision};
use crate::kernels::rows::{BLOCK, Scale};
use crate::kernels::simd::{Buffers, Pairs, Simd};
use crate::kernels::team::Pieces;

/// The buffers that one pass over some rows writes.
#[derive(Debug, Default)]
pub(super) struct Arena {
    /// The rows of each sequence.
    pub(super) sequences: Vec<Range<usize>>,
    /// The token of each row.
    pub(super) tokens: Vec<RowToken>,
    /// The hidden states, by groups.
    pub(super) states: Aligned<Lane>,
    /// The output of a product, to be added to the states, by columns; before the first layer the
    /// embeddings, by groups.
    pub(super) sums: Aligned<Lane>,
    /// Where norms come first, the sum of all products so far, by groups.
    pub(super) residual: Aligned<Lane>,
    /// Where their width is another, the embeddings and their norm, by groups.
    pub(super) embedded: Aligned<Lane>,
    pub(super) normed: Aligned<Lane>,
    /// Of layers with global and with local attention.
    pub(super) turns: [Turns; 2],
    /// Queries, keys and values, by columns.
    pub(super) qkv: Aligned<Lane>,
    /// The attention-weighted values of all heads, by columns.
    pub(super) mixed: Aligned<Lane>,
    /// Between the two feed-forward layers, by columns.
    pub(super) wide: Aligned<Lane>,
    /// The input of a product, and of the one after it.
    pub(super) inputs: [Input; 2],
}

/// A row's token.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowToken {
    /// Its index in the batch.
    pub(super) index: usize,
    /// Its row of the position embedding.
    pub(super) position: usize,
}

impl Arena {
    /// Gives each token of a wave a row.
    pub(super) fn lay_out(&mut self, wave: &[Range<usize>], ids: &[u32], config: &Config) {
        self.sequences.clear();
        self.tokens.clear();
        for tokens in wave {
            let first = self.tokens.len();
            let positions = config.position_ids(&ids[tokens.clone()]);
            self.tokens
                .extend(tokens.clone().zip(positions).map(|(index, position)| RowToken { index, position }));
            self.sequences.push(first..self.tokens.len());
        }
    }
}

/// The scratch buffers of the attention, shared by the threads of a pass.
pub(super) type Scratches = BufferPool<Scratch>;

/// Output panels of a product before they are packed, shared by the threads of a pass.
pub(super) type Strips = BufferPool<Aligned<Lane>>;

/// A product's input in the forms that integers and pairs of bfloat16 are read in; float32 is read as it
/// lies.
#[derive(Debug, Default)]
pub(super) struct Input {
    pairs: Aligned<Pairs>,
    quads: Buffers,
    scales: Aligned<Scale>,
}

/// The rows of a product's input, packed.
#[derive(Debug)]
pub(super) struct Activations<'a, S: Simd> {
    pairs: &'a mut Aligned<Pairs>,
    quads: &'a mut Aligned<S::Quads>,
    scales: &'a mut Aligned<Scale>,
    rows: usize,
    order: Order,
}

/// The parts of [`Activations`] that groups of rows write: pairs, quads and their scales. Only the form that
/// is read has any.
pub(super) type Groups<'a, Q> = (Pieces<'a, Pairs>, (Pieces<'a, Q>, Pieces<'a, Scale>));

/// One of [`Groups`].
pub(super) type Group<'a, Q> = (&'a mut [Pairs], (&'a mut [Q], &'a mut [Scale]));

impl<'a, S: Simd> Activations<'a, S> {
    pub(super) fn new(input: &'a mut Input, rows: usize) -> Self {
        let Input { pairs, quads, scales } = input;
        Self { pairs, quads: S::buffer(quads), scales, rows, order: Order::Groups }
    }

    /// Makes space for the input of `linear`, group by group.
    pub(super) fn groups(&mut self, linear: &PackedLinear) -> Groups<'_, S::Quads> {
        self.order = Order::Groups;
        let (rows, inputs) = (self.rows, linear.inputs);
        let precision = linear.precision();
        let length = |of: Precision, length: usize| if precision == of { length } else { 0 };
        let pairs = self.pairs.resized(length(Precision::Bf16, rows * inputs));
        let quads = self.quads.resized(length(Precision::Int8, rows * inputs));
        let scales = self.scales.resized(length(Precision::Int8, rows * linear.blocks()));
        let group = S::ROWS * inputs;
        (
            Pieces::new(pairs, group),
            (Pieces::new(quads, group), Pieces::new(scales, S::ROWS * linear.blocks())),
        )
    }

    /// As [`Activations::groups`], block after block of inputs.
    pub(super) fn blocks(&mut self, linear: &PackedLinear) -> Groups<'_, S::Quads> {
        let (rows, inputs) = (self.rows, linear.inputs);
        self.order = Order::Blocks { rows };
        let length = |of: Precision, length: usize| if linear.precision() == of { length } else { 0 };
        let pairs = self.pairs.resized(length(Precision::Bf16, rows * inputs));
        let quads = self.quads.resized(length(Precision::Int8, rows * inputs));
        let scales = self.scales.resized(length(Precision::Int8, rows * linear.blocks()));
        (Pieces::new(pairs, BLOCK * rows), (Pieces::new(quads, BLOCK * rows), Pieces::new(scales, rows)))
    }

    /// Returns `from` as [`Activations::groups`] or [`Activations::blocks`] was filled with it; float32 as it
    /// lies.
    pub(super) fn packed<'b>(&'b self, from: Lanes<'b>, linear: &PackedLinear) -> Packed<'b, S::Quads> {
        match linear.precision() {
            Precision::F32 => Packed::F32 { lanes: from, rows: self.rows },
            Precision::Bf16 => Packed::Bf16 { pairs: self.pairs, order: self.order },
            Precision::Int8 => Packed::Int8 { quads: self.quads, scales: self.scales, order: self.order },
        }
    }
}
