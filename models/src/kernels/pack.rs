//! Weights in the order in which the tiles read them.

use super::linear::{PackedLinear, PackedWeights, Precision};
use super::rows::{BLOCK, bf16};
use super::simd::{LANES, WeightPairs};
use super::tiles::{Lane, panels};

/// Adding and subtracting it rounds a float32 of less than 2^22 to the nearest integer, ties to even.
const ROUND: f32 = 12_582_912.0;

impl PackedLinear {
    /// Packs `outputs` columns over `inputs`, both counted with their padding; `weight(output, input)` and `bias(output)` give zero
    /// there. `spread(input)` is about how far an input goes from zero: integers share one step among a row's inputs.
    pub(crate) fn new(
        precision: Precision,
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f32,
        bias: impl Fn(usize) -> f32,
        spread: impl Fn(usize) -> f32,
    ) -> Self {
        let width = panels(inputs);
        let lane = |first: usize, value: &dyn Fn(usize) -> f32| -> Lane {
            std::array::from_fn(|lane| if first + lane < outputs { value(first + lane) } else { 0.0 })
        };
        let starts = || (0..outputs).step_by(LANES);
        let bias = starts().map(|first| lane(first, &bias)).collect();
        let mut weights = Vec::with_capacity(panels(outputs) * width * LANES);
        for first in starts() {
            weights.extend((0..width * LANES).map(|input| lane(first, &|output| weight(output, input))));
        }
        let weights = match precision {
            Precision::F32 => PackedWeights::F32(weights),
            Precision::Bf16 => PackedWeights::Bf16(pack_bf16(&weights)),
            Precision::Int8 => {
                pack_int8(weights, width, |input| if input < inputs { spread(input) } else { 0.0 })
            }
        };
        Self { inputs: width, bias, weights }
    }
}

fn pack_bf16(weights: &[Lane]) -> Vec<WeightPairs> {
    let pair = |[low, high]: &[Lane; 2]| std::array::from_fn(|lane| bf16(low[lane]) | bf16(high[lane]) << 16);
    weights.as_chunks().0.iter().map(pair).collect()
}

fn pack_int8(mut weights: Vec<Lane>, width: usize, spread: impl Fn(usize) -> f32) -> PackedWeights {
    // SmoothQuant (Xiao et al. 2023), at its exponent of a half: what is wide among the inputs goes to the weights.
    let mut heaviest = vec![[0f32; LANES]; width * LANES];
    for panel in weights.chunks_exact(width * LANES) {
        for (heaviest, weights) in heaviest.iter_mut().zip(panel) {
            *heaviest = std::array::from_fn(|lane| heaviest[lane].max(weights[lane].abs()));
        }
    }
    let smooth: Vec<f32> = heaviest
        .iter()
        .enumerate()
        .map(|(input, weights)| {
            let ratio = (spread(input) / weights.iter().copied().fold(0.0, f32::max)).sqrt();
            if ratio.is_normal() { ratio } else { 1.0 }
        })
        .collect();
    let count = weights.len() / (width * LANES) * width.div_ceil(BLOCK);
    let mut quads = Vec::with_capacity(weights.len() / LANES);
    let (mut steps, mut sums) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for panel in weights.chunks_exact_mut(width * LANES) {
        for (weights, smooth) in panel.iter_mut().zip(&smooth) {
            *weights = weights.map(|weight| weight * smooth);
        }
        for block in panel.chunks(BLOCK * LANES) {
            let largest = block.iter().fold([0f32; LANES], |largest, weights| {
                std::array::from_fn(|lane| largest[lane].max(weights[lane].abs()))
            });
            let scale = largest.map(|largest| if largest > 0.0 { 127.0 / largest } else { 0.0 });
            let mut sum = [0; LANES];
            for inputs in block.as_chunks::<LANES>().0 {
                let whole = inputs.map(|weights| -> [i32; LANES] {
                    std::array::from_fn(|lane| (weights[lane] * scale[lane] + ROUND - ROUND) as i32)
                });
                for weights in &whole {
                    sum = std::array::from_fn(|lane| sum[lane] + weights[lane]);
                }
                let whole = whole.as_chunks::<4>().0;
                quads.push(std::array::from_fn(|quad| {
                    std::array::from_fn(|lane| std::array::from_fn(|at| whole[quad][at][lane] as i8))
                }));
            }
            steps.push(largest.map(|largest| largest / 127.0));
            sums.push(sum);
        }
    }
    let inverse = smooth.as_chunks().0.iter().map(|lane| lane.map(|smooth| 1.0 / smooth)).collect();
    PackedWeights::Int8 { quads, steps, sums, inverse }
}
