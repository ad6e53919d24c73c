//! The route scorer, from outside.

use std::collections::HashSet;

use frontdesk::route::{
    PRIOR, RouteInput, Router, Signals, URGENCY, Weights, analyze_complexity, extract_keywords,
    historical_success, repeated_issue, success_share,
};
use frontdesk::{
    ByRoute, Category, CategoryAnalysis, CustomerHistory, Emotions, Feature, LabelScore, Polarity, ROUTES,
    Route, RouteAnalysis, RouteContext, SentimentAnalysis, Topic, Urgency,
};
use proptest::prelude::*;

const URGENCIES: [Urgency; 4] = [Urgency::Low, Urgency::Medium, Urgency::High, Urgency::Critical];

fn sentiment(sentiment: Polarity, anger: f32, frustration: f32, urgency_level: u8) -> SentimentAnalysis {
    let emotions = Emotions { joy: 0.02, anger, frustration, satisfaction: 0.03 };
    SentimentAnalysis { sentiment, score: 0.9, emotions, urgency_level }
}

fn category(best: Category, score: f32) -> CategoryAnalysis {
    let all = [
        Category::Approval,
        Category::Revision,
        Category::Question,
        Category::Urgent,
        Category::Technical,
        Category::General,
    ];
    let share = |label| if label == best { score } else { (1.0 - score) / 5.0 };
    let mut labels: Vec<_> = all.into_iter().map(|label| LabelScore { label, score: share(label) }).collect();
    labels.sort_by(|a, b| b.score.total_cmp(&a.score));
    CategoryAnalysis { category: best, score, labels }
}

fn history(issues: &[&str], preferred: Option<Route>, solved: &[Route]) -> CustomerHistory {
    CustomerHistory {
        previous_issues: issues.iter().map(|&issue| issue.to_owned()).collect(),
        preferred_channel: preferred,
        successful_channels: solved.to_vec(),
    }
}

/// Decides by the default policy.
fn decide(
    text: &str,
    urgency: Option<Urgency>,
    history: Option<&CustomerHistory>,
    signals: Signals<'_>,
) -> RouteAnalysis {
    let input = RouteInput { text, urgency, history, signals, ..RouteInput::default() };
    Router::default().decide(&input, &RouteContext::default()).unwrap()
}

/// Decides by the text, the urgency and the history alone.
fn plain(text: &str, urgency: Option<Urgency>, history: Option<&CustomerHistory>) -> RouteAnalysis {
    decide(text, urgency, history, Signals::default())
}

fn share(analysis: &RouteAnalysis, route: Route) -> f32 {
    if analysis.recommended_route == route {
        return analysis.confidence;
    }
    analysis
        .alternative_routes
        .iter()
        .find(|other| other.route == route)
        .map_or(f32::NAN, |other| other.score)
}

/// The routes before the chatbot in the ranking.
fn ahead_of_chatbot(analysis: &RouteAnalysis) -> usize {
    let others = analysis.alternative_routes.iter().position(|other| other.route == Route::AiChatbot);
    others.map_or(0, |place| place + 1)
}

