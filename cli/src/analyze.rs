//! `frontdesk analyze`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::Path;

use frontdesk::table::{TicketFile, lines};
use frontdesk::{
    Analysis, AnalyzeOptions, Engine, EngineOptions, Error, ErrorKind, ModelSource, Result, Ticket,
};

use crate::args::{AnalyzeArgs, Format, OutputArgs, TicketArgs};
use crate::output::{Output, json, json_item, json_line, notices, say};
use crate::render::Line;
use crate::score::show_skipped;
use crate::{progress, render};

pub(crate) fn run(args: &AnalyzeArgs) -> Result<()> {
    let tickets = tickets(&args.tickets)?;
    let mut options = args.engine.options();
    options.sentiment_model = args.sentiment_model.clone().map(ModelSource::from);
    options.outputs.clone_from(&args.outputs);
    (options.long_text, options.prepare) = (args.long_text, args.prepare);
    options.route = args.policy.options();
    analyze(&tickets, options, &AnalyzeOptions::default(), &args.output)
}

/// Where tickets come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// One that was typed.
    Typed(Ticket),
    /// Lines of standard input.
    Lines,
    File(Box<TicketFile>),
}

/// A ticket with its place, such as `line 7`.
type Placed = Result<(String, Ticket)>;

impl Source {
    fn tickets(&self) -> Result<Box<dyn Iterator<Item = Placed> + '_>> {
        Ok(match self {
            Self::Typed(ticket) => Box::new(std::iter::once(Ok((String::new(), ticket.clone())))),
            Self::Lines => Box::new(lines(std::io::stdin().lock())),
            Self::File(file) => Box::new(file.tickets()?),
        })
    }

    fn rows(&self) -> u64 {
        match self {
            Self::Typed(_) => 1,
            Self::Lines => 0,
            Self::File(file) => file.rows(),
        }
    }

    fn is_typed(&self) -> bool {
        matches!(self, Self::Typed(_))
    }
}

/// The message that was typed, or the tickets of a file.
pub(crate) fn tickets(args: &TicketArgs) -> Result<Source> {
    match (&args.text, &args.input) {
        (Some(text), _) => Ok(Source::Typed(Ticket { urgency: args.urgency, ..Ticket::new(text) })),
        (None, Some(path)) if path == Path::new("-") => match args.table.input_format {
            Some(_) => Err(Error::invalid(
                "input_format",
                "standard input is one message a line here; `score` reads tables from it",
            )),
            None => Ok(Source::Lines),
        },
        (None, Some(path)) => {
            let file = TicketFile::open(path, &args.columns.columns(), &args.table.reading())?;
            let taken = file.columns().iter().map(|taken| format!("{} from `{}`", taken.field, taken.column));
            let taken = taken.collect::<Vec<_>>().join(", ");
            say(format_args!("{}: {} tickets; {taken}", path.display(), file.rows()));
            show_skipped(file.skipped());
            notices(&file.notices());
            Ok(Source::File(Box::new(file)))
        }
        (None, None) => Err(Error::new(ErrorKind::Internal, "neither a message nor a file")),
    }
}

/// Analyzes tickets and prints the answers, as they come where the format allows that.
pub(crate) fn analyze(
    source: &Source,
    options: EngineOptions,
    call: &AnalyzeOptions,
    to: &OutputArgs,
) -> Result<()> {
    let mut output = Output::open(to.output.as_deref())?;
    let engine = Engine::open(options)?;
    let default = if to.output.is_some() { Format::Jsonl } else { Format::Table };
    let mut printer = Printer {
        format: to.format.unwrap_or(default),
        alone: source.is_typed(),
        lines: Vec::new(),
        printed: 0,
        output: &mut output,
    };
    let bar = progress::rows(source.rows() as usize, "analyzing");
    // Of the tickets under way: where they stand, and how they begin.
    let under_way = RefCell::new(VecDeque::new());
    let broken = Cell::new(None);
    let tickets = source.tickets()?.map_while(|ticket| match ticket {
        Ok((place, ticket)) => {
            let begins = render::beginning(&ticket);
            under_way.borrow_mut().push_back((place, begins));
            Some(ticket)
        }
        Err(error) => {
            broken.set(Some(error));
            None
        }
    });
    for analysis in engine.stream(tickets, call) {
        let (place, begins) = under_way.borrow_mut().pop_front().unwrap_or_default();
        let analysis = analysis.map_err(|e| if place.is_empty() { e } else { e.context(place) })?;
        printer.print(begins, analysis)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(error) = broken.take() {
        return Err(error);
    }
    printer.finish()?;
    output.finish()
}

/// Prints analyses one after the other; a table needs all of them.
struct Printer<'a> {
    format: Format,
    /// Whether one message was typed, which is no list.
    alone: bool,
    lines: Vec<Line>,
    printed: u64,
    output: &'a mut Output,
}

impl Printer<'_> {
    fn print(&mut self, begins: String, analysis: Analysis) -> Result<()> {
        let text = match self.format {
            Format::Jsonl => json_line(&analysis)?,
            Format::Json if self.alone => json(&analysis)?,
            Format::Json => {
                let before = if self.printed == 0 { "[\n" } else { ",\n" };
                format!("{before}{}", json_item(&analysis)?)
            }
            Format::Table => {
                self.lines.push(Line { begins, analysis });
                return Ok(());
            }
        };
        self.printed += 1;
        self.output.write(&text)
    }

    fn finish(self) -> Result<()> {
        match (self.format, self.lines.as_slice()) {
            (Format::Json, _) if !self.alone => {
                self.output.write(if self.printed == 0 { "[]\n" } else { "\n]\n" })
            }
            (Format::Table, [only]) => self.output.write(render::one(&only.analysis).as_str()),
            (Format::Table, all) => self.output.write(render::many(all).as_str()),
            _ => Ok(()),
        }
    }
}
