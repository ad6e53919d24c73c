//! Input and output types, which cross every language boundary.

mod route;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::prepare::Removed;
use crate::{Error, Result};

pub use jiff::Timestamp;
pub use route::*;

/// A support message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Ticket {
    /// The sender's own identifier, given back in the analysis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The message. Either this, or `subject` and `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The subject line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The urgency that the sender or the desk gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// The customer's history with the desk.
    #[serde(default, alias = "customerHistory", skip_serializing_if = "Option::is_none")]
    pub customer_history: Option<CustomerHistory>,
}

impl Ticket {
    /// A ticket of nothing but a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// The text that the engine reads: `text`, or subject and body with a line break between them.
    ///
    /// # Errors
    /// [`crate::ErrorKind::InvalidInput`] where there is neither, or both.
    pub fn message(&self) -> Result<Cow<'_, str>> {
        match (&self.text, &self.subject, &self.body) {
            (Some(text), None, None) => Ok(Cow::Borrowed(text)),
            (Some(_), _, _) => {
                Err(Error::invalid("text", "a ticket has `text`, or `subject` and `body`; not both"))
            }
            (None, Some(subject), Some(body)) => Ok(Cow::Owned(format!("{subject}\n{body}"))),
            (None, Some(part), None) | (None, None, Some(part)) => Ok(Cow::Borrowed(part)),
            (None, None, None) => {
                Err(Error::invalid("text", "a ticket needs `text`, or `subject` and `body`"))
            }
        }
    }
}

impl<T: Into<String>> From<T> for Ticket {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

/// The customer's history with the desk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerHistory {
    /// Earlier issues, in the customer's or the desk's words.
    #[serde(default, alias = "previousIssues")]
    pub previous_issues: Vec<String>,
    /// The channel that the customer asks for.
    #[serde(default, alias = "preferredChannel", skip_serializing_if = "Option::is_none")]
    pub preferred_channel: Option<Route>,
    /// One entry for every earlier issue that was solved, naming the channel.
    #[serde(default, alias = "successfulChannels")]
    pub successful_channels: Vec<Route>,
}

/// How urgent a ticket was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// Whenever.
    Low,
    /// This week.
    Medium,
    /// Today.
    High,
    /// Now.
    Critical,
}

/// A channel that can take a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// A bot that answers by itself.
    AiChatbot,
    /// A person in a chat.
    LiveChat,
    /// A person who sees the customer's screen.
    CoBrowse,
    /// A person on video.
    VideoCall,
}

/// How the customer feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Polarity {
    /// Pleased.
    Positive,
    /// Neither.
    Neutral,
    /// Displeased.
    Negative,
}

/// The purpose of the message: what the sender wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// A sign-off is given or asked for.
    Approval,
    /// The work is to be changed.
    Revision,
    /// The sender wants to know something.
    Question,
    /// The emergency itself is the message.
    Urgent,
    /// Something does not work.
    Technical,
    /// The rest.
    General,
}

/// A closed set of names, as the contract spells them.
pub trait Named: Copy + Sized + 'static {
    /// The noun for a value of the set in error messages.
    const WHAT: &'static str;
    /// Every value with its name.
    const NAMES: &'static [(Self, &'static str)];
}

impl Named for Urgency {
    const WHAT: &'static str = "urgency";
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Low, "low"), (Self::Medium, "medium"), (Self::High, "high"), (Self::Critical, "critical")];
}

impl Named for Route {
    const WHAT: &'static str = "channel";
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::AiChatbot, "ai-chatbot"),
        (Self::LiveChat, "live-chat"),
        (Self::CoBrowse, "co-browse"),
        (Self::VideoCall, "video-call"),
    ];
}

impl Named for Polarity {
    const WHAT: &'static str = "sentiment";
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Positive, "positive"), (Self::Neutral, "neutral"), (Self::Negative, "negative")];
}

impl Named for Category {
    const WHAT: &'static str = "category";
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Approval, "approval"),
        (Self::Revision, "revision"),
        (Self::Question, "question"),
        (Self::Urgent, "urgent"),
        (Self::Technical, "technical"),
        (Self::General, "general"),
    ];
}

impl Named for AbstainReason {
    const WHAT: &'static str = "reason";
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::LowConfidence, "low-confidence"),
        (Self::OutOfDomain, "out-of-domain"),
        (Self::UnsupportedLanguage, "unsupported-language"),
        (Self::Empty, "empty"),
        (Self::NoRoute, "no-route"),
    ];
}

/// The name of a value.
pub(crate) fn name<T: Named + PartialEq>(value: T) -> &'static str {
    T::NAMES.iter().find(|(v, _)| *v == value).map_or("", |(_, name)| name)
}

/// The value of a name; the error lists the names that there are.
pub(crate) fn parse<T: Named>(text: &str) -> Result<T> {
    T::NAMES.iter().find(|(_, name)| *name == text).map(|(value, _)| *value).ok_or_else(|| {
        let known: Vec<_> = T::NAMES.iter().map(|(_, name)| *name).collect();
        Error::invalid(T::WHAT, format!("`{text}` is no {}; known: {}", T::WHAT, known.join(", ")))
    })
}

impl fmt::Display for Urgency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name(*self))
    }
}
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name(*self))
    }
}
impl fmt::Display for Polarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name(*self))
    }
}
impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name(*self))
    }
}
impl FromStr for Urgency {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        parse(text)
    }
}
impl FromStr for Route {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        parse(text)
    }
}

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

/// The reason why the engine abstains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbstainReason {
    /// The best label's probability is under the bundle's threshold.
    LowConfidence,
    /// The text is unlike what the model was trained on.
    OutOfDomain,
    /// The text is in a language that the model does not know.
    UnsupportedLanguage,
    /// The text holds nothing to read.
    Empty,
    /// The rules of the routing policy leave no route.
    NoRoute,
}

impl fmt::Display for AbstainReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name(*self))
    }
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
