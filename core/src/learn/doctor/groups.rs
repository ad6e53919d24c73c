//! Rows whose texts are one by some key, and who among them agrees or disagrees.

use std::collections::HashMap;

use super::corpus::{Corpus, CorpusRow};
use super::finding::DataFile;

/// A row of no group.
pub(super) const NONE: u32 = u32::MAX;

/// Groups are numbered in the order of their first rows.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    corpus: &'a Corpus<'a>,
    ids: HashMap<u128, u32>,
    /// Of each row, its group.
    pub(super) of: Vec<u32>,
    /// Of each group, the first row and the first with another label.
    heads: Vec<(u32, Option<u32>)>,
    /// The first row of a group with these labels in this file.
    firsts: HashMap<(u32, DataFile, u32), u32>,
}

/// Rows of a group that a row is a pair with.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Partners {
    /// In the same file, with the same label.
    pub(super) twin: Option<u32>,
    /// With another label.
    pub(super) conflict: Option<u32>,
    /// A training row, to a validation row.
    pub(super) leak: Option<u32>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(corpus: &'a Corpus<'a>) -> Self {
        let of = vec![NONE; corpus.rows.len()];
        Self { corpus, ids: HashMap::new(), of, heads: Vec::new(), firsts: HashMap::new() }
    }

    /// Puts a row into the group of its key. Rows come in order.
    pub(super) fn add(&mut self, row: u32, key: u128) {
        let CorpusRow { place, set, .. } = self.corpus.rows[row as usize];
        let next = self.heads.len() as u32;
        let group = *self.ids.entry(key).or_insert(next);
        self.of[row as usize] = group;
        if group == next {
            self.heads.push((row, None));
        }
        let (first, other) = &mut self.heads[group as usize];
        if other.is_none() && self.corpus.rows[*first as usize].set != set {
            *other = Some(row);
        }
        self.firsts.entry((group, place.file, set)).or_insert(row);
    }

    /// Drops the keys, since no more rows will come.
    pub(super) fn close(&mut self) {
        self.ids = HashMap::new();
    }

    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    pub(super) fn first(&self, group: usize) -> u32 {
        self.heads[group].0
    }

    /// The rows of all groups, group by group.
    pub(super) fn members(&self) -> Vec<u32> {
        let mut members: Vec<u32> =
            (0..self.of.len() as u32).filter(|&row| self.of[row as usize] != NONE).collect();
        members.sort_by_key(|&row| self.of[row as usize]);
        members
    }

    /// Returns the rows of `group` that the row is a pair with; within its own group only earlier rows, so
    /// that each pair is reported once.
    pub(super) fn partners(&self, group: u32, row: u32) -> Partners {
        let CorpusRow { place, set, .. } = self.corpus.rows[row as usize];
        let (first, other) = self.heads[group as usize];
        let own = self.of[row as usize] == group;
        let at = |row: u32| self.corpus.rows[row as usize];
        let conflict = if at(first).set == set { other } else { Some(first) };
        Partners {
            twin: self.firsts.get(&(group, place.file, set)).copied().filter(|&twin| twin != row),
            conflict: conflict.filter(|&other| !own || other < row),
            leak: (place.file == DataFile::Valid && at(first).place.file == DataFile::Train).then_some(first),
        }
    }
}
