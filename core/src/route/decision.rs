//! One decision from facts alone: rules, scores and exploration. The same facts, policy, context and draw
//! give the same decision.

use super::contributions::{contributions, weighed};
use super::explore::drawn;
use super::policy::RoutePolicy;
use super::reasoning::{ReasoningInput, explain};
use super::reversal::reversal;
use super::score::{Scores, ranking, score};
#[cfg(feature = "train")]
use super::weights::Weights;
use crate::{Error, ErrorKind, Exclusion, Facts, Route, RouteAnalysis, RouteContext, RouteScore, Timestamp};

/// The input of a decision beside the facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct DecisionContext<'a> {
    pub(super) policy: &'a RoutePolicy,
    pub(super) context: &'a RouteContext,
    pub(super) now: Timestamp,
    /// The number from 0 to below 1 that chooses among the routes, where the policy explores.
    pub(super) draw: f64,
}

/// The error of a ticket for which the rules left no route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRoute {
    /// The first rule that excluded each route, in the order of [`crate::ROUTES`].
    pub excluded: Vec<Exclusion>,
    /// The queue of the policy for such tickets, [`super::Rules::fallback`].
    pub queue: String,
}

impl From<NoRoute> for Error {
    /// `data-invalid`, with the rule that excluded each route.
    fn from(none: NoRoute) -> Self {
        let excluded = none.excluded.iter().map(|out| format!("{} ({})", out.route, out.rule));
        let excluded = excluded.collect::<Vec<_>>().join(", ");
        let message = format!("the rules left no route: {excluded}; the queue is `{}`", none.queue);
        Self::new(ErrorKind::DataInvalid, message)
    }
}

pub(super) fn decide(facts: &Facts, given: &DecisionContext<'_>) -> Result<RouteAnalysis, NoRoute> {
    let DecisionContext { policy, context, now, draw } = *given;
    let (open, excluded) = policy.rules.apply(context, now);
    if open.is_empty() {
        return Err(NoRoute { excluded, queue: policy.rules.fallback.clone() });
    }
    let scores = score(facts, &policy.weights);
    let ranking = ranking(&scores.totals, &open, policy.weights.temperature);
    let explores = policy.exploration.as_ref();
    let tried = explores.map(|exploration| exploration.probabilities(&ranking, &scores.totals));
    let place = tried.as_deref().map_or(0, |probabilities| drawn(probabilities, draw));
    let (route, share) = ranking[place];
    let weighed = weighed(&scores, &ranking, place);
    let input = ReasoningInput {
        facts,
        weighed: &weighed,
        ranking: &ranking,
        barred: barred(&scores, &excluded, ranking[0].0),
        place,
    };
    let others = ranking.iter().enumerate().filter(|(other, _)| *other != place);
    Ok(RouteAnalysis {
        recommended_route: route,
        confidence: share as f32,
        reasoning: explain(&input),
        alternative_routes: others
            .map(|(_, (route, share))| RouteScore { route: *route, score: *share as f32 })
            .collect(),
        contributions: contributions(&weighed, facts, &policy.weights, route),
        would_change: reversal(facts, &policy.weights, &scores.totals, &ranking),
        excluded,
        propensity: tried.map(|probabilities| probabilities[place]),
        explored: place > 0,
        shadow: None,
        record: None,
    })
}

#[cfg(feature = "train")]
/// The probability that a policy gives each of some open routes.
pub(crate) fn probabilities(facts: &Facts, policy: &RoutePolicy, open: &[Route]) -> Vec<(Route, f64)> {
    let totals = score(facts, &policy.weights).totals;
    let ranking = ranking(&totals, open, policy.weights.temperature);
    let of_best = |place: usize| if place == 0 { 1.0 } else { 0.0 };
    let explores = policy.exploration.as_ref();
    let probabilities = explores.map(|exploration| exploration.probabilities(&ranking, &totals));
    let probability = |place: usize| probabilities.as_ref().map_or(of_best(place), |all| all[place]);
    ranking.iter().enumerate().map(|(place, (route, _))| (*route, probability(place))).collect()
}

#[cfg(feature = "train")]
/// The score of a route.
pub(crate) fn score_of(facts: &Facts, route: Route, weights: &Weights) -> f64 {
    *score(facts, weights).totals.get(route)
}

/// The excluded route with the highest score, where that is higher than the best one's.
fn barred(scores: &Scores, excluded: &[Exclusion], best: Route) -> Option<Exclusion> {
    let above = excluded.iter().filter(|out| scores.totals.get(out.route) > scores.totals.get(best));
    above.max_by(|a, b| scores.totals.get(a.route).total_cmp(scores.totals.get(b.route))).copied()
}
