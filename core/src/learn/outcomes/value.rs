//! Off-policy estimates: the reward that a policy would have earned, from the decisions of another one.

use serde::Serialize;

/// One logged decision, with the figures of the policy that is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    /// The reward of the decision.
    pub(super) reward: f64,
    /// The probability that the judged policy gives the route that was taken, over the one that it had.
    pub(super) ratio: f64,
    /// The expected reward of the judged policy's routes, by a model that was not fitted to the row.
    pub(super) expected: f64,
    /// The expected reward of the route that was taken, by the same model.
    pub(super) expected_of_taken: f64,
}

/// A mean with its 95 % interval of the normal approximation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ValueEstimate {
    /// The mean reward of a decision.
    pub value: f64,
    /// The lower end: 1.96 standard errors below the mean.
    pub low: f64,
    /// The upper end: 1.96 standard errors above it.
    pub high: f64,
}

/// The value of a policy, by three estimators.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PolicyValue {
    /// Inverse propensity scoring (Horvitz & Thompson 1952): unbiased, of high variance.
    pub ips: ValueEstimate,
    /// Its self-normalised form (Swaminathan & Joachims 2015): of less variance, a little biased; `None`
    /// where `no_snips` says why there is no estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snips: Option<ValueEstimate>,
    /// The reason for which there is no self-normalised estimate: the policy takes none of the logged routes,
    /// and the mean of no decision is no number. `None` where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_snips: Option<&'static str>,
    /// Doubly robust (Dudík, Langford & Li 2011): consistent where the propensities or the model of the
    /// rewards are right.
    pub doubly_robust: ValueEstimate,
    /// The effective number of decisions of the policy in the log, `(Σ w)² / Σ w²` (Kish 1965); 0 to the
    /// number of rows.
    pub effective_rows: f64,
    /// The largest importance weight: the ratio of the two policies' probabilities of the taken route.
    pub largest_ratio: f64,
}

/// See [`PolicyValue::no_snips`].
const NONE_TAKEN: &str = "the policy takes none of the logged routes";

const NORMAL_95: f64 = 1.959_963_984_540_054;

/// The mean of values, with the interval of the central limit theorem.
pub(super) fn mean(values: impl Iterator<Item = f64> + Clone) -> ValueEstimate {
    let count = values.clone().count() as f64;
    let value = values.clone().sum::<f64>() / count;
    let variance = values.map(|x| (x - value).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    around(value, (variance / count).sqrt())
}

fn around(value: f64, error: f64) -> ValueEstimate {
    ValueEstimate { value, low: value - NORMAL_95 * error, high: value + NORMAL_95 * error }
}

/// Returns a row's term of the doubly robust estimate.
pub(super) fn doubly_robust(row: &Judged) -> f64 {
    row.expected + row.ratio * (row.reward - row.expected_of_taken)
}

impl PolicyValue {
    /// Of the rows of a log, at least one.
    pub(super) fn of(rows: &[Judged]) -> Self {
        let weight: f64 = rows.iter().map(|row| row.ratio).sum();
        let squares: f64 = rows.iter().map(|row| row.ratio * row.ratio).sum();
        let earned: f64 = rows.iter().map(|row| row.ratio * row.reward).sum();
        let snips = (weight > 0.0).then(|| {
            let value = earned / weight;
            // The delta method for a ratio of two means.
            let spread: f64 = rows.iter().map(|row| (row.ratio * (row.reward - value)).powi(2)).sum();
            around(value, spread.sqrt() / weight)
        });
        Self {
            ips: mean(rows.iter().map(|row| row.ratio * row.reward)),
            snips,
            no_snips: snips.is_none().then_some(NONE_TAKEN),
            doubly_robust: mean(rows.iter().map(doubly_robust)),
            effective_rows: if squares > 0.0 { weight * weight / squares } else { 0.0 },
            largest_ratio: rows.iter().fold(0.0, |most, row| row.ratio.max(most)),
        }
    }
}
