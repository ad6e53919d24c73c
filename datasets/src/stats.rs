//! Counts of the set and its splits, as a table or as JSON.

use crate::error::{DataError, Result};
use crate::files;
use crate::near::{THRESHOLD, pairs};
use crate::split::{Split, SplitPlan};
use crate::tickets::{LabelledTicket, UrgencyBand};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::path::Path;

/// How often a label occurs: in all batches, in each split after the near-duplicate guard, and held out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// In every batch, dropped messages included.
    pub all: usize,
    /// In train.
    pub train: usize,
    /// In dev.
    pub dev: usize,
    /// In test.
    pub test: usize,
    /// Held out, in no batch.
    pub held_out: usize,
}

/// The set in numbers.
#[derive(Debug, Serialize)]
pub struct Stats {
    /// How many author batches there are.
    pub batches: usize,
    /// Messages.
    pub messages: Count,
    /// By label family, then by label.
    pub families: BTreeMap<&'static str, BTreeMap<String, Count>>,
    /// The largest difference in label shares between each split and the whole.
    pub imbalance: BTreeMap<Split, f64>,
    /// Messages the guard took out of train and dev.
    pub dropped: usize,
    /// Near-duplicate pairs inside the whole set, by id.
    pub near_duplicates: Vec<(String, String, f64)>,
}

impl Stats {
    /// Counts the set.
    pub fn new(tickets: &[LabelledTicket], plan: &SplitPlan, held_out: &[LabelledTicket]) -> Result<Self> {
        let parts = plan.parts(tickets)?;
        let mut messages = Count::default();
        let mut families: BTreeMap<&'static str, BTreeMap<String, Count>> = BTreeMap::new();
        let all: Vec<&LabelledTicket> = tickets.iter().collect();
        let held_out: Vec<&LabelledTicket> = held_out.iter().collect();
        let mut tally = |part: &[&LabelledTicket], slot: fn(&mut Count) -> &mut usize| {
            for ticket in part {
                *slot(&mut messages) += 1;
                for (family, label) in labels_of(ticket) {
                    *slot(families.entry(family).or_default().entry(label).or_default()) += 1;
                }
            }
        };
        tally(&all, |count| &mut count.all);
        tally(&parts.train, |count| &mut count.train);
        tally(&parts.dev, |count| &mut count.dev);
        tally(&parts.test, |count| &mut count.test);
        tally(&held_out, |count| &mut count.held_out);
        let texts: Vec<&str> = tickets.iter().map(|ticket| ticket.text.as_str()).collect();
        let near = pairs(&texts, THRESHOLD)
            .into_iter()
            .map(|pair| (tickets[pair.first].id.clone(), tickets[pair.second].id.clone(), pair.similarity));
        Ok(Self {
            batches: tickets.iter().map(LabelledTicket::batch).collect::<BTreeSet<_>>().len(),
            messages,
            families,
            imbalance: Split::ALL.iter().map(|&split| (split, parts.imbalance(split))).collect(),
            dropped: plan.dropped.len(),
            near_duplicates: near.collect(),
        })
    }
}

const BEGIN: &str = "<!-- stats: begin -->\n";
const END: &str = "<!-- stats: end -->";

impl Stats {
    /// The data card with these counts between its two markers; `None` if it lacks them.
    pub fn replace_in(&self, card: &str) -> Option<String> {
        let (before, rest) = card.split_once(BEGIN)?;
        let (_, after) = rest.split_once(END)?;
        Some(format!("{before}{BEGIN}{self}{END}{after}"))
    }

    /// Rewrites the counts in a data card on disk.
    pub fn update(&self, path: &Path) -> Result<()> {
        let card = files::read_text(path)?;
        let new = self.replace_in(&card).ok_or_else(|| DataError::NoMarkers { path: path.to_owned() })?;
        files::write_all(Path::new(""), &[(path.to_string_lossy().into_owned(), new)])
    }
}

fn labels_of(ticket: &LabelledTicket) -> [(&'static str, String); 6] {
    [
        ("category", ticket.category.to_string()),
        ("sentiment", ticket.sentiment.to_string()),
        ("urgency", format!("{:2}", ticket.urgency)),
        ("urgency band", UrgencyBand::of(ticket.urgency).to_string()),
        ("hard", ticket.hard.to_string()),
        ("domain", ticket.domain.clone()),
    ]
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, family: &str, label: &str, count: &Count| {
            let Count { all, train, dev, test, held_out } = count;
            write!(f, "| {family:<12} | {label:<15} | {all:>5} | {train:>5} | {dev:>4} | {test:>4} ")?;
            writeln!(f, "| {held_out:>8} |")
        };
        writeln!(f, "| {:<12} | {:<15} |   all | train |  dev | test | held-out |", "family", "label")?;
        writeln!(f, "|--------------|-----------------|------:|------:|-----:|-----:|---------:|")?;
        row(f, "messages", "", &self.messages)?;
        for (family, labels) in &self.families {
            for (label, count) in labels {
                row(f, family, label, count)?;
            }
        }
        writeln!(
            f,
            "\n- {} author batches; {} messages dropped by the near-duplicate guard",
            self.batches, self.dropped
        )?;
        let mut shares = String::new();
        for (split, imbalance) in &self.imbalance {
            write!(shares, " {split} {imbalance:.3}")?;
        }
        writeln!(f, "- largest difference in label shares between a split and the whole:{shares}")?;
        writeln!(f, "- near-duplicate pairs in the whole set: {}", self.near_duplicates.len())?;
        for (first, second, similarity) in &self.near_duplicates {
            writeln!(f, "  - {first} {second} {similarity:.3}")?;
        }
        Ok(())
    }
}
