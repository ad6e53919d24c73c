//! Abstention: the share of rows on which a head abstains, and its accuracy on the others.

use serde::Serialize;

use super::Interval;
use super::answers::Answers;
use super::bootstrap::Bootstrap;
use crate::model::bundle::HeadMeaning;

/// The share of rows on which a head abstains, and its accuracy on the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Abstention {
    /// The score below which the head abstains, 0 to 1; where it has a threshold for each label, those count
    /// instead.
    pub below: f32,
    /// The share of rows on which it abstains, 0 to 1.
    pub share: Interval,
    /// The share of right rows among those that it answers, 0 to 1; 0 where it answers none.
    pub accuracy: Interval,
}

/// Measures a head's abstention; `None` for a head that never abstains.
pub(super) fn abstention(
    head: &HeadMeaning,
    answers: &Answers<'_>,
    bootstrap: &Bootstrap,
) -> Option<Abstention> {
    if head.abstain_below <= 0.0 && head.thresholds.is_empty() {
        return None;
    }
    let abstains = |p: &super::Prediction| head.unsure(p.labels.first().copied(), p.confidence(head.link));
    let abstained: Vec<bool> = answers.predictions.iter().map(abstains).collect();
    let drawn = bootstrap.draw(&|rows| {
        let answered = rows.iter().filter(|&&row| !abstained[row]);
        let right = answered.clone().filter(|&&row| answers.right(row)).count();
        let answered = answered.count();
        vec![(rows.len() - answered) as f64 / rows.len() as f64, right as f64 / answered as f64]
    });
    Some(Abstention { below: head.abstain_below, share: drawn.interval(0), accuracy: drawn.interval(1) })
}
