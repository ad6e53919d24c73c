//! A bounded share of decisions that go to another route than the best one, so that the value of the others
//! can be learned from outcomes.

use serde::{Deserialize, Serialize};

use super::weights::LARGEST;
use crate::{ByRoute, Error, ErrorKind, ROUTES, Result, Route, number};

/// Bounds of exploration. A route other than the best gets a probability in proportion to its share, at least
/// its floor, at most its ceiling and the bound by `by_gap`; together they have at most `share`, and the best
/// has the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exploration {
    /// The probability of all routes but the best together, 1e-6 to 0.5.
    pub share: f64,
    /// The least probability of each route that is open, 0 to 1; by default 0. They add up to `share` at
    /// most.
    #[serde(default)]
    pub floor: ByRoute<f64>,
    /// The largest probability of each route where it is not the best, 0 to 1 and not below its floor; by
    /// default 1.
    #[serde(default = "everything")]
    pub ceiling: ByRoute<f64>,
    /// Explores a route less, the more it is expected to cost: one whose score is `gap` below the best one's
    /// gets at most `1 / (routes + by_gap * gap)` (inverse gap weighting, Abe & Long 1999; Foster & Rakhlin
    /// 2020), or its floor where that is more. 1e-9 to 1e18; the larger, the less exploration, which costs
    /// at most `1 / by_gap` of a score for each route. Learned scores are rewards. `None`: no such
    /// bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_gap: Option<f64>,
    /// The seed of the draw: with the ticket's identifier, or its content where it has none, it determines
    /// the exploration, so that the same ticket is always treated alike.
    #[serde(default)]
    pub seed: u64,
}

fn everything() -> ByRoute<f64> {
    ByRoute::new(|_| 1.0)
}

/// The range of the share of exploration.
const LEAST: f64 = 1e-6;
const MOST: f64 = 0.5;

impl Exploration {
    pub(super) fn check(&self, available: &[Route]) -> Result<()> {
        let within = |path: std::fmt::Arguments<'_>, value: f64, least: f64, most: f64| {
            number::check(ErrorKind::DataInvalid, path, value, least..=most)
        };
        within(format_args!("exploration.share"), self.share, LEAST, MOST)?;
        if let Some(by_gap) = self.by_gap {
            within(format_args!("exploration.by_gap"), by_gap, 1e-9, LARGEST)?;
        }
        let invalid = |path: &str, what: String| {
            Err(Error::new(ErrorKind::DataInvalid, format!("{path}: {what}")).at(path))
        };
        for &route in ROUTES {
            let (floor, ceiling) = (*self.floor.get(route), *self.ceiling.get(route));
            let path = format!("exploration.floor.{route}");
            within(format_args!("{path}"), floor, 0.0, 1.0)?;
            within(format_args!("exploration.ceiling.{route}"), ceiling, 0.0, 1.0)?;
            if floor > ceiling {
                return invalid(&path, format!("{floor} is above the ceiling of {ceiling}"));
            }
            if floor > 0.0 && !available.contains(&route) {
                return invalid(&path, format!("{route} is not among the available routes"));
            }
        }
        let floors: f64 = self.floor.iter().map(|(_, floor)| floor).sum();
        if floors > self.share {
            let message = format!("the floors add up to {floors}, more than the share of {}", self.share);
            return invalid("exploration.floor", message);
        }
        Ok(())
    }

    /// The probability of each of the ranked routes, the best first; `totals` are their scores.
    pub(super) fn probabilities(&self, ranking: &[(Route, f64)], totals: &ByRoute<f64>) -> Vec<f64> {
        let others = ranking.get(1..).unwrap_or_default();
        let floor = |route: Route| *self.floor.get(route);
        let most = |route: Route| {
            let gap = totals.get(ranking[0].0) - totals.get(route);
            let worth_it = self.by_gap.map_or(1.0, |by_gap| 1.0 / (ranking.len() as f64 + by_gap * gap));
            worth_it.min(*self.ceiling.get(route))
        };
        let headroom = |route: Route| (most(route) - floor(route)).max(0.0);
        let mut tried: Vec<f64> = others.iter().map(|(route, _)| floor(*route)).collect();
        // Rounding may put the sum of the floors a little above the share.
        let mut left = (self.share - tried.iter().sum::<f64>()).max(0.0);
        // What a ceiling keeps from one route goes to the others, in proportion to their shares.
        let mut given: Vec<usize> = (0..others.len()).collect();
        while !given.is_empty() {
            let all: f64 = given.iter().map(|&i| others[i].1).sum();
            let part =
                |i: usize| if all > 0.0 { left * others[i].1 / all } else { left / given.len() as f64 };
            let full: Vec<usize> =
                given.iter().copied().filter(|&i| part(i) >= headroom(others[i].0)).collect();
            if full.is_empty() {
                for &i in &given {
                    tried[i] += part(i);
                }
                break;
            }
            for i in full {
                tried[i] += headroom(others[i].0);
                left -= headroom(others[i].0);
                given.retain(|other| *other != i);
            }
        }
        let best = 1.0 - tried.iter().sum::<f64>();
        std::iter::once(best).chain(tried).take(ranking.len()).collect()
    }
}

/// The place in the ranking that a draw from 0 to below 1 falls on.
pub(super) fn drawn(probabilities: &[f64], draw: f64) -> usize {
    let mut below = 0.0;
    let fell = |probability: &f64| {
        below += probability;
        draw < below
    };
    // Rounding may leave the last sum a little given 1.
    probabilities.iter().position(fell).unwrap_or(0)
}
