//! Numbers as a weights file stores them, little-endian, and their conversion to float32.

use std::borrow::Cow;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use rayon::prelude::*;

/// The number types of weights files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    F64,
    F32,
    F16,
    Bf16,
}

/// Bytes that a thread looks at in one go.
const PIECE: usize = 1 << 16;
/// Halves that are converted in one go.
const HALVES: usize = 64;

impl Number {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// Reads as many numbers as `to` holds, exactly but for float64, which is rounded to the nearest.
    pub(crate) fn read(self, from: &[u8], to: &mut [f32]) {
        match self {
            Self::F64 => {
                for (bytes, to) in from.as_chunks().0.iter().zip(to) {
                    *to = f64::from_le_bytes(*bytes) as f32;
                }
            }
            Self::F32 => {
                for (bytes, to) in from.as_chunks().0.iter().zip(to) {
                    *to = f32::from_le_bytes(*bytes);
                }
            }
            Self::F16 => halves(from, to, f16::from_le_bytes, <[f16]>::convert_to_f32_slice),
            Self::Bf16 => halves(from, to, bf16::from_le_bytes, <[bf16]>::convert_to_f32_slice),
        }
    }

    /// Whether all numbers are finite as float32.
    pub(crate) fn are_finite(self, bytes: &[u8]) -> bool {
        // An exponent of ones is an infinity or a NaN.
        match self {
            Self::F64 => {
                let finite = |bytes: &[u8; 8]| (f64::from_le_bytes(*bytes) as f32).is_finite();
                bytes.as_chunks().0.iter().fold(true, |all, bytes| all & finite(bytes))
            }
            Self::F32 => {
                let ones = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) & 0x7f80_0000 == 0x7f80_0000;
                !bytes.as_chunks().0.iter().fold(false, |found, bytes| found | ones(bytes))
            }
            Self::F16 | Self::Bf16 => {
                let mask = if self == Self::F16 { 0x7c00 } else { 0x7f80 };
                let ones = |bytes: &[u8; 2]| u16::from_le_bytes(*bytes) & mask == mask;
                !bytes.as_chunks().0.iter().fold(false, |found, bytes| found | ones(bytes))
            }
        }
    }

    /// The first number that is not finite as float32, as the file has it, with its index.
    pub(crate) fn first_not_finite(self, bytes: &[u8]) -> Option<(usize, f64)> {
        let finite = |piece: &[u8]| self.are_finite(piece);
        let (piece, part) = bytes.par_chunks(PIECE).enumerate().find_first(|(_, piece)| !finite(piece))?;
        let mut values = vec![0.0; part.len() / self.bytes()];
        self.read(part, &mut values);
        let at = values.iter().position(|value| !value.is_finite())?;
        let value = match self {
            Self::F64 => f64::from_le_bytes(*part.as_chunks().0.get(at)?),
            Self::F32 | Self::F16 | Self::Bf16 => values[at].into(),
        };
        Some((piece * PIECE / self.bytes() + at, value))
    }
}

fn halves<H: Copy + Default>(
    from: &[u8],
    to: &mut [f32],
    half: fn([u8; 2]) -> H,
    convert: fn(&[H], &mut [f32]),
) {
    for (bytes, to) in from.as_chunks().0.chunks(HALVES).zip(to.chunks_mut(HALVES)) {
        let mut some = [H::default(); HALVES];
        for (some, bytes) in some.iter_mut().zip(bytes) {
            *some = half(*bytes);
        }
        convert(&some[..to.len()], to);
    }
}

/// A matrix in row-major order, in the number type of its file.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) data: Cow<'a, [u8]>,
    pub(crate) number: Number,
    pub(crate) columns: usize,
}

impl Rows<'_> {
    /// A copy that needs no file.
    pub(crate) fn into_owned(self) -> Rows<'static> {
        Rows { data: Cow::Owned(self.data.into_owned()), ..self }
    }

    pub(crate) fn count(&self) -> usize {
        self.data.len() / (self.columns * self.number.bytes())
    }

    /// Reads the columns of one row from `first` on, as many as `to` holds.
    pub(crate) fn read(&self, row: usize, first: usize, to: &mut [f32]) {
        let start = (row * self.columns + first) * self.number.bytes();
        self.number.read(&self.data[start..][..to.len() * self.number.bytes()], to);
    }

    /// A whole row.
    pub(crate) fn row(&self, row: usize) -> Vec<f32> {
        let mut values = vec![0.0; self.columns];
        self.read(row, 0, &mut values);
        values
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Number; 4] = [Number::F64, Number::F32, Number::F16, Number::Bf16];

    fn bytes(number: Number, values: &[f32]) -> Vec<u8> {
        let bytes = |value: &f32| match number {
            Number::F64 => f64::from(*value).to_le_bytes().to_vec(),
            Number::F32 => value.to_le_bytes().to_vec(),
            Number::F16 => f16::from_f32(*value).to_le_bytes().to_vec(),
            Number::Bf16 => bf16::from_f32(*value).to_le_bytes().to_vec(),
        };
        values.iter().flat_map(bytes).collect()
    }

    proptest! {
        #[test]
        fn a_part_of_a_row_is_what_the_numbers_say(rows in 1usize..5, columns in 1usize..200, first in 0usize..200) {
            let first = first % columns;
            let values: Vec<f32> = (0..rows * columns).map(|at| (at as f32 - 300.0) / 7.0).collect();
            for number in ALL {
                let rounded = |value: f32| match number {
                    Number::F64 | Number::F32 => value,
                    Number::F16 => f16::from_f32(value).to_f32(),
                    Number::Bf16 => bf16::from_f32(value).to_f32(),
                };
                let data = bytes(number, &values);
                let matrix = Rows { data: Cow::Borrowed(&data), number, columns };
                prop_assert_eq!(matrix.count(), rows);
                let mut part = vec![0.0; columns - first];
                matrix.read(rows - 1, first, &mut part);
                let last = &values[(rows - 1) * columns + first..];
                prop_assert_eq!(part, last.iter().map(|&value| rounded(value)).collect::<Vec<_>>());
            }
        }

        #[test]
        fn the_first_number_that_is_not_finite_is_found(count in 1usize..40_000, at in 0usize..40_000) {
            let at = at % count;
            let mut values = vec![1.5; count];
            for number in ALL {
                prop_assert_eq!(number.first_not_finite(&bytes(number, &values)), None);
            }
            values[at] = f32::NEG_INFINITY;
            values[count - 1] = f32::NEG_INFINITY;
            for number in ALL {
                let found = number.first_not_finite(&bytes(number, &values));
                prop_assert_eq!(found, Some((at, f64::NEG_INFINITY)));
            }
        }

        #[test]
        fn of_float64_the_first_that_float32_cannot_hold_is_found(count in 1usize..20_000, at in 0usize..20_000) {
            let at = at % count;
            // The largest that rounds to a finite float32, and the next after it.
            let largest = f64::from_bits(0x47ef_ffff_efff_ffff);
            let mut values = vec![largest; count];
            let bytes = |values: &[f64]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
            prop_assert_eq!(Number::F64.first_not_finite(&bytes(&values)), None);
            values[at] = f64::from_bits(largest.to_bits() + 1);
            prop_assert_eq!(Number::F64.first_not_finite(&bytes(&values)), Some((at, values[at])));
        }
    }
}
