//! One function an endpoint: a request becomes tickets, analyses become an answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk::{AnalyzeOptions, Error, ErrorKind, MAX_TICKETS, Object, RouteContext, Ticket};
use serde::Serialize;
use utoipa::ToSchema;

use crate::budget::Share;
use crate::input::{BatchRequest, RouteRequest, TextRequest};
use crate::request::body;
use crate::schema::TicketSchema;
use crate::several::Several;
use crate::wire::{
    Abstain, Analysis, BatchResponse, CategoryAnalysis, Info, RouteAnalysis, SentimentAnalysis,
};
use crate::{App, Problem};

/// Every path, in the order of the router.
pub(crate) const PATHS: [&str; 11] = [
    "/api/v1/support/route",
    "/api/v1/support/sentiment",
    "/api/v1/support/category",
    "/api/v1/support/analyze",
    "/api/v1/support/analyze/batch",
    "/api/v1/info",
    "/api/openapi.json",
    "/api/docs",
    "/health/live",
    "/health/ready",
    "/metrics",
];

type Answer<T> = Result<Json<T>, Problem>;

/// One output of an analysis.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Part<T> {
    Given(Given<T>),
    Withheld(Withheld),
}

/// An output, and where the engine is not sure of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Given<T> {
    #[serde(flatten)]
    part: T,
    /// Absent where the engine is sure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    abstain: Vec<Abstain>,
}

/// The reason why there is no output: the text holds nothing to read, or the rules leave no route.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Withheld {
    abstain: Vec<Abstain>,
}

impl<T> From<(Option<T>, Vec<Abstain>)> for Part<T> {
    fn from((part, abstain): (Option<T>, Vec<Abstain>)) -> Self {
        match part {
            Some(part) => Self::Given(Given { part, abstain }),
            None => Self::Withheld(Withheld { abstain }),
        }
    }
}

/// Dropping this future, as a client does that hangs up, frees the work's place in the queue. The tickets
/// count until they are answered.
async fn analyses(
    app: &App,
    (tickets, mut share): (Vec<Ticket>, Share),
    outputs: &[&str],
    context: RouteContext,
) -> Result<Vec<Analysis>, Problem> {
    share.grow_for(&tickets)?;
    let mut options = AnalyzeOptions::default();
    options.route = context;
    options.outputs = outputs.iter().map(|&output| output.to_owned()).collect();
    options.timeout = Some(app.options.timeout);
    let analyses = app.engine.submit(tickets, &options).await?;
    Ok(analyses.into_iter().map(Analysis::from).collect())
}

async fn one(
    app: &App,
    (ticket, share): (Ticket, Share),
    outputs: &[&str],
    context: RouteContext,
) -> Result<Analysis, Problem> {
    let analysis = analyses(app, (vec![ticket], share), outputs, context).await?.pop();
    Ok(analysis.ok_or_else(|| Error::new(ErrorKind::Internal, "one ticket gave no analysis"))?)
}

/// A context of which nothing is known is one that was not given.
fn given(context: Option<Object<RouteContext>>) -> RouteContext {
    context.map(|Object(context)| context).unwrap_or_default()
}

/// Which channel should take a ticket.
#[utoipa::path(post, path = "/api/v1/support/route", request_body = RouteRequest, responses(
    (status = 200, body = Part<RouteAnalysis>), (status = "4XX", body = Problem), (status = "5XX", body = Problem)))]
pub(crate) async fn route(State(app): State<Arc<App>>, request: Request) -> Answer<Part<RouteAnalysis>> {
    let (Object(asked), share) = body(&app, request).await?;
    let RouteRequest { issue, urgency, customer_history, context } = asked;
    let customer_history = customer_history.map(|Object(history)| history);
    let ticket = Ticket { urgency, customer_history, ..Ticket::new(issue) };
    // The engine calls the message `text`.
    let analysis = one(&app, (ticket, share), &["route"], given(context))
        .await
        .map_err(|problem| problem.renamed("text", "issue"))?;
    Ok(Json(analysis.into_route().into()))
}

