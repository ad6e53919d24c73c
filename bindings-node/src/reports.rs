//! Descriptions and metrics of an engine, reports of a training, and findings in rows.

use frontdesk::{doctor, metrics, train};

use crate::analysis::ModelInfo;
use crate::mirror::{Mirror, mirror};

mirror! {
    ["The description of an engine. `maxTokens` are read of a text, special tokens counted."]
    Info of [frontdesk::Info] {
        model: [ModelInfo], sentiment_model: [Option<ModelInfo>], outputs: [Vec<String>], heads: [Vec<HeadInfo>],
        max_tokens: [f64], device: [String], precision: [String], threads: [f64], cpu_features: [Vec<String>],
        version: [String],
    }
    ["One head of the model; its labels in the order of the logits."]
    HeadInfo of [frontdesk::HeadInfo] { name: [String], labels: [Vec<String>], }
    ["The metrics of an engine since it was opened: tickets that wait, calls accepted and refused, tickets answered, tokens"]
    ["read; the time in the queue, the time of a forward pass, the texts of a batch. Durations are in seconds."]
    Metrics of [frontdesk::Metrics] {
        queue_depth: [f64], calls: [f64], overloaded: [f64], tickets: [f64], tokens: [f64],
        queue_seconds: [Histogram], inference_seconds: [Histogram], batch_texts: [Histogram],
    }
    ["Observations counted by upper bound, and their sum."]
    Histogram of [metrics::Histogram] { buckets: [Vec<Bucket>], sum: [f64], }
    ["The report of a training; `epoch` is the one that was kept, `method` is frozen, full or lora."]
    Report of [train::Report] {
        method: [String], heads: [Vec<HeadReport>], epoch: [f64], steps: [f64], curve: [Vec<Point>], seconds: [f64],
        tokens_per_second: [f64],
    }
    ["The estimate of a training that runs through all its epochs: steps of the optimizer, tokens to train on, tokens a second of"]
    ["the steps that were timed (0 for a frozen trunk), seconds, and bytes of memory at the peak."]
    TrainEstimate of [train::TrainEstimate] {
        steps: [f64], tokens: [f64], tokens_per_second: [f64], seconds: [f64], bytes: [f64],
    }
    ["The report of one head: `value` is the metric on the validation rows, of the model as it was written."]
    HeadReport of [train::HeadReport] {
        task: [String], labels: [Vec<String>], train_rows: [f64], valid_rows: [f64], validation: [String],
        metric: [String], value: [f64], calibration: [String], temperature: [f64], nll_before: [f64],
        nll_after: [f64], thresholds: [Vec<Threshold>], findings: [Vec<FindingReport>],
    }
    ["The score from which on a label has the wanted precision; none where no score has it."]
    Threshold of [train::Threshold] { label: [String], score: [Option<f64>], }
    ["A finding of the doctor in the rows of a head; `severity` is stop, warn or note."]
    FindingReport of [train::FindingReport] { kind: [String], severity: [String], rows: [f64], message: [String], }
    ["One epoch of a training: the steps until its end, the mean loss, and the metric of each head."]
    Point of [train::Point] { epoch: [f64], steps: [f64], loss: [f64], metrics: [Vec<f64>], }
    ["The result of an examination of labelled rows, the gravest finding first; the languages are those of the rows to train on, ISO 639-3."]
    Diagnosis of [doctor::Diagnosis] {
        rows: [RowCount], labels: [Vec<LabelCount>], languages: [Vec<LanguageCount>], findings: [Vec<Finding>],
    }
    ["Rows to train on, and to validate on."]
    RowCount of [doctor::RowCount] { train: [f64], valid: [f64], }
    ["The number of rows that have a label."]
    LabelCount of [doctor::LabelCount] { label: [String], train: [f64], valid: [f64], }
    ["The number of rows to train on that are in a language."]
    LanguageCount of [doctor::LanguageCount] { language: [String], rows: [f64], }
    ["One finding, the labels that it is about, and the rows; `count` is their number."]
    Finding of [doctor::Finding] {
        kind: [String],
        #[napi(ts_type = "'stop' | 'warn' | 'note'")]
        severity: [String],
        message: [String], labels: [Vec<String>], count: [f64], rows: [Vec<FindingRow>],
    }
    ["A row that a finding is about, with its particulars: the row that it is a pair with and their similarity, 0 to 1; the"]
    ["probability of its label less that of the likeliest other, and the label that it should perhaps have; its tokens; its language."]
    FindingRow of [doctor::FindingRow] {
        #[napi(ts_type = "'train' | 'valid'")]
        file: [String],
        line: [f64], other: [Option<Place>], similarity: [Option<f64>], margin: [Option<f64>],
        suggested: [Option<String>], tokens: [Option<f64>], language: [Option<String>],
    }
    ["The place of a row."]
    Place of [doctor::FindingPlace] {
        #[napi(ts_type = "'train' | 'valid'")]
        file: [String],
        line: [f64],
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