/// Checks the properties that hold for every answer.
fn check(analysis: &RouteAnalysis) {
    let others: Vec<f32> = analysis.alternative_routes.iter().map(|other| other.score).collect();
    let all: Vec<f32> = std::iter::once(analysis.confidence).chain(others).collect();
    assert!(all.iter().all(|share| (0.0..=1.0).contains(share)), "{all:?}");
    assert!(all.is_sorted_by(|a, b| a >= b), "{all:?}");
    assert!((all.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{all:?}");
    let routes: HashSet<Route> = analysis.alternative_routes.iter().map(|other| other.route).collect();
    assert_eq!(routes.len(), 3);
    assert!(!routes.contains(&analysis.recommended_route));
    let reasoning = &analysis.reasoning;
    assert!(reasoning.ends_with('.') && !reasoning.ends_with(".."), "{reasoning}");
    assert!(reasoning.chars().count() <= 240, "{reasoning}");
    assert!(reasoning.chars().count() > 20, "{reasoning}");
    assert!(reasoning.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()), "{reasoning}");
    assert!(!reasoning.contains(char::is_control), "{reasoning}");
}

#[test]
fn the_examples() {
    let angry = sentiment(Polarity::Negative, 0.41, 0.88, 9);
    let urgent = category(Category::Urgent, 0.91);
    let signals = Signals { sentiment: Some(&angry), category: Some(&urgent) };
    let blocked = decide("Production is blocked!", Some(Urgency::Critical), None, signals);
    assert_eq!(blocked.recommended_route, Route::VideoCall, "{blocked:?}");
    assert!(blocked.reasoning.contains("ritical urgency"), "{}", blocked.reasoning);

    let only_text = [
        ("Production is blocked!", Some(Urgency::Critical), Route::VideoCall),
        ("How do I export to PDF?", None, Route::AiChatbot),
        ("How do I export to PDF?", Some(Urgency::Low), Route::AiChatbot),
        ("Color profile not working", None, Route::CoBrowse),
        ("Color profile not working", Some(Urgency::Medium), Route::CoBrowse),
        ("Just checking in", None, Route::AiChatbot),
        ("This is ridiculous, you people are useless!", None, Route::LiveChat),
        ("This is ridiculous, you people are useless!", Some(Urgency::High), Route::LiveChat),
        ("Where do I click to change the layout of the header?", None, Route::CoBrowse),
        ("I was charged twice, I want a refund.", Some(Urgency::High), Route::LiveChat),
    ];
    for (text, urgency, route) in only_text {
        let analysis = plain(text, urgency, None);
        check(&analysis);
        assert_eq!(analysis.recommended_route, route, "{text}: {analysis:?}");
    }
}

#[test]
fn a_complex_critical_case_gets_a_video_call() {
    let text = "The export crashes with E1042 after step 3. I reinstalled, restarted and tried another browser. The \
                upload freezes at 90 %. render_queue::flush() timed out, see trace.log. Nothing else is open.\n\
                - plates wrong\n- colors wrong\n- three customers waiting";
    let analysis = plain(text, Some(Urgency::Critical), None);
    assert_eq!(analysis.recommended_route, Route::VideoCall, "{analysis:?}");
    assert!(analysis.reasoning.contains("problems"), "{}", analysis.reasoning);
}

#[test]
fn signals_of_the_models_are_features() {
    let text = "The brochure again";
    let none = plain(text, None, None);
    let furious = sentiment(Polarity::Negative, 0.95, 0.6, 5);
    let angry = decide(text, None, None, Signals { sentiment: Some(&furious), category: None });
    assert_eq!(angry.recommended_route, Route::LiveChat);
    assert!(angry.reasoning.contains("trong anger"), "{}", angry.reasoning);
    let technical = category(Category::Technical, 0.97);
    let broken = decide(text, None, None, Signals { sentiment: None, category: Some(&technical) });
    assert!(share(&broken, Route::CoBrowse) > share(&none, Route::CoBrowse));
    assert!(broken.reasoning.contains("technical (97 %)"), "{}", broken.reasoning);
}

#[test]
fn values_that_are_not_numbers_say_nothing() {
    let mut broken = sentiment(Polarity::Negative, f32::NAN, f32::INFINITY, 255);
    broken.score = f32::NEG_INFINITY;
    let mut wrong = category(Category::General, 0.5);
    for label in &mut wrong.labels {
        label.score = f32::NAN;
    }
    check(&decide(
        "hello",
        Some(Urgency::High),
        None,
        Signals { sentiment: Some(&broken), category: Some(&wrong) },
    ));
    broken.urgency_level = 0;
    wrong.labels.clear();
    check(&decide("hello", None, None, Signals { sentiment: Some(&broken), category: Some(&wrong) }));
}

#[test]
fn keywords_are_whole_words_with_simple_stems() {
    let count = |text: &str, topic| extract_keywords(text).count(topic);
    for text in [
        "It crashed",
        "crashes",
        "CRASHING",
        "crash",
        "cra\u{200B}sh",
        "crásh".replace('á', "a\u{301}").as_str(),
    ] {
        assert_eq!(count(text, Topic::Fault), 1, "{text}");
    }
    assert_eq!(count("The iconic laserror of Bugatti", Topic::Fault), 0);
    assert_eq!(count("It doesn\u{2019}t work, it doesn't work.", Topic::Fault), 2);
    assert_eq!(count("Not urgent, and no error", Topic::Emergency), 0);
    assert_eq!(count("Not urgent, and no error", Topic::Fault), 0);
    assert_eq!(count("urgent", Topic::Emergency), 1);
    assert_eq!(count("We checked. In the end it is fine", Topic::Courtesy), 0, "no phrase over a full stop");
    assert_eq!(count("Can you show me where to click?", Topic::Visual), 3);
    assert_eq!(count("invoices and refunds", Topic::Money), 2);
    assert_eq!(extract_keywords("It is BLOCKED now").first(Topic::Emergency), Some("blocked"));
    assert_eq!(extract_keywords("Привет, как дела?").words(), 3);
    assert!(extract_keywords("WHERE IS IT, ANSWER ME NOW!!!").shouts() >= 1);
    let strength = extract_keywords("error error").strength(Topic::Fault);
    assert!((strength - 0.75).abs() < 1e-12);
}

#[test]
fn complexity_grows_with_each_part() {
    let of = |text: &str| analyze_complexity(text, &extract_keywords(text));
    let simple = of("The upload fails.");
    assert!(simple.value < 0.1, "{simple:?}");
    assert!(of("").value.abs() < f64::EPSILON);
    assert!(of("The upload fails. The preview freezes. The login hangs.").problems > 0.4);
    assert!(
        of("The upload fails. It fails. It fails.").problems.abs() < f64::EPSILON,
        "one problem input thrice"
    );
    assert!(of("Two things:\n- the logo\n- the date").problems > 0.0);
    assert!(of("I restarted it and tried it in another browser").attempts > simple.attempts);
    for specific in
        ["cover_final.pdf", "report.XLSX", "0x80070005", "E1042", "HTTP500", "flush()", "a::b", "C:\\temp"]
    {
        assert!(of(&format!("see {specific}, please")).specifics > 0.0, "{specific}");
    }
    for ordinary in ["SH-9041", "1,200", "12.50", "e.g.", "24/7", "and/or", "No.", "(two)", "etc.", "Ergo"] {
        assert!(of(&format!("see {ordinary} please")).specifics.abs() < f64::EPSILON, "{ordinary}");
    }
    let long = of(&"word ".repeat(2000));
    assert!(long.length > 0.9 && long.length < 1.0, "{long:?}");
}

#[test]
fn few_successes_weigh_little() {
    let even = ByRoute::new(|_| 0.25);
    let share = |solved: &[Route], route| {
        let known = historical_success(&history(&[], None, solved));
        success_share(&ByRoute::new(|route| known.solved(route)), &even, route)
    };
    for &route in ROUTES {
        assert!((share(&[], route) - 0.25).abs() < 1e-12);
    }
    let one = share(&[Route::VideoCall], Route::VideoCall);
    let many = share(&[Route::VideoCall; 50], Route::VideoCall);
    assert!(0.25 < one && one < 0.4 && many > 0.85, "{one} {many}");
    // (solved + prior * rate) / (all + prior): the share of all customers counts as so many earlier
    // successes.
    assert!((one - (1.0 + PRIOR * 0.25) / (1.0 + PRIOR)).abs() < 1e-12, "{one}");
}

#[test]
fn history_is_told_as_it_is() {
    let known = history(&["plates", "color", "press"], None, &[Route::VideoCall; 3]);
    let analysis = plain("Production is blocked!", Some(Urgency::Critical), Some(&known));
    assert!(
        analysis.reasoning.contains("video calls solved 3 of 3 earlier issues"),
        "{}",
        analysis.reasoning
    );
    let prefers = history(&[], Some(Route::LiveChat), &[]);
    let analysis = plain("Production is blocked!", None, Some(&prefers));
    assert!(analysis.reasoning.contains("prefers live chat"), "{}", analysis.reasoning);
    let prefers = history(&[], Some(Route::VideoCall), &[]);
    let analysis = plain("What are your opening hours?", None, Some(&prefers));
    assert!(analysis.reasoning.contains("preference for a video call"), "{}", analysis.reasoning);
}

#[test]
fn a_message_without_features_has_its_reason_too() {
    let text = "mir ".repeat(75);
    let asked = history(&[], Some(Route::VideoCall), &[]);
    for analysis in [plain(&text, None, None), plain(&text, None, Some(&asked))] {
        check(&analysis);
        assert!(
            analysis.reasoning.starts_with("Nothing stands out in a message of 75 words"),
            "{analysis:?}"
        );
    }
}

#[test]
fn a_repeated_issue_leaves_the_chatbot() {
    let text = "Upload stops at 90 percent again";
    let before = history(&["The upload stops at 90 percent"], None, &[]);
    let other = history(&["Where is my parcel from Antwerp?"], None, &[]);
    assert!(repeated_issue(text, &before) > 0.9);
    assert!(repeated_issue(text, &other).abs() < f64::EPSILON);
    let (again, first) = (plain(text, None, Some(&before)), plain(text, None, Some(&other)));
    assert!(share(&again, Route::AiChatbot) < share(&first, Route::AiChatbot));
    assert!(again.reasoning.contains("came up before"), "{}", again.reasoning);
    assert!(repeated_issue("Just checking in", &history(&["Just checking in"], None, &[])) <= 1.0);
    assert!(repeated_issue("", &history(&["", "x"], None, &[])).abs() < f64::EPSILON);
}

#[test]
fn an_empty_history_is_no_history() {
    for text in ["How do I export to PDF?", "Production is blocked!", ""] {
        assert_eq!(plain(text, None, Some(&CustomerHistory::default())), plain(text, None, None));
    }
}

#[test]
fn a_long_history() {
    let mut known = CustomerHistory::default();
    for number in 0..10_000 {
        known
            .previous_issues
            .push(format!("Issue {number}: the upload of file {number} stops at {} percent", number % 100));
        known.successful_channels.push(ROUTES[number % 3]);
    }
    let analysis = plain("The upload stops at 90 percent", Some(Urgency::Medium), Some(&known));
    check(&analysis);
}

#[test]
fn hostile_texts() {
    let texts = [
        String::new(),
        " \n\t ".to_owned(),
        "\u{0}\u{1}\u{7f}\u{1b}[31m".to_owned(),
        "🔥".repeat(1000),
        "👩‍👩‍👧‍👦 blocked 🏳️‍🌈".to_owned(),
        format!("a{}", "\u{301}".repeat(50_000)),
        "\u{202E}desrever\u{202C}\u{FEFF}".to_owned(),
        "İSTANBUL ẞ ﬀ ǅ Ω".repeat(100),
        "你好，我的订单没有到！".repeat(100),
        "a".repeat(100_000),
        "!".repeat(100_000),
        ". ".repeat(50_000),
        "'".repeat(100_000),
        "is there a way ".repeat(6_700),
        "error! ".repeat(14_000),
        "not a b c\n- x ".repeat(7_000),
        "crash\u{200B}".repeat(16_000),
        "\u{10FFFF}\u{FFFD}\u{E000}".to_owned(),
    ];
    for text in &texts {
        let analysis =
            plain(text, Some(Urgency::High), Some(&history(&[text, "x"], Some(Route::CoBrowse), &[])));
        check(&analysis);
        assert!(extract_keywords(text).first(Topic::Fault).is_none_or(|word| word.len() <= 140));
    }
}

#[test]
fn reasoning_differs_with_the_ticket() {
    let angry = sentiment(Polarity::Negative, 0.9, 0.8, 7);
    let calm = sentiment(Polarity::Positive, 0.01, 0.01, 1);
    let question = category(Category::Question, 0.93);
    let urgent = category(Category::Urgent, 0.88);
    let asked = history(&[], Some(Route::CoBrowse), &[Route::CoBrowse, Route::CoBrowse]);
    let with = |sentiment, category| Signals { sentiment, category };
    let none = Signals::default();
    let answers = [
        decide("Production is blocked!", Some(Urgency::Critical), None, none),
        decide("Production is blocked!", Some(Urgency::Critical), None, with(Some(&angry), Some(&urgent))),
        decide("How do I export to PDF?", None, None, none),
        decide("How do I export to PDF?", Some(Urgency::Low), None, with(Some(&calm), Some(&question))),
        decide("Color profile not working", None, None, none),
        decide("Color profile not working", None, Some(&asked), none),
        decide("Just checking in", None, None, none),
        decide("Just checking in", Some(Urgency::Low), None, with(Some(&calm), None)),
        decide("You are useless and rude", None, None, none),
        decide("You are useless and rude", None, None, with(Some(&angry), None)),
        decide("The invoice is wrong, refund me", Some(Urgency::High), None, none),
        decide("The login crashes", None, None, none),
        decide("", None, None, none),
        decide("Привет, как дела?", None, None, none),
        decide("Where is the menu for the layout?", None, Some(&asked), none),
    ];
    let distinct: HashSet<&str> = answers.iter().map(|answer| answer.reasoning.as_str()).collect();
    assert_eq!(distinct.len(), answers.len(), "{distinct:#?}");
    answers.iter().for_each(check);
}

#[test]
fn every_weight_is_finite_and_urgency_favours_the_chatbot_least() {
    let weights = Weights::default();
    assert!(URGENCY.iter().all(|feature| weights.features.contains_key(feature)));
    for &feature in Feature::ALL {
        let of: Vec<f64> = ROUTES.iter().copied().map(|route| weights.of(feature, route)).collect();
        assert!(of.iter().all(|weight| weight.is_finite() && weight.abs() <= 3.0), "{feature:?}");
        assert!(!URGENCY.contains(&feature) || of[1..].iter().all(|weight| *weight >= of[0]), "{feature:?}");
    }
}

/// Words that the scorer knows, words that it does not, and anything at all.
fn texts() -> impl Strategy<Value = String> {
    let words = [
        "how do I",
        "export",
        "PDF",
        "color",
        "layout",
        "not working",
        "crash",
        "error",
        "blocked",
        "urgent!",
        "refund",
        "invoice",
        "useless",
        "thanks",
        "hello",
        "tried",
        "E1042",
        "a_b.pdf",
        ".",
        "!!",
        "\n- ",
        "the",
        "STOP THIS",
    ];
    let known =
        prop::collection::vec(prop::sample::select(words.to_vec()), 0..25).prop_map(|words| words.join(" "));
    prop_oneof![4 => known, 1 => any::<String>()]
}

fn routes() -> impl Strategy<Value = Route> {
    prop::sample::select(ROUTES.to_vec())
}

fn urgencies() -> impl Strategy<Value = Option<Urgency>> {
    prop::option::of(prop::sample::select(URGENCIES.to_vec()))
}

fn histories() -> impl Strategy<Value = CustomerHistory> {
    let issues = prop::collection::vec(texts(), 0..4);
    let solved = prop::collection::vec(routes(), 0..30);
    (issues, prop::option::of(routes()), solved).prop_map(
        |(previous_issues, preferred_channel, successful_channels)| CustomerHistory {
            previous_issues,
            preferred_channel,
            successful_channels,
        },
    )
}

fn sentiments() -> impl Strategy<Value = SentimentAnalysis> {
    let polarity = prop::sample::select(vec![Polarity::Positive, Polarity::Neutral, Polarity::Negative]);
    (polarity, 0.0_f32..=1.0, 0.0_f32..=1.0, 1_u8..=10)
        .prop_map(|(polarity, anger, frustration, level)| sentiment(polarity, anger, frustration, level))
}

proptest! {
    #[test]
    fn answers_are_whole_and_the_same_each_time(
        text in texts(), urgency in urgencies(), known in histories(), felt in prop::option::of(sentiments()),
    ) {
        let signals = Signals { sentiment: felt.as_ref(), category: None };
        let analysis = decide(&text, urgency, Some(&known), signals);
        check(&analysis);
        prop_assert_eq!(&analysis, &decide(&text, urgency, Some(&known), signals));
    }

    #[test]
    fn complexity_and_strengths_stay_in_range(text in texts(), known in histories()) {
        let keywords = extract_keywords(&text);
        let complexity = analyze_complexity(&text, &keywords);
        let parts = [complexity.length, complexity.problems, complexity.specifics, complexity.attempts];
        prop_assert!(parts.iter().all(|part| (0.0..=1.0).contains(part)));
        prop_assert!((0.0..=1.0).contains(&complexity.value));
        prop_assert!(Topic::ALL.iter().all(|topic| (0.0..=1.0).contains(&keywords.strength(*topic))));
        prop_assert!((0.0..=1.0).contains(&repeated_issue(&text, &known)));
        let success = historical_success(&known);
        let (solved, even) = (ByRoute::new(|route| success.solved(route)), ByRoute::new(|_| 0.25));
        let sum: f64 = ROUTES.iter().copied().map(|route| success_share(&solved, &even, route)).sum();
        prop_assert!((sum - 1.0).abs() < 1e-9);
    }

    #[test]
    fn more_urgency_never_favours_the_chatbot(
        text in texts(), known in histories(), felt in prop::option::of(sentiments()),
    ) {
        let signals = Signals { sentiment: felt.as_ref(), category: None };
        let answers = URGENCIES.map(|urgency| decide(&text, Some(urgency), Some(&known), signals));
        for pair in answers.windows(2) {
            prop_assert!(share(&pair[1], Route::AiChatbot) <= share(&pair[0], Route::AiChatbot));
            prop_assert!(ahead_of_chatbot(&pair[1]) >= ahead_of_chatbot(&pair[0]));
        }
    }

    #[test]
    fn a_higher_urgency_level_never_favours_the_chatbot(
        text in texts(), urgency in urgencies(), known in histories(), felt in sentiments(),
    ) {
        let answers: Vec<_> = (1..=10).map(|urgency_level| {
            let felt = SentimentAnalysis { urgency_level, ..felt.clone() };
            decide(&text, urgency, Some(&known), Signals { sentiment: Some(&felt), category: None })
        }).collect();
        for pair in answers.windows(2) {
            prop_assert!(share(&pair[1], Route::AiChatbot) <= share(&pair[0], Route::AiChatbot));
            prop_assert!(ahead_of_chatbot(&pair[1]) >= ahead_of_chatbot(&pair[0]));
        }
    }

    #[test]
    fn one_more_success_never_lowers_a_channel(
        text in texts(), urgency in urgencies(), known in histories(), route in routes(),
    ) {
        let before = plain(&text, urgency, Some(&known));
        let mut more = known;
        more.successful_channels.push(route);
        let after = plain(&text, urgency, Some(&more));
        prop_assert!(share(&after, route) >= share(&before, route));
    }

    #[test]
    fn a_preference_never_lowers_a_channel(
        text in texts(), urgency in urgencies(), known in histories(), route in routes(),
    ) {
        let before = plain(&text, urgency, Some(&known));
        let asked = CustomerHistory { preferred_channel: Some(route), ..known };
        prop_assert!(share(&plain(&text, urgency, Some(&asked)), route) >= share(&before, route));
    }
}
