//! Ranks, and the figures that depend on ranks alone.

/// Ranks from 1; equal values share their mean rank.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = order[start..]
            .iter()
            .take_while(|&&i| values[i].total_cmp(&values[order[start]]).is_eq())
            .count();
        let mean = start as f64 + (same as f64 + 1.0) / 2.0;
        order[start..start + same].iter().for_each(|&i| ranks[i] = mean);
        start += same;
    }
    ranks
}

/// The area under the ROC curve of a score that should be higher for `positives` than for `negatives`: the
/// share of pairs in which it is, equal scores counted half (Mann & Whitney 1947; Hanley & McNeil 1982). 1 is
/// a perfect separation, 0.5 none, from 0 to 1. `None` where a group is empty or a score is NaN.
///
/// ```
/// let (at_home, elsewhere) = ([0.9, 0.8, 0.4], [0.5, 0.1]);
/// assert_eq!(frontdesk::evaluate::auroc(&elsewhere, &at_home), Some(5.0 / 6.0));
/// ```
pub fn auroc(negatives: &[f64], positives: &[f64]) -> Option<f64> {
    // Adding 0 makes -0 and 0 one score.
    let all: Vec<f64> = positives.iter().chain(negatives).map(|score| score + 0.0).collect();
    if negatives.is_empty() || positives.is_empty() || all.iter().any(|score| score.is_nan()) {
        return None;
    }
    let (n, m) = (positives.len() as f64, negatives.len() as f64);
    let sum: f64 = ranks(&all)[..positives.len()].iter().sum();
    Some((sum - n * (n + 1.0) / 2.0) / (n * m))
}
