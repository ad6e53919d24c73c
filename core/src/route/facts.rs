//! The facts of a decision, without the customer's words: enough to replay it.

use super::complexity::analyze_complexity;
use super::features::Features;
use super::history::{historical_success, repeated_issue};
use super::keywords::extract_keywords;
use super::router::RouteInput;
use crate::readable::is_hidden;
use crate::{ByRoute, Error, ErrorKind, Facts, Feature, Result, Topic, number};

/// The longest keyword: four words of 32 characters, with spaces between them.
const LONGEST_KEYWORD: usize = 4 * 32 + 3;

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
        self.features.get(&feature).map_or(0.0, |value| feature.bounded(*value))
    }

    /// Refuses facts that no ticket has; `path` is their place, such as `record.facts`.
    ///
    /// # Errors
    /// One of `kind`, with the field at fault and its range.
    pub(crate) fn check(&self, kind: ErrorKind, path: &str) -> Result<()> {
        for (feature, value) in &self.features {
            number::check(kind, format_args!("{path}.features.{feature}"), *value, feature.range())?;
        }
        let invalid =
            |field: String, what: &str| Err(Error::new(kind, format!("{field}: {what}")).at(&field));
        for (topic, word) in &self.keywords {
            if word.chars().count() > LONGEST_KEYWORD || word.chars().any(is_hidden) {
                let what = format!("no keyword: at most {LONGEST_KEYWORD} characters, none of them hidden");
                return invalid(format!("{path}.keywords.{topic}"), &what);
            }
        }
        if self.urgency_level.is_some_and(|level| !(1..=10).contains(&level)) {
            return invalid(format!("{path}.urgency_level"), "not from 1 to 10");
        }
        // Of counts only the texts of the reasons are made; the sum of these four must be one, too.
        let solved = self.solved.iter().try_fold(0_usize, |sum, (_, count)| sum.checked_add(*count));
        if solved.is_none_or(|solved| solved > self.issues) {
            return invalid(format!("{path}.issues"), "fewer than the issues that were solved");
        }
        Ok(())
    }
}
