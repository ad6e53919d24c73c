//! Train, dev and test, split by author: whole batches move, so no test message's author was trained on.
//!
//! Among many seeded assignments the one whose label distributions are nearest the whole's wins. Batches that
//! come later join train, so that dev and test stay as they were. Then the near-duplicate guard takes out of
//! dev the messages near a test or a held-out message, and out of train those near any of these.

use crate::error::{DataError, Result};
use crate::files;
use crate::near::{Shingles, THRESHOLD};
use crate::rng::Rng;
use crate::tickets::{Category, LabelledTicket, Sentiment, UrgencyBand, labels};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The seed of the committed split.
pub const SPLIT_SEED: u64 = 17;
/// The share of batches in dev.
pub const DEV_SHARE: f64 = 0.12;
/// The share of batches in test.
pub const TEST_SHARE: f64 = 0.18;

const CANDIDATES: usize = 20_000;
/// Category, sentiment, urgency band, hard, own industry or another: the label families kept in balance.
const FAMILIES: [std::ops::Range<usize>; 5] = [0..6, 6..9, 9..13, 13..15, 15..17];
const FEATURES: usize = 17;

labels! {
    /// The purpose of a message.
    Split {
        /// To learn from.
        Train = "train",
        /// To choose settings and calibrate with.
        Dev = "dev",
        /// To report.
        Test = "test",
    }
}

labels! {
    /// The purpose of a message that others must not be near to.
    Evaluated {
        /// To choose settings and calibrate with.
        Dev = "dev",
        /// To report.
        Test = "test",
        /// To report once, at the end of a version.
        HeldOut = "held-out",
    }
}

/// A message the near-duplicate guard took out of its split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropped {
    /// The message taken out.
    pub id: String,
    /// Where it was.
    pub split: Split,
    /// The message it is nearest to.
    pub near: String,
    /// Where that one is.
    pub near_split: Evaluated,
    /// Their similarity, to three places.
    pub similarity: f64,
}

/// Which batch goes where, and which messages stay out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitPlan {
    /// The seed it was drawn with.
    pub seed: u64,
    /// Batch to split.
    pub batches: BTreeMap<String, Split>,
    /// The messages that the guard took out.
    pub dropped: Vec<Dropped>,
}

/// The messages of each split, without the dropped ones.
#[derive(Debug)]
pub struct Parts<'a> {
    /// To learn from.
    pub train: Vec<&'a LabelledTicket>,
    /// To choose settings and calibrate with.
    pub dev: Vec<&'a LabelledTicket>,
    /// To report.
    pub test: Vec<&'a LabelledTicket>,
}

impl SplitPlan {
    /// Draws a split of the messages; the held-out ones are in none. The same messages and seed always give
    /// the same one.
    pub fn make(tickets: &[LabelledTicket], held_out: &[LabelledTicket], seed: u64) -> Result<Self> {
        let batches = draw(tickets, seed)?;
        Self { seed, batches, dropped: Vec::new() }.guarded(tickets, held_out)
    }

    /// The split with the batches that are not in it yet: they join train. No batch changes its place, so
    /// that figures on dev and test stay comparable.
    pub fn grow(&self, tickets: &[LabelledTicket], held_out: &[LabelledTicket]) -> Result<Self> {
        let place = |ticket: &LabelledTicket| {
            let batch = ticket.batch();
            (batch.to_owned(), self.batches.get(batch).copied().unwrap_or(Split::Train))
        };
        let batches = tickets.iter().map(place).collect();
        Self { seed: self.seed, batches, dropped: Vec::new() }.guarded(tickets, held_out)
    }

    fn guarded(mut self, tickets: &[LabelledTicket], held_out: &[LabelledTicket]) -> Result<Self> {
        self.dropped = guard(&self.parts(tickets)?, held_out);
        Ok(self)
    }

    /// Reads a committed split.
    pub fn read(path: &Path) -> Result<Self> {
        let text = files::read_text(path)?;
        serde_json::from_str(&text).map_err(|source| DataError::Json {
            path: path.to_owned(),
            line: source.line(),
            source,
        })
    }

    /// Writes the split, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        files::write_all(Path::new(""), &[(path.to_string_lossy().into_owned(), self.to_json()?)])
    }

    /// The split as it is committed.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self).map_err(DataError::Serialize)? + "\n")
    }

    /// Sorts the messages into their splits. Fails if a batch is unknown to the split, or the other way
    /// round.
    pub fn parts<'a>(&self, tickets: &'a [LabelledTicket]) -> Result<Parts<'a>> {
        let mut unused: std::collections::BTreeSet<&str> = self.batches.keys().map(String::as_str).collect();
        let out: std::collections::HashSet<&str> = self.dropped.iter().map(|drop| drop.id.as_str()).collect();
        let mut parts = Parts { train: Vec::new(), dev: Vec::new(), test: Vec::new() };
        for ticket in tickets {
            let stale = || DataError::StaleSplit { batch: ticket.batch().to_owned() };
            let split = *self.batches.get(ticket.batch()).ok_or_else(stale)?;
            unused.remove(ticket.batch());
            if !out.contains(ticket.id.as_str()) {
                parts.of_mut(split).push(ticket);
            }
        }
        match unused.first() {
            Some(batch) => Err(DataError::StaleSplit { batch: (*batch).to_owned() }),
            None => Ok(parts),
        }
    }
}

impl<'a> Parts<'a> {
    /// The messages of one split.
    pub fn of(&self, split: Split) -> &[&'a LabelledTicket] {
        match split {
            Split::Train => &self.train,
            Split::Dev => &self.dev,
            Split::Test => &self.test,
        }
    }

