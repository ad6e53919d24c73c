//! `summary.html`: the figures of an archive for a support lead, as one self-contained page.
//!
//! It is made of the manifest and the counts alone, so that the same run leaves the same bytes.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::tally::{Counts, Tally};
use crate::{Result, page};

/// Inputs that are named.
const NAMED: usize = 20;

/// The level of urgency from which on a ticket is counted as urgent.
const URGENT: u8 = 8;

#[derive(Serialize)]
struct Page<'a> {
    style: &'static str,
    manifest: &'a Value,
    inputs: Vec<&'a str>,
    more_inputs: usize,
    tally: &'a Tally,
    /// The numbers of urgent and of negative tickets, where these outputs were computed.
    urgent: Option<Share>,
    negative: Option<Share>,
    outputs: Vec<Output<'a>>,
    crossings: Vec<Crossing<'a>>,
}

#[derive(Serialize)]
struct Share {
    count: u64,
    /// 0 to 1.
    share: f64,
}

#[derive(Serialize)]
struct Labelled<'a> {
    label: &'a str,
    #[serde(flatten)]
    of_all: Share,
}

/// The counts of the labels of an output.
#[derive(Serialize)]
struct Output<'a> {
    name: &'a str,
    labels: Vec<Labelled<'a>>,
}

/// Tickets by what they have in common, and the labels in each group.
#[derive(Serialize)]
struct Crossing<'a> {
    by: &'static str,
    /// The outputs, with their labels.
    columns: Vec<(&'a str, Vec<&'a str>)>,
    rows: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    tickets: u64,
    /// Of the largest group.
    share: f64,
    cells: Vec<Share>,
}

/// The page of a run.
pub(super) fn page(manifest: &Value, tally: &Tally) -> Result<String> {
    let inputs: Vec<&str> = manifest["inputs"]
        .as_array()
        .map(|inputs| inputs.iter().filter_map(|input| input["name"].as_str()).collect())
        .unwrap_or_default();
    let of = |output: &str, is: &dyn Fn(&str) -> bool| {
        let counts = tally.labels.get(output)?;
        Some(share(counts.iter().filter(|(label, _)| is(label)).map(|(_, count)| count).sum(), total(counts)))
    };
    let crossings = [("month", &tally.by_month), ("category", &tally.by_category)];
    let shown = Page {
        style: page::STYLE,
        manifest,
        more_inputs: inputs.len().saturating_sub(NAMED),
        inputs: inputs.into_iter().take(NAMED).collect(),
        tally,
        urgent: of("urgency_level", &|level| level.parse::<u8>().is_ok_and(|level| level >= URGENT)),
        negative: of("sentiment", &|label| label == "negative"),
        outputs: tally
            .labels
            .iter()
            .map(|(name, counts)| Output { name, labels: labels(name, counts) })
            .collect(),
        crossings: crossings
            .into_iter()
            .filter(|(_, groups)| !groups.is_empty())
            .map(|(by, groups)| Crossing::of(by, groups))
            .collect(),
    };
    page::render("summary.html", include_str!("summary.html"), shown)
}

fn total(counts: &Counts) -> u64 {
    counts.values().sum()
}

fn share(count: u64, of: u64) -> Share {
    Share { count, share: count as f64 / of.max(1) as f64 }
}

/// The labels, the most frequent first; levels of urgency in their order.
fn labels<'a>(output: &str, counts: &'a Counts) -> Vec<Labelled<'a>> {
    let all = total(counts);
    let mut labels: Vec<Labelled<'_>> =
        counts.iter().map(|(label, count)| Labelled { label, of_all: share(*count, all) }).collect();
    if output == "urgency_level" {
        labels.sort_by_key(|labelled| labelled.label.parse::<u8>().unwrap_or(0));
    } else {
        labels.sort_by_key(|labelled| std::cmp::Reverse(labelled.of_all.count));
    }
    labels
}

impl<'a> Crossing<'a> {
    fn of(by: &'static str, groups: &'a BTreeMap<String, BTreeMap<String, Counts>>) -> Self {
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (output, counts) in groups.values().flatten() {
            let labels = found.entry(output).or_default();
            labels.extend(counts.keys().map(String::as_str));
            labels.sort_unstable();
            labels.dedup();
        }
        let columns: Vec<(&str, Vec<&str>)> = found.into_iter().collect();
        let tickets = |outputs: &BTreeMap<String, Counts>| outputs.values().map(total).max().unwrap_or(0);
        let largest = groups.values().map(tickets).max().unwrap_or(0);
        let row = |(name, outputs): (&'a String, &BTreeMap<String, Counts>)| {
            let cells = columns.iter().flat_map(|(output, labels)| {
                let counts = outputs.get(*output);
                labels.iter().map(move |label| {
                    let count = counts.and_then(|counts| counts.get(*label)).copied().unwrap_or(0);
                    share(count, counts.map_or(0, total))
                })
            });
            let tickets = tickets(outputs);
            Group { name, tickets, share: share(tickets, largest).share, cells: cells.collect() }
        };
        let rows = groups.iter().map(row).collect();
        Self { by, columns, rows }
    }
}
