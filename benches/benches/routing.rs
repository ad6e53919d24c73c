//! The time of a decision beside the encoder: the features of a text and a history, the rules, the scores,
//! and the words.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use frontdesk::route::{RouteInput, RoutePolicy, Router, Signals};
use frontdesk::{
    Category, CategoryAnalysis, CustomerHistory, Emotions, LabelScore, Polarity, Route, RouteContext,
    SentimentAnalysis, Urgency,
};

const SHORT: &str = "Production is blocked!";
const USUAL: &str = "The export crashes with E1042 since this morning. I restarted it twice and tried another browser, and the \
    preview freezes too. We need the proof before Friday, please have a look at cover_final.pdf.";

fn decisions(criterion: &mut Criterion) {
    let emotions = Emotions { joy: 0.02, anger: 0.4, frustration: 0.8, satisfaction: 0.03 };
    let sentiment =
        SentimentAnalysis { sentiment: Polarity::Negative, score: 0.9, emotions, urgency_level: 8 };
    let label = |(label, score)| LabelScore { label, score };
    let labels =
        [(Category::Technical, 0.8), (Category::Urgent, 0.1), (Category::General, 0.1)].map(label).to_vec();
    let category = CategoryAnalysis { category: Category::Technical, score: 0.8, labels };
    let signals = Signals { sentiment: Some(&sentiment), category: Some(&category) };
    let history = |issues: usize| CustomerHistory {
        previous_issues: (0..issues)
            .map(|n| format!("Issue {n}: the upload of a file stops at {n} percent"))
            .collect(),
        preferred_channel: Some(Route::LiveChat),
        successful_channels: vec![Route::LiveChat, Route::CoBrowse],
    };
    let (few, many) = (history(3), history(10_000));
    let mut policy = RoutePolicy::default();
    policy.rules.consent = vec![Route::VideoCall];
    let router = Router::new(policy, None, false).unwrap_or_default();
    let context = RouteContext { consent: vec![Route::VideoCall], ..RouteContext::default() };
    let cases = [
        ("short", SHORT, None),
        ("usual", USUAL, None),
        ("usual, 3 issues", USUAL, Some(&few)),
        ("usual, 10,000 issues", USUAL, Some(&many)),
    ];
    for (name, text, history) in cases {
        let said =
            RouteInput { text, urgency: Some(Urgency::High), history, signals, ..RouteInput::default() };
        criterion.bench_function(&format!("decide/{name}"), |bencher| {
            bencher.iter_batched(|| said, |said| router.decide(&said, &context), BatchSize::SmallInput);
        });
    }
}

criterion_group!(benches, decisions);
criterion_main!(benches);
