//! Every instruction set of this processor against plain sums, and against each other to the bit.

use std::sync::atomic::{AtomicUsize, Ordering};

use libm::erf;
use proptest::prelude::*;

use super::layout::{Lane, Lanes, Order, Tiles, panels, place};
use super::linear::{Epilogue, Packed, PackedLinear, PackedWeights};
use super::pack::PAIR;
use super::rows::{self, BLOCK, Norm, Scale};
use super::simd::{Buffers, Kernel, LANES, Program, Simd};
use super::team::{self, Pieces};
use super::{Isa, Matrix, Precision, math};

mod operations;

/// Row-major values by columns, padded with zeros.
fn by_columns(values: &[f32], rows: usize) -> Vec<Lane> {
    let width = values.len() / rows;
    let value = |row: usize, column: usize| if column < width { values[row * width + column] } else { 0.0 };
    let lane = |at: usize| std::array::from_fn(|lane| value(at % rows, at / rows * LANES + lane));
    (0..panels(width) * rows).map(lane).collect()
}

#[derive(Clone, Copy)]
struct Product<'a> {
    linear: &'a PackedLinear,
    rows: usize,
    from: &'a [Lane],
    /// Whether the input lies by blocks, as a product packs it, and not by groups.
    by_blocks: bool,
}

struct ProductInto<'a> {
    product: Product<'a>,
    buffers: &'a mut Buffers,
    to: &'a mut [Lane],
}

impl Program for Product<'_> {
    type Output = Vec<Lane>;

    fn run<S: Simd>(self, simd: S) -> Vec<Lane> {
        let mut to = vec![[0.0; LANES]; self.linear.outputs() * self.rows];
        simd.run(ProductInto { product: self, buffers: &mut Buffers::default(), to: &mut to });
        to
    }
}

impl<S: Simd> Kernel<S> for ProductInto<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Product { linear, rows, from, by_blocks } = self.product;
        let width = linear.inputs;
        let mut floats: Vec<Lane> = Vec::new();
        let mut pairs = vec![[0; LANES / 2]; rows * width];
        let quads = S::buffer(self.buffers);
        let quads = quads.resized(rows * width);
        let mut scales = vec![Scale::default(); rows * linear.blocks()];
        let order = if by_blocks { Order::Blocks { rows } } else { Order::Groups };
        for first in (0..rows).step_by(S::ROWS) {
            let end = rows.min(first + S::ROWS);
            let height = end - first;
            if linear.precision() == Precision::F32 {
                let group = Tiles::of_columns(from, rows, first..end);
                floats.extend((0..width).flat_map(|panel| group.panel(panel)));
                continue;
            }
            // A block at a time, wherever the order has it.
            for (block, panel) in (0..width).step_by(BLOCK).enumerate() {
                let panels = BLOCK.min(width - panel);
                let group = Tiles::of_columns(&from[panel * rows..(panel + panels) * rows], rows, first..end);
                let at = order.start(first, height, panel, panels, width);
                if linear.precision() == Precision::Bf16 {
                    rows::pack_bf16(simd, group, &mut pairs[at..at + panels * height]);
                } else {
                    let inverse = &linear.inverse()[panel..panel + panels];
                    let scale = order.start(first, height, block, 1, linear.blocks());
                    let scales = &mut scales[scale..scale + height];
                    rows::quantise(simd, group, inverse, &mut quads[at..at + panels * height], scales);
                }
            }
        }
        let input = match linear.precision() {
            Precision::F32 if by_blocks => Packed::F32 { lanes: Lanes::Columns(from), rows },
            Precision::F32 => Packed::F32 { lanes: Lanes::Groups(&floats), rows },
            Precision::Bf16 => Packed::Bf16 { pairs: &pairs, order },
            Precision::Int8 => Packed::Int8 { quads, scales: &scales, order },
        };
        linear.columns(simd, 0..linear.outputs(), rows, &input, Epilogue::Nothing, self.to);
    }
}

/// The sums of one tile of integers.
struct Sums<'a, const R: usize> {
    values: &'a [[i8; R]],
    weights: &'a [[i8; LANES]],
}

impl<const R: usize> Program for Sums<'_, R> {
    type Output = [[i32; LANES]; R];

    fn run<S: Simd>(self, simd: S) -> Self::Output {
        simd.run(self)
    }
}

