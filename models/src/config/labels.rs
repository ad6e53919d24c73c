//! The labels of a sequence classifier, and how its logits become their probabilities.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Fields, ProblemType};
use crate::{ModelError, Result};

/// The most that `num_labels` may say: it makes so many names, and takes no more than a line to say it.
const MAX_NUM_LABELS: usize = 1 << 16;

/// The labels in the order of their ids, as transformers has them: those of `id2label`, or `LABEL_0` and so on
/// where `num_labels` is another number than that of its names, or the file has no `id2label`. `None` where it
/// has neither.
///
/// A name that is a number, a boolean or null is as JSON writes it. Each name is there once: the second of a
/// name `a` becomes `a (2)`, or the next number that no name has.
pub(super) fn labels(fields: &Fields<'_>) -> Result<Option<Vec<String>>> {
    let named = id2label(fields)?;
    match num_labels(fields)? {
        Some(count) if named.as_ref().is_none_or(|named| named.len() != count) => {
            Ok(Some((0..count).map(|id| format!("LABEL_{id}")).collect()))
        }
        _ => Ok(named.map(distinct)),
    }
}

fn num_labels(fields: &Fields<'_>) -> Result<Option<usize>> {
    fields.get("num_labels").map(|_| fields.size("num_labels", MAX_NUM_LABELS)).transpose()
}

fn id2label(fields: &Fields<'_>) -> Result<Option<Vec<String>>> {
    let Some(value) = fields.get("id2label") else { return Ok(None) };
    let bad = |reason: String| ModelError::config("id2label", reason);
    let map = value.as_object().ok_or_else(|| bad("is not an object".into()))?;
    let mut labels = vec![None; map.len()];
    for (id, label) in map {
        let slot = id.trim().parse::<usize>().ok().and_then(|id| labels.get_mut(id));
        let slot = slot.ok_or_else(|| bad(format!("key `{id}` is not an id from 0 to {}", map.len() - 1)))?;
        let label = match label {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) | Value::Null => label.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err(bad(format!("label of `{id}` is a list or an object, which no name is")));
            }
        };
        *slot = Some(label);
    }
    let labels: Option<Vec<String>> = labels.into_iter().collect();
    let labels = labels.ok_or_else(|| bad("two keys are the same id".into()))?;
    Ok((!labels.is_empty()).then_some(labels))
}

/// The same labels, each once.
fn distinct(mut labels: Vec<String>) -> Vec<String> {
    let mut taken: HashSet<String> = labels.iter().cloned().collect();
    if taken.len() == labels.len() {
        return labels;
    }
    let mut seen = HashMap::new();
    for label in &mut labels {
        // The number of the last one of this name, so that many of one name take no time together.
        let Some(last) = seen.get_mut(label) else {
            seen.insert(label.clone(), 1_usize);
            continue;
        };
        let mut name;
        loop {
            *last += 1;
            name = format!("{label} ({last})");
            if taken.insert(name.clone()) {
                break;
            }
        }
        *label = name;
    }
    labels
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
