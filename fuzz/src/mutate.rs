//! Changed copies of valid inputs, the same from the same seed. Without the coverage that libFuzzer follows,
//! on any compiler.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// The bytes of an input at most.
const MOST: usize = 128 << 10;

/// Makes inputs from seeds and words.
#[derive(Debug)]
pub struct Mutator {
    random: StdRng,
    seeds: Vec<Vec<u8>>,
    words: &'static [&'static str],
}

impl Mutator {
    /// Inputs are made from `seeds`, and `words` are put into them.
    pub fn new(seed: u64, seeds: Vec<Vec<u8>>, words: &'static [&'static str]) -> Self {
        Self { random: StdRng::seed_from_u64(seed), seeds, words }
    }

    /// The next input: a seed with one to eight changes.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = self.seeds.choose(&mut self.random).cloned().unwrap_or_default();
        for _ in 0..self.random.random_range(1..=8) {
            self.change(&mut input);
        }
        input.truncate(MOST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.random_range(0..=input.len());
        let end = (at + self.random.random_range(1..=32)).min(input.len());
        match self.random.random_range(0..7) {
            0 if at < input.len() => input[at] ^= 1 << self.random.random_range(0..8),
            1 if at < input.len() => input[at] = self.random.random(),
            2 => drop(input.drain(at..end)),
            3 => input.truncate(at),
            4 => {
                let again = input[at..end].repeat(self.random.random_range(1..=64));
                input.splice(at..at, again);
            }
            5 => {
                let other = self.seeds.choose(&mut self.random).map_or(&[][..], Vec::as_slice);
                let from = self.random.random_range(0..=other.len());
                input.splice(at..end, other[from..].iter().copied().take(256));
            }
            _ => {
                let word = self.words.choose(&mut self.random).copied().unwrap_or_default();
                input.splice(at..end.min(at + word.len()), word.bytes());
            }
        }
    }
}
