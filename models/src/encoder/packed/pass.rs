//! Some whole sequences through all layers.

use std::ops::Range;

use super::arena::{Activations, Arena, Group, Strips};
use super::attention::Head;
use super::{Layer, PackedEncoder};
use crate::encoder::Stop;
use crate::kernels::layout::{Lane, Lanes, Tiles, panels};
use crate::kernels::linear::{Epilogue, Packed, PackedLinear, Precision, STRIP};
use crate::kernels::rows::{self, BLOCK, Norm};
use crate::kernels::simd::{Kernel, LANES, Program, Simd};
use crate::kernels::team::{Lead, Pieces};

/// Values of all rows from which on each part of a layer's work asks whether the pass is to end: below it a
/// whole layer takes milliseconds.
const LARGE: usize = 1 << 16;

pub(super) struct Pass<'a> {
    pub(super) encoder: &'a PackedEncoder,
    pub(super) lead: &'a Lead<'a>,
    /// The batch's.
    pub(super) ids: &'a [u32],
    /// The sequences of this pass, by their tokens in the batch.
    pub(super) wave: &'a [Range<usize>],
    pub(super) arena: &'a mut Arena,
    /// What is written is of no use where it ended the pass.
    pub(super) stop: &'a Stop<'a>,
    /// `[token of the batch][hidden]`.
    pub(super) to: &'a mut [f32],
}

