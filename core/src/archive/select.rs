//! Which rows of all are scored.

use std::collections::BinaryHeap;

/// Rows that were chosen at random: those with the smallest hashes. Whether a row is one of them depends on
/// its number alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    seed: u64,
    /// The largest hash, with its row, that is still chosen.
    last: Option<(u64, u64)>,
}

/// Collects the smallest hashes while rows go by.
#[derive(Debug)]
pub(crate) struct Sampling {
    seed: u64,
    wanted: usize,
    smallest: BinaryHeap<(u64, u64)>,
}

impl Sampling {
    pub(crate) fn new(wanted: u64, seed: u64) -> Self {
        Self { seed, wanted: usize::try_from(wanted).unwrap_or(usize::MAX), smallest: BinaryHeap::new() }
    }

    /// A row that could be chosen.
    pub(crate) fn offer(&mut self, row: u64) {
        let hash = (hash(self.seed, row), row);
        if self.smallest.len() < self.wanted {
            self.smallest.push(hash);
        } else if self.smallest.peek().is_some_and(|largest| hash < *largest) {
            self.smallest.pop();
            self.smallest.push(hash);
        }
    }

    pub(crate) fn done(self) -> Sample {
        Sample { seed: self.seed, last: self.smallest.peek().copied() }
    }
}

impl Sample {
    pub(crate) fn has(&self, row: u64) -> bool {
        self.last.is_some_and(|last| (hash(self.seed, row), row) <= last)
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014) of a row's number, with the seed in its stream.
fn hash(seed: u64, row: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0xd134_2543_de82_ef95)
        .wrapping_add(row.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
