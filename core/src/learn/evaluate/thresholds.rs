//! The lowest score from which on a label has a wanted precision, with confidence.

use serde::Serialize;

use super::answers::{Answers, Prediction};
use super::binomial::{at_least, lower_bound};
use super::coverage::{Step, steps};

/// The probability that a label's threshold is worse than wanted: 5 %.
const ALPHA: f64 = 0.05;

/// The labels that could be acted upon without a person, each from a score on.
///
/// Each label's claim holds with a confidence of 95 % by itself, for messages like those of the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Automation {
    /// The wanted precision, above 0 and below 1: [`super::EvaluateOptions::automate_at`].
    pub wanted: f64,
    /// The share of all given labels that is kept, 0 to 1.
    pub coverage: f64,
    /// Each label, in the order of the logits.
    pub labels: Vec<LabelThreshold>,
}

/// The lowest score from which on a label has the wanted precision. Where no threshold has it, `kept` and
/// `coverage` are 0 and the others are absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelThreshold {
    /// The label.
    pub label: String,
    /// The number of rows that the model gave it.
    pub given: usize,
    /// The least score that is kept, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// The number of the given rows that is kept.
    pub kept: usize,
    /// Their share of the given rows, 0 to 1.
    pub coverage: f64,
    /// The share of the kept rows that is right, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// The lower bound of the precision (Clopper & Pearson 1934); at least the wanted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
}

/// A threshold with the wanted precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Threshold {
    /// The least score that is kept.
    pub(crate) score: f32,
    /// Rows given the label with that score or more.
    pub(crate) kept: usize,
    /// Those of them that have it.
    pub(crate) right: usize,
    /// The lower bound of the precision, `wanted` or more.
    pub(crate) low: f64,
}

/// The lowest threshold of each of `labels` labels at which the precision is `wanted` (above 0, below 1) or
/// more, with a confidence of 95 %; `None` where none is.
///
/// Many thresholds are looked at, which by itself would make one of them look good by chance. So they are
/// tested in a fixed order (Learn then Test, Angelopoulos et al. 2021, algorithm 1): from each of a few
/// starts downwards, until one fails, and the starts share the probability of error. Starts and order depend
/// on the scores and on the number of rows, never on which are right; then the accepted thresholds are
/// all as good as wanted, with the confidence named. The tail of the binomial distribution holds for
/// rows that are right with different probabilities, too (Hoeffding 1956).
pub(crate) fn thresholds(
    labels: usize,
    truth: &[Vec<usize>],
    predictions: &[Prediction],
    wanted: f64,
) -> Vec<Option<Threshold>> {
    let given = given(labels, truth, predictions);
    given.into_iter().map(|given| lowest(&steps(given), wanted)).collect()
}

/// For each label, the score of each row that was given it, and whether it is right.
fn given(labels: usize, truth: &[Vec<usize>], predictions: &[Prediction]) -> Vec<Vec<(f32, bool)>> {
    let mut given = vec![Vec::new(); labels];
    for (truth, prediction) in truth.iter().zip(predictions) {
        for (label, score, right) in prediction.given(truth) {
            given[label].push((score, right));
        }
    }
    given
}

fn lowest(steps: &[Step], wanted: f64) -> Option<Threshold> {
    let (starts, alpha) = starts(steps.last()?.kept, wanted);
    let holds = |step: &&Step| at_least(step.right, step.kept, wanted) <= alpha;
    let walk = |start: usize| steps.iter().skip_while(|step| step.kept < start).take_while(holds).last();
    let step = starts.into_iter().filter_map(walk).max_by_key(|step| step.kept)?;
    let low = lower_bound(step.right, step.kept, alpha);
    // The bound is found to the last bit but one.
    Some(Threshold { score: step.score, kept: step.kept, right: step.right, low: low.max(wanted) })
}

/// Where the tests begin, in kept rows, and the probability of error of each start. The first start is the
/// least number of rows that could reach the wanted precision, the others double it, as many as fit: few rows
/// are tested once, with all the confidence.
fn starts(rows: usize, wanted: f64) -> (Vec<usize>, f64) {
    let shared = |count: usize| ALPHA / count as f64;
    let first = |count: usize| (libm::log(shared(count)) / libm::log(wanted)).ceil().max(1.0);
    let fits = |&count: &usize| first(count) * libm::exp2((count - 1) as f64) <= rows as f64;
    let count = (1..usize::BITS as usize).take_while(fits).last().unwrap_or(0);
    let starts = (0..count).map(|doubled| (first(count) as usize) << doubled).collect();
    (starts, shared(count.max(1)))
}

pub(super) fn automation(answers: &Answers<'_>, wanted: f64) -> Automation {
    let given = given(answers.labels.len(), answers.truth, answers.predictions);
    let given: Vec<usize> = given.iter().map(Vec::len).collect();
    let found = thresholds(answers.labels.len(), answers.truth, answers.predictions, wanted);
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let kept = |threshold: &Option<Threshold>| threshold.map_or(0, |found| found.kept);
    let coverage = share(found.iter().map(kept).sum(), given.iter().sum());
    let label = |(label, (&given, found)): (&String, (&usize, &Option<Threshold>))| LabelThreshold {
        label: label.clone(),
        given,
        threshold: found.map(|found| found.score),
        kept: kept(found),
        coverage: share(kept(found), given),
        precision: found.map(|found| found.right as f64 / found.kept as f64),
        low: found.map(|found| found.low),
    };
    let labels = answers.labels.iter().zip(given.iter().zip(&found)).map(label).collect();
    Automation { wanted, coverage, labels }
}
