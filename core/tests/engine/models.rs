//! Models that are whole, models that are broken, and devices that are not there.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use frontdesk::{DeviceChoice, Engine, EngineOptions, ErrorKind, ModelSource, Ticket, default_model_dir};

use crate::common::{self, bundle, checkpoint, open, options};

fn kind(model: &Path) -> (ErrorKind, String) {
    let error = open(model).unwrap_err();
    (error.kind(), error.message().to_owned())
}

fn edit(path: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let mut json = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut json);
    fs::write(path, serde_json::to_vec(&json).unwrap()).unwrap();
}

#[test]
fn a_plain_checkpoint_is_a_single_task_engine() {
    let dir = tempfile::tempdir().unwrap();
    let model = checkpoint("distilbert-single-float32", dir.path());
    edit(&model.join("config.json"), |c| c["id2label"] = serde_json::json!({"0": "a", "1": "b", "2": "c"}));
    let engine = open(&model).unwrap();
    let analysis = engine.analyze(&Ticket::new("the proof is broken")).unwrap();
    let json = serde_json::to_value(&analysis).unwrap();
    let labels = json["label"]["labels"].as_array().unwrap();
    let scores: Vec<f64> = labels.iter().map(|l| l["score"].as_f64().unwrap()).collect();
    assert_eq!(labels.len(), 3);
    assert_eq!(json["label"]["label"], labels[0]["label"]);
    assert!(scores.is_sorted_by(|a, b| a >= b) && (scores.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    assert!(json.get("sentiment").is_none() && json.get("route").is_none());
    // The tokenizer file cuts at 4 and pads to 16; the engine must do neither.
    assert_eq!(analysis.usage.tokens, "theproofisbroken".len() + 2 - "proof".len() + 1 - "broken".len() + 1);
}

#[test]
fn multi_label_and_regression_heads_use_their_own_link() {
    let dir = tempfile::tempdir().unwrap();
    for (name, labels) in [("bert-multi-float32", 4), ("distilbert-regression-float32", 1)] {
        let engine = open(&checkpoint(name, dir.path())).unwrap();
        let task = engine.analyze(&Ticket::new("thanks")).unwrap().tasks.remove(0);
        assert_eq!(task.result.labels.len(), labels);
        let sum: f32 = task.result.labels.iter().map(|l| l.score).sum();
        assert!((sum - 1.0).abs() > 1e-3, "{name} looks like a softmax: {:?}", task.result);
    }
}

#[test]
fn a_model_from_bytes_gives_what_the_directory_gives() {
    let dir = tempfile::tempdir().unwrap();
    let model = bundle(dir.path());
    let files = fs::read_dir(&model).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())
    });
    let mut from_bytes = options(&model);
    from_bytes.model = ModelSource::Bytes(files.collect());
    let ticket = Ticket::new("broken proof!");
    let both =
        [open(&model).unwrap(), Engine::open(from_bytes).unwrap()].map(|e| e.analyze(&ticket).unwrap());
    assert_eq!(both[0], both[1]);
}

#[test]
fn missing_files_are_model_not_found_by_name() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let model = checkpoint("bert-single-float32", dir.path());
        fs::remove_file(model.join(file)).unwrap();
        let (kind, message) = kind(&model);
        assert_eq!(kind, ErrorKind::ModelNotFound);
        assert!(message.contains(file), "{message}");
    }
    assert_eq!(kind(&dir.path().join("none")).0, ErrorKind::ModelNotFound);
}

