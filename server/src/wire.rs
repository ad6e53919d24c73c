//! The form of answers: camelCase mirrors of the engine's types. Each is taken apart field by field, so that
//! a field that is forgotten here does not compile.

mod route;

use std::collections::BTreeMap;

use frontdesk as core;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use route::RouteAnalysis;

/// The whole analysis of one ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Analysis {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentiment: Option<SentimentAnalysis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<CategoryAnalysis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<RouteAnalysis>,
    /// The answer of a single-task model, under its task's name.
    #[serde(flatten)]
    tasks: BTreeMap<String, Task>,
    abstain: Vec<Abstain>,
    usage: Usage,
    model: Model,
}

/// The customer's sentiment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentimentAnalysis {
    /// `positive`, `neutral` or `negative`.
    sentiment: String,
    /// Its calibrated probability, 0 to 1.
    score: f32,
    emotions: Emotions,
    /// 1 (nothing to do) to 10 (now).
    urgency_level: u8,
}

/// Four emotions, each 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Emotions {
    joy: f32,
    anger: f32,
    frustration: f32,
    satisfaction: f32,
}

/// The action that the sender asks for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryAnalysis {
    /// `approval`, `revision`, `question`, `urgent`, `technical` or `general`.
    category: String,
    /// Its calibrated probability, 0 to 1.
    score: f32,
    /// All six, best first.
    labels: Vec<Label>,
}

/// A label with its score, 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Label {
    label: String,
    score: f32,
}

/// The answer of a single-task model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Task {
    label: String,
    score: f32,
    labels: Vec<Label>,
}

/// Where the engine is not sure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Abstain {
    output: String,
    /// `low-confidence`, `out-of-domain`, `unsupported-language`, `empty` or `no-route`.
    reason: String,
    /// Of `no-route`: the queue that takes such tickets.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
}

/// The cost of an analysis.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    tokens: usize,
    truncated: bool,
    /// The parts that were removed from the text before it was read, where the service removes any: `html`,
    /// `quotes`, `forwards`, `signature`, `disclaimer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<Vec<String>>,
}

/// The model that the answer comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Model {
    name: String,
    version: String,
    digest: String,
}

/// One analysis a ticket, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchResponse {
    /// As the analyze endpoint gives them.
    pub(crate) results: Vec<Analysis>,
}

/// The engine's model, settings and version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    model: Model,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentiment_model: Option<Model>,
    outputs: Vec<String>,
    heads: Vec<Head>,
    max_tokens: usize,
    device: String,
    precision: &'static str,
    threads: usize,
    cpu_features: Vec<&'static str>,
    version: &'static str,
}

/// One head of the model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Head {
    name: String,
    labels: Vec<String>,
}

impl From<core::Analysis> for Analysis {
    fn from(analysis: core::Analysis) -> Self {
        let core::Analysis { id, sentiment, category, route, tasks, abstain, usage, model } = analysis;
        let core::Usage { tokens, truncated, removed } = usage;
        let removed = removed.map(|kinds| kinds.iter().map(ToString::to_string).collect());
        Self {
            id,
            sentiment: sentiment.map(Into::into),
            category: category.map(Into::into),
            route: route.map(Into::into),
            tasks: tasks
                .into_iter()
                .map(|core::TaskAnalysis { task, result }| (task, result.into()))
                .collect(),
            abstain: abstain.into_iter().map(Into::into).collect(),
            usage: Usage { tokens, truncated, removed },
            model: model.into(),
        }
    }
}

impl From<core::SentimentAnalysis> for SentimentAnalysis {
    fn from(sentiment: core::SentimentAnalysis) -> Self {
        let core::SentimentAnalysis { sentiment, score, emotions, urgency_level } = sentiment;
        let core::Emotions { joy, anger, frustration, satisfaction } = emotions;
        let emotions = Emotions { joy, anger, frustration, satisfaction };
        Self { sentiment: sentiment.to_string(), score, emotions, urgency_level }
    }
}

impl From<core::CategoryAnalysis> for CategoryAnalysis {
    fn from(category: core::CategoryAnalysis) -> Self {
        let core::CategoryAnalysis { category, score, labels } = category;
        Self { category: category.to_string(), score, labels: labels.into_iter().map(Into::into).collect() }
    }
}

impl<L: ToString> From<core::LabelScore<L>> for Label {
    fn from(core::LabelScore { label, score }: core::LabelScore<L>) -> Self {
        Self { label: label.to_string(), score }
    }
}

impl From<core::TaskResult> for Task {
    fn from(core::TaskResult { label, score, labels }: core::TaskResult) -> Self {
        Self { label, score, labels: labels.into_iter().map(Into::into).collect() }
    }
}

impl From<core::Abstain> for Abstain {
    fn from(core::Abstain { output, reason, queue }: core::Abstain) -> Self {
        Self { output, reason: reason.to_string(), queue }
    }
}

impl From<core::ModelInfo> for Model {
    fn from(core::ModelInfo { name, version, digest }: core::ModelInfo) -> Self {
        Self { name, version, digest }
    }
}

impl From<core::Info> for Info {
    fn from(info: core::Info) -> Self {
        let core::Info {
            model,
            sentiment_model,
            outputs,
            heads,
            max_tokens,
            device,
            precision,
            threads,
            cpu_features,
            version,
        } = info;
        let head = |core::HeadInfo { name, labels }| Head { name, labels };
        Self {
            model: model.into(),
            sentiment_model: sentiment_model.map(Into::into),
            outputs,
            heads: heads.into_iter().map(head).collect(),
            max_tokens,
            device,
            precision,
            threads,
            cpu_features,
            version,
        }
    }
}

/// The part of an analysis that an endpoint of one output gives.
impl Analysis {
    pub(crate) fn into_sentiment(self) -> (Option<SentimentAnalysis>, Vec<Abstain>) {
        (self.sentiment, self.abstain)
    }

    pub(crate) fn into_category(self) -> (Option<CategoryAnalysis>, Vec<Abstain>) {
        (self.category, self.abstain)
    }

    pub(crate) fn into_route(self) -> (Option<RouteAnalysis>, Vec<Abstain>) {
        (self.route, self.abstain)
    }
}
