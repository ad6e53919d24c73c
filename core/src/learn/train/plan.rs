//! Which texts make which step.
//!
//! A text that several heads learn from goes through the trunk once for all of them. Passes have no padding,
//! so a batch needs no texts of like length: any texts cost what their tokens cost.

use std::collections::HashMap;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// A head, and one of its training rows.
pub(super) type HeadRow = (usize, usize);

/// One time that a text goes through the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visit {
    /// The text, by its number.
    pub(super) text: usize,
    /// The row that it is to each head that learns from it this time, in the order of the heads; never none.
    pub(super) rows: Vec<HeadRow>,
}

/// Texts that go through the network at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch(pub(super) Vec<Visit>);

impl Batch {
    /// The places in the batch of the texts that this head learns from, each with its row.
    pub(super) fn of_head(&self, head: usize) -> Vec<(usize, usize)> {
        let row = |visit: &Visit| visit.rows.iter().find(|(of, _)| *of == head).map(|(_, row)| *row);
        self.0.iter().enumerate().filter_map(|(place, visit)| Some((place, row(visit)?))).collect()
    }
}

/// The visits of every epoch.
#[derive(Debug)]
pub(super) struct Plan {
    /// Each text's first row.
    pub(super) texts: Vec<HeadRow>,
    /// The first visits of all texts, then the second ones of those that have two, and so on.
    rounds: Vec<Vec<Visit>>,
    batch: usize,
    seed: u64,
}

impl Plan {
    /// Of each head the texts of its rows, by what makes them equal, and the times that a row comes in an
    /// epoch.
    pub(super) fn new<'a, T: Eq + std::hash::Hash + ?Sized + 'a>(
        heads: impl IntoIterator<Item = (Vec<&'a T>, usize)>,
        batch: usize,
        seed: u64,
    ) -> Self {
        let mut numbers: HashMap<&T, usize> = HashMap::new();
        let mut texts: Vec<HeadRow> = Vec::new();
        // By text: the rows of each visit.
        let mut visits: Vec<Vec<Vec<HeadRow>>> = Vec::new();
        for (head, (of_head, passes)) in heads.into_iter().enumerate() {
            // By text: this head's rows so far.
            let mut seen: HashMap<usize, usize> = HashMap::new();
            for _ in 0..passes {
                for (row, text) in of_head.iter().enumerate() {
                    let number = *numbers.entry(*text).or_insert_with(|| {
                        texts.push((head, row));
                        visits.push(Vec::new());
                        texts.len() - 1
                    });
                    let round = seen.entry(number).or_default();
                    let of_text = &mut visits[number];
                    if of_text.len() == *round {
                        of_text.push(Vec::new());
                    }
                    of_text[*round].push((head, row));
                    *round += 1;
                }
            }
        }
        let mut rounds: Vec<Vec<Visit>> = Vec::new();
        for (text, of_text) in visits.into_iter().enumerate() {
            for (round, rows) in of_text.into_iter().enumerate() {
                if rounds.len() == round {
                    rounds.push(Vec::new());
                }
                rounds[round].push(Visit { text, rows });
            }
        }
        Self { texts, rounds, batch, seed }
    }

    /// The batches of an epoch: each round's texts in random order, so that none is twice in a batch, and
    /// the batches of all rounds mixed.
    pub(super) fn epoch(&self, epoch: usize) -> Vec<Batch> {
        let mut random = StdRng::seed_from_u64(seed_of(self.seed, 1, epoch as u64));
        let mut batches = Vec::new();
        for round in &self.rounds {
            let mut order: Vec<&Visit> = round.iter().collect();
            order.shuffle(&mut random);
            batches
                .extend(order.chunks(self.batch).map(|some| Batch(some.iter().copied().cloned().collect())));
        }
        batches.shuffle(&mut random);
        batches
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_comes_as_often_as_asked_and_no_text_oftener_than_a_head_needs(
            heads in prop::collection::vec((prop::collection::vec(0u8..30, 1..40), 1usize..4), 1..4),
            size in 1usize..9,
            seed: u64,
        ) {
            let given = || heads.iter().map(|(texts, passes)| (texts.iter().collect(), *passes));
            let plan = Plan::new(given(), size, seed);
            let batches = plan.epoch(1);
            prop_assert_eq!(&batches, &Plan::new(given(), size, seed).epoch(1));
            let mut visits: BTreeMap<u8, usize> = BTreeMap::new();
            for (head, (texts, passes)) in heads.iter().enumerate() {
                let rows = batches.iter().flat_map(|batch| batch.of_head(head));
                let mut rows: Vec<usize> = rows.map(|(_, row)| row).collect();
                rows.sort_unstable();
                let expected: Vec<usize> = (0..texts.len()).flat_map(|row| vec![row; *passes]).collect();
                prop_assert_eq!(rows, expected);
                for text in texts {
                    let needed = passes * texts.iter().filter(|other| *other == text).count();
                    let most = visits.entry(*text).or_default();
                    *most = needed.max(*most);
                }
            }
            let text_of = |(head, row): HeadRow| heads[head].0[row];
            let mut came: BTreeMap<u8, usize> = BTreeMap::new();
            for batch in &batches {
                prop_assert!((1..=size).contains(&batch.0.len()));
                let mut texts: Vec<usize> = batch.0.iter().map(|visit| visit.text).collect();
                texts.sort_unstable();
                texts.dedup();
                prop_assert_eq!(texts.len(), batch.0.len());
                for visit in &batch.0 {
                    let text = text_of(plan.texts[visit.text]);
                    prop_assert!(visit.rows.iter().all(|row| text_of(*row) == text));
                    *came.entry(text).or_default() += 1;
                }
            }
            prop_assert_eq!(came, visits);
        }
    }
}
