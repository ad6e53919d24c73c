//! Eight bits in a training's forward pass: inputs and weights of the linear layers are rounded as integer
//! serving rounds them, so that the weights learn to bear it (Zafrir et al. 2019, Q8BERT). Gradients pass
//! through the rounding as if it were not there (Bengio et al. 2013).
//!
//! Serving also moves the spread of an input column to the weights, which makes the steps finer; training
//! does not, so what it learns to bear is the coarser rounding.

use rayon::prelude::*;

use super::parameters::{Of, Parameter, place};
use crate::config::Config;
use crate::kernels::rows::BLOCK;
use crate::kernels::simd::LANES;

/// Inputs that share a scale.
const INPUTS: usize = BLOCK * LANES;

/// Rows that one thread takes at a time.
const ROWS: usize = 32;

/// The largest sum of the magnitudes of two neighbouring weights, as a 16-bit sum of products demands.
const PAIR: f32 = 128.0;

/// The weights of all layers' linear layers, rounded once for a pass and its gradient.
#[derive(Debug)]
pub(super) struct Rounded(Vec<Vec<f32>>);

/// The matrices of a layer with the inputs of each.
const MATRICES: [Of; 4] = [Of::Qkv, Of::Output, Of::Wide, Of::Narrow];

impl Rounded {
    pub(super) fn new(config: &Config, parameters: &[Parameter]) -> Self {
        let of_layer = |layer: usize| {
            MATRICES.map(|of| {
                let inputs =
                    if matches!(of, Of::Narrow) { config.intermediate_size } else { config.hidden_size };
                weights(&parameters[place(layer, of)].values, inputs)
            })
        };
        Self((0..config.layers).flat_map(of_layer).collect())
    }

    /// One of [`MATRICES`].
    pub(super) fn of(&self, layer: usize, of: Of) -> &[f32] {
        let at = MATRICES.iter().position(|matrix| *matrix as usize == of as usize);
        at.map_or(&[], |at| &self.0[layer * MATRICES.len() + at])
    }
}

/// Each block of a row's inputs on 256 even steps from its least to its largest value.
pub(super) fn inputs(rows: &[f32], width: usize) -> Vec<f32> {
    rounded(rows, width, |block| {
        let (low, high) = block
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
        let step = (high - low) / 255.0;
        if step > 0.0 {
            for value in block {
                *value = ((*value - low) / step).round_ties_even() * step + low;
            }
        }
    })
}

/// Each block of an output's weights on even steps around zero, `width` weights an output.
pub(super) fn weights(rows: &[f32], width: usize) -> Vec<f32> {
    rounded(rows, width, |block| {
        let single = block.iter().fold(0f32, |most, value| most.max(value.abs()));
        let pair = block.chunks(2).map(|pair| pair.iter().map(|v| v.abs()).sum()).fold(0f32, f32::max);
        let step = (single / 127.0).max(pair / PAIR);
        if step > 0.0 {
            for value in block {
                *value = (*value / step).round_ties_even() * step;
            }
        }
    })
}

fn rounded(rows: &[f32], width: usize, block: impl Fn(&mut [f32]) + Sync) -> Vec<f32> {
    let mut rounded = rows.to_vec();
    rounded.par_chunks_mut(ROWS * width).for_each(|rows| {
        rows.chunks_mut(width).flat_map(|row| row.chunks_mut(INPUTS)).for_each(&block);
    });
    rounded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn distinct(values: &[f32]) -> usize {
        let mut bits: Vec<u32> = values.iter().map(|value| value.to_bits()).collect();
        bits.sort_unstable();
        bits.dedup();
        bits.len()
    }

    proptest! {
        #[test]
        fn values_move_by_half_a_step_at_most_and_take_few_values(
            values in prop::collection::vec(-3.0f32..3.0, 400),
        ) {
            for (rounded, step) in [(inputs(&values, 400), 6.0 / 255.0), (weights(&values, 400), 6.0 / 128.0)] {
                for (block, was) in rounded.chunks(INPUTS).zip(values.chunks(INPUTS)) {
                    prop_assert!(distinct(block) <= 256);
                    for (new, old) in block.iter().zip(was) {
                        prop_assert!((new - old).abs() <= step / 2.0 * 1.001, "{old} became {new}");
                    }
                }
            }
        }
    }

    #[test]
    fn rows_of_one_value_stay() {
        let rows = [vec![0.0; 200], vec![-1.5; 200]].concat();
        assert_eq!(inputs(&rows, 200), rows);
        let kept = weights(&rows, 200);
        assert!(kept.iter().zip(&rows).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
