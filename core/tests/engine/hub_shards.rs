//! Models of several files from a hub.

use std::fs;

use frontdesk::{Engine, ErrorKind};
use serde_json::Value;

use crate::hub::{Scene, assert_error};
use crate::hub_server::{COMMIT, Fault};
use crate::shards::{INDEX, SHARDS, WEIGHTS, split};

/// A hub whose model is two shards and their index.
fn sharded() -> Scene {
    let scene = Scene::new();
    for (name, content) in split(&scene.weights) {
        scene.server.add(&name, &content);
    }
    scene.server.remove(WEIGHTS);
    scene
}

/// The names of the files that were asked for.
fn asked(scene: &Scene) -> String {
    scene.server.requests().into_iter().map(|request| request.path + "\n").collect()
}

#[test]
fn the_index_and_its_shards_are_downloaded_once_and_open_offline() {
    let scene = sharded();
    let first = scene.open().unwrap();
    let snapshot = scene.folder().join("snapshots").join(COMMIT);
    for (name, content) in split(&scene.weights) {
        assert_eq!(fs::read(snapshot.join(name)).unwrap(), content);
    }
    assert!(!asked(&scene).contains("README"));
    scene.open().unwrap();
    assert_eq!(asked(&scene), "/api/models/acme/tiny/revision/main\n");
    let again = scene.open_offline("acme/tiny").unwrap();
    assert_eq!(first.info().model, again.info().model);
    Engine::open(scene.options(&format!("acme/tiny@{COMMIT}"))).unwrap();
    assert_eq!(asked(&scene), "");

    // A shard that went away is brought again, and no other.
    fs::remove_file(snapshot.join(SHARDS[0])).unwrap();
    assert_error(scene.open_offline("acme/tiny"), ErrorKind::ModelNotFound, &["offline", SHARDS[0]]);
    scene.open().unwrap();
    let asked = asked(&scene);
    assert!(asked.contains(SHARDS[0]) && !asked.contains(SHARDS[1]), "{asked}");
}

#[test]
fn one_file_is_taken_before_an_index() {
    let scene = sharded();
    scene.server.add(WEIGHTS, &scene.weights);
    scene.open().unwrap();
    let asked = asked(&scene);
    assert!(asked.contains(WEIGHTS) && !asked.contains(INDEX) && !asked.contains(SHARDS[0]), "{asked}");
}

#[test]
fn a_shard_that_is_not_there_or_is_no_plain_name_is_not_asked_for() {
    let scene = sharded();
    scene.server.remove(SHARDS[1]);
    assert_error(scene.open(), ErrorKind::ModelNotFound, &["acme/tiny@main", SHARDS[1]]);
    assert!(!asked(&scene).contains(SHARDS[0]));

    let scene = sharded();
    let mut index: Value = serde_json::from_slice(&split(&scene.weights)[INDEX]).unwrap();
    index["weight_map"]["classifier.bias"] = "../../../x.safetensors".into();
    scene.server.add(INDEX, index.to_string().as_bytes());
    assert_error(scene.open(), ErrorKind::ModelInvalid, &[INDEX, "`classifier.bias`", "plain name"]);
    assert!(!asked(&scene).contains("x.safetensors"));
}

#[test]
fn what_a_hub_does_wrong_with_a_shard_leaves_nothing_broken() {
    for (fault, kind) in [
        (Fault::CutAt(SHARDS[1], 100), ErrorKind::Network),
        (Fault::Altered(SHARDS[1]), ErrorKind::ModelInvalid),
        (Fault::Gone(SHARDS[1]), ErrorKind::ModelNotFound),
        (Fault::Claims(SHARDS[1], 8 << 30), ErrorKind::TooLarge),
        (Fault::Claims(INDEX, (16 << 20) + 1), ErrorKind::TooLarge),
        (Fault::Altered(INDEX), ErrorKind::ModelInvalid),
    ] {
        let scene = sharded();
        scene.server.set(fault);
        let error = scene.open().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!scene.folder().join("refs/main").exists());
        assert_error(scene.open_offline("acme/tiny"), ErrorKind::ModelNotFound, &["offline"]);
        if fault == Fault::Altered(INDEX) {
            continue;
        }
        scene.server.set(Fault::None);
        scene.open().unwrap();
        scene.open_offline("acme/tiny").unwrap();
    }
}

#[test]
fn weights_in_another_format_are_refused_before_a_download() {
    for (name, revision) in [("acme/tiny", ""), (&format!("acme/tiny@{COMMIT}") as &str, COMMIT)] {
        let scene = Scene::new();
        scene.server.remove(WEIGHTS);
        scene.server.add("pytorch_model.bin", b"a pickle would be run");
        let argument = match revision {
            "" => String::new(),
            revision => format!(", revision=\"{revision}\""),
        };
        let line = format!("Model.from_pretrained(\"acme/tiny\"{argument}).save_pretrained(\"DIR\")");
        let opened = Engine::open(scene.options(name));
        assert_error(opened, ErrorKind::ModelInvalid, &["pytorch_model.bin", "safetensors", &line]);
        assert_eq!(scene.server.requests().len(), 1, "the list is enough to know");
    }
}
