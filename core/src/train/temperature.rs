//! Temperature scaling (Guo et al. 2017): one number that makes scores probabilities.

use frontdesk_models::heads::{Link, probabilities};

/// The temperature from 0.05 to 20 with the least negative log-likelihood on held-out logits, by golden-section search on
/// its logarithm (the likelihood has one peak).
pub(super) fn fit(link: Link, logits: &[Vec<f32>], truth: &[Vec<usize>]) -> f32 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.05f64.ln(), 20f64.ln());
    for _ in 0..48 {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        if loss(link, logits, truth, left.exp()) < loss(link, logits, truth, right.exp()) {
            high = right;
        } else {
            low = left;
        }
    }
    f64::midpoint(low, high).exp() as f32
}

pub(super) fn loss(link: Link, logits: &[Vec<f32>], truth: &[Vec<usize>], temperature: f64) -> f64 {
    let row = |(logits, truth): (&Vec<f32>, &Vec<usize>)| -> f64 {
        let scaled: Vec<f32> = logits.iter().map(|x| (f64::from(*x) / temperature) as f32).collect();
        let scores = probabilities(link, &scaled);
        let log = |p: f32| f64::from(p).max(1e-12).ln();
        match link {
            Link::Sigmoid => {
                let score = |(i, &p): (usize, &f32)| if truth.contains(&i) { log(p) } else { log(1.0 - p) };
                -scores.iter().enumerate().map(score).sum::<f64>()
            }
            _ => -truth.first().map_or(0.0, |&label| log(scores[label])),
        }
    };
    logits.iter().zip(truth).map(row).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels drawn so that softmax(logits / 3) is right: the search must find 3.
    #[test]
    fn finds_the_temperature_that_made_the_labels() {
        let mut logits = Vec::new();
        let mut truth = Vec::new();
        for step in 0..40 {
            let x = step as f32 / 4.0;
            let share = f64::from(probabilities(Link::Softmax, &[x / 3.0, 0.0])[0]);
            for index in 0..1000 {
                logits.push(vec![x, 0.0]);
                truth.push(vec![usize::from(f64::from(index) + 0.5 > share * 1000.0)]);
            }
        }
        let found = fit(Link::Softmax, &logits, &truth);
        assert!((found - 3.0).abs() < 0.02, "{found}");
    }
}
