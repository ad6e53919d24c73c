//! Models by name, from a hub on this machine that fails in the ways that networks and hubs fail.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use frontdesk::{DeviceChoice, Engine, EngineOptions, Error, ErrorKind, ModelSource, Result, Ticket};

use crate::common;
use crate::hub_server::{COMMIT, Fault, HubServer, etag, sha256};

const WEIGHTS: &str = "model.safetensors";

fn checkpoint() -> BTreeMap<String, Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tests/golden/distilbert-single-float32");
    let read = |name: &str| (name.to_owned(), fs::read(dir.join(name)).unwrap());
    let mut files = BTreeMap::from(["config.json", WEIGHTS].map(read));
    files.insert("tokenizer.json".into(), common::tokenizer().into_bytes());
    files.insert("README.md".into(), b"not for the engine".to_vec());
    files
}

/// A hub with a good model, and an empty cache.
pub(crate) struct Scene {
    pub(crate) server: HubServer,
    cache: tempfile::TempDir,
    pub(crate) weights: Vec<u8>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let files = checkpoint();
        let weights = files[WEIGHTS].clone();
        Self { server: HubServer::start(files), cache: tempfile::tempdir().unwrap(), weights }
    }

    fn with(fault: Fault) -> Self {
        let scene = Self::new();
        scene.server.set(fault);
        scene
    }

    /// Nothing is left to the environment of whoever runs the tests.
    pub(crate) fn options(&self, name: &str) -> EngineOptions {
        let mut options = EngineOptions {
            model: ModelSource::Named(name.to_owned()),
            device: DeviceChoice::Cpu,
            threads: Some(1),
            ..EngineOptions::default()
        };
        options.hub.endpoint = Some(self.server.endpoint());
        options.hub.cache_dir = Some(self.cache.path().to_owned());
        options.hub.token = Some(String::new());
        options.hub.offline = Some(false);
        options.hub.timeout = Some(Duration::from_secs(10));
        options
    }

    pub(crate) fn open(&self) -> Result<Engine> {
        Engine::open(self.options("acme/tiny@main"))
    }

    pub(crate) fn open_offline(&self, name: &str) -> Result<Engine> {
        let mut options = self.options(name);
        options.hub.offline = Some(true);
        Engine::open(options)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.cache.path().join("models--acme--tiny")
    }

    /// The weights, where they are in the cache under the name that says they are whole.
    fn cached_weights(&self) -> Option<Vec<u8>> {
        let pointer = fs::read(self.folder().join("snapshots").join(COMMIT).join(WEIGHTS)).ok();
        assert_eq!(pointer, fs::read(self.folder().join("blobs").join(sha256(&self.weights))).ok());
        pointer
    }

    /// After a fault, a hub that works is enough: nothing broken stays.
    fn recovers(&self) {
        self.server.set(Fault::None);
        self.open().unwrap();
        assert_eq!(self.cached_weights().as_ref(), Some(&self.weights));
        self.open_offline("acme/tiny").unwrap();
    }
}

#[track_caller]
pub(crate) fn assert_error(opened: Result<Engine>, kind: ErrorKind, parts: &[&str]) -> Error {
    let error = opened.expect_err("must not open");
    assert_eq!(error.kind(), kind, "{error}");
    for part in parts {
        assert!(error.message().contains(part), "no `{part}` in: {error}");
    }
    error
}

#[test]
fn a_model_is_downloaded_once_and_opens_offline() {
    let scene = Scene::new();
    let first = scene.open().unwrap();
    let requests = scene.server.requests();
    assert!(
        requests.iter().all(|request| !request.path.contains("README") && request.authorization.is_none())
    );
    let pointer = scene.folder().join("snapshots").join(COMMIT).join("config.json");
    assert_eq!(fs::read(pointer).unwrap(), checkpoint()["config.json"]);
    assert_eq!(fs::read_to_string(scene.folder().join("refs/main")).unwrap(), COMMIT);

    // The branch may have moved, so it is asked for; the files are not.
    scene.open().unwrap();
    let paths: Vec<_> = scene.server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/api/models/acme/tiny/revision/main"]);

    let again = scene.open_offline("acme/tiny").unwrap();
    assert_eq!(first.info().model, again.info().model);
    scene.open_offline(&format!("acme/tiny@{COMMIT}")).unwrap();
    // A commit cannot have moved.
    Engine::open(scene.options(&format!("acme/tiny@{COMMIT}"))).unwrap();
    assert!(scene.server.requests().is_empty());
}