/// The customer's sentiment.
#[utoipa::path(post, path = "/api/v1/support/sentiment", request_body = TextRequest, responses(
    (status = 200, body = Part<SentimentAnalysis>), (status = "4XX", body = Problem), (status = "5XX", body = Problem)))]
pub(crate) async fn sentiment(
    State(app): State<Arc<App>>,
    request: Request,
) -> Answer<Part<SentimentAnalysis>> {
    let (Object(TextRequest { text }), share) = body(&app, request).await?;
    Ok(Json(
        one(&app, (Ticket::new(text), share), &["sentiment"], RouteContext::default())
            .await?
            .into_sentiment()
            .into(),
    ))
}

/// The action that the sender asks for.
#[utoipa::path(post, path = "/api/v1/support/category", request_body = TextRequest, responses(
    (status = 200, body = Part<CategoryAnalysis>), (status = "4XX", body = Problem), (status = "5XX", body = Problem)))]
pub(crate) async fn category(
    State(app): State<Arc<App>>,
    request: Request,
) -> Answer<Part<CategoryAnalysis>> {
    let (Object(TextRequest { text }), share) = body(&app, request).await?;
    Ok(Json(
        one(&app, (Ticket::new(text), share), &["category"], RouteContext::default())
            .await?
            .into_category()
            .into(),
    ))
}

/// One ticket, one analysis.
#[utoipa::path(post, path = "/api/v1/support/analyze", request_body = TicketSchema, responses(
    (status = 200, body = Analysis), (status = "4XX", body = Problem), (status = "5XX", body = Problem)))]
pub(crate) async fn analyze(State(app): State<Arc<App>>, request: Request) -> Answer<Analysis> {
    let ticket: (Ticket, Share) = body(&app, request).await?;
    Ok(Json(one(&app, ticket, &[], RouteContext::default()).await?))
}

/// Several tickets, one analysis each.
#[utoipa::path(post, path = "/api/v1/support/analyze/batch", request_body = BatchRequest, responses(
    (status = 200, body = BatchResponse), (status = "4XX", body = Problem), (status = "5XX", body = Problem)))]
pub(crate) async fn batch(State(app): State<Arc<App>>, request: Request) -> Answer<BatchResponse> {
    let (Object(asked), share) = body(&app, request).await?;
    let BatchRequest { tickets: Several { kept: tickets, count }, context } = asked;
    let most = app.options.max_tickets.min(MAX_TICKETS);
    if count > most {
        let message = format!("{count} tickets in one request; at most {most}");
        return Err(Error::new(ErrorKind::TooLarge, message).at("tickets").into());
    }
    Ok(Json(BatchResponse { results: analyses(&app, (tickets, share), &[], given(context)).await? }))
}

/// The engine's model, settings and version.
#[utoipa::path(get, path = "/api/v1/info", responses(
    (status = 200, body = Info), (status = "4XX", body = Problem), (status = "5XX", body = Problem)))]
pub(crate) async fn info(State(app): State<Arc<App>>) -> Json<Info> {
    Json(app.engine.info().clone().into())
}

/// Whether the process is there.
#[utoipa::path(get, path = "/health/live", security(()), responses(
    (status = 200), (status = "4XX", body = Problem)))]
pub(crate) async fn live() -> StatusCode {
    StatusCode::OK
}

/// Whether requests should be sent here: no longer once the service is to end.
#[utoipa::path(get, path = "/health/ready", security(()), responses(
    (status = 200), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<StatusCode, Problem> {
    if app.draining.load(Ordering::Relaxed) {
        return Err(Problem::of(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Cancelled,
            "the service is ending",
        ));
    }
    Ok(StatusCode::OK)
}

/// Metrics as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", responses(
    (status = 200, body = String, content_type = "application/openmetrics-text"),
    (status = "4XX", body = Problem), (status = "5XX", body = Problem)))]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text =
        app.metrics.text().map_err(|_| Error::new(ErrorKind::Internal, "the metrics cannot be written"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
