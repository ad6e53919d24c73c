//! Numbers of policies, records, rewards and outcomes: each has a range, and within these every answer is
//! made of numbers.

use frontdesk::outcomes::{Ending, LearnOptions, Outcome, Reward, learn, read_outcomes};
use frontdesk::route::{Exploration, RoutePolicy, Router, URGENCY, Weights, read_record, replay};
use frontdesk::{
    ByRoute, ErrorKind, Facts, Feature, ROUTES, Route, RouteAnalysis, RouteContext, Topic, from_json,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A policy with every number that one can have.
fn full() -> RoutePolicy {
    let mut desk = RoutePolicy {
        exploration: Some(Exploration {
            share: 0.2,
            floor: ByRoute::default(),
            ceiling: ByRoute::new(|_| 1.0),
            by_gap: Some(2.0),
            seed: 1,
        }),
        ..RoutePolicy::default()
    };
    desk.rules.caps.insert(Route::VideoCall, 0.5);
    desk
}

/// Puts `value` at the place `path`, names with dots between them.
fn set(table: &mut toml::Value, path: &str, value: f64) {
    let place = path.split('.').fold(table, |table, name| table.get_mut(name).unwrap());
    *place = toml::Value::Float(value);
}

#[test]
fn a_number_of_a_policy_out_of_its_range_is_named_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.toml");
    let any = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN];
    let not_negative = [-1.0, -f64::MIN_POSITIVE];
    let cases = [
        ("weights.bias.live-chat", &[][..], "-1e18 to 1e18"),
        ("weights.features.mood.video-call", &[], "-1e18 to 1e18"),
        ("weights.success", &not_negative, "0 to 1e18"),
        ("weights.success_rates.co-browse", &not_negative, "0 to 1"),
        ("weights.preference", &not_negative, "0 to 1e18"),
        ("weights.temperature", &[0.0, -1.0, 5e-324], "1e-9 to 1e18"),
        ("rules.caps.video-call", &[0.0, -1.0, 1.5], "above 0 and up to 1"),
        ("exploration.share", &[0.0, 5e-324, 0.6], "1e-6 to 0.5"),
        ("exploration.floor.ai-chatbot", &not_negative, "0 to 1"),
        ("exploration.ceiling.ai-chatbot", &[-1.0, 1.5], "0 to 1"),
        ("exploration.by_gap", &[0.0, -1.0, 5e-324], "1e-9 to 1e18"),
    ];
    for (path, others, range) in cases {
        for &value in any.iter().chain(others) {
            let mut table = toml::Value::try_from(full()).unwrap();
            set(&mut table, path, value);
            std::fs::write(&file, toml::to_string(&table).unwrap()).unwrap();
            let error = RoutePolicy::read(&file).unwrap_err();
            assert_eq!(
                (error.kind(), error.field()),
                (ErrorKind::DataInvalid, Some(path)),
                "{value}: {error}"
            );
            assert!(error.message().contains(&format!("desk.toml: {path}: ")), "{error}");
            assert!(error.message().contains(range) && error.message().len() < 200, "{error}");
        }
    }
    // JSON has no such numbers: what is written for them is broken, at its place.
    let file = folder.path().join("desk.json");
    let text =
        serde_json::to_string(&full()).unwrap().replace("\"temperature\":0.6", "\"temperature\":1e999");
    std::fs::write(&file, text).unwrap();
    let error = RoutePolicy::read(&file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid);
    assert!(error.message().contains("weights.temperature: number out of range"), "{error}");
}