impl Program for Pass<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let Self { encoder, lead, ids, wave, arena, stop, to } = self;
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
        let states = arena.states.resized(panels(hidden) * rows);
        let sums = arena.sums.resized(panels(hidden) * rows);
        let qkv = arena.qkv.resized(3 * heads * width * rows);
        let mixed = arena.mixed.resized(heads * width * rows);
        // A block is one part: with fewer than threads, some would wait.
        let wide_panels = panels(config.intermediate_size);
        let is_packed = encoder.precision != Precision::F32
            && wide_panels.div_ceil(BLOCK) >= rayon::current_num_threads();
        let wide = arena.wide.resized(if is_packed { 0 } else { wide_panels * rows });
        let [input, next] = arena.inputs.each_mut().map(|input| Activations::new(input, rows));
        let inside = Some(stop).filter(|_| rows * hidden >= LARGE);
        let mut steps = Steps { simd, lead, rows, stop: inside, input, next };

        lead.for_each(Pieces::new(sums, S::ROWS * panels(hidden)), |group, to| {
            encoder.embed(group * S::ROWS, ids, wave, sequences, to);
        });
        let first = &encoder.layers.first().map(|layer| &layer.qkv);
        steps.norm(&encoder.embedding_norm, Lanes::Groups(sums), states, *first);
        for (index, layer) in encoder.layers.iter().enumerate() {
            let Layer {
                qkv: projection,
                attention_output,
                attention_norm,
                intermediate,
                output,
                output_norm,
            } = layer;
            if stop.asks() {
                return;
            }
            steps.product(Lanes::Groups(states), projection, Epilogue::Nothing, qkv);
            let scale = 1.0 / ((hidden / heads) as f32).sqrt();
            lead.for_each(Pieces::new(mixed, width * rows), |index, to| {
                encoder.scratches.with(|scratch| {
                    let stop = inside;
                    simd.run(Head { qkv, rows, width, heads, index, scale, sequences, scratch, stop, to });
                });
            });
            steps.pack(Lanes::Columns(mixed), attention_output);
            steps.product(Lanes::Columns(mixed), attention_output, Epilogue::Add(states), sums);
            steps.norm(attention_norm, Lanes::Columns(sums), states, Some(intermediate));
            if is_packed {
                steps.packed_product(
                    Lanes::Groups(states),
                    intermediate,
                    encoder.activation(),
                    output,
                    &encoder.strips,
                );
            } else {
                steps.product(Lanes::Groups(states), intermediate, encoder.activation(), wide);
                steps.pack(Lanes::Columns(wide), output);
            }
            steps.product(Lanes::Columns(wide), output, Epilogue::Add(states), sums);
            let next = encoder.layers.get(index + 1).map(|layer| &layer.qkv);
            steps.norm(output_norm, Lanes::Columns(sums), states, next);
        }
        for (tokens, sequence) in wave.iter().zip(sequences) {
            let to = to[tokens.start * hidden..tokens.end * hidden].chunks_exact_mut(hidden);
            for (row, to) in sequence.clone().zip(to) {
                let tiles = Lanes::Groups(states).group(row / S::ROWS, S::ROWS, rows);
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

/// The steps of a pass, each a region.
struct Steps<'a, S: Simd> {
    simd: S,
    lead: &'a Lead<'a>,
    rows: usize,
    /// In a large layer.
    stop: Option<&'a Stop<'a>>,
    /// The input of the next product.
    input: Activations<'a, S>,
    /// Where a product packs its output.
    next: Activations<'a, S>,
}

impl<S: Simd> Steps<'_, S> {
    /// Packs `from` as the input of `linear`; float32 is read where it lies.
    fn pack(&mut self, from: Lanes<'_>, linear: &PackedLinear) {
        let (simd, rows) = (self.simd, self.rows);
        if linear.precision() == Precision::F32 {
            return;
        }
        self.lead.for_each(self.input.groups(linear), |group, to| {
            let from = from.group(group, S::ROWS, rows);
            simd.run(Pack { from, linear, to });
        });
    }

    /// LayerNorm of `from` to `to`, by groups, packed as the input of `next` as well.
    fn norm(&mut self, norm: &Norm, from: Lanes<'_>, to: &mut [Lane], next: Option<&PackedLinear>) {
        let (simd, rows) = (self.simd, self.rows);
        let states = Pieces::new(to, S::ROWS * norm.weight.len());
        let Some(next) = next.filter(|next| next.precision() != Precision::F32) else {
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

    /// Applies `linear` to `from`, which was packed for it, and packs what it gives as the input of `next`:
    /// in float32 it would be written and read once more, and is more than the second-level cache holds.
    fn packed_product(
        &mut self,
        from: Lanes<'_>,
        linear: &PackedLinear,
        epilogue: Epilogue<'_>,
        next: &PackedLinear,
        strips: &Strips,
    ) {
        let (simd, rows, input) = (self.simd, self.rows, self.input.packed(from, linear));
        let stop = self.stop;
        self.lead.for_each(self.next.blocks(next), |block, packed| {
            if stop.is_some_and(Stop::asks) {
                return;
            }
            let range = block * BLOCK..linear.outputs().min((block + 1) * BLOCK);
            strips.with(|strip| {
                let to = strip.resized(range.len() * rows);
                let product = Product::<S> { linear, range, rows, input, epilogue, to };
                simd.run(PackedProduct { product, next, packed });
            });
        });
        std::mem::swap(&mut self.input, &mut self.next);
    }

    /// Applies `linear` to `from`, which was packed for it, and writes to `to` by columns.
    fn product(&self, from: Lanes<'_>, linear: &PackedLinear, epilogue: Epilogue<'_>, to: &mut [Lane]) {
        let (simd, rows, input) = (self.simd, self.rows, self.input.packed(from, linear));
        // A few microseconds of work at least.
        let panels = STRIP * 24_usize.div_ceil(rows).min(2);
        let stop = self.stop;
        self.lead.for_each(Pieces::new(to, panels * rows), |part, to| {
            if stop.is_some_and(Stop::asks) {
                return;
            }
            let first = part * panels;
            let range = first..(first + panels).min(linear.outputs());
            simd.run(Product::<S> { linear, range, rows, input, epilogue, to });
        });
    }
}

/// A product whose output, a block of inputs of the next product, is packed for it.
struct PackedProduct<'a, S: Simd> {
    product: Product<'a, S>,
    next: &'a PackedLinear,
    packed: Group<'a, S::Quads>,
}

impl<S: Simd> Kernel<S> for PackedProduct<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Self { product: Product { linear, range, rows, input, epilogue, to }, next, packed } = self;
        let (pairs, (quads, scales)) = packed;
        let panels = range.len();
        linear.columns(simd, range.clone(), rows, &input, epilogue, to);
        for first in (0..rows).step_by(S::ROWS) {
            let group = first..rows.min(first + S::ROWS);
            let of_group = first * panels..group.end * panels;
            let from = Tiles::of_columns(to, rows, group.clone());
            match next.precision() {
                Precision::F32 => {}
                Precision::Bf16 => rows::pack_bf16(simd, from, &mut pairs[of_group]),
                Precision::Int8 => {
                    let inverse = &next.inverse()[range.clone()];
                    rows::quantise(simd, from, inverse, &mut quads[of_group], &mut scales[group]);
                }
            }
        }
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
        let (pairs, (quads, steps)) = self.to;
        match self.linear.precision() {
            Precision::F32 => {}
            Precision::Bf16 => rows::pack_bf16(simd, self.from, pairs),
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
