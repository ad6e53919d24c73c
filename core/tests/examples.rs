//! The examples do what they say: each says by its result whether its output is what it shows.
//!
//! They are modules of one program: no other binary has to be built before, and a failure is a test's.

#![allow(unreachable_pub, reason = "an example's `main` is public for this file alone")]

#[path = "../examples/analyze.rs"]
mod analyze;
#[cfg(feature = "archive")]
#[path = "../examples/archive.rs"]
mod archive;
#[allow(dead_code, reason = "its `main` would serve until it is ended")]
#[path = "../examples/axum_service.rs"]
mod axum_service;
#[path = "../examples/concurrent_callers.rs"]
mod concurrent_callers;
#[cfg(feature = "train")]
#[path = "../examples/train_and_evaluate.rs"]
mod train_and_evaluate;

/// Fails with the example's own message where it returns an error.
fn succeeds(outcome: Result<(), Box<dyn std::error::Error>>) {
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn one_message_is_analyzed() {
    succeeds(analyze::main());
}

#[test]
fn concurrent_callers_get_their_answers() {
    succeeds(concurrent_callers::main());
}

#[test]
#[cfg(feature = "train")]
fn a_head_is_trained_and_evaluated() {
    succeeds(train_and_evaluate::main());
}

#[test]
#[cfg(feature = "archive")]
fn an_archive_is_scored_once() {
    succeeds(archive::main());
}

#[test]
fn a_service_answers_its_own_request() {
    succeeds(axum_service::run(true));
}

#[test]
fn the_readme_has_the_example_of_the_crates_documentation() {
    let home = env!("CARGO_MANIFEST_DIR");
    let read = |file: &str| std::fs::read_to_string(format!("{home}/{file}")).unwrap();
    let (readme, documentation) = (read("../README.md"), read("README.md"));
    let example = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(example.contains("engine.analyze") && documentation.contains(example), "{example}");
}
