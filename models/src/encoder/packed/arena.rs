//! The memory of a pass: sized by the longest pass so far, and used again.

use std::sync::{Mutex, PoisonError};

use super::attention::Scratch;
use crate::kernels::linear::{Packed, PackedLinear, Precision};
use crate::kernels::rows::Step;
use crate::kernels::simd::{Buffers, LANES, Simd};
use crate::kernels::team::Pieces;
use crate::kernels::tiles::Lane;

/// What one pass over some rows writes.
#[derive(Debug, Default)]
pub(super) struct Arena {
    /// The hidden states, by groups.
    pub(super) states: Vec<Lane>,
    /// What a product adds to them, by columns; before the first layer the embeddings, by groups.
    pub(super) sums: Vec<Lane>,
    /// Queries, keys and values, by columns.
    pub(super) qkv: Vec<Lane>,
    /// What attention mixed of the values, by columns.
    pub(super) mixed: Vec<Lane>,
    /// Between the two feed-forward layers, by columns.
    pub(super) wide: Vec<Lane>,
    pub(super) floats: Vec<f32>,
    pub(super) buffers: Buffers,
    pub(super) steps: Vec<Step>,
}

/// Buffers that wait for whoever needs one next.
#[derive(Debug)]
pub(super) struct Shelf<T>(Mutex<Vec<T>>);

impl<T: Default> Shelf<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Lends a buffer to `work`.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut buffer = free.unwrap_or_default();
        let result = work(&mut buffer);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        result
    }
}

/// What the threads of a pass lend each other.
pub(super) type Scratches = Shelf<Scratch>;

/// The rows of a product's input, packed.
#[derive(Debug)]
pub(super) struct Activations<'a, S: Simd> {
    floats: &'a mut Vec<f32>,
    quads: &'a mut Vec<S::Quad>,
    steps: &'a mut Vec<Step>,
    rows: usize,
}

/// The parts of [`Activations`] that groups of rows write.
pub(super) type Groups<'a, Q> = (Pieces<'a, f32>, (Pieces<'a, Q>, Pieces<'a, Step>));

impl<'a, S: Simd> Activations<'a, S> {
    pub(super) fn new(
        floats: &'a mut Vec<f32>,
        buffers: &'a mut Buffers,
        steps: &'a mut Vec<Step>,
        rows: usize,
    ) -> Self {
        Self { floats, quads: S::buffer(buffers), steps, rows }
    }

    /// Room for the input of `linear`, group by group. Only the form that it reads has any.
    pub(super) fn groups(&mut self, linear: &PackedLinear) -> Groups<'_, S::Quad> {
        let (rows, columns) = (self.rows, linear.inputs * LANES);
        let (floats, quads, steps) = match linear.precision() {
            Precision::F32 => (rows * columns, 0, 0),
            Precision::Int8 => (0, rows * columns / 4, rows * linear.blocks()),
        };
        self.floats.resize(floats.max(self.floats.len()), 0.0);
        self.quads.resize(quads.max(self.quads.len()), S::Quad::default());
        self.steps.resize(steps.max(self.steps.len()), Step::default());
        (
            Pieces::new(&mut self.floats[..floats], S::ROWS * columns),
            (
                Pieces::new(&mut self.quads[..quads], S::ROWS * columns / 4),
                Pieces::new(&mut self.steps[..steps], S::ROWS * linear.blocks()),
            ),
        )
    }

    /// What [`Activations::groups`] was filled with.
    pub(super) fn packed(&self, linear: &PackedLinear) -> Packed<'_, S::Quad> {
        match linear.precision() {
            Precision::F32 => Packed::F32(self.floats),
            Precision::Int8 => Packed::Int8 { quads: self.quads, steps: self.steps },
        }
    }
}

/// The first `length` of a buffer, which grows if it must.
pub(super) fn room<T: Copy + Default>(buffer: &mut Vec<T>, length: usize) -> &mut [T] {
    if buffer.len() < length {
        buffer.resize(length, T::default());
    }
    &mut buffer[..length]
}
