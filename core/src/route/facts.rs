//! The facts of a decision, without the customer's words: enough to replay it.

use super::complexity::analyze_complexity;
use super::features::Features;
use super::history::{historical_success, repeated_issue};
use super::keywords::extract_keywords;
use super::router::RouteInput;
use crate::{ByRoute, Facts, Feature, Topic};

impl Facts {
    /// Reads the facts of a ticket, given the outputs of the models for its text.
    pub fn read(input: &RouteInput<'_>) -> Self {
        let RouteInput { id: _, text, urgency, history, signals, repeat } = *input;
        let keywords = extract_keywords(text);
        let complexity = analyze_complexity(text, &keywords);
        let by_words = history.map_or(0.0, |history| repeated_issue(text, history));
        let repeat = repeat.map_or(by_words, |by_meaning| by_meaning.max(by_words));
        let features = Features::of(&keywords, &complexity, urgency, signals, repeat);
        let success = history.map(historical_success).unwrap_or_default();
        let quoted =
            Topic::ALL.iter().copied().filter_map(|topic| Some((topic, keywords.first(topic)?.to_owned())));
        Self {
            features: features.iter().filter(|(_, value)| *value != 0.0).collect(),
            keywords: quoted.collect(),
            words: keywords.words(),
            problems: keywords.problems(),
            attempts: keywords.attempts(),
            urgency,
            urgency_level: signals.sentiment.map(|sentiment| sentiment.urgency_level.clamp(1, 10)),
            solved: ByRoute::new(|route| success.solved(route)),
            issues: success.issues(),
            preferred: history.and_then(|history| history.preferred_channel),
        }
    }

    /// The value of a feature in [`Feature::range`]; 0 where it is not known.
    pub fn feature(&self, feature: Feature) -> f64 {
        self.features.get(&feature).copied().unwrap_or(0.0)
    }
}
