//! A support message, and what is known of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::object::object;
use super::{Route, Urgency};
use crate::{Error, Result};

/// A support message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Ticket {
    /// The sender's own identifier, given back in the analysis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The message. Either this, or `subject` and `body`; an error of the call where there is neither, or
    /// both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The subject line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The urgency that the sender or the desk gave; it is a feature of the route alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// The customer's history with the desk; it is read for the route alone.
    #[serde(
        default,
        alias = "customerHistory",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "object"
    )]
    pub customer_history: Option<CustomerHistory>,
}

impl Ticket {
    /// A ticket of nothing but a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// The text that the engine reads: `text`, or subject and body with a line break between them, or the one
    /// of these that is there.
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
