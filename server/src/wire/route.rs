//! A route with what it was decided from.

use frontdesk as core;
use serde::Serialize;
use utoipa::ToSchema;

/// Which channel should take a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteAnalysis {
    /// `ai-chatbot`, `live-chat`, `co-browse` or `video-call`.
    recommended_route: String,
    /// Its share of the channels that the rules left, 0 to 1.
    confidence: f32,
    reasoning: String,
    /// The other channels that the rules left, best first.
    alternative_routes: Vec<RouteScore>,
    /// The features that moved the decision, the weightiest first.
    contributions: Vec<Contribution>,
    /// The change that would make the second-best channel win.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_change: Option<Reversal>,
    /// The channels that a rule excluded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<Exclusion>,
    /// The probability that the policy gave this channel, where it explores other channels than the best.
    #[serde(skip_serializing_if = "Option::is_none")]
    propensity: Option<f64>,
    /// Whether the channel was chosen by exploration, and another has a better score.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    explored: bool,
    /// The choice of a shadow policy, whose decisions are only recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<Shadow>,
    /// The input of the decision, to be handed back as it is: `frontdesk route --replay`, `frontdesk train
    /// --task route`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    record: Option<Box<core::DecisionRecord>>,
}

/// A channel with its share, 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RouteScore {
    route: String,
    score: f32,
}

/// The effect of one feature on a decision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contribution {
    feature: String,
    value: f64,
    /// The score that it adds to the channel above the others; below 0 it counts against the channel.
    effect: f64,
}

/// The one feature that would have to move least for another channel to win.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reversal {
    route: String,
    feature: String,
    value: f64,
    /// The value at which that channel wins.
    needed: f64,
}

/// A channel that a rule excluded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Exclusion {
    route: String,
    /// `unavailable`, `closed`, `no-agent`, `no-consent`, `need` or `cap`.
    rule: String,
}

/// The choice of a shadow policy, whose decisions are only recorded.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shadow {
    /// Absent where its rules leave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    recommended_route: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f32>,
    /// The policy's digest.
    policy: String,
}

impl From<core::RouteAnalysis> for RouteAnalysis {
    fn from(route: core::RouteAnalysis) -> Self {
        let core::RouteAnalysis {
            recommended_route,
            confidence,
            reasoning,
            alternative_routes,
            contributions,
            would_change,
            excluded,
            propensity,
            explored,
            shadow,
            record,
        } = route;
        let other = |core::RouteScore { route, score }| RouteScore { route: route.to_string(), score };
        Self {
            recommended_route: recommended_route.to_string(),
            confidence,
            reasoning,
            alternative_routes: alternative_routes.into_iter().map(other).collect(),
            contributions: contributions.into_iter().map(Into::into).collect(),
            would_change: would_change.map(Into::into),
            excluded: excluded.into_iter().map(Into::into).collect(),
            propensity,
            explored,
            shadow: shadow.map(Into::into),
            record,
        }
    }
}

impl From<core::Contribution> for Contribution {
    fn from(core::Contribution { feature, value, effect }: core::Contribution) -> Self {
        Self { feature, value, effect }
    }
}

impl From<core::Reversal> for Reversal {
    fn from(core::Reversal { route, feature, value, needed }: core::Reversal) -> Self {
        Self { route: route.to_string(), feature, value, needed }
    }
}

impl From<core::Exclusion> for Exclusion {
    fn from(core::Exclusion { route, rule }: core::Exclusion) -> Self {
        Self { route: route.to_string(), rule: rule.to_string() }
    }
}

impl From<core::Shadow> for Shadow {
    fn from(core::Shadow { recommended_route, confidence, policy }: core::Shadow) -> Self {
        Self { recommended_route: recommended_route.map(|route| route.to_string()), confidence, policy }
    }
}
