//! Logits to probabilities. The exponential is a library of this build, not the system's, whose last bits
//! differ from machine to machine.

/// The link from a head's logits to its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Exactly one label holds.
    Softmax,
    /// Each label holds or not.
    Sigmoid,
    /// The logits are the values.
    Identity,
    /// Cumulative logits of an ordered scale (see [`ordinal_probabilities`]).
    Ordinal,
}

/// Returns the output of the link for the logits: as many values as logits, one more for [`Link::Ordinal`].
pub fn probabilities(link: Link, logits: &[f32]) -> Vec<f32> {
    match link {
        Link::Softmax => softmax(logits),
        Link::Sigmoid => logits.iter().map(|&x| sigmoid(x)).collect(),
        Link::Identity => logits.to_vec(),
        Link::Ordinal => ordinal_probabilities(logits),
    }
}

/// exp(xᵢ) / Σ exp(xⱼ), shifted by the largest logit so that nothing overflows. Finite logits give finite
/// probabilities that add up to 1.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps: Vec<f64> = logits.iter().map(|&x| libm::exp(f64::from(x) - f64::from(max))).collect();
    let sum: f64 = exps.iter().sum();
    exps.iter().map(|e| (e / sum) as f32).collect()
}

/// 1 / (1 + exp(-x)).
pub fn sigmoid(x: f32) -> f32 {
    (1.0 / (1.0 + libm::exp(-f64::from(x)))) as f32
}

/// Probabilities of the k + 1 levels of an ordered scale from k cumulative logits, where logit i is that of
/// "the level is above i" (Cao, Mirjalili, Raschka 2020, CORAL). Where the logits do not fall, a level's
/// probability is cut at 0 and the whole scaled back to 1.
pub fn ordinal_probabilities(logits: &[f32]) -> Vec<f32> {
    let above = logits.iter().map(|&x| f64::from(sigmoid(x)));
    let edges: Vec<f64> = std::iter::once(1.0).chain(above).chain(std::iter::once(0.0)).collect();
    let raw: Vec<f64> = edges.windows(2).map(|edge| (edge[0] - edge[1]).max(0.0)).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|p| (p / sum) as f32).collect()
}

/// The median level, from 0: how many of the cumulative logits say "above". It has the least expected
/// absolute error.
pub fn ordinal_level(logits: &[f32]) -> usize {
    logits.iter().filter(|&&x| x > 0.0).count()
}
