//! The engine's answer for one ticket.

use serde::Serialize;

use super::{AbstainReason, Category, Polarity, RouteAnalysis};
use crate::prepare::Removed;

/// The engine's answer for one ticket. Outputs that the model does not have, or that were not asked for, are
/// absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// The ticket's own identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How the customer feels and how soon a person must act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<SentimentAnalysis>,
    /// The purpose of the message: what the sender wants done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryAnalysis>,
    /// The channel that should take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteAnalysis>,
    /// The outputs of heads of other tasks, each serialized under its task's name: those of a single-task
    /// model, and those that were trained into a bundle beside its own.
    #[serde(flatten, serialize_with = "by_task")]
    pub tasks: Vec<TaskAnalysis>,
    /// Where the engine is not sure, and why.
    pub abstain: Vec<Abstain>,
    /// The tokens that were read, and the kinds of text that were removed.
    pub usage: Usage,
    /// The model that gave the analysis.
    pub model: ModelInfo,
}

/// How the customer feels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SentimentAnalysis {
    /// The label.
    pub sentiment: Polarity,
    /// Its calibrated probability, 0 to 1.
    pub score: f32,
    /// Each emotion's own probability; they do not add up to 1.
    pub emotions: Emotions,
    /// How soon a person must act: 1 (nothing to do) to 10 (now).
    pub urgency_level: u8,
}

/// Four emotions, each 0 to 1.
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
    /// All labels, best first.
    pub labels: Vec<LabelScore<Category>>,
}

/// A label with its probability (for a regression: its value).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelScore<L = String> {
    /// The label.
    pub label: L,
    /// Its probability, 0 to 1.
    pub score: f32,
}

/// The output of a head that serves a task of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskAnalysis {
    /// The task's name; `label` for a checkpoint that has none.
    pub task: String,
    /// The best label and all labels.
    pub result: TaskResult,
}

/// The labels of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskResult {
    /// The best label.
    pub label: String,
    /// Its probability, 0 to 1 (for a regression: its value).
    pub score: f32,
    /// All labels, best first.
    pub labels: Vec<LabelScore>,
}

fn by_task<S: serde::Serializer>(
    tasks: &[TaskAnalysis],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(tasks.iter().map(|task| (&task.task, &task.result)))
}

/// An output on which the engine abstains. Its scores are still given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Abstain {
    /// `sentiment`, `category`, `route` or the task's name.
    pub output: String,
    /// Why.
    pub reason: AbstainReason,
    /// The queue for the ticket where no route is left for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// The cost of an analysis: the tokens that were read, and the kinds of text that were removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Tokens that the model read, its two special tokens included; those of a separate sentiment model are
    /// not counted.
    pub tokens: usize,
    /// Whether the text had more tokens than a model read.
    pub truncated: bool,
    /// The kinds of text that were removed before the message was read; `None` where nothing was to be
    /// removed.
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
    /// The digest of its files, `sha256:…`.
    pub digest: String,
}
