//! The reward of an outcome.

use serde::{Deserialize, Serialize};

use super::row::{Ending, Outcome};
use crate::{ByRoute, ErrorKind, Result, number};

/// The value of outcomes to a desk: `solved` for a solved ticket, less the route's cost and `minute` times
/// the minutes that it took, plus `satisfaction` times `(stars - 3) / 2`, which is -1 for one star and 1 for
/// five. All are in one unit, which the desk chooses.
///
/// These are a desk's values, not facts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reward {
    /// The value of a solved ticket, -1e6 to 1e6; by default 1.
    pub solved: f64,
    /// The cost of each route, whatever the outcome, -1e6 to 1e6; by default 0, 0.10, 0.15 and 0.25 in the
    /// order of [`crate::ROUTES`].
    pub cost: ByRoute<f64>,
    /// The cost of a minute, -1e6 to 1e6; by default 0.
    pub minute: f64,
    /// The value of five stars from a customer, -1e6 to 1e6; one star counts as much against. By
    /// default 0.25.
    pub satisfaction: f64,
}

impl Default for Reward {
    /// People cost more than the chatbot, and a video call most. Set by hand.
    fn default() -> Self {
        Self {
            solved: 1.0,
            cost: ByRoute { ai_chatbot: 0.0, live_chat: 0.10, co_browse: 0.15, video_call: 0.25 },
            minute: 0.0,
            satisfaction: 0.25,
        }
    }
}

/// The largest value of a part of a reward, either way.
const LARGEST: f64 = 1e6;

impl Reward {
    /// Refuses values out of their ranges.
    pub(super) fn check(&self) -> Result<()> {
        let within = |path: std::fmt::Arguments<'_>, value: f64| {
            number::check(ErrorKind::InvalidInput, path, value, -LARGEST..=LARGEST)
        };
        within(format_args!("reward.solved"), self.solved)?;
        for (route, cost) in self.cost.iter() {
            within(format_args!("reward.cost.{route}"), *cost)?;
        }
        within(format_args!("reward.minute"), self.minute)?;
        within(format_args!("reward.satisfaction"), self.satisfaction)
    }

    /// The reward of an outcome.
    pub fn of(&self, outcome: &Outcome) -> f64 {
        let solved = if outcome.outcome == Ending::Solved { self.solved } else { 0.0 };
        let minutes = outcome.duration.unwrap_or(0.0) / 60.0;
        let stars = outcome.satisfaction.map_or(0.0, |stars| (stars - 3.0) / 2.0);
        solved - self.cost.get(outcome.route) - self.minute * minutes + self.satisfaction * stars
    }
}
