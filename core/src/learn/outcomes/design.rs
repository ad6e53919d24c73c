//! The linear model of rewards: the parameters that a ticket and a route involve.
//!
//! Every feature has a part that is the same for all routes (urgent tickets are solved less often, whichever
//! route takes them) and a part for each route. For the features of urgency the part of all routes is the
//! chatbot's, and the others' are never below 0: more urgency never favours the chatbot.

use super::ridge::{Normal, Prior};
use crate::route::{URGENCY, Weights, score_of, success_share};
use crate::{ByRoute, Facts, Feature, ROUTES, Route};

/// Parameters of one feature, and of the bias: of all routes, then of each.
const OF_ONE: usize = 1 + ROUTES.len();
const BIAS: usize = Feature::ALL.len() * OF_ONE;
const SUCCESS: usize = BIAS + OF_ONE;
const PREFERENCE: usize = SUCCESS + 1;
pub(super) const WIDTH: usize = PREFERENCE + 1;

fn of_all(feature: Feature) -> usize {
    feature as usize * OF_ONE
}

fn of_route(feature: Feature, route: Route) -> usize {
    of_all(feature) + 1 + route as usize
}

/// Whether the chatbot's own part of a feature is that of all routes.
fn is_shared(feature: Feature, route: Route) -> bool {
    route == Route::AiChatbot && URGENCY.contains(&feature)
}

/// Puts the entries that are not 0, of a ticket that takes a route, into `into`.
pub(super) fn entries(facts: &Facts, route: Route, rates: &ByRoute<f64>, into: &mut Vec<(usize, f64)>) {
    into.clear();
    into.extend([(BIAS, 1.0), (BIAS + 1 + route as usize, 1.0)]);
    for (&feature, &value) in &facts.features {
        into.push((of_all(feature), value));
        if !is_shared(feature, route) {
            into.push((of_route(feature, route), value));
        }
    }
    if facts.solved.iter().any(|(_, count)| *count > 0) {
        into.push((SUCCESS, success_share(&facts.solved, rates, route) - rates.get(route)));
    }
    if facts.preferred == Some(route) {
        into.push((PREFERENCE, 1.0));
    }
}

/// Returns the expected reward of a row.
pub(super) fn expected(parameters: &[f64], entries: &[(usize, f64)]) -> f64 {
    entries.iter().map(|&(place, value)| parameters[place] * value).sum()
}

/// Returns the default weights, `scale` rewards to a unit of score, as priors.
pub(super) fn priors(defaults: &Weights, scale: f64) -> Vec<Prior> {
    let free = Prior { mean: 0.0, pull: 0.0, least: f64::NEG_INFINITY };
    let mut priors = vec![free; WIDTH];
    let drawn = |mean: f64, least: f64| Prior { mean: scale * mean, pull: 1.0, least };
    for &feature in Feature::ALL {
        let weights: Vec<f64> = ROUTES.iter().map(|&route| defaults.of(feature, route)).collect();
        let urgency = URGENCY.contains(&feature);
        let base = if urgency { weights[0] } else { weights.iter().sum::<f64>() / ROUTES.len() as f64 };
        // A little pull, so that a feature that never occurs stays at 0.
        priors[of_all(feature)] = Prior { pull: 0.1, ..free };
        for (route, weight) in ROUTES.iter().copied().zip(weights) {
            let least = if urgency { 0.0 } else { f64::NEG_INFINITY };
            priors[of_route(feature, route)] = drawn(weight - base, least);
        }
    }
    let base = defaults.bias.iter().map(|(_, bias)| bias).sum::<f64>() / ROUTES.len() as f64;
    for (route, bias) in defaults.bias.iter() {
        priors[BIAS + 1 + route as usize] = drawn(bias - base, f64::NEG_INFINITY);
    }
    priors[SUCCESS] = drawn(defaults.success, 0.0);
    priors[PREFERENCE] = drawn(defaults.preference, 0.0);
    priors
}

/// Parameters as the weights of a policy: scores are expected rewards.
pub(super) fn weights(parameters: &[f64], success_rates: ByRoute<f64>, temperature: f64) -> Weights {
    let of = |all: usize, feature: Option<Feature>| {
        ByRoute::new(|route| {
            let own = all + 1 + route as usize;
            let shared = feature.is_some_and(|feature| is_shared(feature, route));
            parameters[all] + if shared { 0.0 } else { parameters[own] }
        })
    };
    Weights {
        bias: of(BIAS, None),
        features: Feature::ALL.iter().map(|&feature| (feature, of(of_all(feature), Some(feature)))).collect(),
        success: parameters[SUCCESS],
        success_rates,
        preference: parameters[PREFERENCE],
        temperature,
    }
}

/// The reward of a unit of the default score: the slope of the rewards over how far the score of
/// the route that was taken is above the mean of all, beside the effect of the features whichever
/// route takes it. 0 where the defaults are worth nothing.
pub(super) fn scaled(rows: &[(&Facts, Route, f64, f64)], defaults: &Weights) -> f64 {
    let score = Feature::ALL.len() + 1;
    let mut normal = Normal::new(score + 1);
    for &(facts, route, reward, weight) in rows {
        let all: Vec<f64> = ROUTES.iter().map(|&route| score_of(facts, route, defaults)).collect();
        let above = all[route as usize] - all.iter().sum::<f64>() / all.len() as f64;
        let mut row: Vec<(usize, f64)> =
            facts.features.iter().map(|(f, value)| (*f as usize, *value)).collect();
        row.extend([(Feature::ALL.len(), 1.0), (score, above)]);
        normal.add(&row, reward, weight);
    }
    let weak = Prior { mean: 0.0, pull: 1.0, least: f64::NEG_INFINITY };
    let mut priors = vec![weak; score + 1];
    priors[score].least = 0.0;
    normal.solve(&priors, 1e-6)[score]
}