#[test]
fn broken_bundles_refuse_to_serve() {
    type Break = (&'static str, fn(&Path));
    let cases: [Break; 12] = [
        ("format 3", |m| edit(&m.join("frontdesk.json"), |j| j["format"] = 3.into())),
        ("unknown field `surprise`", |m| edit(&m.join("frontdesk.json"), |j| j["surprise"] = true.into())),
        ("temperature 0", |m| edit(&m.join("frontdesk.json"), |j| j["heads"][0]["temperature"] = 0.0.into())),
        ("golden message", |m| {
            edit(&m.join("frontdesk.json"), |j| {
                j["golden"][0]["scores"]["mood"] = serde_json::json!([0.5, 0.5]);
            });
        }),
        ("1001 golden messages; at most 1000", |m| {
            edit(&m.join("frontdesk.json"), |j| {
                let golden = j["golden"][0].clone();
                j["golden"] = vec![golden; 1001].into();
            });
        }),
        ("file name `../secret`", |m| {
            edit(&m.join("frontdesk.json"), |j| j["files"]["../secret"] = "sha256:0".into());
        }),
        ("no digest for heads.safetensors", |m| {
            edit(&m.join("frontdesk.json"), |j| {
                drop(j["files"].as_object_mut().unwrap().remove("heads.safetensors"));
            });
        }),
        ("has the digest", |m| {
            let path = m.join("heads.safetensors");
            let mut bytes = fs::read(&path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(path, bytes).unwrap();
        }),
        ("has the digest", |m| {
            let path = m.join("model.safetensors");
            let bytes = fs::read(&path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("format null", |m| edit(&m.join("frontdesk.json"), |j| j["format"] = serde_json::Value::Null)),
        ("field of this name", |m| {
            edit(&m.join("frontdesk.json"), |j| j["heads"][0]["name"] = "usage".into());
        }),
        ("max_tokens is 4000", |m| {
            edit(&m.join("frontdesk.json"), |j| j["input"]["max_tokens"] = 4000.into());
        }),
    ];
    for (expected, damage) in cases {
        let dir = tempfile::tempdir().unwrap();
        let model = bundle(dir.path());
        open(&model).unwrap();
        damage(&model);
        let (kind, message) = kind(&model);
        assert_eq!(kind, ErrorKind::ModelInvalid, "{message}");
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn broken_checkpoints_are_model_invalid_and_say_where() {
    let dir = tempfile::tempdir().unwrap();
    let fresh = || checkpoint("bert-single-float32", dir.path());

    let model = fresh();
    let bytes = fs::read(model.join("model.safetensors")).unwrap();
    fs::write(model.join("model.safetensors"), &bytes[..bytes.len() - 100]).unwrap();
    let (cut, message) = kind(&model);
    assert_eq!(cut, ErrorKind::ModelInvalid);
    assert!(message.contains("model.safetensors"), "{message}");

    let model = fresh();
    let mut bytes = bytes;
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(model.join("model.safetensors"), &bytes).unwrap();
    let (nan, message) = kind(&model);
    assert_eq!(nan, ErrorKind::ModelInvalid);
    assert!(message.contains("NaN") && message.contains("tensor `"), "{message}");

    let model = fresh();
    fs::write(model.join("tokenizer.json"), "{}").unwrap();
    assert_eq!(kind(&model).0, ErrorKind::ModelInvalid);

    let model = fresh();
    edit(&model.join("config.json"), |c| c["vocab_size"] = 63.into());
    assert_eq!(kind(&model).0, ErrorKind::ModelInvalid);
}

#[test]
fn devices_that_are_not_there_are_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let model = checkpoint("bert-single-float32", dir.path());
    for device in [DeviceChoice::Cuda(7), DeviceChoice::Metal] {
        let mut options = options(&model);
        options.device = device;
        assert_eq!(Engine::open(options).unwrap_err().kind(), ErrorKind::DeviceUnavailable, "{device:?}");
    }
    let mut auto = options(&model);
    auto.device = DeviceChoice::Auto;
    assert_eq!(Engine::open(auto).unwrap().info().device, "cpu");
}

#[test]
fn wrong_options_are_invalid_input_with_their_field() {
    let dir = tempfile::tempdir().unwrap();
    let model = checkpoint("bert-single-float32", dir.path());
    let field = |change: fn(&mut frontdesk::EngineOptions)| {
        let mut options = options(&model);
        change(&mut options);
        let error = Engine::open(options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.field().unwrap().to_owned()
    };
    assert_eq!(field(|o| o.threads = Some(0)), "threads");
    assert_eq!(field(|o| o.threads = Some(1025)), "threads");
    assert_eq!(field(|o| o.outputs = vec!["route".into()]), "outputs");
    assert_eq!(field(|o| o.sentiment_model = Some(o.model.clone())), "sentiment_model");
}

#[test]
fn a_regression_never_abstains_and_has_no_accuracy() {
    let dir = tempfile::tempdir().unwrap();
    let model = checkpoint("bert-regression-float32", dir.path());
    let engine = open(&model).unwrap();
    let texts = ["proof", "broken press", "thanks!", "a b c d", "? ?"].map(frontdesk::Ticket::new);
    let analyses = engine.analyze_batch(&texts, &frontdesk::AnalyzeOptions::default()).unwrap();
    let below = analyses.iter().any(|a| a.tasks[0].result.score < 0.0);
    assert!(below && analyses.iter().all(|a| a.abstain.is_empty()), "{analyses:?}");
    let rows = common::rows(&[("proof", "LABEL_0")]);
    let error = frontdesk::evaluate::evaluate(
        &engine,
        &rows,
        &frontdesk::evaluate::EvaluateOptions::default(),
        &|_| Ok(()),
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

/// The kind and the message of what opening a source fails with.
fn refused(model: ModelSource) -> (ErrorKind, String) {
    let error = Engine::open(EngineOptions { model, ..EngineOptions::default() }).unwrap_err();
    (error.kind(), error.message().to_owned())
}

#[test]
fn a_path_is_never_asked_of_the_hub_and_a_hub_name_is_no_path() {
    let (kind, message) = refused(ModelSource::Path("owner/no-such".into()));
    assert_eq!((kind, message.as_str()), (ErrorKind::ModelNotFound, "there is no directory owner/no-such"));
    let (kind, message) = refused(ModelSource::from("./no-such"));
    assert_eq!((kind, message.as_str()), (ErrorKind::ModelNotFound, "there is no directory ./no-such"));
    // A directory of this name exists, and yet the hub is meant.
    let here = std::env::current_dir().unwrap();
    let (_, message) = refused(ModelSource::Hub("src".into()));
    assert!(here.join("src").is_dir() && !message.contains("config.json"), "{message}");
}

#[test]
#[cfg(unix)]
fn a_model_opens_from_a_path_that_is_not_utf8() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let place = tempfile::tempdir().unwrap();
    let name = OsString::from_vec(b"mod\xffel".to_vec());
    let link = place.path().join(&name);
    std::os::unix::fs::symlink(frontdesk::default_model_dir().unwrap(), &link).unwrap();
    for model in [ModelSource::from(link.as_path()), ModelSource::from(link.clone().into_os_string())] {
        assert_eq!(model, ModelSource::Path(link.clone()));
        let options = EngineOptions { model, threads: Some(1), ..EngineOptions::default() };
        assert_eq!(Engine::open(options).unwrap().info().model.name, "frontdesk-small");
    }
}

#[test]
fn json_tells_a_name_a_path_and_a_hub_name_apart() {
    let source = |json: &str| serde_json::from_str::<ModelSource>(json);
    assert_eq!(source(r#""a/b""#).unwrap(), ModelSource::Named("a/b".into()));
    assert_eq!(source(r#"{"path": "a/b"}"#).unwrap(), ModelSource::Path("a/b".into()));
    assert_eq!(source(r#"{"hub": "a/b@main"}"#).unwrap(), ModelSource::Hub("a/b@main".into()));
    let error = source(r#"{"url": "a"}"#).unwrap_err().to_string();
    assert!(error.contains("a model: a name, `{ path }` or `{ hub }`"), "{error}");
}

/// Its weights are read once and hashed once: what is written to in between may have the digest and not the
/// numbers, or the other way round.
#[test]
fn a_model_that_is_written_to_while_it_is_opened_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("model");
    fs::create_dir(&model).unwrap();
    for file in fs::read_dir(default_model_dir().unwrap()).unwrap().flatten() {
        fs::copy(file.path(), model.join(file.file_name())).unwrap();
    }
    open(&model).unwrap();
    for name in ["model.safetensors", "heads.safetensors", "tokenizer.json"] {
        let path = model.join(name);
        let last = *fs::read(&path).unwrap().last().unwrap();
        let opened = AtomicBool::new(false);
        let error = std::thread::scope(|scope| {
            // The byte that is there, in its place: the same length and the same digest.
            scope.spawn(|| {
                let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
                while !opened.load(Ordering::Relaxed) {
                    file.seek(SeekFrom::End(-1)).unwrap();
                    file.write_all(&[last]).unwrap();
                }
            });
            let error = open(&model).map(drop);
            opened.store(true, Ordering::Relaxed);
            error.unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::ModelInvalid, "{error}");
        let told = error.message();
        assert!(told.contains(name) && told.contains("was changed while it was read"), "{error}");
    }
    open(&model).unwrap();
}
