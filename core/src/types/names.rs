//! Closed sets of names, as the contract spells them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::quote::quoted;
use crate::{Error, Result};

/// The urgency of a ticket as its sender or the desk gave it.
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
    /// A person who shares the customer's screen.
    CoBrowse,
    /// A person on video.
    VideoCall,
}

/// The polarity of the customer's sentiment.
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
    /// A sign-off is given or requested.
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
        Error::invalid(T::WHAT, format!("{} is no {}; known: {}", quoted(text), T::WHAT, known.join(", ")))
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

/// The reason why the engine abstains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbstainReason {
    /// The best label's probability is below the bundle's threshold for it.
    LowConfidence,
    /// The text is farther from the training texts than the head's limit.
    OutOfDomain,
    /// The text is in none of the model's languages.
    UnsupportedLanguage,
    /// The text has no tokens.
    Empty,
    /// The rules of the routing policy leave no route.
    NoRoute,
}

impl fmt::Display for AbstainReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name(*self))
    }
}
