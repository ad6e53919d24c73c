//! A subject of the benches: the attention of one head by itself.

use std::ops::Range;

use super::attention::{Distance, Head, Scratch};
use crate::kernels::layout::Lane;
use crate::kernels::simd::{LANES, Program, Simd};
use crate::kernels::{Aligned, Isa};

/// One head over one sequence of random queries, keys and values. One thread runs it.
#[derive(Debug)]
pub struct HeadAttention {
    isa: Isa,
    /// How many tokens away a query reads; `None` for all.
    window: Option<usize>,
    tokens: usize,
    width: usize,
    qkv: Aligned<Lane>,
    to: Aligned<Lane>,
    scratch: Scratch,
}

impl HeadAttention {
    /// A head of `size` values, a multiple of sixteen.
    ///
    /// # Panics
    /// Where it is not.
    pub fn new(isa: Isa, tokens: usize, size: usize, window: Option<usize>) -> Self {
        assert!(size.is_multiple_of(LANES), "{size}");
        let width = size / LANES;
        let lane = |at: usize| {
            std::array::from_fn(|lane| {
                let state = ((at * LANES + lane) as u32).wrapping_mul(2_654_435_761).wrapping_add(12_345);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
        };
        Self {
            isa,
            window,
            tokens,
            width,
            qkv: (0..3 * width * tokens).map(lane).collect(),
            to: Aligned::zeros(width * tokens),
            scratch: Scratch::default(),
        }
    }

    /// Runs it once.
    pub fn run(&mut self) {
        self.isa.run(Whole(self));
    }
}

struct Whole<'a>(&'a mut HeadAttention);

impl Program for Whole<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let HeadAttention { window, tokens, width, qkv, to, scratch, .. } = self.0;
        let sequence: Range<usize> = 0..*tokens;
        simd.run(Head {
            qkv,
            rows: *tokens,
            width: *width,
            heads: 1,
            index: 0,
            scale: 0.125,
            distance: Distance::Unread,
            window: *window,
            sequences: &[sequence],
            scratch,
            stop: None,
            to,
        });
    }
}
