//! The engine's own input types, as the OpenAPI document shows them. They are never made: the engine's
//! readers take what they describe.
#![allow(dead_code, reason = "the document's picture of the engine's types")]

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Schema, Type};

/// The context in which tickets are routed. A field that is left out excludes no channel, except for consent,
/// which must be given.
#[derive(Debug, ToSchema)]
#[schema(as = RouteContext)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContextSchema {
    /// The time that opening hours are compared with; default: now.
    #[schema(example = "2026-03-02T09:30:00Z", format = DateTime)]
    now: Option<String>,
    /// The channels that are available at the moment.
    available: Option<Vec<ChannelSchema>>,
    /// Agents that are free, by channel.
    #[schema(required = false, schema_with = agents)]
    agents: BTreeMap<String, u32>,
    /// The channels that the customer consented to.
    #[schema(required = false)]
    consent: Vec<ChannelSchema>,
    /// The abilities that must not be required of the customer.
    #[schema(required = false)]
    needs: Vec<NeedSchema>,
    /// The share of the decisions so far that each channel has, 0 to 1.
    #[schema(required = false, schema_with = shares)]
    shares: BTreeMap<String, f64>,
}

/// A channel.
#[derive(Debug, ToSchema)]
#[schema(as = Channel, rename_all = "kebab-case")]
pub(crate) enum ChannelSchema {
    AiChatbot,
    LiveChat,
    CoBrowse,
    VideoCall,
}

/// The urgency of a ticket.
#[derive(Debug, ToSchema)]
#[schema(as = Urgency, rename_all = "kebab-case")]
pub(crate) enum UrgencySchema {
    Low,
    Medium,
    High,
    Critical,
}

/// An ability.
#[derive(Debug, ToSchema)]
#[schema(as = Need, rename_all = "kebab-case")]
pub(crate) enum NeedSchema {
    Hearing,
    Speech,
    Vision,
}

/// A ticket: its text alone, or its fields.
#[derive(Debug, ToSchema)]
#[schema(as = Ticket)]
#[serde(untagged)]
pub(crate) enum TicketSchema {
    Text(String),
    Fields(FieldsSchema),
}

/// A ticket's fields: `text`, or `subject` and `body`, or one of these.
#[derive(Debug, ToSchema)]
#[schema(as = TicketFields)]
#[serde(untagged)]
pub(crate) enum FieldsSchema {
    Message(MessageSchema),
    Mail(MailSchema),
    Body(BodySchema),
}

/// A ticket with a text.
#[derive(Debug, ToSchema)]
#[schema(as = TicketOfText)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct MessageSchema {
    id: Option<String>,
    text: String,
    #[schema(required = false, schema_with = nothing)]
    subject: (),
    #[schema(required = false, schema_with = nothing)]
    body: (),
    urgency: Option<UrgencySchema>,
    customer_history: Option<HistorySchema>,
}

/// A ticket with a subject.
#[derive(Debug, ToSchema)]
#[schema(as = TicketOfSubject)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct MailSchema {
    id: Option<String>,
    #[schema(required = false, schema_with = nothing)]
    text: (),
    subject: String,
    body: Option<String>,
    urgency: Option<UrgencySchema>,
    customer_history: Option<HistorySchema>,
}

/// A ticket with a body and no subject.
#[derive(Debug, ToSchema)]
#[schema(as = TicketOfBody)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct BodySchema {
    id: Option<String>,
    #[schema(required = false, schema_with = nothing)]
    text: (),
    #[schema(required = false, schema_with = nothing)]
    subject: (),
    body: String,
    urgency: Option<UrgencySchema>,
    customer_history: Option<HistorySchema>,
}

/// The customer's history.
#[derive(Debug, ToSchema)]
#[schema(as = CustomerHistory)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct HistorySchema {
    /// Earlier issues, in the customer's or the desk's words.
    #[schema(required = false)]
    previous_issues: Vec<String>,
    /// The channel that the customer asks for.
    preferred_channel: Option<ChannelSchema>,
    /// One entry for every earlier issue that was solved.
    #[schema(required = false)]
    successful_channels: Vec<ChannelSchema>,
}

fn nothing() -> Object {
    ObjectBuilder::new().schema_type(Type::Null).build()
}

fn agents() -> Object {
    let told = "Agents that are free, by channel.";
    by_channel(told, ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(u32::MAX)))
}

fn shares() -> Object {
    let told = "The share of the decisions so far that each channel has, 0 to 1.";
    by_channel(told, ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0)).maximum(Some(1)))
}

fn by_channel(told: &str, value: ObjectBuilder) -> Object {
    let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([
        "ai-chatbot",
        "live-chat",
        "co-browse",
        "video-call",
    ]));
    let value = AdditionalProperties::RefOr(RefOr::T(Schema::Object(value.build())));
    ObjectBuilder::new()
        .description(Some(told))
        .property_names(Some(Schema::Object(names.build())))
        .additional_properties(Some(value))
        .build()
}
