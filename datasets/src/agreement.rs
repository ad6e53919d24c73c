//! How far a second reader, who saw the texts and the guide alone, agrees with the writers.

use crate::error::{DataError, Result};
use crate::files::read_text;
use crate::split::{Split, SplitPlan};
use crate::tickets::{Category, LabelledTicket, Sentiment};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;

/// The labels that a second reader gave a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The message.
    pub id: String,
    /// The action that the sender asks for.
    pub category: Category,
    /// How the sender feels.
    pub sentiment: Sentiment,
    /// How soon a person must act, 1 to 10.
    pub urgency: u8,
    /// Whether a careful reader could argue for another category.
    pub hard: bool,
}

/// Reads one reading a line.
///
/// # Errors
/// [`DataError::Json`] names the line.
pub fn read_readings(path: &Path) -> Result<Vec<Reading>> {
    let reading = |(index, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|source| DataError::Json {
            path: path.to_owned(),
            line: index + 1,
            source,
        })
    };
    read_text(path)?.lines().enumerate().map(reading).collect()
}

/// Agreement on some messages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Messages read twice.
    pub messages: usize,
    /// The share of them with the same category.
    pub category: f64,
    /// The same beyond chance (Cohen 1960): 1 is all, 0 is chance.
    pub kappa: f64,
    /// The share with the same sentiment.
    pub sentiment: f64,
    /// The mean difference of the urgencies, in levels.
    pub urgency: f64,
}

impl Agreement {
    /// Of pairs of a message and its reading; `None` where there are none.
    pub fn of(pairs: &[(&LabelledTicket, &Reading)]) -> Option<Self> {
        let count = pairs.len() as f64;
        let share = |same: &dyn Fn(&LabelledTicket, &Reading) -> bool| {
            pairs.iter().filter(|(ticket, reading)| same(ticket, reading)).count() as f64 / count
        };
        let category = share(&|ticket, reading| ticket.category == reading.category);
        let chance: f64 = Category::ALL
            .iter()
            .map(|&label| {
                share(&|ticket, _| ticket.category == label) * share(&|_, reading| reading.category == label)
            })
            .sum();
        let apart = pairs.iter().map(|(ticket, reading)| f64::from(ticket.urgency.abs_diff(reading.urgency)));
        (!pairs.is_empty()).then(|| Self {
            messages: pairs.len(),
            category,
            kappa: (category - chance) / (1.0 - chance),
            sentiment: share(&|ticket, reading| ticket.sentiment == reading.sentiment),
            urgency: apart.sum::<f64>() / count,
        })
    }
}

/// Agreement on all messages of the batches, the hard ones, each split, and the held-out messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreements(pub BTreeMap<String, Agreement>);

impl Agreements {
    /// Joins messages and readings by their ids; readings of messages that are not there are left out.
    ///
    /// # Errors
    /// Where the split does not fit the messages.
    pub fn new(
        tickets: &[LabelledTicket],
        plan: &SplitPlan,
        held_out: &[LabelledTicket],
        readings: &[Reading],
    ) -> Result<Self> {
        let by_id: HashMap<&str, &Reading> =
            readings.iter().map(|reading| (reading.id.as_str(), reading)).collect();
        let parts = plan.parts(tickets)?;
        let mut all = BTreeMap::new();
        let mut add = |name: &str, tickets: &[&LabelledTicket]| {
            let read = tickets.iter().filter_map(|ticket| Some((*ticket, *by_id.get(ticket.id.as_str())?)));
            let agreement = Agreement::of(&read.collect::<Vec<_>>());
            all.extend(agreement.map(|agreement| (name.to_owned(), agreement)));
        };
        add("all", &tickets.iter().collect::<Vec<_>>());
        add("hard", &tickets.iter().filter(|ticket| ticket.hard).collect::<Vec<_>>());
        for &split in Split::ALL {
            add(split.as_str(), parts.of(split));
        }
        add("held-out", &held_out.iter().collect::<Vec<_>>());
        add("held-out, hard", &held_out.iter().filter(|ticket| ticket.hard).collect::<Vec<_>>());
        Ok(Self(all))
    }
}

impl fmt::Display for Agreements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| messages | read twice | category | kappa | sentiment | urgency, levels apart |")?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|")?;
        for (name, Agreement { messages, category, kappa, sentiment, urgency }) in &self.0 {
            writeln!(
                f,
                "| {name} | {messages} | {category:.3} | {kappa:.3} | {sentiment:.3} | {urgency:.2} |"
            )?;
        }
        Ok(())
    }
}