#[test]
fn a_number_of_an_outcome_out_of_its_range_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcomes.jsonl");
    let router = Router::new(full(), None, true).unwrap();
    let input = frontdesk::route::RouteInput { text: "hello", ..frontdesk::route::RouteInput::default() };
    let record = router.decide(&input, &RouteContext::default()).unwrap().record.unwrap();
    let record = serde_json::to_value(&record).unwrap();
    let cases = [
        ("/propensity", json!(5e-324), "propensity: 5e-324 is not from 1e-12 to 1"),
        ("/propensity", json!(-0.5), "propensity: -0.5 is not from"),
        ("/satisfaction", json!(1e300), "satisfaction: 1e300 is not from 1 to 5"),
        ("/duration", json!(1e300), "duration: 1e300 is not from 0 to 1e9"),
        ("/facts/features/mood", json!(-1.5), "facts.features.mood: -1.5 is not from -1 to 1"),
        ("/facts/features/complexity", json!(1e308), "facts.features.complexity: 1e308 is not from"),
        ("/facts/urgency_level", json!(11), "facts.urgency_level: not from 1 to 10"),
        ("/facts/solved/ai-chatbot", json!(u64::MAX), "facts.issues: fewer than"),
        ("/facts/keywords/fault", json!("\u{1b}[2J"), "facts.keywords.fault: no keyword"),
        ("/facts/keywords/fault", json!("x".repeat(4000)), "facts.keywords.fault: no keyword"),
        ("/record/draw", json!(1.0), "record.draw: 1 is not from 0 to below 1"),
        ("/record/facts/features/mood", json!(7), "record.facts.features.mood: 7 is not from"),
        ("/record/context/shares/live-chat", json!(2), "record.context.shares.live-chat: 2 is not from"),
    ];
    for (place, value, told) in cases {
        let facts = json!({
            "features": {"mood": 0.5, "complexity": 0.1}, "keywords": {"fault": "error"}, "urgency_level": 3,
            "solved": {"ai-chatbot": 1, "live-chat": 1, "co-browse": 0, "video-call": 0}, "issues": 2,
        });
        let mut row = json!({"route": "live-chat", "propensity": 0.5, "outcome": "solved", "satisfaction": 3, "duration": 1});
        if place.starts_with("/record") {
            row["record"] = record.clone();
            row["record"]["facts"] = facts;
            row["record"]["context"]["shares"] = json!({"live-chat": 0.1});
        } else {
            row["facts"] = facts;
        }
        let good = row.to_string();
        *row.pointer_mut(place).unwrap() = value;
        std::fs::write(&file, format!("{good}\n{row}\n")).unwrap();
        let error = read_outcomes(&file).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
        assert!(error.message().contains(&format!("line 2: {told}")), "{error}");
        assert!(!error.message().contains('\u{1b}') && error.message().len() < 300, "{error}");
        if let Some(rest) = place.strip_prefix("/record") {
            // A record is read by itself, too, and made again from memory.
            let mut alone = row["record"].clone();
            std::fs::write(&file, alone.to_string()).unwrap();
            assert_eq!(read_record(&file).unwrap_err().kind(), ErrorKind::DataInvalid);
            alone["policy"] = json!(full().digest());
            let alone = serde_json::from_value(alone).unwrap();
            let error = replay(&alone, &full()).unwrap_err();
            let field = rest[1..].replace('/', ".");
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field.as_str())));
        }
    }
}

