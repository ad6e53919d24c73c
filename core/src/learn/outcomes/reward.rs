//! What an outcome is worth.

use serde::{Deserialize, Serialize};

use super::row::{Ending, Outcome};
use crate::ByRoute;

/// What outcomes are worth to a desk: `solved` of a ticket that is, less the route's cost and `minute` times
/// the minutes that it took, and `satisfaction` times `(stars - 3) / 2`, which is -1 for one star and 1 for
/// five.
///
/// These are a desk's values, not facts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reward {
    /// What a ticket that is solved is worth.
    pub solved: f64,
    /// What a route costs, whatever comes of it.
    pub cost: ByRoute<f64>,
    /// What a minute costs.
    pub minute: f64,
    /// What the best or the worst word of a customer is worth.
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

impl Reward {
    /// What an outcome is worth.
    pub fn of(&self, outcome: &Outcome) -> f64 {
        let solved = if outcome.outcome == Ending::Solved { self.solved } else { 0.0 };
        let minutes = outcome.duration.unwrap_or(0.0) / 60.0;
        let stars = outcome.satisfaction.map_or(0.0, |stars| (stars - 3.0) / 2.0);
        solved - self.cost.get(outcome.route) - self.minute * minutes + self.satisfaction * stars
    }
}
