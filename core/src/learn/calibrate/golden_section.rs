//! The lowest place of a function with one valley.

/// The argument between `low` and `high` where a function of one valley is lowest (Kiefer 1953).
pub(super) fn golden_section(mut low: f64, mut high: f64, loss: &dyn Fn(f64) -> f64) -> f64 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    for _ in 0..48 {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        if loss(left) < loss(right) {
            high = right;
        } else {
            low = left;
        }
    }
    f64::midpoint(low, high)
}