#[test]
fn a_number_of_a_reward_out_of_its_range_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reward.toml");
    for value in ["nan", "inf", "-inf", "1e308", "-1e7"] {
        for (toml, field) in [
            (format!("[reward]\nsolved = {value}"), "reward.solved"),
            (format!("[reward]\nminute = {value}"), "reward.minute"),
            (format!("[reward]\nsatisfaction = {value}"), "reward.satisfaction"),
            (
                format!(
                    "[reward.cost]\nai-chatbot = 0.0\nlive-chat = 0.0\nco-browse = {value}\nvideo-call = 0.0"
                ),
                "reward.cost.co-browse",
            ),
            (format!("effective_rows = {value}"), "effective_rows"),
        ] {
            std::fs::write(&file, &toml).unwrap();
            let error = LearnOptions::read(&file).unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::DataInvalid, Some(field)), "{error}");
            assert!(
                error.message().contains("reward.toml: ") && error.message().contains(" to 1e"),
                "{error}"
            );
            let options: LearnOptions = toml::from_str(&toml).unwrap();
            let error = learn(&[], &RoutePolicy::default(), &options).unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)), "{error}");
        }
    }
    std::fs::write(&file, "effective_rows = -1").unwrap();
    assert_eq!(LearnOptions::read(&file).unwrap_err().field(), Some("effective_rows"));
    let error = from_json::<LearnOptions>(br#"{"reward": {"solved": 1e999}}"#).unwrap_err();
    assert_eq!(error.field(), Some("solved"), "{error}");
    // Rows and policies that were made in memory are held to the same.
    let mut outcome: Outcome =
        from_json(br#"{"facts": {}, "route": "live-chat", "propensity": 0.5, "outcome": "solved"}"#).unwrap();
    outcome.duration = Some(f64::NAN);
    let refused = |outcomes: &[Outcome], policy: &RoutePolicy| {
        learn(outcomes, policy, &LearnOptions::default()).unwrap_err().message().to_owned()
    };
    assert!(refused(&[outcome], &full()).contains("outcome 0: duration: NaN"));
    let mut broken = full();
    broken.weights.temperature = f64::NAN;
    assert!(refused(&[], &broken).contains("the current policy: weights.temperature: NaN"));
}

#[test]
fn facts_out_of_their_ranges_count_as_their_ends() {
    let router = Router::new(full(), None, false).unwrap();
    let decide = |facts: &Facts| router.route(facts, "", &RouteContext::default()).unwrap();
    let with = |value: f64| Facts { features: [(Feature::Mood, value)].into(), ..Facts::default() };
    assert_eq!(decide(&with(f64::INFINITY)), decide(&with(1.0)));
    assert_eq!(decide(&with(-1e300)), decide(&with(-1.0)));
    assert!(is_numbers(&decide(&with(f64::NAN))));
    let huge = Facts { solved: ByRoute::new(|_| usize::MAX), issues: usize::MAX, ..Facts::default() };
    assert!(is_numbers(&decide(&huge)));
}

/// Whether an answer has shares from 0 to 1, a propensity that a log may have, and numbers everywhere.
fn is_numbers(answer: &RouteAnalysis) -> bool {
    let shares = answer.alternative_routes.iter().map(|other| other.score).chain([answer.confidence]);
    shares.clone().all(|share| (0.0..=1.0).contains(&share))
        && (shares.sum::<f32>() - 1.0).abs() < 1e-5
        && answer.propensity.is_none_or(|propensity| propensity > 0.0 && propensity <= 1.0)
        && answer.contributions.iter().all(|c| c.value.is_finite() && c.effect.abs() <= 2.001e18)
        && !has_null(&serde_json::to_value(answer).unwrap())
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        _ => false,
    }
}

/// Any number from `least` to `most`, of any size, the ends and the smallest among them.
fn number(least: f64, most: f64) -> impl Strategy<Value = f64> {
    let ends = [least, most, 0.0, 5e-324, -5e-324, 1e-300, -1e-300];
    prop_oneof![
        prop::sample::select(ends.to_vec()),
        (-1.0..1.0_f64, -320..20_i32).prop_map(|(digits, exponent)| digits * 10_f64.powi(exponent)),
        -1.0..1.0_f64,
    ]
    .prop_map(move |value| value.clamp(least, most))
}