#[test]
fn a_commit_is_asked_for_where_the_cache_may_lack_files_of_it() {
    let scene = Scene::new();
    let pinned = || Engine::open(scene.options(&format!("acme/tiny@{COMMIT}")));
    pinned().unwrap();
    // As a tool that knows nothing of frontdesk.json leaves the cache.
    fs::remove_dir_all(scene.folder().join(".no_exist")).unwrap();
    scene.server.requests();
    pinned().unwrap();
    assert_eq!(scene.server.requests().len(), 1);
    fs::remove_file(scene.folder().join("blobs").join(sha256(&scene.weights))).unwrap();
    pinned().unwrap();
    assert_eq!(scene.cached_weights().as_ref(), Some(&scene.weights));
}

#[test]
fn offline_asks_nobody_and_says_what_the_cache_lacks() {
    let scene = Scene::new();
    let offline = |name: &str| scene.open_offline(name);
    assert_error(offline("acme/tiny"), ErrorKind::ModelNotFound, &["offline", "acme/tiny@main"]);
    assert_error(
        offline(&format!("acme/tiny@{COMMIT}")),
        ErrorKind::ModelNotFound,
        &["offline", "config.json"],
    );
    assert!(scene.server.requests().is_empty());
    scene.open().unwrap();
    fs::remove_file(scene.folder().join("snapshots").join(COMMIT).join("tokenizer.json")).unwrap();
    assert_error(offline("acme/tiny"), ErrorKind::ModelNotFound, &["offline", "tokenizer.json"]);
}

#[test]
fn names_that_are_no_names_are_refused_before_any_request() {
    let scene = Scene::new();
    let long = "x".repeat(97);
    let names = [
        "acme/..",
        "acme/ti ny",
        "acme/.tiny",
        "acme@../main",
        "acme@.main",
        "acme/tiny@",
        "acme--tiny",
        "acme/a..b",
        "a?b",
    ];
    for name in names.into_iter().chain([long.as_str(), "", "acme/tiny@main@main", "acme/tiny%2f", "é/tiny"])
    {
        let shown: String = name.chars().take(80).collect();
        let error =
            assert_error(Engine::open(scene.options(name)), ErrorKind::InvalidInput, &[shown.as_str()]);
        assert_eq!(error.field(), Some("model"), "{name}");
    }
    // These are paths, or could be: whether the engine says so or the hub, nothing is asked.
    for name in [
        "acme//tiny",
        "acme/tiny/x",
        "../acme/tiny",
        "/acme/tiny",
        "acme\\tiny",
        "acme/",
        "acme/tiny@a/../../b",
    ] {
        let error = Engine::open(scene.options(name)).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::ModelNotFound),
            "{name}: {error}"
        );
    }
    assert!(scene.server.requests().is_empty());
    assert!(fs::read_dir(scene.cache.path()).unwrap().next().is_none());
}

#[test]
fn a_model_or_revision_that_is_not_there() {
    let scene = Scene::with(Fault::NoRepository);
    let endpoint = scene.server.endpoint();
    assert_error(scene.open(), ErrorKind::ModelNotFound, &["acme/tiny", "main", &endpoint]);
    scene.recovers();
    let other = Engine::open(scene.options("acme/tiny@v9"));
    assert_error(other, ErrorKind::ModelNotFound, &["acme/tiny", "v9", &endpoint]);
    assert_error(Engine::open(scene.options("gpt2")), ErrorKind::ModelNotFound, &["gpt2"]);
}

#[test]
fn a_required_file_that_is_not_there() {
    for file in ["config.json", "tokenizer.json", WEIGHTS] {
        let scene = Scene::new();
        scene.server.remove(file);
        assert_error(scene.open(), ErrorKind::ModelNotFound, &["acme/tiny@main", file]);
        assert_eq!(scene.server.requests().len(), 1, "the list is enough to know");
    }
    let scene = Scene::with(Fault::Gone(WEIGHTS));
    assert_error(scene.open(), ErrorKind::ModelNotFound, &[WEIGHTS, "acme/tiny"]);
    scene.recovers();
}

/// The vocabulary of the checkpoint's tokenizer, a token a line.
fn vocabulary() -> Vec<u8> {
    let tokenizer: serde_json::Value = serde_json::from_str(&common::tokenizer()).unwrap();
    let mut ids: Vec<_> = tokenizer["model"]["vocab"].as_object().unwrap().iter().collect();
    ids.sort_by_key(|(_, id)| id.as_u64());
    ids.into_iter().flat_map(|(token, _)| format!("{token}\n").into_bytes()).collect()
}

