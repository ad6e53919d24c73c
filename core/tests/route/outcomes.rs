//! Learning to route from outcomes, from outside.

use std::io::Write as _;

use frontdesk::outcomes::{
    Ending, LearnOptions, Outcome, Reward, RouteTraining, RouteTrainingProgress, learn, read_outcomes,
    train_route,
};
use frontdesk::route::{PolicySource, RoutePolicy, Router, URGENCY};
use frontdesk::{ByRoute, ErrorKind, Facts, Feature, ROUTES, Route, RouteContext};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// A desk where technical tickets are solved by live chat alone and all others by the chatbot alone, most of
/// the time.
fn solved_by(facts: &Facts) -> Route {
    if facts.feature(Feature::Technical) > 0.5 { Route::LiveChat } else { Route::AiChatbot }
}

fn outcome(facts: Facts, route: Route, propensity: Option<f64>, outcome: Ending) -> Outcome {
    Outcome {
        record: None,
        facts: Some(facts),
        ticket: None,
        route,
        propensity,
        available: None,
        outcome,
        satisfaction: None,
        duration: None,
    }
}

/// A log of routes taken by chance; `tells` says whether the routes make the difference, or nothing does.
fn log(rows: usize, tells: bool) -> Vec<Outcome> {
    let mut random = StdRng::seed_from_u64(7);
    let row = |_| {
        let mut facts = Facts::default();
        if random.random_bool(0.5) {
            facts.features.insert(Feature::Technical, random.random_range(0.6..1.0));
        } else {
            facts.features.insert(Feature::Question, random.random_range(0.6..1.0));
        }
        let route = ROUTES[random.random_range(0..4)];
        let chance = if tells && route == solved_by(&facts) {
            0.9
        } else if tells {
            0.2
        } else {
            0.5
        };
        let ending = if random.random_bool(chance) { Ending::Solved } else { Ending::Unsolved };
        outcome(facts, route, Some(0.25), ending)
    };
    (0..rows).map(row).collect()
}

fn plain_reward() -> LearnOptions {
    LearnOptions {
        reward: Reward { cost: ByRoute::default(), ..Reward::default() },
        ..LearnOptions::default()
    }
}

#[test]
fn what_makes_a_difference_is_learnt_and_accepted() {
    let log = log(4000, true);
    let (learnt, report) = learn(&log, &RoutePolicy::default(), &plain_reward()).unwrap();
    assert!(report.accepted, "{}", report.reason);
    assert!(
        report.gain.low > 0.0 && report.gain.low < report.gain.value && report.gain.value < report.gain.high
    );
    // The true reward of the new policy's routes: 0.9 where it is right.
    let router = Router::new(learnt.clone(), None, false).unwrap();
    for outcome in &log {
        let facts = outcome.facts.as_ref().unwrap();
        let answer = router.route(facts, "", &RouteContext::default()).unwrap();
        assert_eq!(answer.recommended_route, solved_by(facts));
    }
    for of in [report.new.ips, report.new.snips.unwrap(), report.new.doubly_robust] {
        assert!(of.low <= 0.9 && 0.9 <= of.high, "{of:?}");
    }
    assert!(
        report.new.doubly_robust.high - report.new.doubly_robust.low
            < report.new.ips.high - report.new.ips.low
    );
    // Learned weights keep the constraints that all weights have.
    for &feature in URGENCY {
        let of: Vec<f64> = ROUTES.iter().copied().map(|route| learnt.weights.of(feature, route)).collect();
        assert!(of[1..].iter().all(|weight| *weight >= of[0]), "{feature:?} {of:?}");
    }
    assert!(learnt.weights.success >= 0.0 && learnt.weights.preference >= 0.0);
    assert_eq!(learnt.rules, RoutePolicy::default().rules);
}

