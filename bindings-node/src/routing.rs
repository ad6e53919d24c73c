//! Replaying a recorded decision, and fitting a policy to outcomes.

use frontdesk::outcomes::{self, LearnReport, RouteTraining, train_route};
use frontdesk::route::{PolicySource, replay};
use frontdesk::{ByRoute, DecisionRecord, Error, ErrorKind, Result, from_json};
use napi::Env;
use napi::bindgen_prelude::{Either, Object};
use napi_derive::napi;
use serde::Deserialize;

use crate::analysis::RouteAnalysis;
use crate::mirror::{Mirror, mirror};
use crate::promise::{Failure, on_thread};
use crate::training::NativeWork;

mirror! {
    ["The outcomes of the tickets that took each route."]
    OutcomesByRoute of [ByRoute::<outcomes::RouteOutcomes>] {
        #[napi(js_name = "ai-chatbot")]
        ai_chatbot: [RouteOutcomes],
        #[napi(js_name = "live-chat")]
        live_chat: [RouteOutcomes],
        #[napi(js_name = "co-browse")]
        co_browse: [RouteOutcomes],
        #[napi(js_name = "video-call")]
        video_call: [RouteOutcomes],
    }
    ["The number of tickets that took a route, the share of them that was solved, and their mean reward; 0 of none."]
    RouteOutcomes of [outcomes::RouteOutcomes] { rows: [f64], solved: [f64], reward: [f64], }
    ["A mean reward with its 95 % interval."]
    Estimate of [outcomes::ValueEstimate] { value: [f64], low: [f64], high: [f64], }
    ["The estimated reward of a policy, by three estimators. The log is worth `effectiveRows` of its decisions; `largestRatio` is the largest"]
    ["weight of a row. `snips` is absent where the policy takes none of the logged routes; then `noSnips` says so."]
    PolicyValue of [outcomes::PolicyValue] {
        ips: [Estimate],
        #[serde(skip_serializing_if = "Option::is_none")]
        snips: [Option<Estimate>],
        #[serde(skip_serializing_if = "Option::is_none")]
        no_snips: [Option<String>],
        doubly_robust: [Estimate], effective_rows: [f64], largest_ratio: [f64],
    }
}

/// The result of the fit: `logged` is the mean reward of the logged decisions, `old` and `new` the estimated
/// rewards of the current policy and of fitted ones, and `gain` their difference on the same rows. `policy`
/// is the file that was written, where the new weights are accepted.
#[napi(object, object_from_js = false)]
pub struct TrainedRoute {
    pub rows: f64,
    pub routes: OutcomesByRoute,
    pub logged: Estimate,
    pub old: PolicyValue,
    pub new: PolicyValue,
    pub gain: Estimate,
    pub penalty: f64,
    pub error: f64,
    pub accepted: bool,
    pub reason: String,
    pub policy: Option<String>,
}

impl Mirror<outcomes::TrainedRoute> for TrainedRoute {
    fn of(core: outcomes::TrainedRoute) -> Self {
        let outcomes::TrainedRoute { report, policy } = core;
        let LearnReport { rows, routes, logged, old, new, gain, penalty, error, accepted, reason } = report;
        Self {
            rows: Mirror::of(rows),
            routes: Mirror::of(routes),
            logged: Mirror::of(logged),
            old: Mirror::of(old),
            new: Mirror::of(new),
            gain: Mirror::of(gain),
            penalty,
            error,
            accepted,
            reason,
            policy: policy.map(|file| file.display().to_string()),
        }
    }
}

/// A decision, and the policy that made it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    record: DecisionRecord,
    policy: Option<PolicySource>,
}

impl Decision {
    /// The answer, as JSON.
    fn again(self) -> Result<String> {
        let policy = self.policy.as_ref().map(PolicySource::read).transpose()?.unwrap_or_default();
        let answer = replay(&self.record, &policy)??;
        serde_json::to_string(&RouteAnalysis::of(answer))
            .map_err(|e| Error::new(ErrorKind::Internal, e.to_string()))
    }
}

/// Makes a decision again. The record and its policy are JSON, and so is the answer, a `RouteAnalysis`.
#[napi(js_name = "replay")]
pub fn replay_decision(decision: String) -> Either<String, Failure> {
    let answer = from_json(decision.as_bytes()).and_then(Decision::again);
    answer.map_or_else(|error| Either::B(error.into()), Either::A)
}

/// Fits a policy's weights to outcomes, and writes the policy where they are better; the training is
/// JSON.
#[napi(js_name = "trainRoute", ts_return_type = "Promise<TrainedRoute | Failure>")]
pub fn train_policy<'env>(env: &'env Env, training: String, work: &NativeWork) -> napi::Result<Object<'env>> {
    let on_progress = work.reporter();
    let run = move || {
        let training: RouteTraining = from_json(training.as_bytes())?;
        train_route(&training, &on_progress)
    };
    on_thread(env, move |promise| promise.settle(run().map(TrainedRoute::of)))
}
