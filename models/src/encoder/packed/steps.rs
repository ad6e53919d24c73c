//! The steps of a pass, each a region of the team of threads.

use std::ops::Range;

use super::arena::{Activations, Group, Strips};
use super::gate::Widen;
use super::rotary::{Turn, Turns};
use crate::encoder::Stop;
use crate::kernels::layout::{Lane, Lanes, Tiles};
use crate::kernels::linear::{Epilogue, Packed, PackedLinear, Precision, STRIP};
use crate::kernels::rows::{self, BLOCK, Norm};
use crate::kernels::simd::{Kernel, Simd};
use crate::kernels::team::{Lead, Pieces};

/// The pass's state that its steps share.
pub(super) struct Steps<'a, S: Simd> {
    pub(super) simd: S,
    pub(super) lead: &'a Lead<'a>,
    pub(super) rows: usize,
    /// In a large layer.
    pub(super) stop: Option<&'a Stop<'a>>,
    /// The input of the next product.
    pub(super) input: Activations<'a, S>,
    /// Where a product packs its output.
    pub(super) next: Activations<'a, S>,
}

impl<S: Simd> Steps<'_, S> {
    /// Packs `from` as the input of `linear`; float32 is read where it lies.
    pub(super) fn pack(&mut self, from: Lanes<'_>, linear: &PackedLinear) {
        let (simd, rows) = (self.simd, self.rows);
        if linear.precision() == Precision::F32 {
            return;
        }
        self.lead.for_each(self.input.groups(linear), |group, to| {
            let from = from.group(group, S::ROWS, rows);
            simd.run(Pack { from, linear, to });
        });
    }

    /// LayerNorm of `from`, or `from` as it is, to `to`, by groups, packed as the input of `next` as well; and
    /// `from` to `residual`, where it has space for it.
    pub(super) fn norm(
        &mut self,
        norm: Option<&Norm>,
        from: Lanes<'_>,
        (to, residual): (&mut [Lane], &mut [Lane]),
        next: Option<&PackedLinear>,
    ) {
        let (simd, rows) = (self.simd, self.rows);
        let group = S::ROWS * (to.len() / rows);
        let states = (Pieces::new(to, group), Pieces::new(residual, group));
        let norm = |group: usize, to: &mut [Lane], residual: &mut [Lane]| {
            simd.run(NormRows { norm, from: from.group(group, S::ROWS, rows), to, residual });
        };
        let Some(next) = next.filter(|next| next.precision() != Precision::F32) else {
            self.lead.for_each(states, |group, (to, residual)| norm(group, to, residual));
            return;
        };
        let parts = (states, self.input.groups(next));
        self.lead.for_each(parts, |group, ((to, residual), packed)| {
            norm(group, to, residual);
            let from = Tiles::of_group(to, from.group(group, S::ROWS, rows).rows());
            simd.run(Pack { from, linear: next, to: packed });
        });
    }

    /// The first feed-forward layer of `from`, which was packed for it, packed as the input of `next`: in
    /// float32 it would be written and read once more, and is more than the second-level cache holds.
    pub(super) fn widen_packed(&mut self, from: Lanes<'_>, widening: Widening<'_>, next: &PackedLinear) {
        let (simd, rows, input) = (self.simd, self.rows, self.input.packed(from, widening.linear));
        let stop = self.stop;
        self.lead.for_each(self.next.blocks(next), |block, packed| {
            if stop.is_some_and(Stop::asks) {
                return;
            }
            let range = block * BLOCK..widening.panels.min((block + 1) * BLOCK);
            widening.with_strips(range.len() * rows, |activated, to| {
                let widen = widening.of(range.clone(), rows, input, activated, to);
                simd.run(PackedWiden { widen, next, packed });
            });
        });
        std::mem::swap(&mut self.input, &mut self.next);
    }

    /// The first feed-forward layer of `from`, which was packed for it, to `to` by columns.
    pub(super) fn widen(&self, from: Lanes<'_>, widening: Widening<'_>, to: &mut [Lane]) {
        let (simd, rows, input) = (self.simd, self.rows, self.input.packed(from, widening.linear));
        let (panels, stop) = (panels_of_a_part(rows), self.stop);
        self.lead.for_each(Pieces::new(to, panels * rows), |part, to| {
            if stop.is_some_and(Stop::asks) {
                return;
            }
            let range = part * panels..widening.panels.min((part + 1) * panels);
            widening.with_strip(to.len(), |activated| {
                simd.run(widening.of(range, rows, input, activated, to));
            });
        });
    }

    /// Turns queries and keys, by columns, of which a head has `head` lanes.
    pub(super) fn turn(
        &self,
        turns: &Turns,
        sequences: &[Range<usize>],
        head: usize,
        queries_and_keys: &mut [Lane],
    ) {
        let (simd, rows) = (self.simd, self.rows);
        self.lead.for_each(Pieces::new(queries_and_keys, head), |_, head| {
            simd.run(Turn { turns, sequences, head, rows });
        });
    }

    /// Applies `linear` to `from`, which was packed for it, and writes to `to` by columns.
    pub(super) fn product(
        &self,
        from: Lanes<'_>,
        linear: &PackedLinear,
        epilogue: Epilogue<'_>,
        to: &mut [Lane],
    ) {
        let (simd, rows, input) = (self.simd, self.rows, self.input.packed(from, linear));
        let (panels, stop) = (panels_of_a_part(rows), self.stop);
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

/// Output panels that a thread takes at a time: a few microseconds of work at least.
fn panels_of_a_part(rows: usize) -> usize {
    STRIP * 24_usize.div_ceil(rows).min(2)
}

/// The first feed-forward layer, and where its activated half is kept until it is multiplied with its gate.
#[derive(Clone, Copy)]
pub(super) struct Widening<'a> {
    pub(super) linear: &'a PackedLinear,
    pub(super) activation: Epilogue<'a>,
    /// Panels of the output.
    pub(super) panels: usize,
    pub(super) is_gated: bool,
    pub(super) strips: &'a Strips,
}

