//! Text that gives a label away: the label's own name, a word, a beginning.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::corpus::Corpus;
use super::finding::{Finding, FindingKind, FindingRow, Severity};
use super::normal::words;
use super::{DoctorProgress, DoctorStage, in_turns};
use crate::{OnProgress, Result};

/// Training rows of a label under which its words prove nothing.
const ENOUGH: usize = 20;
/// The share of a label's rows that have its name: from here on, and twice that of the other rows.
const NAMED: f64 = 0.5;
/// The share of a label's rows that have a mark.
const COVERAGE: f64 = 0.8;
/// The share of the rows with the mark that have the label.
const PRECISION: f64 = 0.95;
/// The fraction of the other labels' share among all rows that may remain among the rows with the mark.
const REMAINS: f64 = 0.2;
/// Rows of a label in which marks worth counting are looked for, and by how much those may fall short there.
const SAMPLE: usize = 2000;
const SLACK: f64 = 0.05;
/// Words that make a beginning, at most.
const START: usize = 3;

/// A mark that may give a label away: its own name, a word, or the first words of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Mark {
    Name(Vec<String>),
    Word(String),
    Start(Vec<String>),
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(_) => f.write_str("its own name"),
            Self::Word(word) => write!(f, "the word `{word}`"),
            Self::Start(words) => write!(f, "the beginning `{}`", words.join(" ")),
        }
    }
}

/// A mark of a label, and how many training rows have it: in all, and of the label.
#[derive(Debug, Clone)]
struct Candidate {
    mark: Mark,
    label: usize,
    all: usize,
    own: usize,
}

pub(super) fn examine(corpus: &Corpus<'_>, progress: OnProgress<'_, DoctorProgress>) -> Result<Vec<Finding>> {
    let sizes = corpus.train_counts();
    if sizes.iter().filter(|&&size| size > 0).count() < 2 {
        return Ok(Vec::new());
    }
    let mut candidates = candidates(corpus, &sizes);
    let mut counts = vec![(0, 0); candidates.len()];
    each_hit(corpus, &candidates, progress, |_, candidate, own| {
        counts[candidate].0 += 1;
        counts[candidate].1 += usize::from(own);
    })?;
    candidates.iter_mut().zip(counts).for_each(|(candidate, count)| (candidate.all, candidate.own) = count);
    let chosen = chosen(candidates, &sizes, corpus.train().len());
    let mut rows_found = vec![Vec::new(); chosen.len()];
    each_hit(corpus, &chosen, progress, |row, candidate, own| {
        if own {
            rows_found[candidate].push(FindingRow::new(corpus.rows[row].place));
        }
    })?;
    let finding = |(candidate, rows): (&Candidate, Vec<FindingRow>)| {
        let label = corpus.labels[candidate.label];
        let percent = |part: usize, whole: usize| (100.0 * part as f64 / whole as f64).round();
        let message = format!(
            "`{label}`: {} stands in {} % of its rows, and {} % of the rows where it stands are its: a model need read no \
             more",
            candidate.mark,
            percent(candidate.own, sizes[candidate.label]),
            percent(candidate.own, candidate.all)
        );
        let kind = if matches!(candidate.mark, Mark::Name(_)) {
            FindingKind::LabelInText
        } else {
            FindingKind::Giveaway
        };
        Finding::new(kind, Severity::Warn, message, rows).of(vec![label.to_owned()])
    };
    Ok(chosen.iter().zip(rows_found).map(finding).collect())
}

/// Returns the marks worth counting: each label's name, and the marks that are common in a sample of its
/// rows.
fn candidates(corpus: &Corpus<'_>, sizes: &[usize]) -> Vec<Candidate> {
    let mut rows_of: Vec<Vec<u32>> = vec![Vec::new(); sizes.len()];
    for (row, place) in corpus.train().iter().enumerate() {
        corpus.labels_of(place).iter().for_each(|&label| rows_of[label].push(row as u32));
    }
    let mut candidates = Vec::new();
    for (label, rows) in rows_of.iter().enumerate().filter(|(_, rows)| rows.len() >= ENOUGH) {
        let candidate = |mark| Candidate { mark, label, all: 0, own: 0 };
        candidates.extend(name(corpus.labels[label]).map(|name| candidate(Mark::Name(name))));
        let sample = rows.len().min(SAMPLE);
        let mut counts = HashMap::<Mark, usize>::new();
        for i in 0..sample {
            let row = rows[i * rows.len() / sample] as usize;
            for mark in marks(&words(corpus.rows[row].text)) {
                *counts.entry(mark).or_default() += 1;
            }
        }
        let least = (COVERAGE - SLACK) * sample as f64;
        let mut common: Vec<Mark> =
            counts.into_iter().filter(|(_, count)| *count as f64 >= least).map(|(mark, _)| mark).collect();
        common.sort();
        candidates.extend(common.into_iter().map(candidate));
    }
    candidates
}

