//! A score for each route, and shares of the whole.

use super::weights::Weights;
use crate::{ByRoute, Facts, Feature, ROUTES, Route};

/// The weight of the prior in [`success_share`], in successes: as if every customer had had eight, divided as
/// those of all customers.
pub const PRIOR: f64 = 8.0;

/// The share of `route` in a customer's successes, above 0 and below 1, drawn to its share in those of all
/// customers where there are few: `(solved + 8 rate) / (all solved + 8)`, the mean of a Dirichlet posterior.
/// The four add up to 1. One more success raises its own channel's share and lowers the others'.
pub fn success_share(solved: &ByRoute<usize>, rates: &ByRoute<f64>, route: Route) -> f64 {
    // As floats: counts that were read from a file may be of any size.
    let all: f64 = solved.iter().map(|(_, count)| *count as f64).sum();
    (*solved.get(route) as f64 + PRIOR * rates.get(route)) / (all + PRIOR)
}

/// The source of a part of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Feature(Feature),
    Success,
    Preference,
}

/// The routes' scores, with what they are made of.
#[derive(Debug, Clone)]
pub(super) struct Scores {
    /// The amount that each source adds to each route's score.
    pub(super) parts: Vec<(Source, ByRoute<f64>)>,
    /// The sums, with the bias.
    pub(super) totals: ByRoute<f64>,
}

/// The score of each route is its bias, its weighted features and its history weights.
pub(super) fn score(facts: &Facts, weights: &Weights) -> Scores {
    let feature = |(feature, value): (&Feature, &f64)| {
        let value = feature.bounded(*value);
        (Source::Feature(*feature), ByRoute::new(|route| weights.of(*feature, route) * value))
    };
    let mut parts: Vec<_> = facts.features.iter().map(feature).collect();
    if facts.solved.iter().any(|(_, count)| *count > 0) {
        let rates = &weights.success_rates;
        let above = |route| weights.success * (success_share(&facts.solved, rates, route) - rates.get(route));
        parts.push((Source::Success, ByRoute::new(above)));
    }
    if let Some(preferred) = facts.preferred {
        let bonus = |route| if route == preferred { weights.preference } else { 0.0 };
        parts.push((Source::Preference, ByRoute::new(bonus)));
    }
    let totals = ByRoute::new(|route| {
        parts.iter().fold(*weights.bias.get(route), |sum, (_, part)| sum + part.get(route))
    });
    Scores { parts, totals }
}

/// The shares of some routes by their scores, best first; of equal shares the route earlier in [`ROUTES`].
/// They add up to 1.
///
/// The scores are sums of bounded numbers over a temperature that is not too small, so nothing overflows: the
/// ranges are those of `Weights::check` and [`Feature::range`]. The exponential is of this build, as in
/// `frontdesk_models::heads`, so that shares have the same bits everywhere.
pub(super) fn ranking(totals: &ByRoute<f64>, open: &[Route], temperature: f64) -> Vec<(Route, f64)> {
    let open: Vec<Route> = ROUTES.iter().copied().filter(|route| open.contains(route)).collect();
    let best = open.iter().map(|route| *totals.get(*route)).fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> =
        open.iter().map(|route| libm::exp((totals.get(*route) - best) / temperature)).collect();
    let sum: f64 = powers.iter().sum();
    let mut ranking: Vec<(Route, f64)> =
        open.into_iter().zip(powers).map(|(route, power)| (route, power / sum)).collect();
    ranking.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranking
}