impl<'a> Widening<'a> {
    /// Lends a strip of so many lanes where there is a gate.
    fn with_strip(&self, lanes: usize, work: impl FnOnce(&mut [Lane])) {
        if self.is_gated { self.strips.with(|strip| work(strip.resized(lanes))) } else { work(&mut []) }
    }

    /// As [`Widening::with_strip`], and a strip for the output.
    fn with_strips(&self, lanes: usize, work: impl FnOnce(&mut [Lane], &mut [Lane])) {
        self.with_strip(lanes, |activated| self.strips.with(|to| work(activated, to.resized(lanes))));
    }

    fn of<'b, S: Simd>(
        &self,
        range: Range<usize>,
        rows: usize,
        input: Packed<'b, S::Quads>,
        activated: &'b mut [Lane],
        to: &'b mut [Lane],
    ) -> Widen<'b, S>
    where
        'a: 'b,
    {
        let gate = self.is_gated.then_some(self.panels);
        Widen { linear: self.linear, range, gate, rows, input, activation: self.activation, activated, to }
    }
}

/// The first feed-forward layer, whose output, a block of inputs of the next product, is packed for it.
struct PackedWiden<'a, S: Simd> {
    widen: Widen<'a, S>,
    next: &'a PackedLinear,
    packed: Group<'a, S::Quads>,
}

impl<S: Simd> Kernel<S> for PackedWiden<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Self { widen, next, packed: (pairs, (quads, scales)) } = self;
        let (range, rows) = (widen.range.clone(), widen.rows);
        let panels = range.len();
        let to = simd.run(widen);
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
    norm: Option<&'a Norm>,
    from: Tiles<'a>,
    to: &'a mut [Lane],
    /// Empty, or a copy.
    residual: &'a mut [Lane],
}

impl<S: Simd> Kernel<S> for NormRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Self { norm, from, to, residual } = self;
        let height = from.rows();
        for (panel, to) in residual.chunks_exact_mut(height).enumerate() {
            to.copy_from_slice(from.panel(panel));
        }
        match norm {
            Some(norm) => norm.rows(simd, from, to),
            None => {
                for (panel, to) in to.chunks_exact_mut(height).enumerate() {
                    to.copy_from_slice(from.panel(panel));
                }
            }
        }
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
