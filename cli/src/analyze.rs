//! `frontdesk analyze`.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use frontdesk::archive::read_tickets;
use frontdesk::data::{TicketFile, lines};
use frontdesk::{
    Analysis, AnalyzeOptions, Engine, EngineOptions, ModelSource, Result, Ticket, TicketRef, Tickets,
};

use crate::args::{AnalyzeArgs, Format, OutputArgs, TicketArgs};
use crate::output::{Output, json, json_line};
use crate::{progress, render};

/// Tickets between two steps of the progress bar.
const CHUNK: usize = 256;

/// Chunks under way at a time, so that no thread waits for a chunk's last ticket.
const UNDER_WAY: usize = 3;

pub(crate) fn run(args: &AnalyzeArgs) -> Result<()> {
    let tickets = tickets(&args.tickets)?;
    let mut options = args.engine.options();
    options.sentiment_model = args.sentiment_model.as_deref().map(ModelSource::from);
    options.outputs.clone_from(&args.outputs);
    (options.long_text, options.prepare) = (args.long_text, args.prepare);
    options.route = args.policy.options();
    analyze(tickets, options, &AnalyzeOptions::default(), args.tickets.input.is_none(), &args.output)
}

/// Analyzes tickets and prints what is said of them; `alone` of a message that was typed.
pub(crate) fn analyze(
    tickets: TicketFile,
    options: EngineOptions,
    call: &AnalyzeOptions,
    alone: bool,
    to: &OutputArgs,
) -> Result<()> {
    let tickets = Arc::new(tickets);
    let mut output = Output::open(to.output.as_deref())?;
    let engine = Engine::open(options)?;
    let default = if to.output.is_some() { Format::Jsonl } else { Format::Table };
    let format = to.format.unwrap_or(default);

    let bar = progress::rows(tickets.len(), "analyzing");
    let mut analyses: Vec<Analysis> = Vec::new();
    let mut starts = (0..tickets.len()).step_by(CHUNK);
    let mut under_way = VecDeque::new();
    loop {
        if under_way.len() < UNDER_WAY
            && let Some(start) = starts.next()
        {
            let rows = start..(start + CHUNK).min(tickets.len());
            let chunk = Arc::new(Chunk { tickets: Arc::clone(&tickets), rows });
            under_way.push_back(engine.submit_from(chunk, call));
            continue;
        }
        let Some(pending) = under_way.pop_front() else { break };
        let done = pending.wait()?;
        bar.inc(done.len() as u64);
        if format == Format::Jsonl {
            for analysis in &done {
                output.write(&json_line(analysis)?)?;
            }
        } else {
            analyses.extend(done);
        }
    }
    bar.finish_and_clear();
    match (format, analyses.as_slice()) {
        (Format::Jsonl, _) => {}
        (Format::Json, [only]) if alone => output.write(&json(only)?)?,
        (Format::Json, all) => output.write(&json(&all)?)?,
        (Format::Table, [only]) => output.write(&render::one(only))?,
        (Format::Table, all) => output.write(&render::many(&tickets.tickets, all))?,
    }
    output.finish()
}

/// Some tickets of a file.
struct Chunk {
    tickets: Arc<TicketFile>,
    rows: Range<usize>,
}

impl Tickets for Chunk {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn get(&self, index: usize) -> Result<TicketRef<'_>> {
        self.tickets.get(self.rows.start + index)
    }

    fn place(&self, index: usize) -> Option<String> {
        self.tickets.place(self.rows.start + index)
    }
}

/// The message that was typed, or the tickets of a file.
pub(crate) fn tickets(args: &TicketArgs) -> Result<TicketFile> {
    match (&args.text, &args.input) {
        (Some(text), _) => {
            let ticket = Ticket { urgency: args.urgency, ..Ticket::new(text) };
            Ok(TicketFile { tickets: vec![ticket], ..TicketFile::default() })
        }
        (None, Some(path)) if path == Path::new("-") => lines(std::io::stdin().lock()),
        (None, Some(path)) => {
            let file = read_tickets(path, &args.columns.columns())?;
            let taken = file.mapping.iter().map(|(field, column)| format!("{field} from `{column}`"));
            let taken = taken.collect::<Vec<_>>().join(", ");
            eprintln!("{}: {} tickets; {taken}", path.display(), file.len());
            Ok(file)
        }
        (None, None) => Ok(TicketFile::default()),
    }
}
