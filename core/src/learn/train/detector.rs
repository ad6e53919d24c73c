//! The head that detects texts outside of the domain, learnt from examples of them.

use super::HeadData;
use super::head::Written;
use super::options::TrainOptions;
use super::task::kind_of;
use crate::model::bundle::{DetectorManifest, HeadKind};
use crate::{Error, Result};

/// The share of the validation rows inside that may be called outside.
const INSIDE_REFUSED: f64 = 0.002;

/// A text is outside only where that is likelier than not.
const LEAST: f32 = 0.5;

/// The place of the detector among the heads that are trained, where there is one.
pub(super) fn place(heads: &[HeadData<'_>], options: &TrainOptions) -> Result<Option<usize>> {
    let Some(name) = &options.detector else { return Ok(None) };
    let invalid = |message: String| Err(Error::invalid("detector", message));
    let Some(place) = heads.iter().position(|head| head.task == name) else {
        return invalid(format!("no head is called `{name}`"));
    };
    if kind_of(&heads[place]) != HeadKind::MultiLabel {
        return invalid(format!("the head `{name}` is not multi-label"));
    }
    if heads.len() == 1 {
        return invalid("a detector is trained with the heads that it serves".to_owned());
    }
    Ok(Some(place))
}

/// Refuses a detector that tells more than one thing apart.
pub(super) fn check_labels(name: &str, labels: &[String]) -> Result<()> {
    if let [_] = labels {
        return Ok(());
    }
    let message =
        format!("`{name}` has the labels {}; a detector has one, for texts outside", labels.join(", "));
    Err(Error::invalid("detector", message))
}

/// Makes the other heads abstain by the one at `place`, whose logits of its validation rows these are.
pub(super) fn join(written: &mut [Written], place: usize, logits: &[Vec<f32>], targets: &[Vec<usize>]) {
    let meaning = written[place].manifest.meaning();
    let inside = logits.iter().zip(targets).filter(|(_, target)| target.is_empty());
    let mut scores: Vec<f32> = inside.map(|(logits, _)| meaning.scores(logits)[0]).collect();
    scores.sort_by(f32::total_cmp);
    let last = scores.len().saturating_sub(1);
    let beyond = scores.get((last as f64 * (1.0 - INSIDE_REFUSED)).ceil() as usize);
    let limit = beyond.copied().unwrap_or(LEAST).max(LEAST);
    let head = meaning.name;
    for (_, other) in written.iter_mut().enumerate().filter(|(index, _)| *index != place) {
        other.manifest.detector = Some(DetectorManifest { head: head.clone(), limit });
    }
}
