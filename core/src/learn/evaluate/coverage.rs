//! Coverage and precision where only scores from a threshold up are trusted.

use serde::Serialize;

use super::answers::Answers;

/// Points of a curve, at most.
const POINTS: usize = 100;

/// A point of the precision-coverage curve: of the labels that the model gave, those of at least this score
/// are kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoveragePoint {
    /// The least score that is kept, 0 to 1.
    pub threshold: f32,
    /// The share that is kept, above 0 and up to 1.
    pub coverage: f64,
    /// The share of those that is right, 0 to 1.
    pub precision: f64,
}

/// The predictions at or above a score: how many are kept, and how many of these are right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) score: f32,
    pub(super) kept: usize,
    pub(super) right: usize,
}

/// Returns a step for each distinct score of the given labels, from the highest score down.
pub(super) fn steps(mut given: Vec<(f32, bool)>) -> Vec<Step> {
    given.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut steps: Vec<Step> = Vec::new();
    let mut right = 0;
    for (index, &(score, hit)) in given.iter().enumerate() {
        right += usize::from(hit);
        let step = Step { score, kept: index + 1, right };
        match steps.last_mut() {
            Some(last) if last.score.total_cmp(&score).is_eq() => *last = step,
            _ => steps.push(step),
        }
    }
    steps
}

/// The precision-coverage curve, from the highest score down to all given labels.
pub(super) fn curve(answers: &Answers<'_>) -> Vec<CoveragePoint> {
    let rows = answers.truth.iter().zip(answers.predictions);
    let given = rows.flat_map(|(truth, prediction)| prediction.given(truth));
    let steps = steps(given.map(|(_, score, right)| (score, right)).collect());
    let Some(all) = steps.last().map(|last| last.kept) else { return Vec::new() };
    let points = steps.len().min(POINTS);
    let point = |index: usize| {
        let step = steps[index * (steps.len() - 1) / (points - 1).max(1)];
        CoveragePoint {
            threshold: step.score,
            coverage: step.kept as f64 / all as f64,
            precision: step.right as f64 / step.kept as f64,
        }
    };
    (0..points).map(point).collect()
}