    fn of_mut(&mut self, split: Split) -> &mut Vec<&'a LabelledTicket> {
        match split {
            Split::Train => &mut self.train,
            Split::Dev => &mut self.dev,
            Split::Test => &mut self.test,
        }
    }

    /// The largest difference between a split's share of any label family and the whole's, as total variation
    /// distance: 0 is a perfect stratification, 1 none.
    pub fn imbalance(&self, split: Split) -> f64 {
        let mut whole = Counts::default();
        let mut part = Counts::default();
        for &one in Split::ALL {
            for ticket in self.of(one) {
                whole.add(ticket);
                if one == split {
                    part.add(ticket);
                }
            }
        }
        FAMILIES.into_iter().map(|family| part.variation(&whole, family)).fold(0.0, f64::max)
    }
}

/// How often each label occurs.
#[derive(Clone, Default)]
struct Counts([u32; FEATURES]);

impl Counts {
    fn add(&mut self, ticket: &LabelledTicket) {
        let place = |family: usize, label: usize| FAMILIES[family].start + label;
        let labels = [
            place(0, Category::ALL.iter().position(|&label| label == ticket.category).unwrap_or_default()),
            place(1, Sentiment::ALL.iter().position(|&label| label == ticket.sentiment).unwrap_or_default()),
            place(2, UrgencyBand::of(ticket.urgency) as usize),
            place(3, usize::from(ticket.hard)),
            place(4, usize::from(ticket.domain == "print")),
        ];
        for label in labels {
            self.0[label] += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    /// Total variation distance of one label family.
    fn variation(&self, whole: &Self, family: std::ops::Range<usize>) -> f64 {
        let total = |counts: &Self| f64::from(counts.0[family.clone()].iter().sum::<u32>().max(1));
        let (mine, theirs) = (total(self), total(whole));
        let differences =
            family.map(|label| (f64::from(self.0[label]) / mine - f64::from(whole.0[label]) / theirs).abs());
        differences.sum::<f64>() / 2.0
    }
}

/// Draws a place for every batch.
fn draw(tickets: &[LabelledTicket], seed: u64) -> Result<BTreeMap<String, Split>> {
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for ticket in tickets {
        counts.entry(ticket.batch()).or_default().add(ticket);
    }
    let found = counts.len();
    if found < Split::ALL.len() {
        return Err(DataError::TooFewBatches { found });
    }
    let (names, counts): (Vec<&str>, Vec<Counts>) = counts.into_iter().unzip();
    let share = |share: f64| ((found as f64 * share).round() as usize).max(1);
    let (to_test, to_dev) = (share(TEST_SHARE), share(DEV_SHARE));

    let mut rng = Rng::new(seed);
    let mut order: Vec<usize> = (0..found).collect();
    let (mut best, mut best_distance) = (order.clone(), f64::INFINITY);
    for _ in 0..CANDIDATES {
        rng.shuffle(&mut order);
        let (tests, others) = order.split_at(to_test);
        let (devs, trains) = others.split_at(to_dev);
        let distance = distance(&counts, [tests, devs, trains]);
        if distance < best_distance {
            best_distance = distance;
            best.clone_from(&order);
        }
    }
    let place = |rank: usize| match rank {
        _ if rank < to_test => Split::Test,
        _ if rank < to_test + to_dev => Split::Dev,
        _ => Split::Train,
    };
    Ok(best.iter().enumerate().map(|(rank, &batch)| (names[batch].to_owned(), place(rank))).collect())
}

/// The sum over splits and families; a sum, so that no split is sacrificed for another's last percent.
fn distance(counts: &[Counts], splits: [&[usize]; 3]) -> f64 {
    let parts = splits.map(|batches| {
        let mut part = Counts::default();
        for &batch in batches {
            part.merge(&counts[batch]);
        }
        part
    });
    let mut whole = Counts::default();
    for part in &parts {
        whole.merge(part);
    }
    parts.iter().flat_map(|part| FAMILIES.map(|family| part.variation(&whole, family))).sum()
}

/// Finds the messages that must leave dev and train. Train is compared with the rest of dev, so nothing
/// leaves for the sake of a message that is gone itself.
fn guard(parts: &Parts<'_>, held_out: &[LabelledTicket]) -> Vec<Dropped> {
    let known = |ticket: &LabelledTicket, place| (ticket.id.clone(), place, Shingles::new(&ticket.text));
    let mut dropped: Vec<Dropped> = Vec::new();
    let mut kept: Vec<(String, Evaluated, Shingles)> =
        parts.test.iter().map(|ticket| known(ticket, Evaluated::Test)).collect();
    kept.extend(held_out.iter().map(|ticket| known(ticket, Evaluated::HeldOut)));
    for split in [Split::Dev, Split::Train] {
        let mut clean = Vec::new();
        for ticket in parts.of(split) {
            let (id, _, set) = known(ticket, Evaluated::Dev);
            let nearest = kept
                .iter()
                .map(|(near, near_split, other)| (set.jaccard(other), near, *near_split))
                .max_by(|left, right| left.0.total_cmp(&right.0));
            match nearest {
                Some((similarity, near, near_split)) if similarity >= THRESHOLD => dropped.push(Dropped {
                    id,
                    split,
                    near: near.clone(),
                    near_split,
                    similarity: (similarity * 1000.0).round() / 1000.0,
                }),
                _ => clean.push((id, Evaluated::Dev, set)),
            }
        }
        if split == Split::Dev {
            kept.extend(clean);
        }
    }
    dropped
}
