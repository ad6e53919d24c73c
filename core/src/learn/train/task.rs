//! The task of a head: its kind, its labels, and the rows of a file as targets.

use std::collections::BTreeSet;

use frontdesk_models::heads::{Link, ordinal_level};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::HeadData;
use super::options::Metric;
use crate::learn::evaluate::macro_f1;
use crate::model::bundle::{HeadKind, MAX_LABELS};
use crate::quote::quoted;
use crate::table::Labelled;
use crate::{Error, ErrorKind, Result};

/// The head whose levels are those of the contract, 1 to 10.
const URGENCY: &str = "urgency";

/// The kind of the options, else the one that the head's place in a whole bundle has, else one label.
pub(super) fn kind_of(head: &HeadData<'_>) -> HeadKind {
    head.kind.unwrap_or(match head.task {
        "emotions" => HeadKind::MultiLabel,
        URGENCY => HeadKind::Ordinal,
        _ => HeadKind::SingleLabel,
    })
}

/// Whole numbers in their order.
fn levels(rows: &[Labelled]) -> Result<Vec<String>> {
    let level = |row: &Labelled| {
        let label = row.label.trim();
        label.parse::<i64>().ok().filter(|level| level.to_string() == row.label).ok_or_else(|| {
            let message = format!(
                "{}: {} is no whole number, as the levels of an ordinal head are",
                row.place,
                quoted(label)
            );
            Error::new(ErrorKind::DataInvalid, message)
        })
    };
    let levels: BTreeSet<i64> = rows.iter().map(level).collect::<Result<_>>()?;
    Ok(levels.into_iter().map(|level| level.to_string()).collect())
}

pub(super) fn labels_of(task: &str, kind: HeadKind, rows: &[Labelled]) -> Result<Vec<String>> {
    if task == URGENCY && kind == HeadKind::Ordinal {
        return Ok((1..=10).map(|level: u8| level.to_string()).collect());
    }
    let labels: BTreeSet<String> = match kind {
        HeadKind::Ordinal => return enough(levels(rows)?, rows),
        HeadKind::MultiLabel => {
            let labels = rows.iter().flat_map(|row| row.label.split('|'));
            labels.filter(|label| !label.is_empty()).map(str::to_owned).collect()
        }
        HeadKind::SingleLabel => rows.iter().map(|row| row.label.clone()).collect(),
    };
    let some_have_none = || rows.iter().any(|row| row.label.trim().is_empty());
    if kind == HeadKind::MultiLabel && labels.len() == 1 && some_have_none() {
        return Ok(labels.into_iter().collect());
    }
    let labels = enough(labels.into_iter().collect(), rows)?;
    if let Some(row) = rows.iter().find(|row| kind != HeadKind::MultiLabel && row.label.trim().is_empty()) {
        return Err(Error::new(ErrorKind::DataInvalid, format!("{}: the label is empty", row.place)));
    }
    Ok(labels)
}

/// The labels, of which there must be two, and no more than a bundle may have.
fn enough(labels: Vec<String>, rows: &[Labelled]) -> Result<Vec<String>> {
    if labels.len() < 2 {
        let message = format!("{} distinct label in {} rows; at least 2", labels.len(), rows.len());
        return Err(Error::new(ErrorKind::DataInvalid, message));
    }
    if labels.len() > MAX_LABELS {
        let message =
            format!("{} distinct labels in {} rows; at most {MAX_LABELS}", labels.len(), rows.len());
        return Err(Error::new(ErrorKind::DataInvalid, message));
    }
    Ok(labels)
}

/// Rows to train on, rows to validate on, and the description of the split.
pub(super) type Split<'a> = (Vec<&'a Labelled>, Vec<&'a Labelled>, String);

