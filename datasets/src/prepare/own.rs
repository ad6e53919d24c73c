//! The files of our own tickets alone.

use super::labelled;
use super::output::Output;
use crate::error::Result;
use crate::split::Parts;
use crate::tickets::LabelledTicket;

pub(super) fn write(out: &mut Output, parts: &Parts<'_>, held_out: &[&LabelledTicket]) -> Result<()> {
    let category = |ticket: &LabelledTicket| ticket.category.to_string();
    let urgency = |ticket: &LabelledTicket| ticket.urgency.to_string();
    let sentiment = |ticket: &LabelledTicket| ticket.sentiment.to_string();
    let files: [(&str, &[&LabelledTicket]); 4] =
        [("train", &parts.train), ("dev", &parts.dev), ("test", &parts.test), ("held-out", held_out)];
    for (name, tickets) in files {
        out.add(&format!("category/{name}.csv"), &labelled(tickets, category))?;
        out.add(&format!("urgency/{name}.csv"), &labelled(tickets, urgency))?;
        if name != "train" {
            out.add(&format!("sentiment/{name}.csv"), &labelled(tickets, sentiment))?;
        }
        if name == "test" || name == "held-out" {
            let hard: Vec<&LabelledTicket> = tickets.iter().copied().filter(|ticket| ticket.hard).collect();
            out.add(&format!("category/{name}-hard.csv"), &labelled(&hard, category))?;
        }
    }
    Ok(())
}
