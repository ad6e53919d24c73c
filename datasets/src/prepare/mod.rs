//! Writes the `text,label` files that `frontdesk train` and `frontdesk evaluate` take.

mod domain;
mod output;
mod own;
mod public;
mod sentiment;

use crate::error::Result;
use crate::files;
use crate::outside::Outside;
use crate::public::Row;
use crate::split::SplitPlan;
use crate::tickets::LabelledTicket;
use output::Output;
use std::path::PathBuf;

/// What is read of our own.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The messages of all batches.
    pub tickets: &'a [LabelledTicket],
    /// The messages that are evaluated once, at the end of a version.
    pub held_out: &'a [LabelledTicket],
    /// The split of the batches.
    pub plan: &'a SplitPlan,
    /// Texts from outside of a desk's domain.
    pub outside: &'a Outside,
}

/// Options: where the files go, and how much of each source goes into them.
#[derive(Debug, Clone)]
pub struct Options {
    /// The root of the public sets; without it only our own texts are written.
    pub public: Option<PathBuf>,
    /// Where the files go.
    pub output: PathBuf,
    /// Draws the samples, the gibberish and the order of the training rows. It does not touch the split.
    pub seed: u64,
    /// The most SST-2 phrases in the sentiment training file.
    pub sst2_cap: usize,
    /// The most GoEmotions rows of each class in the sentiment training file.
    pub goemotions_cap: usize,
    /// How often each of our own tickets stands in the sentiment training file.
    pub own_weight: usize,
}

/// The files that were written, and notes on rows that were left out.
#[derive(Debug, Default)]
pub struct Report {
    /// Each file under the output folder, and its rows.
    pub files: Vec<(String, usize)>,
    /// Things left out, and why.
    pub notes: Vec<String>,
}

/// Writes all files, or, if anything fails, none.
pub fn prepare(sources: &Sources<'_>, options: &Options) -> Result<Report> {
    let parts = sources.plan.parts(sources.tickets)?;
    let held_out: Vec<&LabelledTicket> = sources.held_out.iter().collect();
    let mut out = Output::default();
    own::write(&mut out, &parts, &held_out)?;
    let public = match &options.public {
        Some(root) => Some(public::load(&mut out, root, options.seed)?),
        None => None,
    };
    sentiment::write(&mut out, &parts, &held_out, public.as_ref(), options)?;
    domain::write(&mut out, &parts, &held_out, sources.outside, public.as_ref(), options.seed)?;
    files::write_all(&options.output, &out.contents)?;
    Ok(out.report)
}

fn labelled(tickets: &[&LabelledTicket], label: impl Fn(&LabelledTicket) -> String) -> Vec<Row> {
    tickets.iter().map(|ticket| Row { text: ticket.text.clone(), label: label(ticket) }).collect()
}

/// The texts of rows.
fn texts(rows: &[Row]) -> impl Iterator<Item = &str> {
    rows.iter().map(|row| row.text.as_str())
}

/// The texts of tickets.
fn messages<'a>(tickets: &'a [&'a LabelledTicket]) -> impl Iterator<Item = &'a str> {
    tickets.iter().map(|ticket| ticket.text.as_str())
}

/// True of a text with this many words or more.
fn has_words(text: &str, least: usize) -> bool {
    text.split_whitespace().nth(least - 1).is_some()
}
