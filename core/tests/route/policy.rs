//! Routing policies, from outside: hard rules, exploration, records, and files that contradict themselves.

use std::collections::BTreeMap;

use frontdesk::route::{
    Exploration, PolicySource, RouteInput, RouteOptions, RoutePolicy, Router, read_record, replay,
};
use frontdesk::{
    AbstainReason, AnalyzeOptions, ByRoute, CustomerHistory, Engine, EngineOptions, ErrorKind, Exclusion,
    Facts, Feature, Need, ROUTES, Route, RouteAnalysis, RouteContext, Rule, Ticket, Urgency, from_json,
};
use proptest::prelude::*;

fn policy(toml: &str) -> RoutePolicy {
    toml::from_str(toml).unwrap()
}

fn decide(policy: &RoutePolicy, text: &str, context: &RouteContext) -> RouteAnalysis {
    let router = Router::new(policy.clone(), None, false).unwrap();
    router.decide(&RouteInput { text, ..RouteInput::default() }, context).unwrap()
}

fn at(time: &str) -> RouteContext {
    RouteContext { now: Some(time.parse().unwrap()), ..RouteContext::default() }
}

/// Returns the message with which a file of this policy is refused.
fn refused(toml: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, toml).unwrap();
    let error = RoutePolicy::read(&file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
    assert!(error.message().contains("policy.toml"), "{error}");
    error.message().to_owned()
}

#[test]
fn each_rule_takes_its_route_out_and_is_told() {
    let desk = policy(
        r#"
        [rules]
        consent = ["co-browse", "video-call"]
        fallback = "second line"
        [rules.agents]
        live-chat = 2
        [rules.caps]
        video-call = 0.1
        "#,
    );
    let text = "Color profile not working, where do I click?";
    let consent = vec![Route::CoBrowse, Route::VideoCall];
    let free = RouteContext { consent: consent.clone(), ..RouteContext::default() };
    let open = decide(&desk, text, &free);
    assert_eq!(open.recommended_route, Route::CoBrowse);
    assert!(open.excluded.is_empty());

    let cases = [
        (RouteContext::default(), Route::CoBrowse, Rule::NoConsent),
        (
            RouteContext { available: Some(vec![Route::LiveChat, Route::VideoCall]), ..free.clone() },
            Route::CoBrowse,
            Rule::Unavailable,
        ),
        (RouteContext { needs: vec![Need::Vision], ..free.clone() }, Route::CoBrowse, Rule::Need),
        (RouteContext { needs: vec![Need::Hearing], ..free.clone() }, Route::VideoCall, Rule::Need),
        (
            RouteContext { agents: [(Route::LiveChat, 1)].into(), ..free.clone() },
            Route::LiveChat,
            Rule::NoAgent,
        ),
        (
            RouteContext { shares: [(Route::VideoCall, 0.1)].into(), ..free.clone() },
            Route::VideoCall,
            Rule::Cap,
        ),
    ];
    for (context, route, rule) in cases {
        let answer = decide(&desk, text, &context);
        assert!(answer.excluded.contains(&Exclusion { route, rule }), "{answer:?}");
        assert_ne!(answer.recommended_route, route);
        assert!(answer.alternative_routes.iter().all(|other| other.route != route));
        if route == Route::CoBrowse {
            assert!(answer.reasoning.contains("Co-browsing would come first but"), "{}", answer.reasoning);
        }
    }
    // Routes that a rule does not forbid stay: enough agents, a share under the cap.
    let enough = RouteContext {
        agents: [(Route::LiveChat, 2)].into(),
        shares: [(Route::VideoCall, 0.09)].into(),
        ..free
    };
    assert!(decide(&desk, text, &enough).excluded.is_empty());
}

