//! Some whole sequences through all layers.

use std::ops::Range;

use super::arena::{Activations, Arena, Group};
use super::attention::Head;
use super::buffers::resized;
use super::{Layer, PackedEncoder};
use crate::kernels::layout::{Lane, Tiles, panels};
use crate::kernels::linear::{Epilogue, Packed, PackedLinear, Precision, STRIP};
use crate::kernels::rows::{self, Norm};
use crate::kernels::simd::{Kernel, LANES, Program, Simd};
use crate::kernels::team::{Lead, Pieces};

pub(super) struct Pass<'a> {
    pub(super) encoder: &'a PackedEncoder,
    pub(super) lead: &'a Lead<'a>,
    /// The batch's.
    pub(super) ids: &'a [u32],
    /// The sequences of this pass, by their tokens in the batch.
    pub(super) wave: &'a [Range<usize>],
    pub(super) arena: &'a mut Arena,
    /// `[token of the batch][hidden]`.
    pub(super) to: &'a mut [f32],
}

impl Program for Pass<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let Self { encoder, lead, ids, wave, arena, to } = self;
        let config = &encoder.config;
        let (hidden, heads) = (config.hidden_size, config.attention_heads);
        let mut rows = 0;
        arena.sequences.clear();
        arena.sequences.extend(wave.iter().map(|tokens| {
            let first = rows;
            rows += tokens.len();
            first..rows
        }));
        let sequences = &*arena.sequences;
        let width = panels(hidden / heads);
        let states = resized(&mut arena.states, panels(hidden) * rows);
        let sums = resized(&mut arena.sums, panels(hidden) * rows);
        let qkv = resized(&mut arena.qkv, 3 * heads * width * rows);
        let mixed = resized(&mut arena.mixed, heads * width * rows);
        let wide = resized(&mut arena.wide, panels(config.intermediate_size) * rows);
        let input = Activations::new(&mut arena.input, rows);
        let mut steps = Steps { simd, lead, rows, input };

        lead.for_each(Pieces::new(sums, S::ROWS * panels(hidden)), |group, to| {
            encoder.embed(group * S::ROWS, ids, wave, sequences, to);
        });
        let first = &encoder.layers.first().map(|layer| &layer.qkv);
        steps.norm(&encoder.embedding_norm, Source::Groups(sums), states, *first);
        for (index, layer) in encoder.layers.iter().enumerate() {
            let Layer {
                qkv: projection,
                attention_output,
                attention_norm,
                intermediate,
                output,
                output_norm,
            } = layer;
            steps.product(projection, Epilogue::Nothing, qkv);
            let scale = 1.0 / ((hidden / heads) as f32).sqrt();
            lead.for_each(Pieces::new(mixed, width * rows), |index, to| {
                encoder.scratches.with(|scratch| {
                    simd.run(Head { qkv, rows, width, heads, index, scale, sequences, scratch, to });
                });
            });
            steps.pack(Source::Columns(mixed), attention_output);
            steps.product(attention_output, Epilogue::Add(states), sums);
            steps.norm(attention_norm, Source::Columns(sums), states, Some(intermediate));
            steps.product(intermediate, encoder.activation(), wide);
            steps.pack(Source::Columns(wide), output);
            steps.product(output, Epilogue::Add(states), sums);
            let next = encoder.layers.get(index + 1).map(|layer| &layer.qkv);
            steps.norm(output_norm, Source::Columns(sums), states, next);
        }
        for (tokens, sequence) in wave.iter().zip(sequences) {
            let to = to[tokens.start * hidden..tokens.end * hidden].chunks_exact_mut(hidden);
            for (row, to) in sequence.clone().zip(to) {
                let tiles = Source::Groups(states).group(row / S::ROWS, S::ROWS, rows);
                for (panel, to) in to.chunks_mut(LANES).enumerate() {
                    to.copy_from_slice(&tiles.panel(panel)[row % S::ROWS][..to.len()]);
                }
            }
        }
    }
}

impl PackedEncoder {
    /// The sums of word and position embeddings of a group of rows. `wave` and `sequences` are the same, by
    /// tokens of the batch and by rows.
    fn embed(
        &self,
        first: usize,
        ids: &[u32],
        wave: &[Range<usize>],
        sequences: &[Range<usize>],
        to: &mut [Lane],
    ) {
        let hidden = self.config.hidden_size;
        let rows = to.len() / panels(hidden);
        for row in 0..rows {
            let sequence = sequences.partition_point(|sequence| sequence.end <= first + row);
            let position = first + row - sequences[sequence].start;
            let word = ids[wave[sequence].start + position] as usize;
            let position = &self.positions[position * hidden..][..hidden];
            for (panel, position) in position.chunks(LANES).enumerate() {
                let to = &mut to[panel * rows + row];
                to[position.len()..].fill(0.0);
                self.words.read(word, panel * LANES, &mut to[..position.len()]);
                for (to, position) in to.iter_mut().zip(position) {
                    *to += position;
                }
            }
        }
    }
}

