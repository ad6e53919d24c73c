//! The form of requests. Where a ticket is taken whole, the engine's own reader takes it, and its schema here
//! is for the document.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::several::Several;

/// A ticket for the route endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RouteRequest {
    /// The customer's message.
    pub(crate) issue: String,
    /// `low`, `medium`, `high` or `critical`.
    #[schema(value_type = Option<String>, example = "high")]
    pub(crate) urgency: Option<frontdesk::Urgency>,
    /// The customer's history.
    #[serde(alias = "customer_history")]
    #[schema(value_type = Option<HistorySchema>)]
    pub(crate) customer_history: Option<frontdesk::CustomerHistory>,
    /// The context at the moment, for the policy's hard rules.
    #[serde(default)]
    #[schema(value_type = Option<ContextSchema>)]
    pub(crate) context: frontdesk::RouteContext,
}

/// A text for the sentiment and category endpoints.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextRequest {
    /// The customer's message.
    pub(crate) text: String,
}

/// Several tickets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchRequest {
    /// Texts, or objects as the analyze endpoint takes them.
    #[schema(value_type = Vec<TicketSchema>)]
    pub(crate) tickets: Several,
    /// The context at the moment, for the policy's hard rules.
    #[serde(default)]
    #[schema(value_type = Option<ContextSchema>)]
    pub(crate) context: frontdesk::RouteContext,
}

/// The context in which tickets are routed. A field that is left out excludes no channel, except for consent,
/// which must be given.
#[derive(Debug, ToSchema)]
#[schema(as = RouteContext)]
#[allow(dead_code, reason = "as below")]
pub(crate) struct ContextSchema {
    /// The time that opening hours are compared with; default: now.
    #[schema(example = "2026-03-02T09:30:00Z")]
    now: Option<String>,
    /// The channels that are available at the moment.
    available: Option<Vec<String>>,
    /// Agents that are free, by channel.
    #[schema(required = false)]
    agents: std::collections::BTreeMap<String, u32>,
    /// The channels that the customer consented to.
    #[schema(required = false)]
    consent: Vec<String>,
    /// The abilities that must not be required of the customer: `hearing`, `speech`, `vision`.
    #[schema(required = false)]
    needs: Vec<String>,
    /// The share of the decisions so far that each channel has, 0 to 1.
    #[schema(required = false)]
    shares: std::collections::BTreeMap<String, f64>,
}

/// A ticket: its text alone, or its fields.
#[derive(Debug, ToSchema)]
#[schema(as = Ticket)]
#[serde(untagged)]
#[allow(dead_code, reason = "the document's picture of the engine's own type")]
pub(crate) enum TicketSchema {
    Text(String),
    Fields(FieldsSchema),
}

/// A ticket's fields: `text`, or `subject` and `body`.
#[derive(Debug, ToSchema)]
#[schema(as = TicketFields, rename_all = "camelCase")]
#[allow(dead_code, reason = "as above")]
pub(crate) struct FieldsSchema {
    id: Option<String>,
    text: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    /// `low`, `medium`, `high` or `critical`.
    urgency: Option<String>,
    customer_history: Option<HistorySchema>,
}

/// The customer's history.
#[derive(Debug, ToSchema)]
#[schema(as = CustomerHistory, rename_all = "camelCase")]
#[allow(dead_code, reason = "as above")]
pub(crate) struct HistorySchema {
    #[schema(required = false)]
    previous_issues: Vec<String>,
    /// `ai-chatbot`, `live-chat`, `co-browse` or `video-call`.
    preferred_channel: Option<String>,
    #[schema(required = false)]
    successful_channels: Vec<String>,
}
