//! What an engine is made of and what it has done; what a training did.

use frontdesk::{metrics, train};

use crate::analysis::ModelInfo;
use crate::mirror::{Mirror, mirror};

mirror! {
    ["What an engine is made of. `maxTokens` are read of a text, special tokens counted."]
    Info of [frontdesk::Info] {
        model: [ModelInfo], sentiment_model: [Option<ModelInfo>], outputs: [Vec<String>], heads: [Vec<HeadInfo>],
        max_tokens: [f64], device: [String], precision: [String], threads: [f64], cpu_features: [Vec<String>],
        version: [String],
    }
    ["One head of the model; its labels in the order of the logits."]
    HeadInfo of [frontdesk::HeadInfo] { name: [String], labels: [Vec<String>], }
    ["What an engine has done since it was opened: tickets that wait, calls accepted and refused, tickets answered, tokens"]
    ["read; the time in the queue, the time of a forward pass, the texts of a batch. Durations are in seconds."]
    Metrics of [frontdesk::Metrics] {
        queue_depth: [f64], calls: [f64], overloaded: [f64], tickets: [f64], tokens: [f64],
        queue_seconds: [Histogram], inference_seconds: [Histogram], batch_texts: [Histogram],
    }
    ["Observations counted by upper bound, and their sum."]
    Histogram of [metrics::Histogram] { buckets: [Vec<Bucket>], sum: [f64], }
    ["What a training did: `value` is the metric on the validation rows at the epoch that was kept."]
    Report of [train::Report] {
        task: [String], labels: [Vec<String>], train_rows: [f64], valid_rows: [f64], validation: [String],
        metric: [String], value: [f64], epoch: [f64], temperature: [f64],
    }
}

/// Observations at or under `bound` and over the bound before; the last bound is infinite.
#[napi_derive::napi(object, object_from_js = false)]
#[derive(serde::Serialize)]
pub struct Bucket {
    pub bound: f64,
    pub count: f64,
}

impl Mirror<(f64, u64)> for Bucket {
    fn of((bound, count): (f64, u64)) -> Self {
        Self { bound, count: Mirror::of(count) }
    }
}