#[test]
fn hours_are_those_of_the_place() {
    let desk = policy(
        r#"
        [rules.hours.live-chat]
        time_zone = "America/New_York"
        closed = ["2026-07-03"]
        [[rules.hours.live-chat.open]]
        days = ["mon", "tue", "wed", "thu", "fri"]
        from = "09:00"
        to = "17:30"
        [[rules.hours.live-chat.open]]
        days = ["fri"]
        from = "20:00"
        to = "00:00"
        "#,
    );
    let is_open = |time: &str| decide(&desk, "You are useless and rude", &at(time)).excluded.is_empty();
    // New York is five hours behind in winter and four in summer.
    assert!(!is_open("2026-01-15T13:59:59Z"));
    assert!(is_open("2026-01-15T14:00:00Z"));
    assert!(is_open("2026-01-15T22:29:59Z"));
    assert!(!is_open("2026-01-15T22:30:00Z"));
    assert!(is_open("2026-07-15T13:00:00Z"));
    assert!(!is_open("2026-07-15T12:59:00Z"));
    assert!(!is_open("2026-07-03T15:00:00Z"), "a holiday");
    assert!(is_open("2026-07-10T15:00:00Z"), "the same day of another week");
    assert!(is_open("2026-01-17T04:59:59Z"), "Friday to midnight");
    assert!(!is_open("2026-01-17T05:00:00Z"));
    assert!(!is_open("2026-01-18T16:00:00Z"), "Sunday");
}

#[test]
fn no_route_left_is_a_typed_abstain_with_a_queue() {
    let mut options = EngineOptions::default();
    options.route.policy = Some(
        policy(
            "[rules]\navailable = [\"video-call\"]\nconsent = [\"video-call\"]\nfallback = \"night desk\"",
        )
        .into(),
    );
    let engine = Engine::open(options).unwrap();
    let ticket = [Ticket::new("Production is blocked!")];
    let analysis = engine.analyze_batch(&ticket, &AnalyzeOptions::default()).unwrap().remove(0);
    assert!(analysis.route.is_none() && analysis.category.is_some());
    let abstain = analysis.abstain.iter().find(|abstain| abstain.output == "route").unwrap();
    assert_eq!(abstain.reason, AbstainReason::NoRoute);
    assert_eq!(abstain.queue.as_deref(), Some("night desk"));
    let mut call = AnalyzeOptions::default();
    call.route.consent = vec![Route::VideoCall];
    let analysis = engine.analyze_batch(&ticket, &call).unwrap().remove(0);
    let route = analysis.route.unwrap();
    assert_eq!((route.recommended_route, route.confidence), (Route::VideoCall, 1.0));
    assert!(route.alternative_routes.is_empty() && route.would_change.is_none());
}

#[test]
fn contradictions_are_named() {
    let cases = [
        ("[rules]\navailable = []", "no route is left for any ticket"),
        (
            "[rules]\navailable = [\"live-chat\"]\nconsent = [\"video-call\"]",
            "consent: video-call is not among",
        ),
        (
            "[rules]\navailable = [\"live-chat\"]\n[rules.caps]\nco-browse = 0.5",
            "caps: co-browse is not among",
        ),
        ("[rules.caps]\nlive-chat = 0.0", "rules.caps.live-chat: 0 is not above 0 and up to 1"),
        ("[rules]\nfallback = \" \"", "fallback"),
        ("[rules.hours.live-chat]\ntime_zone = \"Europe/Atlantis\"\nopen = []", "Atlantis"),
        ("[rules.hours.live-chat]\ntime_zone = \"UTC\"\nopen = []", "never open"),
        (
            "[rules.hours.live-chat]\ntime_zone = \"UTC\"\n[[rules.hours.live-chat.open]]\ndays = [\"mon\"]\nfrom = \"18:00\"\nto = \"09:00\"",
            "past midnight is two",
        ),
        ("[exploration]\nshare = 0.6", "share: 0.6"),
        (
            "[exploration]\nshare = 0.1\nfloor = { ai-chatbot = 0.05, live-chat = 0.05, co-browse = 0.05, video-call = 0.0 }",
            "floors add up to",
        ),
        (
            "[rules]\navailable = [\"live-chat\", \"ai-chatbot\"]\n[exploration]\nshare = 0.1\nfloor = { ai-chatbot = 0.0, live-chat = 0.0, co-browse = 0.05, video-call = 0.0 }",
            "floor.co-browse: co-browse is not among",
        ),
        (
            "[rules]\navailable = [\"fax\"]",
            "unknown variant `fax`, expected one of `ai-chatbot`, `live-chat`, `co-browse`, `video-call`",
        ),
        ("wieghts = 1", "unknown field `wieghts`"),
    ];
    for (toml, told) in cases {
        let message = refused(toml);
        assert!(message.contains(told), "{message}");
    }
    // More urgency must not favour the chatbot, more success must not count against a channel, and
    // temperature divides.
    let mut desk = RoutePolicy::default();
    desk.weights.features.get_mut(&Feature::TicketUrgency).unwrap().ai_chatbot = 9.0;
    assert!(desk.check().unwrap_err().message().contains("more urgency would favour the chatbot"));
    let mut desk = RoutePolicy::default();
    desk.weights.success = -0.1;
    assert!(desk.check().unwrap_err().message().contains("success"));
    let mut desk = RoutePolicy::default();
    desk.weights.temperature = 0.0;
    assert!(desk.check().unwrap_err().message().contains("temperature"));
}

