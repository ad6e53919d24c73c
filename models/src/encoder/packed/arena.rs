//! The memory of a pass: sized by the longest pass so far, and reused.

use std::ops::Range;

use super::attention::Scratch;
use super::buffers::{BufferPool, resized};
use crate::kernels::layout::Lane;
use crate::kernels::linear::{Packed, PackedLinear, Precision};
use crate::kernels::rows::Scale;
use crate::kernels::simd::{Buffers, Pairs, Simd};
use crate::kernels::team::Pieces;

/// The buffers that one pass over some rows writes.
#[derive(Debug, Default)]
pub(super) struct Arena {
    /// The rows of each sequence.
    pub(super) sequences: Vec<Range<usize>>,
    /// The hidden states, by groups.
    pub(super) states: Vec<Lane>,
    /// The output of a product, to be added to the states, by columns; before the first layer the embeddings,
    /// by groups.
    pub(super) sums: Vec<Lane>,
    /// Queries, keys and values, by columns.
    pub(super) qkv: Vec<Lane>,
    /// The attention-weighted values of all heads, by columns.
    pub(super) mixed: Vec<Lane>,
    /// Between the two feed-forward layers, by columns.
    pub(super) wide: Vec<Lane>,
    pub(super) input: Input,
}

/// The scratch buffers of the attention, shared by the threads of a pass.
pub(super) type Scratches = BufferPool<Scratch>;

/// A product's input in the forms that precisions read; one of them is used.
#[derive(Debug, Default)]
pub(super) struct Input {
    floats: Vec<Lane>,
    pairs: Vec<Pairs>,
    quads: Buffers,
    scales: Vec<Scale>,
}

/// The rows of a product's input, packed.
#[derive(Debug)]
pub(super) struct Activations<'a, S: Simd> {
    floats: &'a mut Vec<Lane>,
    pairs: &'a mut Vec<Pairs>,
    quads: &'a mut Vec<S::Quads>,
    scales: &'a mut Vec<Scale>,
    rows: usize,
}

/// The parts of [`Activations`] that groups of rows write: floats, pairs, quads and their scales. Only the
/// form that is read has any.
pub(super) type Groups<'a, Q> = ((Pieces<'a, Lane>, Pieces<'a, Pairs>), (Pieces<'a, Q>, Pieces<'a, Scale>));

/// One of [`Groups`].
pub(super) type Group<'a, Q> = ((&'a mut [Lane], &'a mut [Pairs]), (&'a mut [Q], &'a mut [Scale]));

impl<'a, S: Simd> Activations<'a, S> {
    pub(super) fn new(input: &'a mut Input, rows: usize) -> Self {
        let Input { floats, pairs, quads, scales } = input;
        Self { floats, pairs, quads: S::buffer(quads), scales, rows }
    }

    /// Makes space for the input of `linear`, group by group.
    pub(super) fn groups(&mut self, linear: &PackedLinear) -> Groups<'_, S::Quads> {
        let (rows, inputs) = (self.rows, linear.inputs);
        let precision = linear.precision();
        let length = |of: Precision, length: usize| if precision == of { length } else { 0 };
        let floats = resized(self.floats, length(Precision::F32, rows * inputs));
        let pairs = resized(self.pairs, length(Precision::Bf16, rows * inputs));
        let quads = resized(self.quads, length(Precision::Int8, rows * inputs));
        let scales = resized(self.scales, length(Precision::Int8, rows * linear.blocks()));
        let group = S::ROWS * inputs;
        (
            (Pieces::new(floats, group), Pieces::new(pairs, group)),
            (Pieces::new(quads, group), Pieces::new(scales, S::ROWS * linear.blocks())),
        )
    }

    /// Returns the packed input that [`Activations::groups`] was filled with.
    pub(super) fn packed(&self, linear: &PackedLinear) -> Packed<'_, S::Quads> {
        match linear.precision() {
            Precision::F32 => Packed::F32(self.floats),
            Precision::Bf16 => Packed::Bf16(self.pairs),
            Precision::Int8 => Packed::Int8 { quads: self.quads, scales: self.scales },
        }
    }
}
