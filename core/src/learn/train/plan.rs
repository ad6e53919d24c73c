//! Which rows make which step.
//!
//! Passes have no padding, so a batch needs no rows of like length: any rows cost what their tokens cost.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Rows of one head that go through the network at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) head: usize,
    pub(super) rows: Vec<usize>,
}

/// A number for one purpose and moment of a seeded training, so that a training that resumes needs no state
/// of a generator.
pub(super) fn seed_of(seed: u64, purpose: u64, moment: u64) -> u64 {
    let mix = |z: u64| {
        let z = (z ^ z >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        z ^ z >> 32
    };
    mix(mix(mix(seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_add(purpose)).wrapping_add(moment))
}

/// The batches of an epoch: each head's rows in random order, as often as its `passes`, all heads' batches
/// mixed.
pub(super) fn epoch(rows: &[(usize, usize)], batch: usize, seed: u64, epoch: usize) -> Vec<Batch> {
    let mut random = StdRng::seed_from_u64(seed_of(seed, 1, epoch as u64));
    let mut batches = Vec::new();
    for (head, &(rows, passes)) in rows.iter().enumerate() {
        let mut order: Vec<usize> = (0..rows).collect();
        for _ in 0..passes {
            order.shuffle(&mut random);
            batches.extend(order.chunks(batch).map(|rows| Batch { head, rows: rows.to_vec() }));
        }
    }
    batches.shuffle(&mut random);
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_comes_as_often_as_asked(
            heads in prop::collection::vec((1usize..40, 1usize..4), 1..4),
            size in 1usize..9,
            seed: u64,
        ) {
            let batches = epoch(&heads, size, seed, 1);
            prop_assert_eq!(&batches, &epoch(&heads, size, seed, 1));
            for (head, &(rows, passes)) in heads.iter().enumerate() {
                let mut all: Vec<usize> =
                    batches.iter().filter(|b| b.head == head).flat_map(|b| b.rows.clone()).collect();
                all.sort_unstable();
                let expected: Vec<usize> = (0..rows).flat_map(|row| vec![row; passes]).collect();
                prop_assert_eq!(all, expected);
            }
            prop_assert!(batches.iter().all(|batch| (1..=size).contains(&batch.rows.len())));
        }
    }
}
