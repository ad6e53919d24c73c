//! The loss that keeps a trunk's sentence vectors near those of its base: one less their cosine (feature
//! distillation, after Reimers & Gurevych 2020), so that heads of other tasks still find in them what they
//! found in the base.

use frontdesk_models::encoder::{PackedEncoder, Pooling};
use rayon::prelude::*;

use super::features::pooled;
use crate::Result;
use crate::model::tokenize::Encoding;

/// The base's mean-pooled vector of each text, computed when the text comes the first time, so that neither an
/// estimate nor a training that resumes waits for all of them.
pub(super) struct BaseVectors {
    base: PackedEncoder,
    of_texts: Vec<Option<Vec<f32>>>,
}

impl BaseVectors {
    pub(super) fn new(base: PackedEncoder, texts: usize) -> Self {
        Self { base, of_texts: vec![None; texts] }
    }

    /// Computes the vectors of these texts, which come with their numbers, unless they are there, and returns
    /// the tokens that it took.
    pub(super) fn find<'a>(&mut self, texts: impl Iterator<Item = (usize, &'a Encoding)>) -> Result<usize> {
        let (numbers, encodings): (Vec<usize>, Vec<Encoding>) =
            texts.filter(|(text, _)| self.of_texts[*text].is_none()).map(|(t, e)| (t, e.clone())).unzip();
        // One pass would hold all of a step's texts, and leave the other threads idle.
        let part = encodings.len().div_ceil(rayon::current_num_threads()).max(1);
        let vectors = |part: &[Encoding]| pooled(&self.base, part, Pooling::Mean, &|_| Ok(()));
        let found: Vec<_> = encodings.par_chunks(part).map(vectors).collect::<Result<_>>()?;
        for (text, vector) in numbers.into_iter().zip(found.into_iter().flatten()) {
            self.of_texts[text] = Some(vector);
        }
        Ok(encodings.iter().map(|encoding| encoding.ids.len()).sum())
    }

    /// The vector of a text that was found; of another one, which has no direction, nothing.
    pub(super) fn of(&self, text: usize) -> &[f32] {
        self.of_texts[text].as_deref().unwrap_or_default()
    }
}

/// The mean over the rows of 1 - cos(vector, base's vector), times `share`, and its gradient by `vectors`;
/// both are `[row][width]`. A row that is zero has no direction and counts nothing.
pub(super) fn loss(vectors: &[f32], base: &[&[f32]], share: f64) -> (f64, Vec<f32>) {
    let width = vectors.len() / base.len().max(1);
    let share = share / base.len().max(1) as f64;
    let mut value = 0.0;
    let mut gradient = vec![0.0; vectors.len()];
    let rows = vectors.chunks_exact(width.max(1)).zip(base).zip(gradient.chunks_exact_mut(width.max(1)));
    for ((vector, base), gradient) in rows {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let (length, of_base) = (dot(vector, vector).sqrt(), dot(base, base).sqrt());
        if length == 0.0 || of_base == 0.0 {
            continue;
        }
        let cosine = dot(vector, base) / (length * of_base);
        value += share * (1.0 - cosine);
        for ((to, x), b) in gradient.iter_mut().zip(vector).zip(*base) {
            let along = f64::from(*b) / of_base - cosine * f64::from(*x) / length;
            *to = (-share * along / length) as f32;
        }
    }
    (value, gradient)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The gradient against central differences.
        #[test]
        fn gradients_are_the_slopes(
            vectors in prop::collection::vec(-2.0f32..2.0, 6),
            base in prop::collection::vec(-2.0f32..2.0, 6),
            share in 0.1f64..3.0,
        ) {
            let length = |row: &[f32]| row.iter().map(|x| x * x).sum::<f32>();
            prop_assume!(vectors.chunks(3).chain(base.chunks(3)).all(|row| length(row) > 0.2));
            let rows: Vec<&[f32]> = base.chunks(3).collect();
            let (value, gradient) = loss(&vectors, &rows, share);
            prop_assert!((0.0..=2.0 * share).contains(&value), "{value}");
            for at in 0..6 {
                let moved = |by: f32| {
                    let mut moved = vectors.clone();
                    moved[at] += by;
                    loss(&moved, &rows, share).0
                };
                let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
                prop_assert!((slope - f64::from(gradient[at])).abs() < 2e-2 * share, "{slope} {gradient:?}");
            }
        }
    }

    #[test]
    fn the_same_direction_costs_nothing_and_the_opposite_twice_the_share() {
        let base = [1.0f32, -2.0];
        let (none, gradient) = loss(&[2.0, -4.0], &[&base], 0.5);
        assert!(none.abs() < 1e-7 && gradient.iter().all(|g| g.abs() < 1e-7), "{none} {gradient:?}");
        assert!((loss(&[-1.0, 2.0], &[&base], 0.5).0 - 1.0).abs() < 1e-7);
        assert_eq!(loss(&[0.0, 0.0], &[&base], 0.5), (0.0, vec![0.0, 0.0]));
    }
}
