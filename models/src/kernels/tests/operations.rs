//! Each operation of each instruction set against its definition, on the numbers for which processors differ:
//! halves, what is rounded once or twice, subnormal numbers, infinities and NaN.

use super::*;
use crate::kernels::simd::{PAIRS, Pairs, WeightPairs};

/// Numbers of every kind. Each operation is tried on all pairs of them.
const NUMBERS: [f32; 32] = [
    0.0,
    -0.0,
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    -f32::MIN_POSITIVE,
    // The largest and the least subnormal number.
    f32::from_bits(0x007f_ffff),
    f32::from_bits(0x807f_ffff),
    f32::from_bits(1),
    f32::from_bits(0x8000_0001),
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    // Half an odd number and the next number below a half: not to be rounded by adding a half.
    0.499_999_97,
    8_388_607.5,
    4_194_304.5,
    -4_194_303.5,
    8_388_609.0,
    1.0,
    -1.0,
    1.0 / 3.0,
    // Its square has bits below float32's: a sum shows whether it was rounded before.
    1.000_244_1,
    -1.000_488_3,
    127.5,
    -128.5,
    2_147_483_500.0,
    -2_147_483_600.0,
];

/// Sixteen lanes of operands.
struct Operands {
    a: Lane,
    b: Lane,
    c: Lane,
}

impl Program for &Operands {
    type Output = [Lane; 9];

    fn run<S: Simd>(self, simd: S) -> Self::Output {
        simd.run(self)
    }
}

impl<S: Simd> Kernel<S> for &Operands {
    type Output = [Lane; 9];

    #[inline(always)]
    fn run(self, simd: S) -> Self::Output {
        let (a, b, c) = (simd.load(&self.a), simd.load(&self.b), simd.load(&self.c));
        [
            rows::stored(simd, simd.add(a, b)),
            rows::stored(simd, simd.sub(a, b)),
            rows::stored(simd, simd.mul(a, b)),
            rows::stored(simd, simd.div(a, b)),
            rows::stored(simd, simd.fma(a, b, c)),
            rows::stored(simd, simd.min(a, b)),
            rows::stored(simd, simd.max(a, b)),
            rows::stored(simd, simd.round(a)),
            rows::stored(simd, simd.flush(a)),
        ]
    }
}

/// What the operations are defined to be.
type Operation = fn(f32, f32, f32) -> f32;

const DEFINED: [(&str, Operation); 9] = [
    ("add", |a, b, _| a + b),
    ("sub", |a, b, _| a - b),
    ("mul", |a, b, _| a * b),
    ("div", |a, b, _| a / b),
    ("fma", f32::mul_add),
    ("min", |a, b, _| if a < b { a } else { b }),
    ("max", |a, b, _| if a > b { a } else { b }),
    ("round", |a, _, _| a.round_ties_even()),
    ("flush", |a, _, _| if a.is_subnormal() { 0f32.copysign(a) } else { a }),
];

/// The bits, of every NaN the same: processors differ in which one they make.
fn bits(value: f32) -> u32 {
    if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }
}

#[test]
fn every_operation_is_as_defined_on_numbers_of_every_kind() {
    for a in NUMBERS {
        for c in NUMBERS {
            for b in NUMBERS.as_chunks().0 {
                let operands = Operands { a: [a; LANES], b: *b, c: [c; LANES] };
                for isa in Isa::available() {
                    for ((name, defined), found) in DEFINED.iter().zip(isa.run(&operands)) {
                        for (b, found) in b.iter().zip(found) {
                            let expected = defined(a, *b, c);
                            let said = format!("{name}({a:e}, {b:e}, {c:e}) on {}", isa.name());
                            assert_eq!(bits(found), bits(expected), "{said}: {found:e}, not {expected:e}");
                        }
                    }
                }
            }
        }
    }
}

/// What is made of integers and of pairs.
struct Conversions<'a> {
    integers: &'a [i32; LANES],
    exponents: &'a Lane,
    pairs: &'a WeightPairs,
}

impl Program for &Conversions<'_> {
    type Output = [Lane; 4];

    fn run<S: Simd>(self, simd: S) -> Self::Output {
        simd.run(self)
    }
}

impl<S: Simd> Kernel<S> for &Conversions<'_> {
    type Output = [Lane; 4];

    #[inline(always)]
    fn run(self, simd: S) -> Self::Output {
        [
            rows::stored(simd, simd.i32_to_f32(simd.load_i32(self.integers))),
            rows::stored(simd, simd.exp2(simd.load(self.exponents))),
            rows::stored(simd, simd.high(self.pairs)),
            rows::stored(simd, simd.low(self.pairs)),
        ]
    }
}

