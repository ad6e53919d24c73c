//! Some whole sequences through all layers.

use std::ops::Range;

use super::arena::{Activations, Arena, RowToken};
use super::attention::{Distance, Head};
use super::distances::Distances;
use super::steps::{Steps, Widening};
use super::{Layer, PackedEncoder};
use crate::config::{Attention, Projection};
use crate::encoder::Stop;
use crate::kernels::Aligned;
use crate::kernels::layout::{Lane, Lanes, panels};
use crate::kernels::linear::{Epilogue, Precision};
use crate::kernels::rows::BLOCK;
use crate::kernels::simd::{LANES, Program, Simd};
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
        arena.lay_out(wave, ids, config);
        let (sequences, rows) = (&*arena.sequences, arena.tokens.len());
        let width = encoder.layout.panels();
        let states = arena.states.resized(panels(hidden) * rows);
        let sums = arena.sums.resized(panels(hidden) * rows);
        let residual = arena.residual.resized(if config.norm_first { panels(hidden) * rows } else { 0 });
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
        let longest = sequences.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        for (turns, frequencies) in arena.turns.iter_mut().zip(encoder.frequencies.iter().flatten()) {
            turns.reach(frequencies, longest);
        }

        let [embedded, normed] = [&mut arena.embedded, &mut arena.normed];
        encoder.begin(&mut steps, (&arena.tokens, ids), (embedded, normed), (sums, states));
        // The first layer's norm is that of the embeddings.
        residual.copy_from_slice(if config.norm_first { states } else { &[] });
        for (index, layer) in encoder.layers.iter().enumerate() {
            let Layer { qkv: projection, attention_output, attention_norm, intermediate, output, .. } = layer;
            if stop.asks() {
                return;
            }
            steps.product(Lanes::Groups(states), projection, Epilogue::Nothing, qkv);
            if encoder.frequencies.is_some() {
                let turns = &arena.turns[usize::from(layer.is_local)];
                steps.turn(turns, sequences, width * rows, &mut qkv[..2 * heads * width * rows]);
            }
            let qkv = &*qkv;
            lead.for_each(Pieces::new(mixed, width * rows), |index, to| {
                let distance = encoder.distance(layer, index);
                let (window, stop, scale) = (encoder.window(layer), inside, encoder.scale);
                encoder.scratches.with(|scratch| {
                    simd.run(Head {
                        qkv,
                        rows,
                        width,
                        heads,
                        index,
                        scale,
                        distance,
                        window,
                        sequences,
                        scratch,
                        stop,
                        to,
                    });
                });
            });
            steps.pack(Lanes::Columns(mixed), attention_output);
            let added = if config.norm_first { &*residual } else { &*states };
            steps.product(Lanes::Columns(mixed), attention_output, Epilogue::Add(added), sums);
            let norm = Some(attention_norm);
            steps.norm(norm, Lanes::Columns(sums), (states, residual), Some(intermediate));
            let widening = Widening {
                linear: intermediate,
                activation: config.activation.into(),
                panels: wide_panels,
                is_gated: config.is_gated,
                strips: &encoder.strips,
            };
            if is_packed {
                steps.widen_packed(Lanes::Groups(states), widening, output);
            } else {
                steps.widen(Lanes::Groups(states), widening, wide);
                steps.pack(Lanes::Columns(wide), output);
            }
            let added = if config.norm_first { &*residual } else { &*states };
            steps.product(Lanes::Columns(wide), output, Epilogue::Add(added), sums);
            let next = encoder.layers.get(index + 1).map(|layer| &layer.qkv);
            steps.norm(Some(&layer.output_norm), Lanes::Columns(sums), (states, residual), next);
        }
        for (tokens, sequence) in wave.iter().zip(sequences) {
            let to = &mut to[tokens.start * hidden..tokens.end * hidden];
            copy_rows::<S>(Lanes::Groups(states), rows, sequence.clone(), to);
        }
    }
}

/// Copies some rows of all, `[row][hidden]`.
fn copy_rows<S: Simd>(from: Lanes<'_>, rows: usize, range: Range<usize>, to: &mut [f32]) {
    let hidden = to.len() / range.len();
    for (row, to) in range.zip(to.chunks_exact_mut(hidden)) {
        let tiles = from.group(row / S::ROWS, S::ROWS, rows);
        for (panel, to) in to.chunks_mut(LANES).enumerate() {
            to.copy_from_slice(&tiles.panel(panel)[row % S::ROWS][..to.len()]);
        }
    }
}

impl PackedEncoder {
    /// The states before the first layer, packed for it. `sums` is scratch, and so are `embedded` and `normed`
    /// where the embeddings have another width.
    fn begin<S: Simd>(
        &self,
        steps: &mut Steps<'_, S>,
        (tokens, ids): (&[RowToken], &[u32]),
        (embedded, normed): (&mut Aligned<Lane>, &mut Aligned<Lane>),
        (sums, states): (&mut [Lane], &mut [Lane]),
    ) {
        let first = self.layers.first().map(|layer| &layer.qkv);
        let norm = Some(&self.embedding_norm);
        let width = panels(self.config.embedding_size);
        let (lead, lanes) = (steps.lead, width * tokens.len());
        let embed = |to: &mut [Lane]| {
            lead.for_each(Pieces::new(to, S::ROWS * width), |group, to| {
                self.embed(&tokens[group * S::ROWS..], ids, to);
            });
        };
        let Some(projection) = &self.projection else {
            embed(sums);
            return steps.norm(norm, Lanes::Groups(sums), (states, &mut []), first);
        };
        let embedded = embedded.resized(lanes);
        embed(embedded);
        if self.config.projection == Projection::BeforeNorm {
            steps.product(Lanes::Groups(embedded), projection, Epilogue::Nothing, sums);
            steps.norm(norm, Lanes::Columns(sums), (states, &mut []), first);
        } else {
            let normed = normed.resized(lanes);
            steps.norm(norm, Lanes::Groups(embedded), (normed, &mut []), None);
            steps.product(Lanes::Groups(normed), projection, Epilogue::Nothing, sums);
            steps.norm(None, Lanes::Columns(sums), (states, &mut []), first);
        }
    }

    /// The sums of the embeddings of a group of tokens.
    fn embed(&self, tokens: &[RowToken], ids: &[u32], to: &mut [Lane]) {
        let width = self.config.embedding_size;
        let rows = to.len() / panels(width);
        for (row, token) in tokens[..rows].iter().enumerate() {
            let word = ids[token.index] as usize;
            for (panel, first) in (0..width).step_by(LANES).enumerate() {
                let to = &mut to[panel * rows + row];
                let count = LANES.min(width - first);
                to[count..].fill(0.0);
                self.words.read(word, first, &mut to[..count]);
                let position = self.positions.get(token.position * width + first..).unwrap_or_default();
                for (to, position) in to[..count].iter_mut().zip(position) {
                    *to += position;
                }
            }
        }
    }

    /// What one head of a layer has for distances.
    fn distance<'a>(&'a self, layer: &'a Layer, head: usize) -> Distance<'a> {
        match (&self.distances, &layer.distances) {
            (Distances::Numbers(numbers), _) => Distance::Number(numbers),
            (Distances::Rows(rows), Some(of)) => {
                Distance::Products(of.head(head, self.config.attention_heads, rows))
            }
            _ => Distance::Unread,
        }
    }

    fn window(&self, layer: &Layer) -> Option<usize> {
        match &self.config.attention {
            Attention::Rotary(rotary) if layer.is_local => Some(rotary.window),
            _ => None,
        }
    }
}