impl<S: Simd, const R: usize> Kernel<S> for Sums<'_, R> {
    type Output = [[i32; LANES]; R];

    #[inline(always)]
    fn run(self, simd: S) -> Self::Output {
        let panels = self.values.as_chunks::<LANES>().0;
        let mut activations = vec![S::Quads::default(); panels.len() * R];
        for (panel, values) in panels.iter().enumerate() {
            for row in 0..R {
                let values = simd.load(&std::array::from_fn(|at| f32::from(values[at][row])));
                activations[place(panel, row, panels.len(), R, S::QUADS_ABREAST)] = simd.quads(values);
            }
        }
        let quad =
            |four: &[[i8; LANES]; 4]| std::array::from_fn(|lane| std::array::from_fn(|at| four[at][lane]));
        let quads: Vec<_> = self.weights.as_chunks().0.iter().map(quad).collect();
        let total = |lane: usize| self.weights.iter().map(|row| i32::from(row[lane])).sum::<i32>();
        let start = std::array::from_fn(|lane| -S::OFFSET * total(lane));
        let _configured = simd.configured(R);
        let sums = simd.int8_tile(activations.as_chunks().0, quads.as_chunks().0, &start);
        sums.map(|sums| rows::stored(simd, simd.i32_to_f32(sums)).map(|sum| sum as i32))
    }
}

fn exact_tile<const R: usize>(values: &[[i8; 12]], weights: &[[i8; LANES]]) {
    let values: Vec<[i8; R]> = values.iter().map(|row| std::array::from_fn(|at| row[at])).collect();
    let plain: [[i32; LANES]; R] = std::array::from_fn(|row| {
        std::array::from_fn(|lane| {
            values.iter().zip(weights).map(|(v, w)| i32::from(v[row]) * i32::from(w[lane])).sum()
        })
    });
    for isa in Isa::available() {
        assert_eq!(isa.run(Sums { values: &values, weights }), plain, "{} rows on {}", R, isa.name());
    }
}

fn byte() -> impl Strategy<Value = i8> {
    prop_oneof![Just(-128i8), Just(127), any::<i8>()]
}

