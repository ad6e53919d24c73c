//! Calibration: reliability bins, expected calibration error, Brier score, log-likelihood.

use serde::Serialize;

use super::answers::Answers;

const BINS: usize = 15;

/// The least probability that a logarithm is taken of.
const FLOOR: f64 = 1e-12;

/// A bin of the scores from `low` to below `high` (the last bin: to 1), with the share of them that was
/// right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// The least score of the bin.
    pub low: f64,
    /// The least score of the next bin.
    pub high: f64,
    /// The number of scores.
    pub count: usize,
    /// Their mean, 0 to 1; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// The share of them that was right, 0 to 1; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
}

/// Each row's scores, each with whether its claim is true: the given label's score, or every label's of a
/// multi-label head.
pub(super) type Claims = Vec<Vec<(f32, bool)>>;

pub(super) fn claims(answers: &Answers<'_>) -> Claims {
    let claim = |(truth, prediction): (&Vec<usize>, &super::Prediction)| -> Vec<(f32, bool)> {
        if answers.multi() {
            let scores = prediction.scores.iter().enumerate();
            scores.map(|(label, &score)| (score, truth.contains(&label))).collect()
        } else {
            prediction.given(truth).map(|(_, score, right)| (score, right)).collect()
        }
    };
    answers.truth.iter().zip(answers.predictions).map(claim).collect()
}

#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    count: usize,
    confidence: f64,
    right: usize,
}

fn bins(claims: &Claims, rows: impl Iterator<Item = usize>) -> [Bin; BINS] {
    let mut bins = [Bin::default(); BINS];
    for &(score, right) in rows.flat_map(|row| &claims[row]) {
        let bin = &mut bins[((score * BINS as f32) as usize).min(BINS - 1)];
        bin.count += 1;
        bin.confidence += f64::from(score);
        bin.right += usize::from(right);
    }
    bins
}

pub(super) fn reliability(claims: &Claims) -> Vec<ReliabilityBin> {
    let edge = |index: usize| index as f64 / BINS as f64;
    let bin = |(index, bin): (usize, &Bin)| {
        let mean = |sum: f64| (bin.count > 0).then(|| sum / bin.count as f64);
        ReliabilityBin {
            low: edge(index),
            high: edge(index + 1),
            count: bin.count,
            confidence: mean(bin.confidence),
            accuracy: mean(bin.right as f64),
        }
    };
    bins(claims, 0..claims.len()).iter().enumerate().map(bin).collect()
}

/// Σ over bins of |confidence - accuracy|, weighted by the bin's share (Guo et al. 2017).
pub(super) fn expected_calibration_error(claims: &Claims, rows: &[usize]) -> f64 {
    let bins = bins(claims, rows.iter().copied());
    let total: usize = bins.iter().map(|bin| bin.count).sum();
    let gap: f64 = bins.iter().map(|bin| (bin.confidence - bin.right as f64).abs()).sum();
    if total == 0 { 0.0 } else { gap / total as f64 }
}

/// Each row's Σ over labels of (probability - truth)², from 0 to 2 (Brier 1950); the mean over the labels,
/// from 0 to 1, of a multi-label head.
pub(super) fn brier(answers: &Answers<'_>) -> Vec<f64> {
    per_row(answers, &|row, label, score| {
        (f64::from(score) - f64::from(u8::from(answers.truth[row].contains(&label)))).powi(2)
    })
}

/// Each row's -ln of the probability of its label; the mean over the labels of a multi-label head.
pub(super) fn negative_log_likelihood(answers: &Answers<'_>) -> Vec<f64> {
    per_row(answers, &|row, label, score| {
        let (score, there) = (f64::from(score), answers.truth[row].contains(&label));
        match (there, answers.multi()) {
            (true, _) => -libm::log(score.max(FLOOR)),
            (false, true) => -libm::log((1.0 - score).max(FLOOR)),
            (false, false) => 0.0,
        }
    })
}

/// Returns each row's sum of `part` over its labels' scores; the mean for a multi-label head.
fn per_row(answers: &Answers<'_>, part: &dyn Fn(usize, usize, f32) -> f64) -> Vec<f64> {
    let over = if answers.multi() { answers.labels.len() as f64 } else { 1.0 };
    let row = |(row, prediction): (usize, &super::Prediction)| {
        let parts = prediction.scores.iter().enumerate().map(|(label, &score)| part(row, label, score));
        parts.sum::<f64>() / over
    };
    answers.predictions.iter().enumerate().map(row).collect()
}
