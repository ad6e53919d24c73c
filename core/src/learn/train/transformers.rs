//! A single task as transformers has it: `AutoModelForSequenceClassification` opens the bundle's directory
//! and gives the same logits.

use std::collections::BTreeMap;

use frontdesk_models::heads::HeadSpec;
use frontdesk_models::weights::{Limits, Weights};
use serde_json::{Map, Value, json};

use super::base::Base;
use super::head::Written;
use super::tensors::{Tensors, serialize};
use crate::model::bundle::{HeadKind, PoolingName};
use crate::{Error, ErrorKind, Result};

/// The one head of a bundle, in the shape of a checkpoint's classifier.
pub(super) struct SequenceClassifier {
    labels: Vec<String>,
    problem: &'static str,
    /// `dense.…` and `output.…`.
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl SequenceClassifier {
    /// `None` where the heads are several, or of another shape than a classifier of the architecture.
    pub(super) fn of(base: &Base, written: &[Written], alone: bool) -> Option<Self> {
        let ([Written { manifest, tensors }], true) = (written, alone) else { return None };
        let problem = match manifest.kind {
            HeadKind::SingleLabel => "single_label_classification",
            HeadKind::MultiLabel => "multi_label_classification",
            HeadKind::Ordinal => return None,
        };
        let fits = manifest.pooling == PoolingName::Cls
            && manifest.dense == Some(base.config.hidden_size)
            && Some(manifest.activation) == base.between();
        fits.then(|| Self {
            labels: manifest.labels.clone(),
            problem,
            tensors: tensors
                .iter()
                .filter(|(name, ..)| !name.starts_with("domain."))
                .map(|(n, shape, values)| (n.clone(), (shape.clone(), values.clone())))
                .collect(),
        })
    }

    /// `config.json`, and the trunk's file with the classifier in it.
    pub(super) fn files(&self, base: &Base, trunk: &[u8], half: bool) -> Result<(Vec<u8>, Vec<u8>)> {
        let architecture = base.config.architecture;
        let HeadSpec { dense, output, .. } = base.classifier();
        let dense = dense.map(|dense| dense.name).unwrap_or_default();
        let internal = |e: serde_json::Error| Error::new(ErrorKind::Internal, e.to_string()).with_source(e);
        let mut config: Map<String, Value> = serde_json::from_slice(base.config_json()).map_err(internal)?;
        let by_id = self.labels.iter().enumerate().map(|(id, label)| (id.to_string(), json!(label)));
        let by_label = self.labels.iter().enumerate().map(|(id, label)| (label.clone(), json!(id)));
        let model_type = config.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let class = architecture.sequence_classifier(model_type);
        config.insert("architectures".into(), json!([class]));
        config.insert("id2label".into(), Value::Object(by_id.collect()));
        config.insert("label2id".into(), Value::Object(by_label.collect()));
        config.insert("problem_type".into(), json!(self.problem));
        // Another number than that of the labels would take their names away.
        config.shift_remove("num_labels");

        let weights = Weights::from_bytes(trunk.to_vec(), Limits::default())?;
        let mut all = Tensors::new();
        for name in weights.names() {
            let shape = weights.shape(&name).unwrap_or_default().to_vec();
            let values = weights.values(&name, &shape)?;
            // A bare trunk's names have no prefix; a classifier's trunk has one.
            let prefix = architecture.prefix();
            let name = if name.starts_with(prefix) { name } else { format!("{prefix}{name}") };
            all.insert(name, (shape, values));
        }
        for (name, tensor) in &self.tensors {
            let name = match name.strip_prefix("dense") {
                Some(rest) => format!("{dense}{rest}"),
                None => name.replace("output", &output),
            };
            all.insert(name, tensor.clone());
        }
        Ok((serde_json::to_vec_pretty(&config).map_err(internal)?, serialize(&all, half)?))
    }
}
