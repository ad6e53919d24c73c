//! Exact statements about a share that was counted.

use statrs::function::beta::beta_reg;

/// The probability of `right` or more among `of` draws that are each right with probability `share` (above 0,
/// below 1).
pub(super) fn at_least(right: usize, of: usize, share: f64) -> f64 {
    if right == 0 {
        return 1.0;
    }
    beta_reg(right as f64, (of - right + 1) as f64, share)
}

/// The share that is exceeded with a confidence of 1 - `alpha`, one-sided (Clopper & Pearson 1934): the
/// smallest share under which the count is not rarer than `alpha`. By bisection, which cannot fail to end.
pub(super) fn lower_bound(right: usize, of: usize, alpha: f64) -> f64 {
    if right == 0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..52 {
        let middle = (low + high) / 2.0;
        if at_least(right, of, middle) <= alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The two-sided p-value of McNemar's exact test (McNemar 1947): how probable it is that the rows that one of
/// two models has right and the other wrong are divided so unequally, where both are equally good. 1 where
/// there are none.
pub(super) fn mcnemar(one: usize, other: usize) -> f64 {
    (2.0 * at_least(one.max(other), one + other, 0.5)).min(1.0)
}
