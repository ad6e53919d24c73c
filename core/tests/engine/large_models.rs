//! Models that are as large and slow as one may be.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use frontdesk::{AnalyzeOptions, Engine, ErrorKind, Shutdown, Ticket};
use safetensors::tensor::{Dtype, TensorView};

use crate::common;

/// A DistilBERT whose weights are zeros, as deep and with as many heads and tokens as named.
fn checkpoint(folder: &Path, layers: usize, heads: usize, tokens: usize) -> PathBuf {
    let model = folder.join(format!("{layers}-{heads}-{tokens}"));
    fs::create_dir(&model).unwrap();
    let hidden = heads;
    let config = serde_json::json!({
        "model_type": "distilbert", "dim": hidden, "n_heads": heads, "hidden_dim": hidden, "n_layers": layers,
        "vocab_size": 64, "max_position_embeddings": tokens,
    });
    fs::write(model.join("config.json"), config.to_string()).unwrap();
    fs::write(model.join("tokenizer.json"), common::tokenizer()).unwrap();
    let mut shapes = vec![
        ("distilbert.embeddings.word_embeddings.weight".to_owned(), vec![64, hidden]),
        ("distilbert.embeddings.position_embeddings.weight".to_owned(), vec![tokens, hidden]),
    ];
    let mut both = |name: &str, shape: &[usize]| {
        shapes.push((format!("{name}.weight"), shape.to_vec()));
        shapes.push((format!("{name}.bias"), shape[..1].to_vec()));
    };
    both("distilbert.embeddings.LayerNorm", &[hidden]);
    for layer in 0..layers {
        let layer = format!("distilbert.transformer.layer.{layer}");
        for name in ["attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin"] {
            both(&format!("{layer}.{name}"), &[hidden, hidden]);
        }
        both(&format!("{layer}.ffn.lin1"), &[hidden, hidden]);
        both(&format!("{layer}.ffn.lin2"), &[hidden, hidden]);
        both(&format!("{layer}.sa_layer_norm"), &[hidden]);
        both(&format!("{layer}.output_layer_norm"), &[hidden]);
    }
    both("pre_classifier", &[hidden, hidden]);
    both("classifier", &[2, hidden]);
    let zeros = vec![0; 4 * hidden * hidden.max(tokens)];
    let tensor = |(name, shape): &(String, Vec<usize>)| {
        let bytes = 4 * shape.iter().product::<usize>();
        (name.clone(), TensorView::new(Dtype::F32, shape.clone(), &zeros[..bytes]).unwrap())
    };
    let file = safetensors::serialize(shapes.iter().map(tensor), None).unwrap();
    fs::write(model.join("model.safetensors"), file).unwrap();
    model
}

/// The pass of this text through this model takes minutes. Closing an engine waits for it.
#[test]
fn a_deadline_ends_a_pass_within_a_layer() {
    let (done, waiting) = mpsc::channel();
    thread::spawn(move || {
        let folder = tempfile::tempdir().unwrap();
        let mut options = common::options(&checkpoint(folder.path(), 128, 64, 4096));
        options.threads = Some(1);
        let engine = Engine::open(options).unwrap();
        let call = AnalyzeOptions { timeout: Some(Duration::from_secs(2)), ..AnalyzeOptions::default() };
        let pending = engine.submit(vec![Ticket::new("a ".repeat(4094))], &call);
        while engine.metrics().unwrap().queue_seconds.count() == 0 {
            thread::sleep(Duration::from_millis(2));
        }
        let error = pending.wait().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        engine.close(Shutdown::Finish);
        done.send(()).unwrap();
    });
    waiting.recv_timeout(Duration::from_mins(1)).expect("the pass ends soon after its deadline");
}

#[test]
fn a_model_that_needs_more_memory_than_it_may_take_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let model = checkpoint(folder.path(), 2, 64, 512);
    let open = |bytes: u64| {
        let mut options = common::options(&model);
        options.max_memory = Some(bytes);
        Engine::open(options)
    };
    assert!(open(1 << 30).is_ok());
    let error = open(1 << 20).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::TooLarge, Some("max_memory")));
    assert!(error.message().contains("2 threads; max_memory is 1 MiB"), "{error}");
    assert!(error.message().contains(folder.path().to_str().unwrap()), "{error}");
    // The bundled model, of float16 in its file and float32 in memory.
    let mut options = frontdesk::EngineOptions::default();
    (options.threads, options.max_memory) = (Some(1), Some(200 << 20));
    assert!(Engine::open(options).is_ok());
}
