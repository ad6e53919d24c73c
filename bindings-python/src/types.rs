//! Every structure that crosses the border, with its fields in the order of the dataclass.

use frontdesk::{Category, Column, doctor, evaluate, metrics, outcomes, train};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::mirror::{Mirror, mirror};

mirror! {
    "TrainEstimate" of [train::TrainEstimate] { steps, tokens, tokens_per_second, seconds, bytes }
    "Analysis" of [frontdesk::Analysis] { id, sentiment, category, route, tasks, abstain, usage, model }
    "SentimentAnalysis" of [frontdesk::SentimentAnalysis] { sentiment, score, emotions, urgency_level }
    "Emotions" of [frontdesk::Emotions] { joy, anger, frustration, satisfaction }
    "CategoryAnalysis" of [frontdesk::CategoryAnalysis] { category, score, labels }
    "LabelScore" of [frontdesk::LabelScore::<Category>] { label, score }
    "LabelScore" of [frontdesk::LabelScore::<String>] { label, score }
    "RouteAnalysis" of [frontdesk::RouteAnalysis] {
        recommended_route, confidence, reasoning, alternative_routes, contributions, would_change, excluded, propensity,
        explored, shadow, record,
    }
    "RouteScore" of [frontdesk::RouteScore] { route, score }
    "Contribution" of [frontdesk::Contribution] { feature, value, effect }
    "Reversal" of [frontdesk::Reversal] { route, feature, value, needed }
    "Exclusion" of [frontdesk::Exclusion] { route, rule }
    "Shadow" of [frontdesk::Shadow] { recommended_route, confidence, policy }
    "TaskAnalysis" of [frontdesk::TaskAnalysis] { task, result }
    "TaskResult" of [frontdesk::TaskResult] { label, score, labels }
    "Abstain" of [frontdesk::Abstain] { output, reason, queue }
    "Usage" of [frontdesk::Usage] { tokens, truncated, removed }
    "ModelInfo" of [frontdesk::ModelInfo] { name, version, digest }

    "Info" of [frontdesk::Info] {
        model, sentiment_model, outputs, heads, max_tokens, device, precision, threads, cpu_features, version,
    }
    "HeadInfo" of [frontdesk::HeadInfo] { name, labels }
    "Metrics" of [frontdesk::Metrics] {
        queue_depth, calls, overloaded, tickets, tokens, queue_seconds, inference_seconds, batch_texts,
    }
    "Histogram" of [metrics::Histogram] { buckets, sum }

    "Evaluation" of [evaluate::Evaluation] {
        task, rows, accuracy, macro_f1, ece, brier, nll, mean_absolute_error, spearman, abstention, automation, per_class,
        confusion, reliability, coverage, errors,
    }
    "Interval" of [evaluate::Interval] { value, low, high }
    "PerClass" of [evaluate::PerClass] { label, precision, recall, f1, support }
    "Confusion" of [evaluate::Confusion] { labels, matrix }
    "ReliabilityBin" of [evaluate::ReliabilityBin] { low, high, count, confidence, accuracy }
    "CoveragePoint" of [evaluate::CoveragePoint] { threshold, coverage, precision }
    "Abstention" of [evaluate::Abstention] { below, share, accuracy }
    "Automation" of [evaluate::Automation] { wanted, coverage, labels }
    "LabelThreshold" of [evaluate::LabelThreshold] { label, given, threshold, kept, coverage, precision, low }
    "Mistake" of [evaluate::Mistake] { line, truth, given, score, text }
    "Comparison" of [evaluate::Comparison] {
        task, rows, a, b, accuracy, macro_f1, ece, mean_absolute_error, mcnemar, flows, changes,
    }
    "Contrast" of [evaluate::Contrast] { a, b, difference, b_better }
    "McNemar" of [evaluate::McNemar] { fixed, broken, p_value }
    "Flow" of [evaluate::Flow] { before, after, count, fixed, broken }
    "Change" of [evaluate::Change] { line, truth, before, after, effect, text }
    "Report" of [train::Report] { method, heads, epoch, steps, curve, seconds, tokens_per_second }
    "HeadReport" of [train::HeadReport] {
        task, labels, train_rows, valid_rows, validation, metric, value, calibration, temperature, nll_before, nll_after,
        thresholds, findings,
    }
    "Threshold" of [train::Threshold] { label, score }
    "FindingReport" of [train::FindingReport] { kind, severity, rows, message }
    "Point" of [train::Point] { epoch, steps, loss, metrics }
    "RouteOutcomes" of [outcomes::RouteOutcomes] { rows, solved, reward }
    "Estimate" of [outcomes::ValueEstimate] { value, low, high }
    "PolicyValue" of [outcomes::PolicyValue] { ips, snips, no_snips, doubly_robust, effective_rows, largest_ratio }
    "Diagnosis" of [doctor::Diagnosis] { rows, labels, languages, findings }
    "RowCount" of [doctor::RowCount] { train, valid }
    "LabelCount" of [doctor::LabelCount] { label, train, valid }
    "LanguageCount" of [doctor::LanguageCount] { language, rows }
    "Finding" of [doctor::Finding] { kind, severity, message, labels, count, rows }
    "FindingRow" of [doctor::FindingRow] { file, line, other, similarity, margin, suggested, tokens, language }
    "Place" of [doctor::FindingPlace] { file, line }
}

impl Mirror for train::TrainProgress {
    /// The stage's name, and its figures by name.
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let (stage, figures) = match self {
            Self::Features { done, total } => ("Reading", [done.mirror(py)?, total.mirror(py)?].to_vec()),
            Self::Steps { epoch, epochs, done, total, loss, tokens_per_second } => {
                let counts = [epoch.mirror(py)?, epochs.mirror(py)?, done.mirror(py)?, total.mirror(py)?];
                let figures = [loss.mirror(py)?, tokens_per_second.mirror(py)?];
                ("Steps", counts.into_iter().chain(figures).collect())
            }
            Self::Epoch { epoch, epochs, loss, metric } => {
                let figures = [epoch.mirror(py)?, epochs.mirror(py)?, loss.mirror(py)?, metric.mirror(py)?];
                ("Epoch", figures.to_vec())
            }
        };
        py.import("frontdesk.types")?.getattr(stage)?.call1(PyTuple::new(py, figures)?)
    }
}

/// The columns of answers: name, type and values of each.
impl Mirror for frontdesk::Scores {
    fn mirror(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let column = |(name, column): (String, Column)| {
            let (kind, values) = match column {
                Column::Text(values) => ("text", PyList::new(py, values)?),
                Column::Score(values) => ("score", PyList::new(py, values)?),
                Column::Count(values) => ("count", PyList::new(py, values)?),
                Column::Flag(values) => ("flag", PyList::new(py, values)?),
            };
            Ok((name, kind, values))
        };
        let columns: Vec<_> = self.columns.into_iter().map(column).collect::<PyResult<_>>()?;
        Ok(PyList::new(py, columns)?.into_any())
    }
}