#[test]
fn a_tokenizer_without_a_file_of_its_own_comes_with_its_settings() {
    let whole = Scene::new().open().unwrap().analyze(&Ticket::new("proof PRESS a b c")).unwrap();
    let scene = Scene::new();
    scene.server.remove("tokenizer.json");
    scene.server.add("spm.model", b"no text");
    let lines = ["spm.model alone", "from_pretrained(\"acme/tiny\")"];
    assert_error(scene.open(), ErrorKind::ModelInvalid, &lines);
    scene.server.add("vocab.txt", &vocabulary());
    let engine = scene.open().unwrap();
    let found = engine.analyze(&Ticket::new("proof PRESS a b c")).unwrap();
    assert_eq!((found.tasks, found.usage.tokens), (whole.tasks, whole.usage.tokens));
    let scene = Scene::new();
    scene.server.remove("tokenizer.json");
    scene.server.add("vocab.txt", &vocabulary());
    scene.server.add("tokenizer_config.json", br#"{"model_max_length": 5, "do_lower_case": false}"#);
    let name = format!("acme/tiny@{COMMIT}");
    let engine = Engine::open(scene.options(&name)).unwrap();
    let found = engine.analyze(&Ticket::new("proof PRESS a b c")).unwrap();
    assert_eq!((found.usage.tokens, found.usage.truncated), (5, true));
    scene.server.requests();
    Engine::open(scene.options(&name)).unwrap();
    assert!(scene.server.requests().is_empty(), "all files are known");
    scene.open_offline(&name).unwrap();
}

#[test]
fn a_bundle_has_its_heads() {
    let scene = Scene::new();
    scene.server.add("frontdesk.json", b"{}");
    assert_error(scene.open(), ErrorKind::ModelNotFound, &["heads.safetensors"]);
    scene.server.add("heads.safetensors", b"heads");
    // The files come; that this manifest says nothing is found by who reads it.
    assert_error(scene.open(), ErrorKind::ModelInvalid, &["frontdesk.json"]);
    let snapshot = scene.folder().join("snapshots").join(COMMIT);
    assert_eq!(fs::read(snapshot.join("frontdesk.json")).unwrap(), b"{}");
    assert_eq!(fs::read(snapshot.join("heads.safetensors")).unwrap(), b"heads");
    scene.server.requests();
    let pinned = Engine::open(scene.options(&format!("acme/tiny@{COMMIT}")));
    assert_error(pinned, ErrorKind::ModelInvalid, &["frontdesk.json"]);
    assert!(scene.server.requests().is_empty());
}

#[test]
fn a_connection_that_is_cut_once_is_taken_up_where_it_ended() {
    let scene = Scene::with(Fault::CutOnceAt(WEIGHTS, 50_000));
    scene.open().unwrap();
    assert_eq!(scene.cached_weights().as_ref(), Some(&scene.weights));
    let ranges: Vec<_> =
        scene.server.requests().into_iter().filter(|r| r.path.starts_with("/large")).collect();
    let ranges: Vec<_> = ranges.into_iter().filter_map(|request| request.range).collect();
    assert_eq!(ranges, ["bytes=0-", "bytes=50000-"]);
}

#[test]
fn a_file_that_is_cut_off_is_never_taken_for_whole() {
    for file in ["config.json", "tokenizer.json", WEIGHTS] {
        let scene = Scene::with(Fault::CutAt(file, 100));
        assert_error(scene.open(), ErrorKind::Network, &[file, "acme/tiny"]);
        assert!(!scene.folder().join("snapshots").join(COMMIT).join(file).exists());
        assert!(!scene.folder().join("refs/main").exists());
        assert!(scene.cached_weights().is_none());
        assert_error(scene.open_offline("acme/tiny"), ErrorKind::ModelNotFound, &["offline"]);
        scene.recovers();
    }
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let scene = Scene::with(Fault::SilentAt(WEIGHTS, 100));
    let mut options = scene.options("acme/tiny");
    options.hub.timeout = Some(Duration::from_millis(300));
    assert_error(Engine::open(options), ErrorKind::Network, &[WEIGHTS, "timeout"]);
    scene.recovers();
}

#[test]
fn altered_weights_are_refused_and_not_kept() {
    let scene = Scene::with(Fault::Altered(WEIGHTS));
    let mut altered = scene.weights.clone();
    *altered.last_mut().unwrap() ^= 1;
    let digests = [sha256(&altered), sha256(&scene.weights)];
    assert_error(scene.open(), ErrorKind::ModelInvalid, &[WEIGHTS, &digests[0], &digests[1]]);
    assert!(scene.cached_weights().is_none());
    assert!(fs::read_dir(scene.folder().join("blobs")).unwrap().all(|blob| {
        let name = blob.unwrap().file_name().into_string().unwrap();
        !name.starts_with(&digests[1])
    }));
    scene.recovers();
}

#[test]
fn what_an_earlier_download_left_is_checked_too() {
    let scene = Scene::new();
    let blobs = scene.folder().join("blobs");
    fs::create_dir_all(&blobs).unwrap();
    let part = blobs.join(format!("{}.frontdesk-part", sha256(&scene.weights)));
    fs::write(&part, vec![7; 1000]).unwrap();
    assert_error(scene.open(), ErrorKind::ModelInvalid, &[WEIGHTS]);
    // Too long, whole, and a blob of another length.
    fs::write(&part, vec![7; scene.weights.len() + 1]).unwrap();
    scene.recovers();
    let blob = blobs.join(sha256(&scene.weights));
    fs::rename(&blob, &part).unwrap();
    scene.recovers();
    fs::remove_dir_all(scene.folder().join("snapshots")).unwrap();
    fs::write(&blob, b"short").unwrap();
    scene.recovers();
}

#[test]
fn a_gated_model_needs_the_token_and_no_one_else_sees_it() {
    let scene = Scene::with(Fault::Gated("hf_secret"));
    assert_error(scene.open(), ErrorKind::ModelNotFound, &["acme/tiny", "HF_TOKEN"]);
    let mut options = scene.options("acme/tiny");
    options.hub.token = Some("hf_wrong".into());
    let error = assert_error(Engine::open(options.clone()), ErrorKind::ModelNotFound, &["HF_TOKEN"]);
    assert!(!format!("{error:?} {options:?}").contains("hf_wrong"));
    scene.server.requests();
    options.hub.token = Some("hf_secret".into());
    Engine::open(options).unwrap();
    let (large, own): (Vec<_>, Vec<_>) =
        scene.server.requests().into_iter().partition(|request| request.host.starts_with("localhost"));
    assert!(!large.is_empty() && large.iter().all(|request| request.authorization.is_none()));
    assert!(own.iter().all(|request| request.authorization.as_deref() == Some("Bearer hf_secret")));
}

#[test]
fn a_hub_that_fails_or_is_not_there_is_a_network_error() {
    let scene = Scene::with(Fault::Status(500));
    assert_error(scene.open(), ErrorKind::Network, &["acme/tiny", "500"]);
    assert_eq!(scene.server.requests().len(), 3);
    scene.recovers();

    // The copy in the cache is used only by someone who says so.
    scene.server.set(Fault::Status(503));
    assert_error(scene.open(), ErrorKind::Network, &["503", "HF_HUB_OFFLINE=1"]);
    let mut options = scene.options("acme/tiny");
    let closed = HubServer::start(BTreeMap::new()).endpoint();
    options.hub.endpoint = Some(closed.clone());
    assert_error(Engine::open(options), ErrorKind::Network, &["acme/tiny", &closed, "HF_HUB_OFFLINE=1"]);
    scene.recovers();
}

#[test]
fn sizes_are_known_before_the_download() {
    for (file, size) in [("config.json", (64 << 20) + 1), (WEIGHTS, (8 << 30) + 1)] {
        let scene = Scene::with(Fault::Claims(file, size));
        assert_error(scene.open(), ErrorKind::TooLarge, &[file, &size.to_string()]);
        let whole = |range: &Option<String>| range.as_deref() == Some("bytes=0-");
        assert!(!scene.server.requests().iter().any(|r| r.path.ends_with(file) && whole(&r.range)));
        scene.recovers();
    }
    // More or less than was said.
    let length = checkpoint()[WEIGHTS].len() as u64;
    for size in [length - 1, length + 1] {
        let scene = Scene::with(Fault::Claims(WEIGHTS, size));
        assert_error(scene.open(), ErrorKind::Network, &[WEIGHTS]);
        assert!(scene.cached_weights().is_none());
        scene.recovers();
    }
}

#[test]
fn an_answer_for_another_commit_is_refused() {
    let other = "fedcba9876543210fedcba9876543210fedcba98";
    for (fault, part) in [
        (Fault::Commit("../../../etc"), "../../../etc"),
        (Fault::Commit(other), other),
        (Fault::FileCommit(other), "another commit"),
    ] {
        let scene = Scene::with(fault);
        let pinned = Engine::open(scene.options(&format!("acme/tiny@{COMMIT}")));
        assert_error(pinned, ErrorKind::Network, &[part]);
        scene.recovers();
    }
}

#[test]
fn engines_that_open_at_once_download_once() {
    let scene = Scene::new();
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| scene.open().map(drop))).collect();
        for thread in opening {
            thread.join().unwrap().unwrap();
        }
    });
    let requests = scene.server.requests();
    let downloads =
        requests.iter().filter(|r| r.path.starts_with("/large") && r.range.as_deref() == Some("bytes=0-"));
    assert_eq!(downloads.count(), 1);
    let blob = etag("config.json", &checkpoint()["config.json"]);
    assert!(scene.folder().join("blobs").join(blob).is_file());
}
