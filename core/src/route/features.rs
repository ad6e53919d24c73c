//! What the scores are made of: named numbers with a range and a meaning.

use crate::{Category, CustomerHistory, Polarity, Urgency};

use super::Signals;
use super::complexity::Complexity;
use super::history::repeated_issue;
use super::keywords::{Keywords, saturate};
use super::lexicon::Topic;

/// A number that the routes' scores weigh. What is not known is 0, and says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// How-to words: `1 - 2^-count`, 0 to 1.
    HowTo,
    /// Visual words: `1 - 2^-count`, 0 to 1.
    Visual,
    /// Words of a technical fault: `1 - 2^-count`, 0 to 1.
    Fault,
    /// Words of an emergency: `1 - 2^-count`, 0 to 1.
    Emergency,
    /// Words of money, contract and law: `1 - 2^-count`, 0 to 1.
    Money,
    /// Words of displeasure, and a raised voice beside words of displeasure, fault or emergency: `1 - 2^-count`,
    /// 0 to 1.
    Emotion,
    /// Greetings, thanks and praise: `1 - 2^-count` times their share in all keywords, 0 to 1.
    Courtesy,
    /// [`Complexity::value`] less 0.25, so that a simple message has a negative number: -0.25 to 0.75.
    Complexity,
    /// The ticket's urgency: low -0.25, medium and unknown 0, high 0.5, critical 1.
    TicketUrgency,
    /// The model's urgency level: `(level - 4) / 6`, -0.5 to 1; level 4 is ordinary work.
    ModelUrgency,
    /// The model's anger, 0 to 1.
    Anger,
    /// The model's frustration, 0 to 1.
    Frustration,
    /// The model's polarity times its probability: -1 (surely negative) to 1 (surely positive).
    Mood,
    /// The model's probability of an approval, 0 to 1.
    Approval,
    /// The model's probability of a revision, 0 to 1.
    Revision,
    /// The model's probability of a question, 0 to 1.
    Question,
    /// The model's probability of an emergency, 0 to 1.
    Urgent,
    /// The model's probability of a technical fault, 0 to 1.
    Technical,
    /// The model's probability of a general message, 0 to 1.
    General,
    /// How surely the message repeats an earlier issue, 0 to 1; see [`repeated_issue`].
    Repeat,
}

/// The complexity of an ordinary message.
const ORDINARY_COMPLEXITY: f64 = 0.25;

/// The value of every feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Features([f64; Self::COUNT]);

impl Features {
    pub(super) const COUNT: usize = 20;

    pub(super) fn get(&self, feature: Feature) -> f64 {
        self.0[feature as usize]
    }

    fn set(&mut self, feature: Feature, value: f64) {
        self.0[feature as usize] = value;
    }

    pub(super) fn of(
        text: &str,
        keywords: &Keywords,
        complexity: &Complexity,
        urgency: Option<Urgency>,
        history: Option<&CustomerHistory>,
        signals: Signals<'_>,
    ) -> Self {
        let mut features = Self([0.0; Self::COUNT]);
        features.read_keywords(keywords);
        features.set(Feature::Complexity, complexity.value - ORDINARY_COMPLEXITY);
        features.set(Feature::TicketUrgency, urgency.map_or(0.0, ticket_urgency));
        features.read_signals(signals);
        features.set(Feature::Repeat, history.map_or(0.0, |history| repeated_issue(text, history)));
        features
    }

    fn read_keywords(&mut self, keywords: &Keywords) {
        self.set(Feature::HowTo, keywords.strength(Topic::HowTo));
        self.set(Feature::Visual, keywords.strength(Topic::Visual));
        self.set(Feature::Fault, keywords.strength(Topic::Fault));
        self.set(Feature::Emergency, keywords.strength(Topic::Emergency));
        self.set(Feature::Money, keywords.strength(Topic::Money));
        let angry_ground =
            [Topic::Emotion, Topic::Fault, Topic::Emergency].map(|topic| keywords.count(topic));
        let shouts = if angry_ground.iter().any(|count| *count > 0) { keywords.shouts() } else { 0 };
        self.set(Feature::Emotion, saturate(keywords.count(Topic::Emotion) + shouts));
        let all: usize = Topic::ALL.into_iter().map(|topic| keywords.count(topic)).sum();
        let share = keywords.count(Topic::Courtesy) as f64 / all.max(1) as f64;
        self.set(Feature::Courtesy, share * keywords.strength(Topic::Courtesy));
    }

    fn read_signals(&mut self, signals: Signals<'_>) {
        if let Some(sentiment) = signals.sentiment {
            self.set(Feature::ModelUrgency, (f64::from(sentiment.urgency_level.clamp(1, 10)) - 4.0) / 6.0);
            self.set(Feature::Anger, unit(sentiment.emotions.anger));
            self.set(Feature::Frustration, unit(sentiment.emotions.frustration));
            let sign = match sentiment.sentiment {
                Polarity::Positive => 1.0,
                Polarity::Neutral => 0.0,
                Polarity::Negative => -1.0,
            };
            self.set(Feature::Mood, sign * unit(sentiment.score));
        }
        let Some(category) = signals.category else { return };
        if category.labels.is_empty() {
            self.set(by_category(category.category), unit(category.score));
        }
        for label in &category.labels {
            self.set(by_category(label.label), unit(label.score));
        }
    }
}

fn ticket_urgency(urgency: Urgency) -> f64 {
    match urgency {
        Urgency::Low => -0.25,
        Urgency::Medium => 0.0,
        Urgency::High => 0.5,
        Urgency::Critical => 1.0,
    }
}

fn by_category(category: Category) -> Feature {
    match category {
        Category::Approval => Feature::Approval,
        Category::Revision => Feature::Revision,
        Category::Question => Feature::Question,
        Category::Urgent => Feature::Urgent,
        Category::Technical => Feature::Technical,
        Category::General => Feature::General,
    }
}

/// A probability: what is not a number says nothing.
fn unit(probability: f32) -> f64 {
    if probability.is_finite() { f64::from(probability).clamp(0.0, 1.0) } else { 0.0 }
}
