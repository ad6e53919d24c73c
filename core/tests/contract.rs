//! The contract as data, replayed on the crate itself: datasets/contract.

mod common;

use std::fs;
use std::path::PathBuf;

use frontdesk::{AnalyzeOptions, Engine, EngineOptions, Error, ErrorKind, Result, Ticket, from_json};
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    common::root().join("datasets/contract").join(name)
}

fn contract(name: &str) -> Value {
    serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned()).collect()
}

fn read<T: serde::de::DeserializeOwned + Default>(value: Option<&Value>) -> Result<T> {
    value.map_or_else(|| Ok(T::default()), |value| from_json(value.to_string().as_bytes()))
}

/// The same shape and labels everywhere, and the same bits of scores: JSON has an f32 as the f64 of the same
/// value.
fn same(answer: &Value, expected: &Value, at: &str) {
    match (answer, expected) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(a), keys(b), "{at}");
            a.iter().for_each(|(key, value)| same(value, &b[key], &format!("{at}.{key}")));
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{at}");
            a.iter().zip(b).enumerate().for_each(|(i, (x, y))| same(x, y, &format!("{at}[{i}]")));
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() => {
            let bits = |number: &serde_json::Number| (number.as_f64().unwrap() as f32).to_bits();
            assert_eq!(bits(a), bits(b), "{at}: {a} and {b}");
        }
        _ => assert_eq!(answer, expected, "{at}"),
    }
}

#[test]
fn tickets_get_the_answers_of_the_contract() {
    let mut contract = contract("analyze.json");
    let engine = Engine::open(EngineOptions::default()).unwrap();
    let update = std::env::var_os("UPDATE_CONTRACT").is_some();
    let mut routes = std::collections::BTreeSet::new();
    for case in contract["cases"].as_array_mut().unwrap() {
        let name = case["name"].as_str().unwrap().to_owned();
        let ticket: Ticket = from_json(case["ticket"].to_string().as_bytes()).unwrap();
        let options = read(Some(&serde_json::json!({ "outputs": case["outputs"] }))).unwrap();
        let analysis = engine.analyze_with(&ticket, &options).unwrap();
        if let Some(route) = &analysis.route {
            routes.insert(route.recommended_route.to_string());
            if let Some(wanted) = case["route"].as_str() {
                assert_eq!(route.recommended_route.to_string(), wanted, "{name}");
            }
        }
        let answer = serde_json::to_value(&analysis).unwrap();
        if update {
            case["answer"] = answer;
        } else {
            same(&answer, &case["answer"], &name);
        }
    }
    assert_eq!(routes.len(), 4, "every route is an answer somewhere: {routes:?}");
    if update {
        fs::write(path("analyze.json"), serde_json::to_string_pretty(&contract).unwrap() + "\n").unwrap();
    }
}

fn check(case: &Value, error: &Error) {
    let name = &case["name"];
    assert_eq!(error.kind().code(), case["code"].as_str().unwrap(), "{name}: {error}");
    if let Some(field) = case["field"].as_str() {
        assert_eq!(error.field(), Some(field), "{name}: {error}");
    }
    for part in strings(&case["says"]) {
        assert!(error.message().contains(&part), "{name}: `{part}` is not in: {error}");
    }
}

#[test]
fn errors_are_of_the_kind_that_the_contract_says() {
    let contract = contract("errors.json");
    let cases = contract["cases"].as_array().unwrap();
    for &kind in ErrorKind::ALL {
        assert!(cases.iter().any(|case| case["code"] == kind.code()), "no case for {kind}");
    }
    let default = Engine::open(EngineOptions::default()).unwrap();
    let broken = tempfile::tempdir().unwrap();
    fs::write(broken.path().join("config.json"), "{").unwrap();
    fs::write(broken.path().join("tokenizer.json"), "{").unwrap();
    for case in cases.iter().filter(|case| case.get("how").is_none()) {
        let run = || -> Result<()> {
            let mut engine = default.clone();
            if let Some(open) = case.get("open") {
                let mut options = read::<EngineOptions>(Some(open))?;
                if open["model"].as_str().is_some_and(|model| model.starts_with('<')) {
                    options.model = broken.path().into();
                }
                engine = Engine::open(options)?;
            }
            let tickets: Vec<Ticket> = match (case.get("ticket"), case.get("tickets")) {
                (Some(ticket), _) => vec![from_json(ticket.to_string().as_bytes())?],
                (_, Some(tickets)) => from_json(tickets.to_string().as_bytes())?,
                _ => match (case["text_bytes"].as_u64(), case["ticket_count"].as_u64()) {
                    (Some(bytes), _) => {
                        vec![Ticket::new("a ".repeat(bytes as usize)[..bytes as usize].to_owned())]
                    }
                    (_, Some(count)) => vec![Ticket::new("a"); count as usize],
                    _ => vec![Ticket::new("a")],
                },
            };
            engine.analyze_batch(&tickets, &read::<AnalyzeOptions>(case.get("options"))?).map(drop)
        };
        check(case, &run().expect_err(case["name"].as_str().unwrap()));
    }
}

fn replay(options: &Value, run: &dyn Fn(&Value) -> Result<()>) {
    for option in options.as_array().unwrap() {
        let name = option["name"].as_str().unwrap();
        let run = |value: &Value| run(&serde_json::json!({ name: value }));
        for value in option["valid"].as_array().unwrap() {
            run(value).unwrap_or_else(|e| panic!("{name} {value}: {e}"));
        }
        for case in option["invalid"].as_array().unwrap() {
            check(case, &run(&case["value"]).expect_err(name));
        }
    }
}

#[test]
fn options_are_taken_and_refused_as_the_contract_says() {
    let contract = contract("options.json");
    replay(&contract["open"], &|options| read(Some(options)).and_then(Engine::open).map(drop));
    let engine = Engine::open(EngineOptions::default()).unwrap();
    replay(&contract["call"], &|options| {
        engine.analyze_batch(&[Ticket::new("thanks")], &read::<AnalyzeOptions>(Some(options))?).map(drop)
    });
}

#[test]
fn the_surface_names_every_face_of_every_verb() {
    let surface = contract("surface.json");
    let verbs = surface["verbs"].as_object().unwrap();
    assert_eq!(
        verbs.keys().collect::<Vec<_>>(),
        [
            "open",
            "info",
            "analyze",
            "score",
            "archive",
            "diff",
            "check",
            "estimate",
            "train",
            "evaluate",
            "compare",
            "replay",
            "train_route"
        ]
    );
    for (verb, faces) in verbs {
        for face in ["rust", "python", "node", "http", "command"] {
            let reason = faces[face]["none"].as_str();
            assert!(faces[face].is_string() || reason.is_some_and(|r| !r.is_empty()), "{verb} on {face}");
        }
    }
}
