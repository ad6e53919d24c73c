//! The rows of both files in one order, their labels as numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::finding::{DataFile, FindingPlace};
use super::{Examination, Split};
use crate::table::Labelled;

/// A row in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct CorpusRow<'a> {
    pub(super) text: &'a str,
    pub(super) place: FindingPlace,
    /// The index in its split.
    pub(super) index: usize,
    /// The index of its labels in [`Corpus::sets`].
    pub(super) set: u32,
}

/// The training rows, then the validation rows, each by line.
#[derive(Debug)]
pub(super) struct Corpus<'a> {
    pub(super) rows: Vec<CorpusRow<'a>>,
    /// Every label of either file, by name.
    pub(super) labels: Vec<&'a str>,
    /// The labels that rows have together, as indexes in `labels`, ascending. Each set is there once.
    pub(super) sets: Vec<Vec<usize>>,
    train: usize,
}

impl<'a> Corpus<'a> {
    pub(super) fn new(examination: &Examination<'a>, multi_label: bool) -> Self {
        let files = || {
            let valid = examination.valid.iter().map(|split| (DataFile::Valid, split));
            std::iter::once((DataFile::Train, &examination.train)).chain(valid)
        };
        let written: BTreeSet<&str> =
            files().flat_map(|(_, split)| split.rows).map(|row| row.label.as_str()).collect();
        let parts = |written: &'a str| -> Vec<&'a str> {
            if multi_label {
                written.split('|').filter(|name| !name.is_empty()).collect()
            } else {
                vec![written]
            }
        };
        let names: BTreeSet<&str> = written.iter().copied().flat_map(parts).collect();
        let labels: Vec<&str> = names.into_iter().collect();
        let mut sets = BTreeMap::<Vec<usize>, u32>::new();
        let mut set_of = HashMap::<&str, u32>::new();
        for written in written {
            let set: BTreeSet<usize> =
                parts(written).iter().filter_map(|name| labels.binary_search(name).ok()).collect();
            let next = sets.len() as u32;
            set_of.insert(written, *sets.entry(set.into_iter().collect()).or_insert(next));
        }
        let mut by_number: Vec<(Vec<usize>, u32)> = sets.into_iter().collect();
        by_number.sort_by_key(|(_, number)| *number);
        let rows = files().flat_map(|(file, split)| {
            let row = |index: usize| {
                let Labelled { place, text, label } = &split.rows[index];
                CorpusRow {
                    text,
                    place: FindingPlace { file, line: place.number() },
                    index,
                    set: set_of[label.as_str()],
                }
            };
            by_line(split).into_iter().map(row).collect::<Vec<_>>()
        });
        Self {
            rows: rows.collect(),
            labels,
            sets: by_number.into_iter().map(|(set, _)| set).collect(),
            train: examination.train.rows.len(),
        }
    }

    pub(super) fn train(&self) -> &[CorpusRow<'a>] {
        &self.rows[..self.train]
    }

    pub(super) fn valid(&self) -> &[CorpusRow<'a>] {
        &self.rows[self.train..]
    }

    /// The labels of a row, as indexes in `labels`.
    pub(super) fn labels_of(&self, row: &CorpusRow<'_>) -> &[usize] {
        &self.sets[row.set as usize]
    }

    /// Training rows of each label.
    pub(super) fn train_counts(&self) -> Vec<usize> {
        self.counts(self.train())
    }

    /// Of `rows`, those of each label.
    pub(super) fn counts(&self, rows: &[CorpusRow<'_>]) -> Vec<usize> {
        let mut counts = vec![0; self.labels.len()];
        rows.iter().flat_map(|row| self.labels_of(row)).for_each(|&label| counts[label] += 1);
        counts
    }
}

/// The indexes of a split's rows in the order of their lines.
fn by_line(split: &Split<'_>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..split.rows.len()).collect();
    let key = |&index: &usize| {
        let Labelled { place, text, label } = &split.rows[index];
        (place.number(), text.as_str(), label.as_str())
    };
    order.sort_by(|a, b| key(a).cmp(&key(b)));
    order
}
