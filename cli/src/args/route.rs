//! The arguments of routing: a policy, the context of a call, and `frontdesk route` with both.

use std::path::PathBuf;

use clap::Args;
use frontdesk::route::{PolicySource, Repeats, RouteOptions};
use frontdesk::{Need, Route, RouteContext, Timestamp};

use super::{EngineArgs, OutputArgs, TicketArgs, named};

/// Options of routing.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// The routing policy, a TOML or JSON file; default: all routes, default weights
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// A shadow policy, which does not act: answers have the route that it would have chosen
    #[arg(long, value_name = "FILE")]
    pub(crate) shadow: Option<PathBuf>,
    /// Let answers carry the record of the decision, for route --replay and train --task route
    #[arg(long)]
    pub(crate) records: bool,
    /// The comparison with earlier issues: meaning, words
    #[arg(long, value_parser = named::<Repeats>, default_value = "meaning")]
    pub(crate) repeats: Repeats,
}

impl PolicyArgs {
    pub(crate) fn options(&self) -> RouteOptions {
        RouteOptions {
            policy: self.policy.clone().map(PolicySource::File),
            shadow: self.shadow.clone().map(PolicySource::File),
            records: self.records,
            repeats: self.repeats,
        }
    }
}

/// The context of a routing decision, beside the ticket.
#[derive(Debug, Args)]
pub(crate) struct ContextArgs {
    /// The time for opening hours, such as 2026-03-02T09:30:00Z; default: now
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Timestamp>,
    /// The routes that are available now; default: all that the policy has
    #[arg(long, value_name = "ROUTES", value_delimiter = ',', value_parser = named::<Route>)]
    pub(crate) available: Option<Vec<Route>>,
    /// Agents that are free, as ROUTE=NUMBER; may be given several times
    #[arg(long, value_name = "ROUTE=N", value_parser = pair::<u32>)]
    pub(crate) agents: Vec<(Route, u32)>,
    /// The share of the decisions so far that a route has, as ROUTE=SHARE; may be given several times
    #[arg(long, value_name = "ROUTE=SHARE", value_parser = pair::<f64>)]
    pub(crate) share: Vec<(Route, f64)>,
    /// The routes that the customer consented to
    #[arg(long, value_name = "ROUTES", value_delimiter = ',', value_parser = named::<Route>)]
    pub(crate) consent: Vec<Route>,
    /// The needs of the customer, which exclude routes: hearing, speech, vision
    #[arg(long, value_name = "NEEDS", value_delimiter = ',', value_parser = named::<Need>)]
    pub(crate) needs: Vec<Need>,
}

impl ContextArgs {
    pub(crate) fn context(&self) -> RouteContext {
        RouteContext {
            now: self.now,
            available: self.available.clone(),
            agents: self.agents.iter().copied().collect(),
            consent: self.consent.clone(),
            needs: self.needs.clone(),
            shares: self.share.iter().copied().collect(),
        }
    }
}

/// `ROUTE=VALUE`.
fn pair<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<(Route, T), String> {
    let (route, value) = text.split_once('=').ok_or_else(|| "write ROUTE=VALUE".to_owned())?;
    Ok((named(route)?, value.parse().map_err(|e: T::Err| format!("`{value}`: {e}"))?))
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["text", "input", "replay"]))]
pub(crate) struct RouteArgs {
    #[command(flatten)]
    pub(crate) tickets: TicketArgs,
    /// The channel that the customer asks for
    #[arg(long, value_name = "ROUTE", value_parser = named::<Route>, conflicts_with = "input")]
    pub(crate) preferred: Option<Route>,
    /// Channels that solved the customer's earlier issues, once for each
    #[arg(long, value_name = "ROUTES", value_delimiter = ',', value_parser = named::<Route>, conflicts_with = "input")]
    pub(crate) solved: Vec<Route>,
    /// An earlier issue of the customer; may be given several times
    #[arg(long, value_name = "TEXT", conflicts_with = "input")]
    pub(crate) previous: Vec<String>,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
    /// Make the decision of this record again: an answer with its record, or the record alone, as JSON
    #[arg(long, value_name = "FILE", conflicts_with_all = ["records", "shadow", "urgency", "preferred", "solved", "previous", "now", "available", "agents", "share", "consent", "needs"])]
    pub(crate) replay: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}
