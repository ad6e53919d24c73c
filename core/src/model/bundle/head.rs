//! A head's labels, calibration and thresholds: its logits as scores.

use frontdesk_models::config::{Config, ProblemType};
use frontdesk_models::heads::{Link, probabilities, softmax};

use super::scaling::Scaling;

/// The meaning of a head's logits.
#[derive(Debug, Clone)]
pub(crate) struct HeadMeaning {
    pub(crate) name: String,
    pub(crate) link: Link,
    pub(crate) labels: Vec<String>,
    pub(crate) temperature: f32,
    pub(crate) scaling: Option<Scaling>,
    pub(crate) abstain_below: f32,
    pub(crate) thresholds: Vec<Option<f32>>,
    /// Where the network's distance to the head's domain is, and the largest that is inside.
    pub(crate) domain: Option<(usize, f32)>,
    /// The place of the head that detects texts outside of the domain, and its largest probability inside.
    pub(crate) detector: Option<(usize, f32)>,
}

impl HeadMeaning {
    /// A head that is not calibrated, never abstains and knows no domain.
    pub(crate) fn plain(name: &str, link: Link, labels: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            link,
            labels,
            temperature: 1.0,
            scaling: None,
            abstain_below: 0.0,
            thresholds: Vec::new(),
            domain: None,
            detector: None,
        }
    }

    /// The one head of a checkpoint of transformers, with so many logits. What its configuration leaves open is
    /// as transformers' text-classification pipeline has it.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn of_checkpoint(config: &Config, logits: usize) -> Result<Self, String> {
        let labels =
            config.labels.clone().unwrap_or_else(|| (0..logits).map(|i| format!("LABEL_{i}")).collect());
        if labels.len() != logits {
            return Err(format!("names {} labels, the classifier has {logits}", labels.len()));
        }
        let link = match config.problem_type {
            Some(ProblemType::SingleLabel) if logits == 1 => {
                return Err(
                    "has the problem_type single_label_classification with one label; regression and \
                            multi_label_classification have one"
                        .to_owned(),
                );
            }
            Some(ProblemType::SingleLabel) => Link::Softmax,
            Some(ProblemType::MultiLabel) => Link::Sigmoid,
            Some(ProblemType::Regression) => Link::Identity,
            None if logits == 1 => Link::Sigmoid,
            None => Link::Softmax,
        };
        Ok(Self::plain("label", link, labels))
    }

    /// Calibrated logits. A scaling may change which label is best.
    pub(crate) fn scaled(&self, logits: &[f32]) -> Vec<f32> {
        match &self.scaling {
            Some(scaling) => scaling.apply(logits),
            None => logits.iter().map(|logit| logit / self.temperature).collect(),
        }
    }

    /// Whether the head abstains from an answer of this score; `label` is its index, where it is one of the
    /// head's.
    pub(crate) fn unsure(&self, label: Option<usize>, score: f32) -> bool {
        let threshold = match label.and_then(|label| self.thresholds.get(label)) {
            Some(threshold) => threshold.unwrap_or(f32::INFINITY),
            None => self.abstain_below,
        };
        // A regression's value is no probability.
        self.link != Link::Identity && score < threshold
    }

    /// The index of a label.
    pub(crate) fn label(&self, name: &str) -> Option<usize> {
        self.labels.iter().position(|label| label == name)
    }

    /// Calibrated scores from logits, in the order of the labels.
    pub(crate) fn scores(&self, logits: &[f32]) -> Vec<f32> {
        let scores = probabilities(self.link, &self.scaled(logits));
        // Logits so far apart that every level of an ordinal head vanished: fall back on equal scores.
        if scores.iter().all(|score| score.is_finite()) {
            scores
        } else {
            softmax(&vec![0.0; self.labels.len()])
        }
    }
}