#[test]
fn what_makes_none_is_not_accepted() {
    let (_, report) = learn(&log(2000, false), &RoutePolicy::default(), &plain_reward()).unwrap();
    assert!(!report.accepted && report.reason.contains("not sure"), "{}", report.reason);
    assert!(report.gain.low <= 0.0);
    let demanding = LearnOptions { effective_rows: 1e6, ..plain_reward() };
    let (_, report) = learn(&log(2000, true), &RoutePolicy::default(), &demanding).unwrap();
    assert!(!report.accepted && report.reason.contains("explore more"), "{}", report.reason);
}

/// The self-normalised mean of the decisions that a policy would have taken, too, needs one of them.
#[test]
fn a_policy_that_takes_none_of_the_logged_routes_has_no_self_normalised_estimate() {
    let router = Router::new(RoutePolicy::default(), None, false).unwrap();
    let unlike = |row: Outcome| {
        let answer = router.route(row.facts.as_ref().unwrap(), "", &RouteContext::default()).unwrap();
        let route = ROUTES.iter().copied().find(|route| *route != answer.recommended_route).unwrap();
        Outcome { route, outcome: Ending::Unsolved, ..row }
    };
    let log: Vec<Outcome> = log(2000, true).into_iter().map(unlike).collect();
    let options = LearnOptions { effective_rows: 0.0, ..plain_reward() };
    let (_, report) = learn(&log, &RoutePolicy::default(), &options).unwrap();
    assert_eq!((report.old.snips, report.old.effective_rows), (None, 0.0), "{report:?}");
    assert_eq!(report.old.no_snips, Some("the policy takes none of the logged routes"));
    let told = serde_json::to_value(report.old).unwrap();
    assert!(told.get("snips").is_none() && told["no_snips"].is_string(), "{told}");
}

#[test]
fn a_log_that_cannot_teach_says_what_it_can() {
    let refused = |outcomes: &[Outcome]| {
        let error = learn(outcomes, &RoutePolicy::default(), &LearnOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid);
        error.message().to_owned()
    };
    let mut blind = log(200, true);
    blind[3].propensity = None;
    let message = refused(&blind);
    assert!(
        message.contains("1 of 200 outcomes have no propensity") && message.contains("exploration on"),
        "{message}"
    );
    assert!(message.contains("live-chat") && message.contains("solved"), "{message}");
    let mut same = log(200, true);
    for outcome in &mut same {
        outcome.route = Route::LiveChat;
    }
    assert!(refused(&same).contains("the same route"));
    assert!(refused(&log(20, true)).contains("20 outcomes; at least 50"));
}

