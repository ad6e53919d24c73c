//! ELECTRA's discriminator (Clark et al. 2020): BERT whose embeddings may be narrower than its layers.

use super::{Family, Names, bert};
use crate::Result;
use crate::config::{Activation, Architecture, Classifier, Config, Fields, Projection, SIZES, like_bert};

pub(super) const FAMILY: Family = Family {
    name: "ELECTRA",
    model_types: &[("electra", "ElectraForSequenceClassification")],
    config,
    prefix: "electra.",
    names: Names { projection: "embeddings_project", ..bert::NAMES },
    dense: "classifier.dense",
    dense_norm: None,
    classifier: "classifier.out_proj",
};

fn config(fields: &Fields<'_>) -> Result<Config> {
    bert::absolute(fields)?;
    let config = like_bert(fields, Architecture::Electra, &SIZES)?;
    let embedding_size = fields.size("embedding_size", 1 << 14)?;
    let same = embedding_size == config.hidden_size;
    Ok(Config {
        token_types: fields.size("type_vocab_size", 1 << 10)?,
        classifier: Classifier { activation: Activation::Gelu, ..config.classifier },
        embedding_size,
        projection: if same { Projection::Nothing } else { Projection::AfterNorm },
        ..config
    })
}