/// The words of a label's name, where they are more than a number or an initial.
fn name(label: &str) -> Option<Vec<String>> {
    let letters = label.chars().filter(|c| c.is_alphabetic()).count();
    let mut name = words(label);
    name.retain(|word| word.chars().any(char::is_alphanumeric));
    (letters >= 3 && !name.is_empty()).then_some(name)
}

/// Every word of a text, and its beginnings.
fn marks(words: &[String]) -> HashSet<Mark> {
    let starts = (2..=START.min(words.len())).map(|count| Mark::Start(words[..count].to_vec()));
    let first = words.first().map(|word| Mark::Start(vec![word.clone()]));
    words.iter().cloned().map(Mark::Word).chain(first).chain(starts).collect()
}

/// Calls `sink` with each candidate that a training row has, and whether the row has the label too.
fn each_hit(
    corpus: &Corpus<'_>,
    candidates: &[Candidate],
    progress: OnProgress<'_, DoctorProgress>,
    mut sink: impl FnMut(usize, usize, bool),
) -> Result<()> {
    let mut by_mark = HashMap::<&Mark, Vec<usize>>::new();
    let mut by_name = HashMap::<&str, Vec<(usize, &[String])>>::new();
    for (index, candidate) in candidates.iter().enumerate() {
        match &candidate.mark {
            Mark::Name(name) => by_name.entry(&name[0]).or_default().push((index, name)),
            mark => by_mark.entry(mark).or_default().push(index),
        }
    }
    if candidates.is_empty() {
        return Ok(());
    }
    let hits = |row: usize| {
        let words = words(corpus.rows[row].text);
        let marks = marks(&words);
        let mut hits: Vec<usize> =
            marks.iter().filter_map(|mark| by_mark.get(mark)).flatten().copied().collect();
        for (start, word) in words.iter().enumerate() {
            let names = by_name.get(word.as_str()).into_iter().flatten();
            hits.extend(names.filter(|(_, name)| words[start..].starts_with(name)).map(|(index, _)| *index));
        }
        hits.sort_unstable();
        hits.dedup();
        (row, hits)
    };
    in_turns(DoctorStage::Giveaways, corpus.train().len(), progress, hits, |(row, hits)| {
        for hit in hits {
            sink(row, hit, corpus.labels_of(&corpus.rows[row]).contains(&candidates[hit].label));
        }
    })
}

/// For each label the mark that gives it away, if one does: its name before all, then the one in most of its
/// rows.
fn chosen(candidates: Vec<Candidate>, sizes: &[usize], rows: usize) -> Vec<Candidate> {
    let gives_away = |candidate: &Candidate| {
        let size = sizes[candidate.label];
        let covered = candidate.own as f64 / size as f64;
        if let Mark::Name(_) = candidate.mark {
            let elsewhere = (candidate.all - candidate.own) as f64 / (rows - size).max(1) as f64;
            return covered >= NAMED && covered >= 2.0 * elsewhere;
        }
        let precision = candidate.own as f64 / candidate.all.max(1) as f64;
        let others = 1.0 - size as f64 / rows as f64;
        covered >= COVERAGE && precision >= PRECISION && 1.0 - precision <= REMAINS * others
    };
    let mut found: Vec<Candidate> = candidates.into_iter().filter(gives_away).collect();
    let named = |candidate: &Candidate| matches!(candidate.mark, Mark::Name(_));
    found.sort_by(|a, b| {
        let rank = |c: &Candidate| (c.label, !named(c), std::cmp::Reverse(c.own), c.all);
        rank(a).cmp(&rank(b)).then_with(|| a.mark.cmp(&b.mark))
    });
    found.dedup_by_key(|candidate| candidate.label);
    found
}
