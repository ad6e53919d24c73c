//! The labels of a sequence classifier, and how its logits become their probabilities.

use super::{Fields, ProblemType};
use crate::{ModelError, Result};

/// `id2label` in the order of the ids, where the file has it.
pub(super) fn labels(fields: &Fields<'_>) -> Result<Option<Vec<String>>> {
    let Some(value) = fields.get("id2label") else { return Ok(None) };
    let bad = |reason: String| ModelError::config("id2label", reason);
    let map = value.as_object().ok_or_else(|| bad("is not an object".into()))?;
    let mut labels = vec![None; map.len()];
    for (id, label) in map {
        let slot = id.parse::<usize>().ok().and_then(|id| labels.get_mut(id));
        let slot = slot.ok_or_else(|| bad(format!("key `{id}` is not an id from 0 to {}", map.len() - 1)))?;
        let label = label.as_str().ok_or_else(|| bad(format!("label of `{id}` is not a string")))?;
        *slot = Some(label.to_owned());
    }
    let labels: Option<Vec<String>> = labels.into_iter().collect();
    let labels = labels.ok_or_else(|| bad("two keys are the same id".into()))?;
    let mut seen = std::collections::BTreeSet::new();
    match labels.iter().find(|label| !seen.insert(label.as_str())) {
        Some(twice) => Err(bad(format!("label `{twice}` is there twice"))),
        None => Ok((!labels.is_empty()).then_some(labels)),
    }
}

/// `problem_type`, where the file has it.
pub(super) fn problem_type(fields: &Fields<'_>) -> Result<Option<ProblemType>> {
    match fields.string("problem_type")? {
        None => Ok(None),
        Some("single_label_classification") => Ok(Some(ProblemType::SingleLabel)),
        Some("multi_label_classification") => Ok(Some(ProblemType::MultiLabel)),
        Some("regression") => Ok(Some(ProblemType::Regression)),
        Some(other) => Err(ModelError::config(
            "problem_type",
            format!(
                "`{other}` is not one of single_label_classification, multi_label_classification, regression"
            ),
        )),
    }
}
