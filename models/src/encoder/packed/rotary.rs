//! Rotary positions (Su et al. 2021): the values i and i + d/2 of a query or key are turned by an angle that
//! grows with the position.

use std::ops::Range;

use crate::kernels::Aligned;
use crate::kernels::layout::{Lane, panels};
use crate::kernels::simd::{Kernel, LANES, Simd};

/// The angles between two positions, b^(-2i/d) for each pair i of a head.
#[derive(Debug)]
pub(super) struct Frequencies(Vec<f32>);

impl Frequencies {
    /// `size` is the width of a head.
    pub(super) fn new(base: f64, size: usize) -> Self {
        let frequency = |pair: usize| 1.0 / libm::pow(base, 2.0 * pair as f64 / size as f64);
        Self((0..size / 2).map(|pair| frequency(pair) as f32).collect())
    }
}

/// Cosines and sines up to the farthest position so far, `[position][panel of pairs]`.
#[derive(Debug, Default)]
pub(super) struct Turns {
    positions: usize,
    cosines: Aligned<Lane>,
    sines: Aligned<Lane>,
}

impl Turns {
    /// Makes sure of the first `positions` positions.
    pub(super) fn reach(&mut self, Frequencies(frequencies): &Frequencies, positions: usize) {
        if positions <= self.positions {
            return;
        }
        // Texts that grow by a token each must not compute all of it each time.
        let positions = positions.next_power_of_two();
        let panels = panels(frequencies.len());
        let cosines = self.cosines.resized(positions * panels);
        let sines = self.sines.resized(positions * panels);
        let lanes = cosines.as_flattened_mut().chunks_mut(panels * LANES);
        for (position, (cosines, sines)) in
            lanes.zip(sines.as_flattened_mut().chunks_mut(panels * LANES)).enumerate()
        {
            // What pads a head is zero and may be turned by anything.
            for (frequency, (cosine, sine)) in frequencies.iter().zip(cosines.iter_mut().zip(sines)) {
                let angle = f64::from(position as f32 * frequency);
                (*cosine, *sine) = (libm::cos(angle) as f32, libm::sin(angle) as f32);
            }
        }
        self.positions = positions;
    }
}

/// Turns the queries or the keys of one head, by columns.
pub(super) struct Turn<'a> {
    pub(super) turns: &'a Turns,
    pub(super) sequences: &'a [Range<usize>],
    pub(super) head: &'a mut [Lane],
    /// Rows of the head.
    pub(super) rows: usize,
}

impl<S: Simd> Kernel<S> for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Self { turns: Turns { cosines, sines, .. }, sequences, head, rows } = self;
        let (first, second) = head.split_at_mut(head.len() / 2);
        let panels = first.len() / rows;
        let halves = first.chunks_exact_mut(rows).zip(second.chunks_exact_mut(rows));
        for (panel, (first, second)) in halves.enumerate() {
            for sequence in sequences {
                let pairs = first[sequence.clone()].iter_mut().zip(&mut second[sequence.clone()]);
                for (position, (first, second)) in pairs.enumerate() {
                    let (cosine, sine) = (
                        simd.load(&cosines[position * panels + panel]),
                        simd.load(&sines[position * panels + panel]),
                    );
                    let (a, b) = (simd.load(first), simd.load(second));
                    simd.store(simd.sub(simd.mul(a, cosine), simd.mul(b, sine)), first);
                    simd.store(simd.fma(a, sine, simd.mul(b, cosine)), second);
                }
            }
        }
    }
}