/// A whole matrix, by the order in which it lies.
#[derive(Clone, Copy)]
enum Source<'a> {
    Columns(&'a [Lane]),
    Groups(&'a [Lane]),
}

impl<'a> Source<'a> {
    /// One group of `height` rows at most.
    fn group(self, group: usize, height: usize, rows: usize) -> Tiles<'a> {
        let first = group * height;
        let height = height.min(rows - first);
        match self {
            Self::Columns(data) => Tiles::of_columns(data, rows, first..first + height),
            Self::Groups(data) => {
                let panels = data.len() / rows;
                Tiles::of_group(&data[first * panels..][..height * panels], height)
            }
        }
    }
}

/// The steps of a pass, each a region.
struct Steps<'a, S: Simd> {
    simd: S,
    lead: &'a Lead<'a>,
    rows: usize,
    input: Activations<'a, S>,
}

impl<S: Simd> Steps<'_, S> {
    /// Packs `from` as the input of `linear`.
    fn pack(&mut self, from: Source<'_>, linear: &PackedLinear) {
        let (simd, rows) = (self.simd, self.rows);
        self.lead.for_each(self.input.groups(linear), |group, to| {
            let from = from.group(group, S::ROWS, rows);
            simd.run(Pack { from, linear, to });
        });
    }

    /// LayerNorm of `from` to `to`, by groups, packed as the input of `next` as well.
    fn norm(&mut self, norm: &Norm, from: Source<'_>, to: &mut [Lane], next: Option<&PackedLinear>) {
        let (simd, rows) = (self.simd, self.rows);
        let states = Pieces::new(to, S::ROWS * norm.weight.len());
        let Some(next) = next else {
            self.lead.for_each(states, |group, to| {
                simd.run(NormRows { norm, from: from.group(group, S::ROWS, rows), to });
            });
            return;
        };
        let parts = (states, self.input.groups(next));
        self.lead.for_each(parts, |group, (to, packed)| {
            let from = from.group(group, S::ROWS, rows);
            simd.run(NormRows { norm, from, to: &mut *to });
            let from = Tiles::of_group(to, from.rows());
            simd.run(Pack { from, linear: next, to: packed });
        });
    }

    /// Applies `linear` to the input that was packed for it, and writes to `to` by columns.
    fn product(&self, linear: &PackedLinear, epilogue: Epilogue<'_>, to: &mut [Lane]) {
        let (simd, rows, input) = (self.simd, self.rows, self.input.packed(linear));
        // A few microseconds of work at least.
        let panels = STRIP * 24_usize.div_ceil(rows).min(2);
        self.lead.for_each(Pieces::new(to, panels * rows), |part, to| {
            let first = part * panels;
            let range = first..(first + panels).min(linear.outputs());
            simd.run(Product::<S> { linear, range, rows, input, epilogue, to });
        });
    }
}

struct Pack<'a, Q> {
    from: Tiles<'a>,
    linear: &'a PackedLinear,
    to: Group<'a, Q>,
}

impl<S: Simd> Kernel<S> for Pack<'_, S::Quads> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let ((floats, pairs), (quads, steps)) = self.to;
        match self.linear.precision() {
            Precision::F32 => rows::pack_f32(self.from, floats),
            Precision::Bf16 => rows::pack_bf16(self.from, pairs),
            Precision::Int8 => rows::quantise(simd, self.from, self.linear.inverse(), quads, steps),
        }
    }
}

struct NormRows<'a> {
    norm: &'a Norm,
    from: Tiles<'a>,
    to: &'a mut [Lane],
}

impl<S: Simd> Kernel<S> for NormRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        self.norm.rows(simd, self.from, self.to);
    }
}

struct Product<'a, S: Simd> {
    linear: &'a PackedLinear,
    range: Range<usize>,
    rows: usize,
    input: Packed<'a, S::Quads>,
    epilogue: Epilogue<'a>,
    to: &'a mut [Lane],
}

impl<S: Simd> Kernel<S> for Product<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        self.linear.columns(simd, self.range, self.rows, &self.input, self.epilogue, self.to);
    }
}
