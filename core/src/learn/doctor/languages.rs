//! Texts in another language than the training rows are in.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;
use whatlang::Script;

use super::corpus::{Corpus, CorpusRow};
use super::finding::{Finding, FindingKind, FindingRow, LanguageCount, Severity, rows};
use super::{DoctorProgress, DoctorStage, in_turns};
use crate::model::language::{Written, halves_agree, look};
use crate::{OnProgress, Result};

/// The share of the training rows that makes their commonest language the main one. Rows in several languages
/// have none.
const MAIN: f64 = 0.8;

/// The share of the training rows under which a script is foreign to them.
const RARE: f64 = 0.05;

pub(super) fn examine(
    corpus: &Corpus<'_>,
    progress: OnProgress<'_, DoctorProgress>,
) -> Result<(Vec<LanguageCount>, Option<Finding>)> {
    let mut written: Vec<Written> = Vec::with_capacity(corpus.rows.len());
    let look = |row: usize| look(corpus.rows[row].text);
    in_turns(DoctorStage::Languages, corpus.rows.len(), progress, look, |seen| written.push(seen))?;
    let train = &written[..corpus.train().len()];
    let mut counts = BTreeMap::<&'static str, usize>::new();
    train.iter().filter_map(|w| w.lang).for_each(|lang| *counts.entry(lang.code()).or_default() += 1);
    let mut counts: Vec<LanguageCount> =
        counts.into_iter().map(|(language, rows)| LanguageCount { language, rows }).collect();
    counts.sort_by_key(|count| Reverse(count.rows));
    let all: usize = counts.iter().map(|count| count.rows).sum();
    let Some(main) = counts.first().filter(|first| first.rows as f64 >= MAIN * all as f64) else {
        return Ok((counts, None));
    };
    // Some languages have several scripts: one is foreign where few rows are in it.
    let scripts: Vec<Script> = train.iter().filter_map(|w| w.script).collect();
    let rare = |script: Script| {
        let rows = scripts.iter().filter(|&&other| other == script).count();
        (rows as f64) < RARE * scripts.len() as f64
    };
    let rare: Vec<Script> = Script::all().iter().copied().filter(|&script| rare(script)).collect();
    let foreign = |(row, written): (&CorpusRow<'_>, &Written)| {
        let other = written.lang.filter(|lang| lang.code() != main.language);
        let foreign = written.script.is_some_and(|script| rare.contains(&script))
            || other.is_some_and(|lang| halves_agree(row.text, lang));
        foreign.then(|| FindingRow { language: other.map(|lang| lang.code()), ..FindingRow::new(row.place) })
    };
    let foreign: Vec<FindingRow> = corpus.rows.par_iter().zip(&written).filter_map(foreign).collect();
    let message =
        format!("{} in another language than `{}`, that of the rest", rows(foreign.len()), main.language);
    let finding = (!foreign.is_empty())
        .then(|| Finding::new(FindingKind::LanguageOutlier, Severity::Warn, message, foreign));
    Ok((counts, finding))
}