/// A tenth of each label's rows for validation, at least one where a label has two. Rows of the same text,
/// whatever its case and spaces, stay together.
pub(super) fn split<'a>(rows: &'a [Labelled], seed: u64, random: &mut StdRng) -> Result<Split<'a>> {
    let mut order: Vec<&Labelled> = rows.iter().collect();
    order.shuffle(random);
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    let mut side = std::collections::HashMap::<String, bool>::new();
    let (mut train, mut valid) = (Vec::new(), Vec::new());
    for row in order {
        let count = seen.entry(&row.label).or_default();
        *count += 1;
        let held = *count % 10 == 2;
        let held = *side.entry(row.text.trim().to_lowercase()).or_insert(held);
        if held { valid.push(row) } else { train.push(row) }
    }
    if valid.is_empty() {
        let message = "no label has two rows of different texts: there is nothing to validate on; give a validation file";
        return Err(Error::new(ErrorKind::DataInvalid, message));
    }
    let how = format!("{} of {} rows, a tenth of each label, seed {seed}", valid.len(), rows.len());
    Ok((train, valid, how))
}

/// A random number of a normal distribution (Box & Muller 1958).
pub(super) fn normal(random: &mut StdRng) -> f32 {
    let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
}

/// One over each label's frequency, its mean over the rows 1; at most 10, so that a rare label does not rule
/// a step. For a head whose labels hold by themselves: rows without a label to rows with it.
pub(super) fn balanced(link: Link, labels: usize, targets: &[Vec<usize>]) -> Vec<f32> {
    let mut counts = vec![0usize; labels];
    targets.iter().flatten().for_each(|&label| counts[label] += 1);
    let rows = targets.len() as f32;
    let present = counts.iter().filter(|&&count| count > 0).count() as f32;
    let weight = |count: usize| match (count, link) {
        (0, _) => 1.0,
        (count, Link::Sigmoid) => (rows - count as f32) / count as f32,
        (count, _) => rows / present / count as f32,
    };
    counts.into_iter().map(|count| weight(count).clamp(0.1, 10.0)).collect()
}

/// The labels that logits give.
fn given(link: Link, logits: &[f32]) -> Vec<usize> {
    match link {
        Link::Ordinal => vec![ordinal_level(logits)],
        Link::Sigmoid => (0..logits.len()).filter(|&i| logits[i] > 0.0).collect(),
        _ => vec![(0..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best })],
    }
}

/// The metric of some logits.
pub(super) fn measure(
    metric: Metric,
    link: Link,
    labels: usize,
    logits: &[Vec<f32>],
    truth: &[Vec<usize>],
) -> f64 {
    let rows = truth.len() as f64;
    let given = |logits: &Vec<f32>| given(link, logits);
    match metric {
        Metric::MacroF1 => macro_f1(labels, truth, &logits.iter().map(given).collect::<Vec<_>>()),
        Metric::Accuracy => {
            let right = logits.iter().zip(truth).filter(|(logits, truth)| given(logits) == **truth).count();
            right as f64 / rows
        }
        Metric::MeanAbsoluteError => {
            let error = |(logits, truth): (&Vec<f32>, &Vec<usize>)| {
                given(logits).first().unwrap_or(&0).abs_diff(truth.first().copied().unwrap_or(0)) as f64
            };
            logits.iter().zip(truth).map(error).sum::<f64>() / rows
        }
        Metric::Loss => crate::learn::calibrate::loss(link, logits, truth) / rows,
    }
}

impl Metric {
    /// The metric of a head where none was named.
    pub(super) fn of(link: Link) -> Self {
        if link == Link::Ordinal { Self::MeanAbsoluteError } else { Self::MacroF1 }
    }

    /// The value as one of which more is better; an error in levels as its share of the scale, so that heads
    /// can be averaged.
    pub(super) fn score(self, value: f64, labels: usize) -> f64 {
        match self {
            Self::MacroF1 | Self::Accuracy => value,
            Self::MeanAbsoluteError => 1.0 - value / (labels as f64 - 1.0).max(1.0),
            Self::Loss => -value,
        }
    }
}
