//! Policies, outcomes and records of decisions.

use std::path::PathBuf;

use frontdesk::RouteContext;
use frontdesk::outcomes::{LearnOptions, learn, read_outcomes};
use frontdesk::route::{RouteInput, RoutePolicy, Router, read_record, replay};

use crate::refused_or;

fn written(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a folder of our own");
    (folder, path)
}

/// Reads a policy and decides by it: every number of the decision is finite.
pub fn policy(data: &[u8]) {
    let (_folder, path) = written("policy.toml", data);
    let Some(policy) = refused_or(RoutePolicy::read(&path)) else { return };
    let Some(router) = refused_or(Router::new(policy, None, true)) else { return };
    let text = "Production is blocked since the update, and nobody answers!";
    // Rules may leave no route.
    if let Ok(answer) = router.decide(&RouteInput { text, ..RouteInput::default() }, &RouteContext::default())
    {
        let json = serde_json::to_value(&answer).expect("a decision is JSON");
        assert!(answer.confidence.is_finite() && (0.0..=1.0).contains(&answer.confidence), "{json}");
    }
}

/// Reads outcomes, and learns from them where there are enough.
pub fn outcomes(data: &[u8]) {
    let (_folder, path) = written("outcomes.jsonl", data);
    let Some(outcomes) = refused_or(read_outcomes(&path)) else { return };
    refused_or(learn(&outcomes, &RoutePolicy::default(), &LearnOptions::default()));
}

/// Reads a record, and makes its decision again.
pub fn record(data: &[u8]) {
    let (_folder, path) = written("record.json", data);
    let Some(record) = refused_or(read_record(&path)) else { return };
    refused_or(replay(&record, &RoutePolicy::default()));
}
