//! `frontdesk route`.

use std::path::Path;

use frontdesk::route::{RoutePolicy, read_record, replay};
use frontdesk::{AnalyzeOptions, CustomerHistory, Result, Ticket};

use crate::analyze::{Source, analyze, tickets};
use crate::args::{Format, RouteArgs};
use crate::output::{Output, json, json_line};
use crate::render;

pub(crate) fn run(args: &RouteArgs) -> Result<()> {
    if let Some(record) = &args.replay {
        return again(args, record);
    }
    let tickets = tickets(&args.tickets)?;
    let history = CustomerHistory {
        previous_issues: args.previous.clone(),
        preferred_channel: args.preferred,
        successful_channels: args.solved.clone(),
    };
    let tickets = match tickets {
        Source::Typed(ticket) if history != CustomerHistory::default() => {
            Source::Typed(Ticket { customer_history: Some(history), ..ticket })
        }
        others => others,
    };
    let mut options = args.engine.options();
    options.outputs = vec!["route".to_owned()];
    options.route = args.policy.options();
    let call = AnalyzeOptions { route: args.context.context(), ..AnalyzeOptions::default() };
    analyze(&tickets, options, &call, &args.output)
}

/// Makes a recorded decision again.
fn again(args: &RouteArgs, record: &Path) -> Result<()> {
    let record = read_record(record)?;
    let policy = args.policy.policy.as_deref().map(RoutePolicy::read).transpose()?.unwrap_or_default();
    let answer = replay(&record, &policy)??;
    let mut output = Output::open(args.output.output.as_deref())?;
    match args.output.format {
        Some(Format::Table) => output.write(render::route(&answer).as_str())?,
        Some(Format::Jsonl) => output.write(&json_line(&answer)?)?,
        Some(Format::Json) | None => output.write(&json(&answer)?)?,
    }
    output.finish()
}