/// Weights as packing leaves them: the magnitudes of two side by side are [`PAIR`] at most.
fn limited(weights: &mut [[i8; LANES]]) {
    for [first, second] in weights.as_chunks_mut().0 {
        for (first, second) in first.iter_mut().zip(second) {
            *first = (*first).max(-127);
            let limit = 127.min(PAIR - i32::from(first.unsigned_abs()));
            *second = i32::from(*second).clamp(-limit, limit) as i8;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn integer_sums_are_exact(
        rows in prop::collection::vec((prop::array::uniform12(byte()), prop::array::uniform16(byte())), 16..200),
    ) {
        let whole = rows.len() / LANES * LANES;
        let (values, mut weights): (Vec<_>, Vec<_>) = rows[..whole].iter().copied().unzip();
        limited(&mut weights);
        exact_tile::<1>(&values, &weights);
        exact_tile::<4>(&values, &weights);
        exact_tile::<6>(&values, &weights);
        exact_tile::<12>(&values, &weights);
    }

    #[test]
    fn packed_weights_side_by_side_stay_within_their_limit_and_near_the_plain_ones(
        weights in prop::collection::vec(
            prop_oneof![-1.0..=1.0f32, Just(1.0), Just(-1.0), (-254..=254i16).prop_map(|half| f32::from(half) / 254.0)],
            1..420,
        ),
        size in prop_oneof![Just(1e-30f32), Just(0.05), Just(1e30)],
    ) {
        let row = |_| Some(weights.iter().map(|weight| weight * size).collect());
        // The inputs are spread as the weights are, so that none is scaled.
        let matrix = Matrix { inputs: weights.len(), outputs: 1, row };
        let spread = |input: usize| (weights[input] * size).abs();
        let linear = PackedLinear::new(Precision::Int8, &matrix, |_| 0.0, spread);
        let PackedWeights::Int8 { quads, scales, .. } = &linear.weights else {
            unreachable!("packed as integers")
        };
        let packed: Vec<i8> = quads.as_flattened().iter().flat_map(|columns| columns[0]).collect();
        for pair in packed.as_chunks::<2>().0 {
            prop_assert!(pair.iter().map(|weight| i32::from(weight.unsigned_abs())).sum::<i32>() <= PAIR, "{pair:?}");
        }
        for (at, (&weight, packed)) in weights.iter().zip(packed).enumerate() {
            let scale = scales[at / (BLOCK * LANES)][0];
            let difference = weight * size - f32::from(packed) * scale;
            prop_assert!(difference.abs() <= scale * 0.501, "{at}: {weight} · {size} as {packed} · {scale}");
        }
    }

    #[test]
    fn products_have_the_same_bits_everywhere_and_come_near_the_plain_ones(
        rows in 1usize..110, inputs in 1usize..300, outputs in 1usize..40, seed in 0u32..1000,
    ) {
        let noise = |at: usize| {
            let mixed = (at as u32).wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503)).rotate_left(13);
            (mixed.wrapping_mul(0x85eb_ca6b) >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let values: Vec<f32> = (0..rows * inputs).map(noise).collect();
        let weight = |output: usize, input: usize| if input < inputs { noise(7 + output * inputs + input) } else { 0.0 };
        let from = by_columns(&values, rows);
        for (precision, tolerance) in [(Precision::F32, 1e-4), (Precision::Bf16, 0.08), (Precision::Int8, 0.08)] {
            let row = |output: usize| Some((0..inputs).map(|input| weight(output, input)).collect());
            let linear = PackedLinear::new(precision, &Matrix { inputs, outputs, row }, noise, |_| 0.5);
            let mut first: Option<Vec<u32>> = None;
            for isa in Isa::available() {
                let to = isa.run(Product { linear: &linear, rows, from: &from, by_blocks: false });
                let by_blocks = isa.run(Product { linear: &linear, rows, from: &from, by_blocks: true });
                prop_assert!(to == by_blocks, "{precision:?} on {}", isa.name());
                let bits: Vec<u32> = to.as_flattened().iter().map(|value| value.to_bits()).collect();
                if precision != Precision::Bf16 || isa.has_shared_bf16_bits() {
                    let first = first.get_or_insert_with(|| bits.clone());
                    prop_assert!(*first == bits, "{precision:?} on {}", isa.name());
                }
                for row in 0..rows {
                    for output in 0..outputs {
                        let plain: f64 = (0..inputs)
                            .map(|input| f64::from(values[row * inputs + input]) * f64::from(weight(output, input)))
                            .sum::<f64>() + f64::from(noise(output));
                        let difference = f64::from(to[output / LANES * rows + row][output % LANES]) - plain;
                        prop_assert!(difference.abs() < tolerance, "{precision:?} on {}: {difference}", isa.name());
                    }
                }
            }
        }
    }

    #[test]
    fn layer_norm_has_the_same_bits_everywhere_and_the_moments_it_promises(
        rows in 1usize..30, columns in 2usize..100, spread in 0.1f32..50.0,
    ) {
        let values: Vec<f32> = (0..rows * columns).map(|at| ((at * 7919 % 1009) as f32 / 1009.0 - 0.3) * spread).collect();
        let norm = Norm {
            weight: by_columns(&vec![1.0; columns], 1).into_iter().collect(),
            bias: by_columns(&vec![0.0; columns], 1).into_iter().collect(), columns, eps: 1e-12,
        };
        let from = by_columns(&values, rows);
        let mut first: Option<Vec<u32>> = None;
        for isa in Isa::available() {
            let to = isa.run(Normed { norm: &norm, from: &from, rows });
            let bits: Vec<u32> = to.as_flattened().iter().map(|value| value.to_bits()).collect();
            prop_assert!(*first.get_or_insert_with(|| bits.clone()) == bits, "{}", isa.name());
            for row in 0..rows {
                let row = (0..columns).map(|column| f64::from(to[column / LANES * rows + row][column % LANES]));
                let (sum, squares) = row.fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
                let count = columns as f64;
                prop_assert!((sum / count).abs() < 1e-4 && (squares / count - 1.0).abs() < 1e-3, "{sum} {squares}");
            }
        }
    }
}

#[test]
fn subnormal_sums_of_bfloat16_are_flushed_alike() {
    let (rows, inputs, outputs) = (13, 40, 33);
    let tiny = |at: usize| ((at * 7919 % 1009) as f32 - 504.0) * 3e-22;
    let values: Vec<f32> = (0..rows * inputs).map(tiny).collect();
    let from = by_columns(&values, rows);
    let row =
        |output: usize| Some((0..inputs).map(|input| tiny(5 + output * inputs + input) * 100.0).collect());
    let linear = PackedLinear::new(Precision::Bf16, &Matrix { inputs, outputs, row }, |_| 0.0, |_| 1.0);
    let found = Isa::available().into_iter().map(|isa| {
        let to = isa.run(Product { linear: &linear, rows, from: &from, by_blocks: false });
        (isa, to.as_flattened().iter().map(|value| value.to_bits()).collect::<Vec<_>>())
    });
    let found: Vec<_> = found.filter(|(isa, _)| isa.has_shared_bf16_bits()).collect();
    let (_, last) = &found[found.len() - 1];
    assert!(last.iter().any(|&bits| f32::from_bits(bits) != 0.0), "some sums are normal");
    assert!(last.iter().all(|&bits| !f32::from_bits(bits).is_subnormal()));
    for (isa, bits) in &found {
        assert!(bits == last, "{}", isa.name());
    }
}

struct Normed<'a> {
    norm: &'a Norm,
    from: &'a [Lane],
    rows: usize,
}

impl Program for Normed<'_> {
    type Output = Vec<Lane>;

    /// One group, whatever the instruction set.
    fn run<S: Simd>(self, simd: S) -> Vec<Lane> {
        let mut to = vec![[9.0; LANES]; self.from.len()];
        self.norm.rows(simd, Tiles::of_columns(self.from, self.rows, 0..self.rows), &mut to);
        to
    }
}

