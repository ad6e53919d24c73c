//! Features, of which the scores are made: named numbers with a range and a meaning.

use std::fmt;
use std::ops::RangeInclusive;

use serde::Serialize as _;

use super::complexity::Complexity;
use super::keywords::{Keywords, saturate};
use super::router::Signals;
use crate::{Category, Feature, Polarity, Topic, Urgency};

impl Feature {
    /// All features, in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        Self::HowTo,
        Self::Visual,
        Self::Fault,
        Self::Emergency,
        Self::Money,
        Self::Emotion,
        Self::Courtesy,
        Self::Complexity,
        Self::TicketUrgency,
        Self::ModelUrgency,
        Self::Anger,
        Self::Frustration,
        Self::Mood,
        Self::Approval,
        Self::Revision,
        Self::Question,
        Self::Urgent,
        Self::Technical,
        Self::General,
        Self::Repeat,
    ];

    /// The range of its values.
    pub fn range(self) -> RangeInclusive<f64> {
        match self {
            Self::Complexity => -ORDINARY_COMPLEXITY..=1.0 - ORDINARY_COMPLEXITY,
            Self::TicketUrgency => -0.25..=1.0,
            Self::ModelUrgency => model_urgency(1)..=model_urgency(10),
            Self::Mood => -1.0..=1.0,
            _ => 0.0..=1.0,
        }
    }

    /// A value in its range: the nearest end to one beyond it, and 0, which has no effect, for no number.
    pub(crate) fn bounded(self, value: f64) -> f64 {
        let range = self.range();
        if value.is_nan() { 0.0 } else { value.clamp(*range.start(), *range.end()) }
    }

    /// The value nearest to `bound` that the feature can have at it or beyond, upwards or downwards; `None`
    /// where that is out of its range.
    pub(super) fn reached(self, bound: f64, upwards: bool) -> Option<f64> {
        let range = self.range();
        let beyond = |step: &f64| range.contains(step) && if upwards { *step > bound } else { *step < bound };
        let nearest = |steps: &mut dyn Iterator<Item = f64>| {
            steps.filter(beyond).min_by(|a, b| (a - bound).abs().total_cmp(&(b - bound).abs()))
        };
        match self {
            Self::TicketUrgency => nearest(&mut URGENCIES.into_iter().map(ticket_urgency)),
            Self::ModelUrgency => nearest(&mut (1..=10).map(model_urgency)),
            // Beyond it by an amount that nobody would see.
            _ => nearest(&mut std::iter::once(bound + if upwards { 1e-9 } else { -1e-9 })),
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The complexity of an ordinary message.
const ORDINARY_COMPLEXITY: f64 = 0.25;

/// The value of every feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Features([f64; Feature::ALL.len()]);

impl Features {
    pub(super) fn iter(&self) -> impl Iterator<Item = (Feature, f64)> {
        Feature::ALL.iter().copied().zip(self.0)
    }

    fn set(&mut self, feature: Feature, value: f64) {
        self.0[feature as usize] = value;
    }

    pub(super) fn of(
        keywords: &Keywords,
        complexity: &Complexity,
        urgency: Option<Urgency>,
        signals: Signals<'_>,
        repeat: f64,
    ) -> Self {
        let mut features = Self([0.0; Feature::ALL.len()]);
        features.read_keywords(keywords);
        features.set(Feature::Complexity, complexity.value - ORDINARY_COMPLEXITY);
        features.set(Feature::TicketUrgency, urgency.map_or(0.0, ticket_urgency));
        features.read_signals(signals);
        features.set(Feature::Repeat, repeat);
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
        let all: usize = Topic::ALL.iter().copied().map(|topic| keywords.count(topic)).sum();
        let share = keywords.count(Topic::Courtesy) as f64 / all.max(1) as f64;
        self.set(Feature::Courtesy, share * keywords.strength(Topic::Courtesy));
    }

    fn read_signals(&mut self, signals: Signals<'_>) {
        if let Some(sentiment) = signals.sentiment {
            self.set(Feature::ModelUrgency, model_urgency(sentiment.urgency_level.clamp(1, 10)));
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

const URGENCIES: [Urgency; 4] = [Urgency::Low, Urgency::Medium, Urgency::High, Urgency::Critical];

/// The feature of an urgency level from 1 to 10; 4 is ordinary work.
fn model_urgency(level: u8) -> f64 {
    (f64::from(level) - 4.0) / 6.0
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

/// A probability as a feature; one that is not a finite number is 0, which has no effect.
fn unit(probability: f32) -> f64 {
    if probability.is_finite() { f64::from(probability).clamp(0.0, 1.0) } else { 0.0 }
}
