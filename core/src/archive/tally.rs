//! Counts of a run: the same whether or not the run was interrupted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::write::OutRow;
use crate::score::{Cell, Kind, Layout};

/// The number of occurrences of each value.
pub type Counts = BTreeMap<String, u64>;

/// Counts over the rows of an archive, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The number of rows that were read.
    pub rows: u64,
    /// The number of rows that the condition, the sample and the limit left.
    pub selected: u64,
    /// The number of rows that have scores.
    pub scored: u64,
    /// The number of rows that could not be read or scored; the quarantine file has them.
    pub quarantined: u64,
    /// Tokens of the scored rows; a text that occurs twice counts twice.
    pub tokens: u64,
    /// The number of texts that were cut.
    pub truncated: u64,
    /// By output, the number of rows that have each label as the best; urgency levels under `urgency_level`.
    pub labels: BTreeMap<String, Counts>,
    /// By category, the counts of the sentiments and of the routes.
    pub by_category: BTreeMap<String, BTreeMap<String, Counts>>,
    /// The same by month, as `2026-03`, or `unknown` where the time is missing or is none; with the
    /// categories under `category`. Empty without a column of times.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_month: BTreeMap<String, BTreeMap<String, Counts>>,
    /// The number of abstentions, by `output:reason`.
    pub abstained: Counts,
    /// The number of texts from which each kind was removed.
    pub removed: Counts,
    /// The names of damaged inputs, which were read up to the damage.
    #[serde(default)]
    pub damaged: Vec<String>,
}

impl Tally {
    /// Counts one scored row.
    pub(crate) fn count(&mut self, layout: &Layout, row: &OutRow) {
        self.scored += 1;
        for kind in &row.removed {
            *self.removed.entry(kind.to_string()).or_default() += 1;
        }
        let mut category = None;
        for ((name, kind), cell) in layout.columns().iter().zip(row.cells.iter()) {
            match (name.as_str(), kind, cell) {
                ("abstain", _, Some(Cell::Text(reasons))) => {
                    for reason in reasons.split(' ') {
                        *self.abstained.entry(reason.to_owned()).or_default() += 1;
                    }
                }
                ("tokens", _, Some(Cell::Count(tokens))) => self.tokens += u64::from(*tokens),
                ("truncated", _, Some(Cell::Flag(true))) => self.truncated += 1,
                ("urgency_level", _, Some(Cell::Count(level))) => self.label(name, &level.to_string()),
                (_, Kind::Text, Some(Cell::Text(label))) => {
                    self.label(name, label);
                    if name == "category" {
                        category = Some(label.as_str());
                    }
                }
                _ => {}
            }
        }
        if let Some(category) = category {
            cross(&mut self.by_category, category, &["sentiment", "route"], layout, row);
        }
        if let Some(month) = &row.month {
            cross(&mut self.by_month, month, &["category", "sentiment", "route"], layout, row);
        }
    }

    fn label(&mut self, output: &str, label: &str) {
        // Entries are there after the first row, so that the common case allocates nothing.
        if let Some(count) = self.labels.get_mut(output).and_then(|counts| counts.get_mut(label)) {
            *count += 1;
        } else {
            self.labels.entry(output.to_owned()).or_default().insert(label.to_owned(), 1);
        }
    }

    /// These rows and those of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        let Self {
            rows,
            selected,
            scored,
            quarantined,
            tokens,
            truncated,
            labels,
            by_category,
            by_month,
            abstained,
            removed,
            damaged,
        } = other;
        self.rows += rows;
        self.selected += selected;
        self.scored += scored;
        self.quarantined += quarantined;
        self.tokens += tokens;
        self.truncated += truncated;
        for (output, counts) in labels {
            add(self.labels.entry(output.clone()).or_default(), counts);
        }
        for (to, from) in [(&mut self.by_category, by_category), (&mut self.by_month, by_month)] {
            for (group, outputs) in from {
                let of = to.entry(group.clone()).or_default();
                for (output, counts) in outputs {
                    add(of.entry(output.clone()).or_default(), counts);
                }
            }
        }
        add(&mut self.abstained, abstained);
        add(&mut self.removed, removed);
        self.damaged.extend(damaged.iter().cloned());
    }
}

/// Counts the labels that some outputs gave a row of a group; without any of these outputs there is no group.
fn cross(
    groups: &mut BTreeMap<String, BTreeMap<String, Counts>>,
    group: &str,
    outputs: &[&str],
    layout: &Layout,
    row: &OutRow,
) {
    for ((name, _), cell) in layout.columns().iter().zip(row.cells.iter()) {
        if let (true, Some(Cell::Text(label))) = (outputs.contains(&name.as_str()), cell) {
            let of = groups.entry(group.to_owned()).or_default();
            *of.entry(name.clone()).or_default().entry(label.clone()).or_default() += 1;
        }
    }
}

fn add(to: &mut Counts, from: &Counts) {
    for (name, count) in from {
        *to.entry(name.clone()).or_default() += count;
    }
}