#[test]
fn conversions_are_as_defined() {
    // Ties among integers that float32 does not have, and the ends.
    let mut integers: Vec<i32> = vec![0, 1, -1, 16_777_217, 16_777_219, -16_777_217, -16_777_219, 33_554_434];
    integers.extend([33_554_438, i32::MAX, i32::MIN, i32::MAX - 63, i32::MAX - 64, 127, -128, 255]);
    let integers: &[i32; LANES] = integers.as_array().unwrap();
    for first in (-126i32..=127 - 15).chain([112]) {
        let exponents: Lane = std::array::from_fn(|at| first as f32 + at as f32);
        let pairs = std::array::from_fn(|at| {
            first
                .cast_unsigned()
                .wrapping_mul(0x9e37_79b1)
                .wrapping_add((at as u32).wrapping_mul(0x1111_2345))
        });
        let conversions = Conversions { integers, exponents: &exponents, pairs: &pairs };
        let expected = [
            integers.map(|integer| integer as f32),
            exponents.map(|exponent| f64::from(exponent).exp2() as f32),
            pairs.map(|pair| f32::from_bits(pair & 0xffff_0000)),
            pairs.map(|pair| f32::from_bits(pair << 16)),
        ];
        for isa in Isa::available() {
            let found = isa.run(&conversions).map(|lane| lane.map(f32::to_bits));
            assert_eq!(found, expected.map(|lane| lane.map(f32::to_bits)), "{}", isa.name());
        }
    }
}

/// The answers of each set for a row of every kind of number, and a row of plain ones.
fn products_of_everything(precision: Precision) -> Vec<(Isa, Vec<u32>)> {
    let (rows, inputs, outputs) = (7, 2 * BLOCK * LANES, 19);
    let plain = |at: usize| ((at * 7919 % 1009) as f32 - 504.0) * 0.01;
    let value = |at: usize| match at / inputs {
        row @ ..=4 if at % inputs == 100 + row => NUMBERS[2 + row],
        5 => NUMBERS[at % NUMBERS.len()],
        _ => plain(at),
    };
    let values: Vec<f32> = (0..rows * inputs).map(value).collect();
    let from = by_columns(&values, rows);
    let row = |output: usize| Some((0..inputs).map(|input| plain(output * 31 + input * 7)).collect());
    let linear = PackedLinear::new(precision, &Matrix { inputs, outputs, row }, |_| 0.5, |_| 1.0);
    let of = |isa: Isa| {
        let to = isa.run(Product { linear: &linear, rows, from: &from, by_blocks: false });
        (isa, to.as_flattened().iter().map(|value| bits(*value)).collect())
    };
    Isa::available().into_iter().filter(|isa| isa.has_shared_bf16_bits()).map(of).collect()
}

#[test]
fn what_is_no_number_is_multiplied_and_quantised_alike() {
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let found = products_of_everything(precision);
        for (isa, bits) in &found {
            assert!(*bits == found[0].1, "{precision:?} on {} and {}", isa.name(), found[0].0.name());
        }
    }
}

#[test]
fn functions_of_what_is_no_number_agree() {
    let lanes = NUMBERS.as_chunks().0;
    let of = |isa: Isa| {
        isa.run(Functions(lanes)).map(|values| values.as_flattened().iter().map(|x| bits(*x)).collect())
    };
    let first: [Vec<u32>; 5] = of(Isa::PORTABLE);
    for isa in Isa::available() {
        assert!(of(isa) == first, "{}", isa.name());
    }
    // A NaN is neither less nor more than a bound, and becomes the bound.
    let [exp, ..] = Isa::available()[0].run(Functions(&[[f32::NAN; LANES]]));
    assert_eq!(exp[0][0].to_bits(), 88f32.exp().to_bits(), "NaN as the largest number");
}

/// A tile of pairs of bfloat16.
#[derive(Clone, Copy)]
struct Tile<'a, const R: usize> {
    activations: &'a [[Pairs; R]],
    weights: &'a [WeightPairs],
    sums: [Lane; R],
}

impl<const R: usize> Program for Tile<'_, R> {
    type Output = [Lane; R];

    fn run<S: Simd>(self, simd: S) -> Self::Output {
        simd.run(self)
    }
}

impl<S: Simd, const R: usize> Kernel<S> for Tile<'_, R> {
    type Output = [Lane; R];

    #[inline(always)]
    fn run(mut self, simd: S) -> Self::Output {
        simd.bf16_tile(self.activations, [self.weights], [&mut self.sums]);
        self.sums
    }
}