#[test]
fn files_say_the_same_in_either_form_and_a_digest_names_the_policy() {
    let mut desk =
        policy("name = \"print shop\"\n[rules]\nconsent = [\"video-call\"]\n[exploration]\nshare = 0.2");
    desk.weights.temperature = 0.123_456_789_012_345_67;
    let folder = tempfile::tempdir().unwrap();
    for name in ["desk.toml", "desk.json"] {
        let file = folder.path().join(name);
        std::fs::write(&file, desk.to_text(&file).unwrap()).unwrap();
        let read = RoutePolicy::read(&file).unwrap();
        assert_eq!(read, desk, "{name}");
        assert_eq!(read.digest(), desk.digest());
    }
    assert_ne!(desk.digest(), RoutePolicy::default().digest());
    let missing = RoutePolicy::read(&folder.path().join("none.toml")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
    let other = folder.path().join("desk.yaml");
    std::fs::write(&other, "").unwrap();
    assert_eq!(RoutePolicy::read(&other).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_record_makes_the_same_decision_to_the_byte() {
    let desk = policy(
        r#"
        [rules.hours.live-chat]
        time_zone = "Europe/Amsterdam"
        open = [{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "00:00", to = "00:00" }]
        [exploration]
        share = 0.5
        seed = 3
        "#,
    );
    let router = Router::new(desk.clone(), Some(RoutePolicy::default()), true).unwrap();
    let history = CustomerHistory {
        previous_issues: vec![
            "<script>alert(1)</script> ignore all rules".to_owned(),
            "\u{0}\u{202e}".to_owned(),
        ],
        preferred_channel: Some(Route::LiveChat),
        successful_channels: vec![Route::LiveChat, Route::CoBrowse],
    };
    let mut tried = 0;
    for number in 0..60 {
        let id = format!("T-{number}");
        let text =
            ["Color profile not working", "Production is blocked!", "Where is my order ZX-4711?"][number % 3];
        let input = RouteInput {
            id: Some(&id),
            text,
            urgency: Some(Urgency::High),
            history: Some(&history),
            ..RouteInput::default()
        };
        let answer = router.decide(&input, &RouteContext::default()).unwrap();
        tried += usize::from(answer.explored);
        let record = answer.record.clone().unwrap();
        let json = serde_json::to_string(&record).unwrap();
        assert!(!json.contains("script") && !json.contains("ZX") && !json.contains("ignore"), "{json}");
        let folder = tempfile::tempdir().unwrap();
        let expected = RouteAnalysis { shadow: None, ..answer.clone() };
        // The record alone, in a route, and in an analysis.
        for document in [
            json.clone(),
            serde_json::to_string(&answer).unwrap(),
            format!("{{\"route\": {}}}", serde_json::to_string(&answer).unwrap()),
        ] {
            let file = folder.path().join("record.json");
            std::fs::write(&file, document).unwrap();
            let again = replay(&read_record(&file).unwrap(), &desk).unwrap().unwrap();
            assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&expected).unwrap());
        }
    }
    assert!((10..50).contains(&tried), "{tried}");
    let input = RouteInput { text: "hello", ..RouteInput::default() };
    let mut record = *router.decide(&input, &RouteContext::default()).unwrap().record.unwrap();
    let error = replay(&record, &RoutePolicy::default()).unwrap_err();
    assert!(error.message().contains(&desk.digest()) && error.kind() == ErrorKind::InvalidInput, "{error}");
    record.draw = None;
    assert_eq!(replay(&record, &desk).unwrap_err().field(), Some("draw"));
    record.draw = Some(0.5);
    record.context.now = None;
    assert_eq!(replay(&record, &desk).unwrap_err().field(), Some("now"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.json");
    std::fs::write(&file, "{\"input\": 1}").unwrap();
    assert_eq!(read_record(&file).unwrap_err().kind(), ErrorKind::DataInvalid);
}

#[test]
fn a_watched_policy_is_told_and_does_not_act() {
    let mut other = RoutePolicy::default();
    other.weights.bias = ByRoute { ai_chatbot: -9.0, live_chat: -9.0, co_browse: -9.0, video_call: 9.0 };
    let router = Router::new(RoutePolicy::default(), Some(other.clone()), false).unwrap();
    let input = RouteInput { text: "How do I export to PDF?", ..RouteInput::default() };
    let answer = router.decide(&input, &RouteContext::default()).unwrap();
    assert_eq!(answer.recommended_route, Route::AiChatbot);
    let shadow = answer.shadow.unwrap();
    assert_eq!((shadow.recommended_route, shadow.policy), (Some(Route::VideoCall), other.digest()));
    other.rules.consent = ROUTES.to_vec();
    let router = Router::new(RoutePolicy::default(), Some(other), false).unwrap();
    let answer = router.decide(&input, &RouteContext::default()).unwrap();
    assert_eq!(
        (answer.recommended_route, answer.shadow.unwrap().recommended_route),
        (Route::AiChatbot, None)
    );
}

#[test]
fn options_are_read_from_json_and_bad_ones_named() {
    let read = |json: &str| from_json::<EngineOptions>(json.as_bytes());
    let options = read(r#"{"route": {"policy": {"rules": {"consent": ["video-call"]}}, "records": true, "repeats": "words"}}"#).unwrap();
    assert!(options.route.records && matches!(options.route.policy, Some(PolicySource::Given(_))));
    assert!(matches!(
        read(r#"{"route": {"shadow": "desk.toml"}}"#).unwrap().route.shadow,
        Some(PolicySource::File(_))
    ));
    let error = read(r#"{"route": {"policy": {"rules": {"consent": ["fax"]}}}}"#).unwrap_err();
    assert!(error.message().contains("fax") && error.message().contains("co-browse"), "{error}");
    assert_eq!(read(r#"{"route": {"polcy": 1}}"#).unwrap_err().field(), Some("polcy"));
    let call = |json: &str| from_json::<AnalyzeOptions>(json.as_bytes());
    let error = call(r#"{"route": {"consent": ["phone"]}}"#).unwrap_err();
    assert!(error.message().contains("phone") && error.message().contains("video-call"), "{error}");
    assert!(call(r#"{"route": {"now": "yesterday"}}"#).is_err());
    let context = call(
        r#"{"route": {"now": "2026-03-02T09:30:00Z", "agents": {"live-chat": 3}, "needs": ["hearing"]}}"#,
    )
    .unwrap()
    .route;
    assert_eq!((context.agents, context.needs), ([(Route::LiveChat, 3)].into(), vec![Need::Hearing]));

    let route =
        RouteOptions { policy: Some(PolicySource::File("no/such.toml".into())), ..RouteOptions::default() };
    let options = EngineOptions { route, ..EngineOptions::default() };
    assert_eq!(Engine::open(options).unwrap_err().kind(), ErrorKind::Io);
    let engine = Engine::open(EngineOptions::default()).unwrap();
    let mut call = AnalyzeOptions::default();
    call.route.shares = BTreeMap::from([(Route::LiveChat, 1.5)]);
    let error = engine.analyze_batch(&[Ticket::new("hello")], &call).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("shares")));
}

#[test]
fn an_earlier_issue_in_other_words_is_found_by_its_meaning() {
    let repeat = |repeats: &str, text: &str, earlier: &[String]| {
        let options = format!("{{\"route\": {{\"records\": true, \"repeats\": \"{repeats}\"}}}}");
        let engine = Engine::open(from_json(options.as_bytes()).unwrap()).unwrap();
        let history = CustomerHistory { previous_issues: earlier.to_vec(), ..CustomerHistory::default() };
        let ticket = Ticket { customer_history: Some(history), ..Ticket::new(text) };
        engine.analyze(&ticket).unwrap().route.unwrap().record.unwrap().facts.feature(Feature::Repeat)
    };
    let text = "I still have not received my order";
    let same = ["My order has not arrived yet".to_owned()];
    let other = ["Please make the logo on the cover larger".to_owned()];
    assert!(repeat("meaning", text, &same) > repeat("words", text, &same));
    assert!(repeat("meaning", text, &other) < 0.01);
    // Of many issues the words of all count, and the meaning of the last.
    let mut many: Vec<String> = (0..10_000).map(|number| format!("Item {number} of the catalogue")).collect();
    assert!(repeat("meaning", text, &many) < 0.5);
    many[17] = text.to_owned();
    assert!(repeat("meaning", text, &many) > 0.99);
    let hostile = ["\u{0}".repeat(5000), "e\u{301}".repeat(40_000), String::new(), "🔥".repeat(100)];
    assert!((0.0..=1.0).contains(&repeat("meaning", text, &hostile)));
}

/// Any facts: some features with values in their ranges, a history and a wish.
fn facts() -> impl Strategy<Value = Facts> {
    let feature =
        (prop::sample::select(Feature::ALL.to_vec()), 0.0..=1.0).prop_map(|(feature, at): (Feature, f64)| {
            let range = feature.range();
            (feature, range.start() + at * (range.end() - range.start()))
        });
    let features =
        prop::collection::btree_map(feature.clone().prop_map(|f| f.0), feature.prop_map(|f| f.1), 0..8);
    let solved = prop::array::uniform4(0_usize..12);
    let preferred = prop::option::of(prop::sample::select(ROUTES.to_vec()));
    (features, solved, preferred).prop_map(|(features, solved, preferred)| Facts {
        features: features
            .into_iter()
            .map(|(f, value)| (f, value.clamp(*f.range().start(), *f.range().end())))
            .collect(),
        words: 9,
        solved: ByRoute::new(|route| solved[route as usize]),
        issues: solved.iter().sum(),
        preferred,
        ..Facts::default()
    })
}

proptest! {
    /// The reported change is true: with the feature at the value that is needed the second-best route wins,
    /// and just before that value it does not.
    #[test]
    fn the_reversal_reverses(facts in facts()) {
        let router = Router::default();
        let route = |facts: &Facts| router.route(facts, "", &RouteContext::default()).unwrap();
        let answer = route(&facts);
        let best = answer.recommended_route;
        if let Some(change) = &answer.would_change {
            let feature: Feature = serde_json::from_value(change.feature.clone().into()).unwrap();
            prop_assert_eq!(change.route, answer.alternative_routes[0].route);
            prop_assert!((change.value - facts.feature(feature)).abs() < 1e-12);
            prop_assert!(feature.range().contains(&change.needed));
            let with = |value: f64| {
                let mut other = facts.clone();
                other.features.insert(feature, value);
                let answer = route(&other);
                let share = |of: Route| std::iter::once((answer.recommended_route, answer.confidence))
                    .chain(answer.alternative_routes.iter().map(|o| (o.route, o.score)))
                    .find(|(route, _)| *route == of).unwrap().1;
                (share(change.route), share(best))
            };
            let (second, best) = with(change.needed);
            prop_assert!(second >= best, "{second} {best}");
            // Levels of urgency are steps, of which one short of the needed may be too far already.
            if !matches!(feature, Feature::TicketUrgency | Feature::ModelUrgency) {
                let (second, best) = with(change.value + 0.98 * (change.needed - change.value));
                prop_assert!(second <= best, "{second} {best}");
            }
        }
    }

    /// Probabilities respect the share, the floors and the ceilings, and draws follow them.
    #[test]
    fn exploration_stays_within_its_bounds(facts in facts(), share in 0.01_f64..0.5, low in 0.0_f64..0.3, high in 0.3_f64..1.0, by_gap in prop::option::of(0.1_f64..1e4)) {
        let floor = share * low / 3.0;
        let desk = RoutePolicy {
            exploration: Some(Exploration {
                share,
                floor: ByRoute::new(|_| floor),
                ceiling: ByRoute::new(|_| (high * share).max(floor)),
                by_gap,
                seed: 5,
            }),
            ..RoutePolicy::default()
        };
        let router = Router::new(desk, None, false).unwrap();
        let mut best = None;
        let mut explored = 0;
        for number in 0..200 {
            let answer = router.route(&facts, &number.to_string(), &RouteContext::default()).unwrap();
            let propensity = answer.propensity.unwrap();
            if answer.explored {
                explored += 1;
                prop_assert!(propensity >= floor - 1e-12 && propensity <= (high * share).max(floor) + 1e-12);
                // The cost of exploration is bounded, too.
                let shares: Vec<f32> = answer.alternative_routes.iter().map(|other| other.score).collect();
                let gap = 0.6 * f64::from(shares[0] / answer.confidence).ln();
                if let Some(by_gap) = by_gap {
                    prop_assert!(propensity <= (1.0 / (4.0 + by_gap * gap)).max(floor) * (1.0 + 1e-3), "{propensity} {gap}");
                }
            } else {
                prop_assert!(propensity >= 1.0 - share - 1e-12);
                prop_assert_eq!(*best.get_or_insert(answer.recommended_route), answer.recommended_route);
            }
        }
        // Five standard deviations above the allowed share.
        let most = 200.0 * share + 5.0 * (200.0 * share * (1.0 - share)).sqrt();
        prop_assert!(f64::from(explored) <= most, "{explored} of 200 for a share of {share}");
    }

    /// Contributions name parts of the facts, and their sign says whether they count for or against.
    #[test]
    fn contributions_are_of_the_facts(facts in facts()) {
        let answer = Router::default().route(&facts, "", &RouteContext::default()).unwrap();
        prop_assert!(answer.contributions.len() <= 8);
        prop_assert!(answer.contributions.is_sorted_by(|a, b| a.effect.abs() >= b.effect.abs()));
        for c in &answer.contributions {
            let named = serde_json::from_value::<Feature>(c.feature.clone().into());
            match (c.feature.as_str(), named) {
                (_, Ok(feature)) => prop_assert!((c.value - facts.feature(feature)).abs() < 1e-12),
                ("success", _) => prop_assert!(facts.issues > 0),
                ("preference", _) => prop_assert!(facts.preferred.is_some()),
                (other, _) => prop_assert!(false, "{other}"),
            }
            prop_assert!(c.effect.is_finite() && c.effect != 0.0);
        }
    }
}
