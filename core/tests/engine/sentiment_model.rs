//! A two-label DistilBERT of the shape and names of distilbert-base-uncased-finetuned-sst-2-english, with
//! seeded random weights: alone, and as the sentiment model of the whole.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use frontdesk::{Engine, EngineOptions, ModelSource, NEUTRAL_BAND, Polarity, Ticket};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use safetensors::tensor::{Dtype, TensorView};

use crate::common;

const CONFIG: &str = r#"{
    "model_type": "distilbert", "architectures": ["DistilBertForSequenceClassification"], "activation": "gelu",
    "dim": 768, "hidden_dim": 3072, "n_heads": 12, "n_layers": 6, "vocab_size": 30522, "max_position_embeddings": 512,
    "finetuning_task": "sst-2", "id2label": {"0": "NEGATIVE", "1": "POSITIVE"}, "label2id": {"NEGATIVE": 0, "POSITIVE": 1}
}"#;

/// Every tensor of the checkpoint with its shape.
fn shapes() -> Vec<(String, Vec<usize>)> {
    let mut shapes = vec![
        ("distilbert.embeddings.word_embeddings.weight".to_owned(), vec![30522, 768]),
        ("distilbert.embeddings.position_embeddings.weight".to_owned(), vec![512, 768]),
    ];
    let mut linear = |name: String, output: usize, input: usize| {
        shapes.push((format!("{name}.weight"), vec![output, input]));
        shapes.push((format!("{name}.bias"), vec![output]));
    };
    for layer in 0..6 {
        let layer = format!("distilbert.transformer.layer.{layer}");
        for name in ["q_lin", "k_lin", "v_lin", "out_lin"] {
            linear(format!("{layer}.attention.{name}"), 768, 768);
        }
        linear(format!("{layer}.ffn.lin1"), 3072, 768);
        linear(format!("{layer}.ffn.lin2"), 768, 3072);
    }
    linear("pre_classifier".to_owned(), 768, 768);
    linear("classifier".to_owned(), 2, 768);
    let norms = (0..6).flat_map(|layer| {
        ["sa_layer_norm", "output_layer_norm"]
            .map(|norm| format!("distilbert.transformer.layer.{layer}.{norm}"))
    });
    for norm in norms.chain(["distilbert.embeddings.LayerNorm".to_owned()]) {
        shapes.extend(["weight", "bias"].map(|part| (format!("{norm}.{part}"), vec![768])));
    }
    shapes
}

/// The checkpoint; `confidence` scales the classifier, so that a small one stays within the neutral band.
fn checkpoint(confidence: f32) -> ModelSource {
    let mut random = StdRng::seed_from_u64(7);
    let mut tensors = Vec::new();
    for (name, shape) in shapes() {
        let is_norm_weight = name.contains("orm.weight");
        let scale = if name.starts_with("classifier") { confidence } else { 0.05 };
        let value = |random: &mut StdRng| {
            let noise = (random.random::<f32>() - 0.5) * scale;
            if is_norm_weight { 1.0 + noise } else { noise }
        };
        let count: usize = shape.iter().product();
        let bytes: Vec<u8> =
            (0..count).flat_map(|_| half::f16::from_f32(value(&mut random)).to_le_bytes()).collect();
        tensors.push((name, shape, bytes));
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name.clone(), TensorView::new(Dtype::F16, shape.clone(), bytes).unwrap())
    });
    let tokenizer = common::root().join("models/bundles/frontdesk-small/tokenizer.json");
    ModelSource::Bytes(BTreeMap::from([
        ("config.json".to_owned(), CONFIG.into()),
        ("tokenizer.json".to_owned(), std::fs::read(tokenizer).unwrap()),
        ("model.safetensors".to_owned(), safetensors::serialize(views, None).unwrap()),
    ]))
}

/// The model alone, and the whole with it in the place of the sentiment head.
fn engines(confidence: f32) -> (Engine, Engine) {
    let model = checkpoint(confidence);
    let alone = EngineOptions { model: model.clone(), ..EngineOptions::default() };
    let whole = EngineOptions { sentiment_model: Some(model), ..EngineOptions::default() };
    (Engine::open(alone).unwrap(), Engine::open(whole).unwrap())
}

fn bundled() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::open(EngineOptions::default()).unwrap())
}

#[test]
fn a_two_label_model_serves_alone_and_decides_the_sentiment_with_a_neutral_band() {
    let texts = [
        "Thanks for yesterday",
        "Production is blocked!",
        "The logo is still the old one, for the third time",
    ];
    let mut seen = Vec::new();
    for confidence in [0.01, 20.0] {
        let (alone, whole) = engines(confidence);
        assert_eq!(alone.info().heads[0].labels, ["NEGATIVE", "POSITIVE"]);
        for text in texts {
            let ticket = Ticket::new(text);
            let result = alone.analyze(&ticket).unwrap().tasks.remove(0).result;
            let positive = result.labels.iter().find(|l| l.label == "POSITIVE").unwrap().score;
            let margin = (2.0 * positive - 1.0).abs();
            let expected = match positive {
                _ if margin < NEUTRAL_BAND => (Polarity::Neutral, 1.0 - margin),
                p if p > 0.5 => (Polarity::Positive, p),
                p => (Polarity::Negative, 1.0 - p),
            };
            let analysis = whole.analyze(&ticket).unwrap();
            let sentiment = analysis.sentiment.unwrap();
            assert_eq!(sentiment.sentiment, expected.0, "{text}: {result:?}");
            assert!((sentiment.score - expected.1).abs() < 1e-5, "{text}: {sentiment:?} {result:?}");
            let own = bundled().analyze(&ticket).unwrap();
            let own_sentiment = own.sentiment.unwrap();
            assert_eq!(sentiment.emotions, own_sentiment.emotions, "emotions come from the bundle");
            assert_eq!(sentiment.urgency_level, own_sentiment.urgency_level, "urgency comes from the bundle");
            assert_eq!(analysis.category, own.category);
            seen.push(sentiment.sentiment);
        }
    }
    assert!(seen.contains(&Polarity::Neutral), "both sides of the band must be tried: {seen:?}");
    assert!(seen.iter().any(|polarity| *polarity != Polarity::Neutral), "{seen:?}");
}
