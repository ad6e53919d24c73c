//! A score for each route: features times weights, history weights, and shares of the whole.

use crate::Route;

use super::features::{Feature, Features};
use super::history::HistoricalSuccess;

/// The routes in their fixed order: of two with equal shares the earlier, which costs less, comes first.
pub const ROUTES: [Route; 4] = [Route::AiChatbot, Route::LiveChat, Route::CoBrowse, Route::VideoCall];

/// A number for each route, in the order of [`ROUTES`].
pub type PerRoute = [f64; 4];

/// What each route starts from: people cost more than the chatbot, and a video call most.
pub const BIAS: PerRoute = [0.50, 0.20, 0.00, -0.50];

/// The default weights: what one unit of a feature adds to the score of each route.
///
/// They were set by hand from the routes' purposes (the chatbot for simple, how-to, low-stakes messages; live chat for
/// the urgent or emotional but simple; co-browsing for the visual, the stepwise and the technical; video calls for the
/// critical, the complex and high stakes) and checked on example tickets; they were not fitted to data. In the two rows
/// of urgency the chatbot has the lowest weight, so that more urgency never raises its share.
#[rustfmt::skip]
pub const WEIGHTS: [(Feature, PerRoute); Features::COUNT] = [
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

/// What a channel's share of past successes above or below one in four adds to its score, per unit.
pub const SUCCESS_WEIGHT: f64 = 3.0;

/// What being the preferred channel adds to a route's score.
pub const PREFERENCE_WEIGHT: f64 = 0.8;

/// The temperature of the softmax that makes shares of scores: a route that scores 0.6 more than another has `e`
/// times its share.
pub const TEMPERATURE: f64 = 0.6;

/// What a part of a score comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Feature(Feature),
    Success,
    Preference,
}

/// The routes' scores, with what they are made of.
#[derive(Debug, Clone)]
pub(super) struct Scores {
    /// What each source adds to each route.
    pub(super) parts: Vec<(Source, PerRoute)>,
    /// Routes with their shares, best first; the shares add up to 1.
    pub(super) ranking: [(Route, f64); 4],
}

/// The score of each route is its bias, its weighted features and its history weights; its share is a softmax.
pub(super) fn score(
    features: &Features,
    success: Option<&HistoricalSuccess>,
    preferred: Option<Route>,
) -> Scores {
    let mut parts: Vec<(Source, PerRoute)> = WEIGHTS
        .iter()
        .map(|(feature, weights)| {
            (Source::Feature(*feature), weights.map(|weight| weight * features.get(*feature)))
        })
        .collect();
    if let Some(success) = success {
        parts.push((Source::Success, ROUTES.map(|route| SUCCESS_WEIGHT * (success.share(route) - 0.25))));
    }
    if let Some(preferred) = preferred {
        let bonus = |route| if route == preferred { PREFERENCE_WEIGHT } else { 0.0 };
        parts.push((Source::Preference, ROUTES.map(bonus)));
    }
    let mut total = BIAS;
    for (_, part) in &parts {
        for (sum, part) in total.iter_mut().zip(part) {
            *sum += part;
        }
    }
    let shares = softmax(total);
    let mut ranking = [0, 1, 2, 3].map(|index: usize| (ROUTES[index], shares[index]));
    ranking.sort_by(|a, b| b.1.total_cmp(&a.1));
    Scores { parts, ranking }
}

/// Shares of the scores at [`TEMPERATURE`]. The scores are sums of bounded numbers, so nothing overflows. The
/// exponential is of this build, as in `frontdesk_models::heads`, so that shares have the same bits everywhere.
fn softmax(scores: PerRoute) -> PerRoute {
    let best = scores.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let powers = scores.map(|score| libm::exp((score - best) / TEMPERATURE));
    let sum: f64 = powers.iter().sum();
    powers.map(|power| power / sum)
}