struct Functions<'a>(&'a [Lane]);

impl Program for Functions<'_> {
    type Output = [Vec<Lane>; 5];

    fn run<S: Simd>(self, simd: S) -> Self::Output {
        let map = |f: &dyn Fn(S::F32) -> S::F32| {
            self.0.iter().map(|lane| rows::stored(simd, f(simd.load(lane)))).collect::<Vec<_>>()
        };
        [
            map(&|x| math::exp(simd, x)),
            map(&|x| math::tanh(simd, x)),
            map(&|x| math::gelu(simd, x)),
            map(&|x| math::gelu_tanh(simd, x)),
            map(&|x| math::relu(simd, x)),
        ]
    }
}

#[test]
fn functions_have_the_same_bits_everywhere_and_come_near_the_true_ones() {
    let points: Vec<f32> = (-64_000..64_000).map(|at| at as f32 / 4000.0).collect();
    let lanes = points.as_chunks::<LANES>().0;
    let tanh_of = |x: f64| {
        let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
        x / 2.0 * (1.0 + inner.tanh())
    };
    let truths: [&dyn Fn(f64) -> f64; 5] =
        [&f64::exp, &f64::tanh, &|x| x / 2.0 * (1.0 + erf(x / 2f64.sqrt())), &tanh_of, &|x| x.max(0.0)];
    let mut first: Option<Vec<u32>> = None;
    for isa in Isa::available() {
        let found = isa.run(Functions(lanes));
        let bits =
            found.iter().flat_map(|values| values.as_flattened()).map(|value| value.to_bits()).collect();
        assert!(*first.get_or_insert_with(|| Vec::clone(&bits)) == bits, "{}", isa.name());
        for (index, (values, truth)) in found.iter().zip(truths).enumerate() {
            for (&x, &value) in points.iter().zip(values.as_flattened()) {
                let expected = truth(f64::from(x));
                // exp is relative; the others are absolute, and the error of GELU grows with x.
                let allowed = if index == 0 { 3e-7 * expected } else { 1.1e-6 + 1e-7 * f64::from(x.abs()) };
                let difference = (f64::from(value) - expected).abs();
                assert!(difference <= allowed, "function {index} at {x} on {}: {difference}", isa.name());
            }
        }
    }
}

#[test]
fn a_region_does_each_part_once_with_any_number_of_threads() {
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut counts = vec![0u32; 1003];
        let calls = AtomicUsize::new(0);
        pool.install(|| {
            team::with(|lead| {
                for _ in 0..50 {
                    lead.for_each(Pieces::new(&mut counts, 10), |index, part| {
                        assert_eq!(part.len(), if index == 100 { 3 } else { 10 });
                        calls.fetch_add(1, Ordering::Relaxed);
                        for count in part {
                            *count += 1;
                        }
                    });
                }
            });
        });
        assert_eq!(counts, vec![50; 1003]);
        assert_eq!(calls.into_inner(), 50 * 101);
    }
}

#[test]
fn a_part_that_panics_ends_the_pass_and_not_the_process() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for bad in [0, 37, 99] {
        let pass = || {
            pool.install(|| {
                team::with(|lead| {
                    lead.for_each(Pieces::new(&mut [0u8; 100], 1), |index, _| {
                        assert_ne!(index, bad, "as asked");
                    });
                });
            });
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(pass)).is_err());
    }
    assert_eq!(pool.install(|| 7), 7);
}
