//! Rows to which two models give different labels.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::answers::Answers;
use super::binomial::mcnemar;

/// The effect of a changed prediction on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It was wrong and is right.
    Better,
    /// It was right and is wrong.
    Worse,
    /// It is wrong with both.
    Neither,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Neither => "neither",
        })
    }
}

/// A row to which the two models give different labels; several labels of one row are joined by `|`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The line of the file, or the row of a table, from 1.
    pub line: u64,
    /// The label that the file has.
    pub truth: String,
    /// The label that the first model gave.
    pub before: String,
    /// The label that the second model gave.
    pub after: String,
    /// The effect on the row.
    pub effect: Effect,
    /// The text; `None` unless [`super::EvaluateOptions::texts`] is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The rows whose label changed from one to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// The label that the first model gave.
    pub before: String,
    /// The label that the second model gave.
    pub after: String,
    /// The number of rows.
    pub count: usize,
    /// Those that were wrong and are right.
    pub fixed: usize,
    /// Those that were right and are wrong.
    pub broken: usize,
}

/// McNemar's exact test (McNemar 1947) on the rows that one model has right and the other wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct McNemar {
    /// Rows that were wrong and are right.
    pub fixed: usize,
    /// Rows that were right and are wrong.
    pub broken: usize,
    /// The p-value, 0 to 1: the probability of a division at least as unequal if both models are equally
    /// often right; two-sided, exact.
    pub p_value: f64,
}

/// The rows that changed, in their order. Both answers are of the same rows.
pub(super) fn changed(a: &Answers<'_>, b: &Answers<'_>) -> Vec<usize> {
    let rows = 0..a.places.len();
    rows.filter(|&row| a.predictions[row].labels != b.predictions[row].labels).collect()
}

/// Returns the change of each of these rows; the texts are not filled in yet.
pub(super) fn changes(a: &Answers<'_>, b: &Answers<'_>, changed: &[usize]) -> Vec<Change> {
    let change = |&row: &usize| Change {
        line: a.places[row].number(),
        truth: a.names(&a.truth[row]),
        before: a.names(&a.predictions[row].labels),
        after: a.names(&b.predictions[row].labels),
        effect: match (a.right(row), b.right(row)) {
            (true, _) => Effect::Worse,
            (_, true) => Effect::Better,
            _ => Effect::Neither,
        },
        text: None,
    };
    changed.iter().map(change).collect()
}

/// The largest flows first; equal ones by their labels.
pub(super) fn flows(changes: &[Change]) -> Vec<Flow> {
    let mut counts = BTreeMap::<(&str, &str), [usize; 3]>::new();
    for change in changes {
        let [count, fixed, broken] = counts.entry((&change.before, &change.after)).or_default();
        *count += 1;
        *fixed += usize::from(change.effect == Effect::Better);
        *broken += usize::from(change.effect == Effect::Worse);
    }
    let flow = |((before, after), [count, fixed, broken]): ((&str, &str), [usize; 3])| Flow {
        before: before.to_owned(),
        after: after.to_owned(),
        count,
        fixed,
        broken,
    };
    let mut flows: Vec<Flow> = counts.into_iter().map(flow).collect();
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.count));
    flows
}

pub(super) fn test(changes: &[Change]) -> McNemar {
    let count = |effect| changes.iter().filter(|change| change.effect == effect).count();
    let (fixed, broken) = (count(Effect::Better), count(Effect::Worse));
    McNemar { fixed, broken, p_value: mcnemar(fixed, broken) }
}
