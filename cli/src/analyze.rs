//! `frontdesk analyze`.

use std::path::Path;

use frontdesk::data::{TicketColumns, lines, read_tickets};
use frontdesk::{Analysis, AnalyzeOptions, Engine, ModelSource, Result, Ticket};

use crate::args::{AnalyzeArgs, Format};
use crate::output::{Output, json, json_line};
use crate::{progress, render};

/// Tickets between two steps of the progress bar.
const CHUNK: usize = 256;

pub(crate) fn run(args: &AnalyzeArgs) -> Result<()> {
    let tickets = tickets(args)?;
    let mut options = args.engine.options();
    options.sentiment_model = args.sentiment_model.as_deref().map(ModelSource::from);
    options.outputs.clone_from(&args.outputs);
    options.long_text = args.long_text;
    let mut output = Output::open(args.output.as_deref())?;
    let engine = Engine::open(options)?;
    let default = if args.output.is_some() { Format::Jsonl } else { Format::Table };
    let format = args.format.unwrap_or(default);

    let bar = progress::rows(tickets.len(), "analyzing");
    let mut analyses: Vec<Analysis> = Vec::new();
    for chunk in tickets.chunks(CHUNK) {
        let done = engine.analyze_batch(chunk, &AnalyzeOptions::default())?;
        if format == Format::Jsonl {
            for analysis in &done {
                output.write(&json_line(analysis)?)?;
            }
        } else {
            analyses.extend(done);
        }
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    match (format, analyses.as_slice()) {
        (Format::Jsonl, _) => {}
        (Format::Json, [only]) if args.input.is_none() => output.write(&json(only)?)?,
        (Format::Json, all) => output.write(&json(&all)?)?,
        (Format::Table, [only]) => output.write(&render::one(only))?,
        (Format::Table, all) => output.write(&render::many(&tickets, all))?,
    }
    output.finish()
}

fn tickets(args: &AnalyzeArgs) -> Result<Vec<Ticket>> {
    match (&args.text, &args.input) {
        (Some(text), _) => Ok(vec![Ticket::new(text)]),
        (None, Some(path)) if path == Path::new("-") => lines(std::io::stdin().lock()),
        (None, Some(path)) => {
            let columns = TicketColumns {
                text: args.text_column.clone(),
                subject: args.subject_column.clone(),
                body: args.body_column.clone(),
                id: args.id_column.clone(),
                urgency: args.urgency_column.clone(),
            };
            let (tickets, mapping) = read_tickets(path, &columns)?;
            let taken: Vec<_> =
                mapping.iter().map(|(field, column)| format!("{field} from `{column}`")).collect();
            eprintln!("{}: {} tickets; {}", path.display(), tickets.len(), taken.join(", "));
            Ok(tickets)
        }
        (None, None) => Ok(Vec::new()),
    }
}
