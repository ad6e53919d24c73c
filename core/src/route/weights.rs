//! Weights of the features in the score of each route: set by hand, or learned from outcomes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ByRoute, Error, ErrorKind, Feature, ROUTES, Result, Route, number};

/// A linear model for each route, and the temperature of the softmax over their scores.
///
/// A route's score is its bias, the features times their weights, `success` times how far its share of the
/// customer's successes is above its share of all customers', and `preference` where the customer asks for
/// it. Shares are a softmax of the scores over `temperature`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// The bias of each route, in units of the scores; -1e18 to 1e18.
    pub bias: ByRoute<f64>,
    /// The weights of each feature: the amount that one unit of it adds to each route's score; -1e18 to
    /// 1e18. A feature that is left out adds nothing.
    pub features: BTreeMap<Feature, ByRoute<f64>>,
    /// The weight of success: the amount that a share of successes above that of all customers adds to its
    /// route, per unit of the share; 0 to 1e18.
    pub success: f64,
    /// The share of each route in the successes of all customers, 0 to 1; the four add up to 1.
    pub success_rates: ByRoute<f64>,
    /// The weight of preference: the amount that is added to the route that the customer asks for; 0 to
    /// 1e18.
    pub preference: f64,
    /// The difference in scores at which the better route has `e` times the share of the other; 1e-9 to
    /// 1e18.
    pub temperature: f64,
}

/// The largest weight, either way: far above any use, and sums of such weights over a temperature of the
/// least are finite.
pub(super) const LARGEST: f64 = 1e18;
/// The least temperature.
const LEAST_TEMPERATURE: f64 = 1e-9;

/// The default weights, in the order of the routes.
///
/// They were set by hand from the routes' purposes (the chatbot for simple, how-to, low-stakes messages; live
/// chat for the urgent or emotional but simple; co-browsing for the visual, the stepwise and the technical;
/// video calls for the critical, the complex and high stakes) and checked on example tickets; they were not
/// fitted to data. In the rows of [`URGENCY`] the chatbot has the lowest weight, so that more urgency never
/// raises its share.
#[rustfmt::skip]
const DEFAULT: [(Feature, [f64; 4]); Feature::ALL.len()] = [
    //                       ai-chatbot  live-chat  co-browse  video-call
    (Feature::HowTo,         [ 1.20,       0.10,      0.20,     -0.40]),
    (Feature::Visual,        [-0.50,       0.00,      1.60,      0.10]),
    (Feature::Fault,         [-0.50,       0.30,      1.10,      0.30]),
    (Feature::Emergency,     [-1.10,       0.80,      0.00,      1.50]),
    (Feature::Money,         [-0.60,       0.80,     -0.30,      0.90]),
    (Feature::Emotion,       [-1.00,       1.40,     -0.20,      0.60]),
    (Feature::Courtesy,      [ 1.00,       0.20,     -0.60,     -0.60]),
    (Feature::Complexity,    [-1.60,      -0.60,      0.80,      2.40]),
    (Feature::TicketUrgency, [-1.00,       0.60,      0.00,      1.80]),
    (Feature::ModelUrgency,  [-0.80,       0.70,      0.00,      1.30]),
    (Feature::Anger,         [-0.60,       1.20,     -0.20,      0.50]),
    (Feature::Frustration,   [-0.40,       0.50,      0.10,      0.60]),
    (Feature::Mood,          [ 0.30,      -0.10,      0.00,     -0.20]),
    (Feature::Approval,      [ 0.20,       0.60,     -0.10,     -0.20]),
    (Feature::Revision,      [ 0.00,       0.40,      0.60,     -0.10]),
    (Feature::Question,      [ 0.90,       0.20,      0.00,     -0.30]),
    (Feature::Urgent,        [-0.80,       0.60,     -0.10,      1.20]),
    (Feature::Technical,     [-0.30,       0.20,      1.30,      0.20]),
    (Feature::General,       [ 0.70,       0.30,     -0.30,     -0.40]),
    (Feature::Repeat,        [-1.20,       0.40,      0.50,      0.50]),
];

/// Features of which more never raises the chatbot's share.
pub const URGENCY: &[Feature] = &[Feature::Emergency, Feature::TicketUrgency, Feature::ModelUrgency];

fn by_route([ai_chatbot, live_chat, co_browse, video_call]: [f64; 4]) -> ByRoute<f64> {
    ByRoute { ai_chatbot, live_chat, co_browse, video_call }
}

impl Default for Weights {
    /// Set by hand; the temperature, too, was not fitted to anything.
    fn default() -> Self {
        Self {
            // People cost more than the chatbot, and a video call most.
            bias: by_route([0.50, 0.20, 0.00, -0.50]),
            features: DEFAULT.into_iter().map(|(feature, weights)| (feature, by_route(weights))).collect(),
            success: 3.0,
            success_rates: ByRoute::new(|_| 0.25),
            preference: 0.8,
            temperature: 0.6,
        }
    }
}

impl Weights {
    /// The weight of `feature` for `route`: the amount that one unit of it adds to the score; 0 where it has
    /// none.
    pub fn of(&self, feature: Feature, route: Route) -> f64 {
        self.features.get(&feature).map_or(0.0, |weights| *weights.get(route))
    }

    /// Refuses weights out of their ranges, and those by which more urgency could favour the chatbot, or more
    /// success on a channel count against it.
    pub(super) fn check(&self) -> Result<()> {
        let within = |path: std::fmt::Arguments<'_>, value: f64, least: f64, most: f64| {
            number::check(ErrorKind::DataInvalid, path, value, least..=most)
        };
        for (route, &bias) in self.bias.iter() {
            within(format_args!("weights.bias.{route}"), bias, -LARGEST, LARGEST)?;
        }
        for (feature, weights) in &self.features {
            for (route, &weight) in weights.iter() {
                within(format_args!("weights.features.{feature}.{route}"), weight, -LARGEST, LARGEST)?;
            }
        }
        within(format_args!("weights.success"), self.success, 0.0, LARGEST)?;
        within(format_args!("weights.preference"), self.preference, 0.0, LARGEST)?;
        within(format_args!("weights.temperature"), self.temperature, LEAST_TEMPERATURE, LARGEST)?;
        for (route, &rate) in self.success_rates.iter() {
            within(format_args!("weights.success_rates.{route}"), rate, 0.0, 1.0)?;
        }
        let sum: f64 = self.success_rates.iter().map(|(_, rate)| rate).sum();
        let invalid = |path: &str, what: String| {
            Err(Error::new(ErrorKind::DataInvalid, format!("{path}: {what}")).at(path))
        };
        if (sum - 1.0).abs() > 1e-6 {
            return invalid("weights.success_rates", format!("four shares that add up to {sum}, not to 1"));
        }
        for &feature in URGENCY {
            let chatbot = self.of(feature, Route::AiChatbot);
            if let Some(route) = ROUTES.iter().copied().find(|route| self.of(feature, *route) < chatbot) {
                let message = format!(
                    "{chatbot} of the chatbot is more than {} of {route}; more urgency would favour the chatbot",
                    self.of(feature, route)
                );
                return invalid(&format!("weights.features.{feature}"), message);
            }
        }
        Ok(())
    }
}
