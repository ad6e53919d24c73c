//! The smallest change with which the second-best route would win: the one feature that would have to move
//! least.

use crate::{ByRoute, Facts, Feature, Reversal, Route};

use super::weights::Weights;

/// The smallest move of one feature, as a share of its range, that puts the second of the ranking before the
/// first; `None` where no single feature can.
pub(super) fn reversal(
    facts: &Facts,
    weights: &Weights,
    totals: &ByRoute<f64>,
    ranking: &[(Route, f64)],
) -> Option<Reversal> {
    let [(best, _), (second, _), ..] = *ranking else { return None };
    let gap = totals.get(best) - totals.get(second);
    let move_of = |feature: Feature| {
        let slope = weights.of(feature, second) - weights.of(feature, best);
        if slope == 0.0 {
            return None;
        }
        let (value, range) = (facts.feature(feature), feature.range());
        let needed = feature.reached(value + gap / slope, slope > 0.0)?;
        // It must take the lead, not draw level.
        let leads = (needed - value) * slope > gap;
        leads.then(|| ((needed - value).abs() / (range.end() - range.start()), feature, value, needed))
    };
    let nearest = Feature::ALL.iter().copied().filter_map(move_of).min_by(|a, b| a.0.total_cmp(&b.0))?;
    let (_, feature, value, needed) = nearest;
    Some(Reversal { route: second, feature: feature.to_string(), value, needed })
}