fn by_route(of: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = ByRoute<f64>> {
    prop::array::uniform4(of).prop_map(|of| ByRoute::new(|route| of[route as usize]))
}

/// Any weights that are accepted.
fn weights() -> impl Strategy<Value = Weights> {
    let weight = || number(-1e18, 1e18).boxed();
    let features = prop::collection::btree_map(
        prop::sample::select(Feature::ALL.to_vec()),
        by_route(weight()).boxed(),
        0..Feature::ALL.len(),
    );
    let others = (number(0.0, 1e18), number(0.0, 1e18), number(1e-9, 1e18), by_route((0.0..1.0_f64).boxed()));
    (by_route(weight()), features, others).prop_map(
        |(bias, mut features, (success, preference, temperature, rates))| {
            for feature in URGENCY {
                if let Some(weights) = features.get_mut(feature) {
                    weights.ai_chatbot =
                        weights.iter().map(|(_, weight)| *weight).fold(f64::INFINITY, f64::min);
                }
            }
            let sum: f64 = rates.iter().map(|(_, rate)| rate).sum();
            let success_rates = ByRoute::new(|route| if sum > 0.0 { rates.get(route) / sum } else { 0.25 });
            Weights { bias, features, success, success_rates, preference, temperature }
        },
    )
}

fn exploration() -> impl Strategy<Value = Option<Exploration>> {
    let by_gap = prop::option::of(number(1e-9, 1e18));
    let shares = by_route((0.0..1.0_f64).boxed());
    prop::option::of((number(1e-6, 0.5), shares, by_gap).prop_map(|(share, parts, by_gap)| {
        let floor = ByRoute::new(|route| share * parts.get(route) / 4.0);
        let ceiling = ByRoute::new(|route| floor.get(route).max(*parts.get(route)));
        Exploration { share, floor, ceiling, by_gap, seed: 3 }
    }))
}

fn facts() -> impl Strategy<Value = Facts> {
    let feature = prop::sample::select(Feature::ALL.to_vec());
    let features = prop::collection::btree_map(feature, number(-1.0, 1.0), 0..Feature::ALL.len());
    let solved = prop::array::uniform4(prop_oneof![0..9_usize, Just(usize::MAX / 4)]);
    (features, solved, prop::option::of(prop::sample::select(ROUTES.to_vec()))).prop_map(
        |(features, solved, preferred)| Facts {
            features: features
                .into_iter()
                .map(|(feature, value)| {
                    (feature, value.clamp(*feature.range().start(), *feature.range().end()))
                })
                .collect(),
            keywords: [(Topic::Fault, "error".to_owned())].into(),
            solved: ByRoute::new(|route| solved[route as usize]),
            issues: solved.iter().sum(),
            preferred,
            ..Facts::default()
        },
    )
}

/// A log in which all routes were taken, with rewards of any size.
fn outcomes() -> impl Strategy<Value = Vec<Outcome>> {
    let numbers = (number(1e-12, 1.0), number(1.0, 5.0), number(0.0, 1e9));
    let one =
        (facts(), 0..4_usize, numbers, any::<bool>()).prop_map(|(facts, route, numbers, solved)| Outcome {
            record: None,
            facts: Some(facts),
            ticket: None,
            route: ROUTES[route],
            propensity: Some(numbers.0),
            available: None,
            outcome: if solved { Ending::Solved } else { Ending::Unsolved },
            satisfaction: Some(numbers.1),
            duration: Some(numbers.2),
        });
    prop::collection::vec(one, 50..60).prop_map(|mut rows| {
        (rows[0].route, rows[1].route) = (Route::AiChatbot, Route::VideoCall);
        rows
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Of every policy that is accepted, every decision has shares and numbers.
    #[test]
    fn a_policy_that_is_accepted_decides_in_numbers(
        weights in weights(), exploration in exploration(), facts in facts(), ticket in "[a-z]{3}",
    ) {
        let desk = RoutePolicy { weights, exploration, ..RoutePolicy::default() };
        let router = Router::new(desk, None, false).unwrap();
        let answer = router.route(&facts, &ticket, &RouteContext::default()).unwrap();
        prop_assert!(is_numbers(&answer), "{answer:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    /// Rewards and logs that are accepted give a report of numbers and a policy that is accepted.
    #[test]
    fn a_log_that_is_accepted_teaches_in_numbers(
        rows in outcomes(), solved in number(-1e6, 1e6), cost in by_route(number(-1e6, 1e6).boxed()),
        minute in number(-1e6, 1e6), satisfaction in number(-1e6, 1e6),
    ) {
        let options = LearnOptions { reward: Reward { solved, cost, minute, satisfaction }, effective_rows: 0.0 };
        let (learnt, report) = learn(&rows, &RoutePolicy::default(), &options).unwrap();
        prop_assert!(learnt.check().is_ok());
        for policy in [report.old, report.new] {
            prop_assert_ne!(policy.snips.is_some(), policy.no_snips.is_some());
        }
        let report = serde_json::to_value(&report).unwrap();
        prop_assert!(!has_null(&report), "{report}");
        let router = Router::new(learnt, None, false).unwrap();
        let answer = router.route(rows[0].known().unwrap(), "", &RouteContext::default()).unwrap();
        prop_assert!(is_numbers(&answer), "{answer:?}");
    }
}
