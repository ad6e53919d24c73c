//! The form of requests. Where a ticket is taken whole, the engine's own reader takes it, and its schema is
//! in `schema.rs`, for the document.

use frontdesk::Object;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::schema::{ContextSchema, HistorySchema, TicketSchema, UrgencySchema};
use crate::several::Several;

/// A ticket for the route endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RouteRequest {
    /// The customer's message.
    pub(crate) issue: String,
    /// The urgency that the sender or the desk gave.
    #[schema(value_type = Option<UrgencySchema>, example = "high")]
    pub(crate) urgency: Option<frontdesk::Urgency>,
    /// The customer's history.
    #[serde(alias = "customer_history")]
    #[schema(value_type = Option<HistorySchema>)]
    pub(crate) customer_history: Option<Object<frontdesk::CustomerHistory>>,
    /// The context at the moment, for the policy's hard rules.
    #[schema(value_type = Option<ContextSchema>)]
    pub(crate) context: Option<Object<frontdesk::RouteContext>>,
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
    #[schema(value_type = Option<ContextSchema>)]
    pub(crate) context: Option<Object<frontdesk::RouteContext>>,
}
