//! Outcomes of routed tickets, read from a file of JSON lines.

use std::ops::RangeInclusive;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::table::read_values;
use crate::{
    AnalyzeOptions, DecisionRecord, Engine, Error, ErrorKind, Facts, OnProgress, Result, Route, Ticket,
    number,
};

/// The end of a routed ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The route solved it.
    Solved,
    /// The route did not solve it, or another route had to.
    Unsolved,
}

/// The outcome of one routed ticket. It has exactly one of the decision's record, the facts, and the ticket
/// itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The record that the answer carried.
    #[serde(default)]
    pub record: Option<DecisionRecord>,
    /// The facts of the decision.
    #[serde(default)]
    pub facts: Option<Facts>,
    /// The ticket, from which [`read_facts`] makes the facts.
    #[serde(default)]
    pub ticket: Option<Ticket>,
    /// The route that was taken.
    pub route: Route,
    /// The probability that it had, 1e-12 to 1; [`super::learn`] needs it of every row.
    #[serde(default)]
    pub propensity: Option<f64>,
    /// The routes that could have been taken, the taken one among them; `None`: all.
    #[serde(default)]
    pub available: Option<Vec<Route>>,
    /// The end of the ticket.
    pub outcome: Ending,
    /// The customer's rating, 1 to 5 stars; `None` counts as 3.
    #[serde(default)]
    pub satisfaction: Option<f64>,
    /// The time that it took, in seconds, 0 to 1e9; `None` counts as 0.
    #[serde(default)]
    pub duration: Option<f64>,
}

impl Outcome {
    /// The facts of the ticket; `None` where only the ticket itself is there.
    pub fn known(&self) -> Option<&Facts> {
        self.facts.as_ref().or_else(|| self.record.as_ref().map(|record| &record.facts))
    }

    /// Refuses a row that contradicts itself, or has a number out of its range.
    pub(super) fn check(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::new(ErrorKind::DataInvalid, message));
        if self.record.is_some() && self.facts.is_some() || self.ticket.is_some() && self.known().is_some() {
            let message = "one of `record`, `facts` and `ticket` says what was known, not several";
            return invalid(message.to_owned());
        }
        if self.ticket.is_none() && self.known().is_none() {
            let message = "nothing is known of the ticket: give its `record`, `facts` or `ticket`";
            return invalid(message.to_owned());
        }
        if let Some(facts) = &self.facts {
            facts.check(ErrorKind::DataInvalid, "facts")?;
        }
        if let Some(record) = &self.record {
            record.check(ErrorKind::DataInvalid, "record.")?;
        }
        let within = |path: &str, value: Option<f64>, range: RangeInclusive<f64>| {
            value.map_or(Ok(()), |value| number::check(ErrorKind::DataInvalid, path, value, range))
        };
        within("propensity", self.propensity, PROPENSITY)?;
        within("satisfaction", self.satisfaction, 1.0..=5.0)?;
        within("duration", self.duration, DURATION)?;
        if self.available.as_ref().is_some_and(|routes| !routes.contains(&self.route)) {
            let message = format!("available: {} was taken, and is not among them", self.route);
            return Err(Error::new(ErrorKind::DataInvalid, message).at("available"));
        }
        Ok(())
    }
}

/// A route of a smaller probability is never taken, and one over it would be no weight.
const PROPENSITY: RangeInclusive<f64> = 1e-12..=1.0;
/// About thirty years, in seconds.
const DURATION: RangeInclusive<f64> = 0.0..=1e9;

/// Reads a file of outcomes, one JSON object a line.
///
/// # Errors
/// `io`, `network`; `data-invalid` names the line and its fault; also for a file without rows.
pub fn read_outcomes(path: &Path) -> Result<Vec<Outcome>> {
    let rows: Vec<(u64, Outcome)> = read_values(path)?;
    for (line, outcome) in &rows {
        outcome.check().map_err(|e| e.context(format!("{}: line {line}", path.display())))?;
    }
    if rows.is_empty() {
        return Err(Error::new(ErrorKind::DataInvalid, format!("{} has no row", path.display())));
    }
    Ok(rows.into_iter().map(|(_, outcome)| outcome).collect())
}

/// Replaces the ticket of each outcome that has one by its facts, as `engine` reads them when it routes.
/// `progress` is called with the tickets done; an error that it returns stops the work and is the result.
///
/// # Errors
/// As [`Engine::analyze_batch`]; `invalid-input` where the engine keeps no records of its routes
/// ([`crate::route::RouteOptions::records`]).
pub fn read_facts(engine: &Engine, outcomes: &mut [Outcome], progress: OnProgress<'_, usize>) -> Result<()> {
    let mut unread: Vec<&mut Outcome> =
        outcomes.iter_mut().filter(|outcome| outcome.ticket.is_some()).collect();
    let call = AnalyzeOptions { outputs: vec!["route".to_owned()], ..AnalyzeOptions::default() };
    let mut done = 0;
    for turn in unread.chunks_mut(TURN) {
        let tickets: Vec<Ticket> = turn.iter_mut().filter_map(|outcome| outcome.ticket.take()).collect();
        let analyses = engine.analyze_batch(tickets, &call);
        let analyses = analyses.map_err(|e| e.context(format!("tickets of outcomes, from {done} on")))?;
        for (outcome, analysis) in turn.iter_mut().zip(analyses) {
            let record = analysis.route.and_then(|route| route.record);
            let none = || Error::invalid("route.records", "the engine keeps no records of its routes");
            outcome.facts = Some(record.ok_or_else(none)?.facts);
        }
        done += turn.len();
        progress(done)?;
    }
    Ok(())
}

/// Outcomes whose tickets are read at once.
const TURN: usize = 256;
