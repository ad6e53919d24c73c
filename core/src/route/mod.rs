//! Which channel should take a ticket: a linear scorer over named features, decided last.
//!
//! The stages, one room each: [`extract_keywords`], [`analyze_complexity`], [`historical_success`], a score for each of
//! the four routes ([`WEIGHTS`]), history weights ([`SUCCESS_WEIGHT`], [`PREFERENCE_WEIGHT`]), the best match; then its
//! confidence, the reasoning, and the alternatives with their scores. The same ticket always gets the same route.
//!
//! A higher urgency never raises the chatbot's share; one more success on a channel, or a preference for it, never
//! lowers that channel's.

mod complexity;
mod features;
mod history;
mod keywords;
mod lexicon;
mod reasoning;
mod score;
mod words;

pub use complexity::{Complexity, analyze_complexity};
pub use features::Feature;
pub use history::{HistoricalSuccess, PRIOR, historical_success, repeated_issue};
pub use keywords::{Keywords, extract_keywords};
pub use lexicon::Topic;
pub use score::{BIAS, PREFERENCE_WEIGHT, PerRoute, ROUTES, SUCCESS_WEIGHT, TEMPERATURE, WEIGHTS};

use crate::{CategoryAnalysis, CustomerHistory, RouteAnalysis, RouteScore, SentimentAnalysis, Urgency};

/// What the models said of the text, as far as they ran.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signals<'a> {
    /// The sentiment, its emotions and the urgency level.
    pub sentiment: Option<&'a SentimentAnalysis>,
    /// The category with its probabilities.
    pub category: Option<&'a CategoryAnalysis>,
}

/// Which channel should take a ticket of this text, urgency and history, given what the models said of the text.
///
/// The confidence is the best route's share of the four; it and the scores of the alternatives add up to 1. Of equal
/// shares the one earlier in [`ROUTES`] is better.
pub fn decide(
    text: &str,
    urgency: Option<Urgency>,
    history: Option<&CustomerHistory>,
    signals: Signals<'_>,
) -> RouteAnalysis {
    let keywords = extract_keywords(text);
    let complexity = analyze_complexity(text, &keywords);
    let success = history.map(historical_success);
    let preferred = history.and_then(|history| history.preferred_channel);
    let features = features::Features::of(text, &keywords, &complexity, urgency, history, signals);
    let scores = score::score(&features, success.as_ref(), preferred);
    let facts = reasoning::Facts {
        keywords: &keywords,
        features: &features,
        urgency,
        level: signals.sentiment.map(|sentiment| sentiment.urgency_level.clamp(1, 10)),
        success: success.unwrap_or_default(),
        preferred,
    };
    let [(best, confidence), others @ ..] = scores.ranking;
    RouteAnalysis {
        recommended_route: best,
        confidence: confidence as f32,
        reasoning: reasoning::explain(&facts, &scores),
        alternative_routes: others.map(|(route, share)| RouteScore { route, score: share as f32 }).to_vec(),
    }
}
