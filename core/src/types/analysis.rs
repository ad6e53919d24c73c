//! The engine's answer for one ticket.

use serde::Serialize;

use super::{AbstainReason, Category, Polarity, RouteAnalysis};
use crate::prepare::Removed;

/// The engine's answer for one ticket. Outputs that the model does not have, or that the call does not
/// request, are absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// The ticket's own identifier; `None` where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The sentiment with the emotions and the urgency level; `None` where the output is absent or the text
    /// has no tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<SentimentAnalysis>,
    /// The purpose of the message; `None` as for `sentiment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryAnalysis>,
    /// The channel that should take it; `None` where the output is absent or the rules leave no route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteAnalysis>,
    /// The outputs of heads of other tasks, in the order of the heads, each serialized under its task's
    /// name: those of a single-task model, and those that were trained into a bundle beside its own.
    #[serde(flatten, serialize_with = "by_task")]
    pub tasks: Vec<TaskAnalysis>,
    /// The outputs on which the engine abstains, and why; empty where it abstains on none.
    pub abstain: Vec<Abstain>,
    /// The tokens that were read, and the kinds of text that were removed.
    pub usage: Usage,
    /// The model that gave the analysis.
    pub model: ModelInfo,
}

/// The customer's sentiment, emotions and urgency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SentimentAnalysis {
    /// The label.
    pub sentiment: Polarity,
    /// Its calibrated probability, 0 to 1. Of two-label heads, a neutral label's score is 1 less the
    /// difference of the two probabilities; see [`crate::NEUTRAL_BAND`].
    pub score: f32,
    /// The probability of each emotion by itself; they do not add up to 1.
    pub emotions: Emotions,
    /// The urgency, 1 (nothing to do) to 10 (act now): the median of the head's distribution over the
    /// levels.
    pub urgency_level: u8,
}

/// Probabilities of four emotions, each 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Emotions {
    /// Joy, amusement, love.
    pub joy: f32,
    /// Anger, disgust.
    pub anger: f32,
    /// Annoyance, disappointment.
    pub frustration: f32,
    /// Gratitude, approval, relief.
    pub satisfaction: f32,
}

/// The purpose of the message: what the sender wants done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CategoryAnalysis {
    /// The best label.
    pub category: Category,
    /// Its calibrated probability, 0 to 1.
    pub score: f32,
    /// All six labels, best first; their probabilities add up to 1.
    pub labels: Vec<LabelScore<Category>>,
}

/// A label with its probability (for a regression: its value).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelScore<L = String> {
    /// The label.
    pub label: L,
    /// Its calibrated probability, 0 to 1; for a regression its value.
    pub score: f32,
}

/// The output of a head that serves a task of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskAnalysis {
    /// The task's name; `label` for a checkpoint that has none.
    pub task: String,
    /// The best label, and all labels with their scores.
    pub result: TaskResult,
}

/// The labels of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskResult {
    /// The label of the highest score; of an ordinal head the median level.
    pub label: String,
    /// Its calibrated probability, 0 to 1; for a regression its value.
    pub score: f32,
    /// All labels, the highest score first. The scores of a multi-label head do not add up to 1.
    pub labels: Vec<LabelScore>,
}

fn by_task<S: serde::Serializer>(
    tasks: &[TaskAnalysis],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(tasks.iter().map(|task| (&task.task, &task.result)))
}

/// An output on which the engine abstains. Its scores are still given, where the text has tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Abstain {
    /// `sentiment`, `category`, `route` or the task's name.
    pub output: String,
    /// The reason.
    pub reason: AbstainReason,
    /// The queue for a ticket for which the rules leave no route; `None` for every other reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// The cost of an analysis: the tokens that were read, and the kinds of text that were removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Tokens that the model read, its two special tokens included; 0 for a text without tokens. Those of a
    /// separate sentiment model are not counted.
    pub tokens: usize,
    /// True where the text has more tokens than a model reads and was cut.
    pub truncated: bool,
    /// The kinds of text that were removed before the message was read, in the order of [`Removed::ALL`];
    /// `None` where the engine removes nothing ([`crate::EngineOptions::prepare`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<Vec<Removed>>,
}

/// The model that gave the analysis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelInfo {
    /// The model's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of its files, `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}