#[test]
fn broken_rows_are_named_by_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |row: &str| {
        let path = folder.path().join("outcomes.jsonl");
        let good = r#"{"facts": {}, "route": "live-chat", "propensity": 0.5, "outcome": "solved"}"#;
        std::fs::write(&path, format!("{good}\n\n{row}\n")).unwrap();
        let error = read_outcomes(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
        assert!(error.message().contains("line 3"), "{error}");
        error.message().to_owned()
    };
    assert!(
        refused(r#"{"facts": {}, "route": "phone", "outcome": "solved"}"#)
            .contains("`ai-chatbot`, `live-chat`, `co-browse`, `video-call`")
    );
    assert!(
        refused(r#"{"route": "live-chat", "outcome": "solved"}"#).contains("`record`, `facts` or `ticket`")
    );
    assert!(
        refused(r#"{"facts": {}, "ticket": "hello", "route": "live-chat", "outcome": "solved"}"#)
            .contains("not several")
    );
    assert!(
        refused(r#"{"facts": {}, "route": "live-chat", "propensity": 0, "outcome": "solved"}"#)
            .contains("propensity: 0")
    );
    assert!(
        refused(r#"{"facts": {}, "route": "live-chat", "satisfaction": 6, "outcome": "solved"}"#)
            .contains("satisfaction: 6")
    );
    assert!(
        refused(r#"{"facts": {}, "route": "live-chat", "duration": -1, "outcome": "solved"}"#)
            .contains("duration: -1")
    );
    assert!(
        refused(r#"{"facts": {}, "route": "live-chat", "available": ["co-browse"], "outcome": "solved"}"#)
            .contains("live-chat was taken")
    );
    assert!(
        refused(
            r#"{"facts": {"features": {"mood": 1, "humour": 1}}, "route": "live-chat", "outcome": "solved"}"#
        )
        .contains("humour")
    );
    assert!(refused(r#"{"facts": {}, "route": "live-chat", "outcome": "perhaps"}"#).contains("`solved`"));
}

#[test]
fn a_file_of_outcomes_becomes_a_policy_file_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, log: &[Outcome]| {
        let path = folder.path().join(name);
        let mut file = std::fs::File::create(&path).unwrap();
        for outcome in log {
            let row = serde_json::json!({
                "facts": outcome.facts, "route": outcome.route, "propensity": outcome.propensity, "outcome": outcome.outcome,
            });
            writeln!(file, "{row}").unwrap();
        }
        path
    };
    let desk: RoutePolicy = toml::from_str("name = \"desk\"\n[rules]\nconsent = [\"video-call\"]").unwrap();
    let training = |data, output: &str| RouteTraining {
        data,
        output: folder.path().join(output),
        policy: Some(PolicySource::from(desk.clone())),
        options: plain_reward(),
        ..RouteTraining::default()
    };
    let none = |_| Ok(());
    let good = training(write("tells.jsonl", &log(2000, true)), "learnt.toml");
    let trained = train_route(&good, &none).unwrap();
    assert_eq!(trained.policy.as_ref(), Some(&good.output));
    let written = RoutePolicy::read(&good.output).unwrap();
    assert_eq!((&written.name, &written.rules), (&desk.name, &desk.rules));
    assert_ne!(written.weights, desk.weights);
    // Nothing is overwritten, and nothing is written where nothing was learned.
    let kept = std::fs::read(&good.output).unwrap();
    assert_eq!(train_route(&good, &none).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(std::fs::read(&good.output).unwrap(), kept);
    let bad = training(write("silent.jsonl", &log(2000, false)), "kept.json");
    assert_eq!(train_route(&bad, &none).unwrap().policy, None);
    assert!(!bad.output.exists());
    let wrong = training(good.data.clone(), "policy.bin");
    assert_eq!(train_route(&wrong, &none).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "no partial file");
}

#[test]
fn tickets_are_read_by_the_engine_where_there_are_no_facts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outcomes.jsonl");
    let mut file = std::fs::File::create(&path).unwrap();
    for number in 0..120 {
        let (text, best) = [
            ("The export crashes with an error", "live-chat"),
            ("What are your opening hours?", "ai-chatbot"),
        ][number % 2];
        let route = ROUTES[number / 2 % 4].to_string();
        let outcome = if route == best { "solved" } else { "unsolved" };
        let row = serde_json::json!({
            "ticket": {"text": text}, "route": route, "propensity": 0.25, "outcome": outcome, "satisfaction": 3, "duration": 60,
        });
        writeln!(file, "{row}").unwrap();
    }
    drop(file);
    let options = LearnOptions { effective_rows: 10.0, ..plain_reward() };
    let output = folder.path().join("learnt.json");
    let training = RouteTraining { data: path, output: output.clone(), options, ..RouteTraining::default() };
    let last = std::sync::Mutex::new((0, 0));
    let trained = train_route(&training, &|RouteTrainingProgress { done, total }| {
        *last.lock().unwrap() = (done, total);
        Ok(())
    });
    let trained = trained.unwrap();
    assert_eq!(*last.lock().unwrap(), (120, 120));
    assert!(trained.report.accepted, "{}", trained.report.reason);
    assert_eq!(trained.report.routes.get(Route::LiveChat).rows, 30);
    assert!(output.exists());
}
