//! Contributions to a decision, in numbers.

use super::score::{Scores, Source, success_share};
use super::weights::Weights;
use crate::{Contribution, Facts, Route};

/// The largest number of contributions that are reported.
const LISTED: usize = 8;

/// The effect of each source on the route at `place` of the ranking: the mean of its differences to the
/// others, one half weighted by their shares, so that the runner-up counts most, the other half unweighted,
/// so that a source that sets the route apart from all the rest counts, too. The strongest for the route come
/// first, those against it last.
pub(super) fn weighed(scores: &Scores, ranking: &[(Route, f64)], place: usize) -> Vec<(Source, f64)> {
    let (route, _) = ranking[place];
    let others: Vec<&(Route, f64)> = ranking.iter().filter(|(other, _)| *other != route).collect();
    // Their own sum: beside a share of nearly 1, what is left of 1 is nothing but rounding.
    let rest: f64 = others.iter().map(|(_, share)| share).sum();
    let even = 1.0 / others.len().max(1) as f64;
    let weight = |share: f64| if rest > 0.0 { (share / rest + even) / 2.0 } else { even };
    let mut parts: Vec<(Source, f64)> = scores
        .parts
        .iter()
        .map(|(source, part)| {
            let own = part.get(route);
            let above = others.iter().map(|(other, share)| (own - part.get(*other)) * weight(*share));
            (*source, if others.is_empty() { *own } else { above.sum() })
        })
        .collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    parts
}

/// The sources of the largest effect, for or against, with their values, the largest first.
pub(super) fn contributions(
    weighed: &[(Source, f64)],
    facts: &Facts,
    weights: &Weights,
    route: Route,
) -> Vec<Contribution> {
    let mut largest: Vec<Contribution> = weighed
        .iter()
        .filter(|(_, effect)| *effect != 0.0)
        .map(|&(source, effect)| {
            let (feature, value) = match source {
                Source::Feature(feature) => (feature.to_string(), facts.feature(feature)),
                Source::Success => {
                    ("success".to_owned(), success_share(&facts.solved, &weights.success_rates, route))
                }
                Source::Preference => {
                    ("preference".to_owned(), f64::from(u8::from(facts.preferred == Some(route))))
                }
            };
            Contribution { feature, value, effect }
        })
        .collect();
    largest.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
    largest.truncate(LISTED);
    largest
}