impl<const R: usize> Tile<'_, R> {
    /// The sums as they are defined, number by number.
    fn defined(&self) -> [Lane; R] {
        let mut sums = self.sums;
        for (at, columns) in self.weights.iter().enumerate() {
            for (row, sums) in self.activations[at / PAIRS].iter().zip(&mut sums) {
                for (weights, sum) in columns.iter().zip(sums) {
                    for half in [|pair: u32| pair & 0xffff_0000, |pair: u32| pair << 16] {
                        let [value, weight] = [row[at % PAIRS], *weights].map(half).map(f32::from_bits);
                        let exact = value.mul_add(weight, *sum);
                        *sum = if exact.is_subnormal() { 0f32.copysign(exact) } else { exact };
                    }
                }
            }
        }
        sums
    }
}

/// Compares a tile of `R` rows with its definition. Exponents of activations begin at `exponent`, those of
/// products at `of_products`, and those of the sums at `of_sums`.
fn pairs_are_as_defined<const R: usize>(
    panels: usize,
    [exponent, of_products, of_sums]: [u32; 3],
    seed: u32,
) {
    let noise = |at: usize| {
        let mixed = (at as u32).wrapping_mul(2_654_435_761).wrapping_add(seed).rotate_left(13);
        mixed.wrapping_mul(0x85eb_ca6b) ^ mixed >> 15
    };
    let half = |exponent: u32, noise: u32| {
        let number = (noise & 1) << 15 | (exponent + noise / 2 % 6) << 7 | noise >> 8 & 0x7f;
        if noise.is_multiple_of(9) { 0 } else { number }
    };
    let pair =
        |exponent: u32, at: usize| half(exponent, noise(2 * at)) | half(exponent, noise(2 * at + 1)) << 16;
    let of_weights = of_products - exponent;
    let activations: Vec<[Pairs; R]> = (0..panels)
        .map(|panel| {
            std::array::from_fn(|row| {
                std::array::from_fn(|at| pair(exponent, (panel * R + row) * PAIRS + at))
            })
        })
        .collect();
    let weights: Vec<WeightPairs> = (0..panels * PAIRS)
        .map(|at| std::array::from_fn(|lane| pair(of_weights, 10_000 + at * LANES + lane)))
        .collect();
    let sums = std::array::from_fn(|row| {
        std::array::from_fn(|lane| {
            let noise = noise(50_000 + row * LANES + lane);
            f32::from_bits(half(of_sums, noise) << 16 | noise >> 16)
        })
    });
    let tile = Tile { activations: &activations, weights: &weights, sums };
    let bits = |sums: [Lane; R]| sums.map(|lane| lane.map(f32::to_bits));
    let expected = bits(tile.defined());
    for isa in Isa::available().into_iter().filter(|isa| isa.has_shared_bf16_bits()) {
        assert!(bits(isa.run(tile)) == expected, "{R} rows on {}", isa.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    /// Products of such exponents are exact in subnormal numbers: no set may differ in how it rounds these.
    #[test]
    fn pairs_are_summed_as_defined_around_the_least_normal_number(
        exponent in 20u32..90, of_products in 119u32..160, of_sums in 1u32..40, panels in 1usize..4,
        seed in any::<u32>(),
    ) {
        pairs_are_as_defined::<1>(panels, [exponent, of_products, of_sums], seed);
        pairs_are_as_defined::<5>(panels, [exponent, of_products, of_sums], seed);
        pairs_are_as_defined::<6>(panels, [exponent, of_products, of_sums], seed);
    }
}

#[test]
fn a_set_that_this_processor_has_not_is_an_error_that_lists_its_own() {
    let own: Vec<_> = Isa::available().iter().map(|isa| isa.name()).collect();
    let foreign = ["amx", "avx512vnni", "avx512", "avx2", "i8mm", "dotprod", "neon", "sse9", ""];
    for name in foreign.into_iter().filter(|name| !own.contains(name)) {
        let error = Isa::named(name.as_ref()).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("portable"), "{error}");
        // Where the processor has it, it is the system that does not let this process use it.
        if cfg!(not(target_arch = "x86_64")) || name != "amx" {
            assert!(error.ends_with(&format!("this processor has {}", own.join(", "))), "{error}");
        }
    }
    for name in own {
        assert_eq!(Isa::named(name.as_ref()).unwrap().name(), name);
    }
}

/// As a Cortex-A72 has no dot products, and falls to the set after them.
#[test]
#[cfg(target_arch = "aarch64")]
fn sets_that_this_processor_has_not_are_passed_over() {
    use std::arch::is_aarch64_feature_detected;
    let sets = [
        ("i8mm", is_aarch64_feature_detected!("i8mm")),
        ("dotprod", is_aarch64_feature_detected!("dotprod")),
        ("neon", true),
        ("portable", true),
    ];
    let expected: Vec<_> = sets.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect();
    let found: Vec<_> = Isa::available().into_iter().map(Isa::name).collect();
    assert_eq!(found, expected);
}
