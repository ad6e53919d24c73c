//! The reasoning of forty tickets: each by its own features. `UPDATE_SNAPSHOT=1 cargo test -p frontdesk
//! --test route reasoning` writes the file anew, to be read before it is kept.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use frontdesk::route::{RouteInput, RoutePolicy, Router, Signals};
use frontdesk::{
    Category, CategoryAnalysis, CustomerHistory, Emotions, LabelScore, Polarity, Route, RouteContext,
    SentimentAnalysis, Urgency,
};

const SNAPSHOT: &str = "tests/golden/reasoning.txt";

/// The models' answers, in short: polarity, anger, frustration, urgency level, category and its score.
type Models = (Polarity, f32, f32, u8, Category, f32);

#[derive(Default)]
struct Case {
    text: &'static str,
    urgency: Option<Urgency>,
    models: Option<Models>,
    solved: &'static [Route],
    preferred: Option<Route>,
    earlier: &'static [&'static str],
    consent: bool,
}

fn case(text: &'static str) -> Case {
    Case { text, ..Case::default() }
}

impl Case {
    fn urgency(self, urgency: Urgency) -> Self {
        Self { urgency: Some(urgency), ..self }
    }

    fn models(
        self,
        polarity: Polarity,
        (anger, frustration): (f32, f32),
        level: u8,
        category: Category,
        score: f32,
    ) -> Self {
        Self { models: Some((polarity, anger, frustration, level, category, score)), ..self }
    }

    fn solved(self, solved: &'static [Route]) -> Self {
        Self { solved, ..self }
    }

    fn prefers(self, route: Route) -> Self {
        Self { preferred: Some(route), ..self }
    }

    fn earlier(self, earlier: &'static [&'static str]) -> Self {
        Self { earlier, ..self }
    }

    /// Decides under a policy that requires consent for co-browsing and video, which was not given.
    fn without_consent(self) -> Self {
        Self { consent: true, ..self }
    }
}

fn cases() -> Vec<Case> {
    use Category::{Approval, General, Question, Revision, Technical};
    use Polarity::{Negative, Neutral, Positive};
    use Route::{AiChatbot, CoBrowse, LiveChat, VideoCall};
    use Urgency::{Critical, High, Low, Medium};
    vec![
        case("Production is blocked!").urgency(Critical),
        case("Production is blocked!").models(Negative, (0.4, 0.8), 9, Category::Urgent, 0.93),
        case("How do I export to PDF?"),
        case("How do I export to PDF?").urgency(Low).models(Neutral, (0.01, 0.05), 2, Question, 0.95),
        case("Color profile not working"),
        case("Color profile not working").models(Negative, (0.1, 0.5), 5, Technical, 0.9).solved(&[CoBrowse, CoBrowse]),
        case("Just checking in"),
        case("Thank you, the booklets look lovely").models(Positive, (0.0, 0.0), 1, General, 0.88),
        case("Need to approve this proof ASAP").urgency(High).models(Neutral, (0.02, 0.1), 7, Approval, 0.84),
        case("Please approve the attached quote by Friday").models(Neutral, (0.01, 0.02), 4, Approval, 0.91),
        case("Can you fix the bleed settings?").models(Neutral, (0.03, 0.2), 4, Revision, 0.8),
        case("Make the logo larger and move the date to the left").models(Neutral, (0.01, 0.1), 3, Revision, 0.92),
        case("This is ridiculous, you people are useless!"),
        case("This is ridiculous, you people are useless!").models(Negative, (0.92, 0.7), 6, General, 0.6),
        case("I was charged twice and want a refund").urgency(High),
        case("My lawyer will look at the contract before we pay the invoice").urgency(High).models(Negative, (0.5, 0.4), 7, General, 0.5),
        case("Where do I click to change the layout of the header?"),
        case("Where is the menu for the page margins?").prefers(VideoCall),
        case("The upload stops at 90 percent").earlier(&["The upload stops at 90 percent"]),
        case("The login crashes with E1042, I restarted twice and reinstalled it").urgency(High),
        case("The export crashes. The preview freezes. The upload fails. I tried two browsers and see trace.log").urgency(Critical),
        case("The server is down and three presses stand still").urgency(Critical).models(Negative, (0.3, 0.7), 10, Category::Urgent, 0.97),
        case("What are your opening hours?"),
        case("What are your opening hours?").solved(&[AiChatbot, AiChatbot, AiChatbot]),
        case("What are your opening hours?").prefers(LiveChat),
        case("Is the portal slow for everybody today?").models(Neutral, (0.05, 0.3), 4, Question, 0.7),
        case("I am worried about the deadline").models(Negative, (0.1, 0.45), 6, General, 0.7),
        case("You promised Tuesday. It is Thursday. WHERE IS IT?").urgency(High),
        case("Hello, quick question about paper weights").models(Neutral, (0.0, 0.02), 2, Question, 0.9),
        case("Wrong color on the cover, please look at it with me").without_consent(),
        case("Production is blocked!").urgency(Critical).without_consent(),
        case("The press shows error 0x80070005 after the update").models(Neutral, (0.05, 0.4), 6, Technical, 0.96),
        case("The same error again, nobody helped last time").earlier(&["Error on the press, nobody helped"]).solved(&[LiveChat]),
        case("Everything is fine now, thanks for the call").models(Positive, (0.0, 0.01), 1, General, 0.9).solved(&[VideoCall, VideoCall, VideoCall]),
        case("Help").urgency(Medium),
        case(""),
        case("Bitte rufen Sie mich zurück"),
        case("We cannot print and the fair opens in an hour").urgency(Critical).prefers(LiveChat),
        case("The PDF preview is blurry and the fonts look wrong").models(Negative, (0.1, 0.4), 4, Technical, 0.75),
        case("Cancel my subscription and send the final invoice").urgency(Medium).models(Negative, (0.3, 0.3), 4, General, 0.65),
    ]
}

fn sentiment((polarity, anger, frustration, urgency_level, ..): Models) -> SentimentAnalysis {
    let emotions = Emotions { joy: 0.02, anger, frustration, satisfaction: 0.03 };
    SentimentAnalysis { sentiment: polarity, score: 0.9, emotions, urgency_level }
}

fn category((.., best, score): Models) -> CategoryAnalysis {
    use Category::{Approval, General, Question, Revision, Technical, Urgent};
    let share = |label| if label == best { score } else { (1.0 - score) / 5.0 };
    let label = |label| LabelScore { label, score: share(label) };
    let mut labels = [Approval, Revision, Question, Urgent, Technical, General].map(label).to_vec();
    labels.sort_by(|a, b| b.score.total_cmp(&a.score));
    CategoryAnalysis { category: best, score, labels }
}

#[test]
fn forty_tickets_have_forty_reasons() {
    let careful: RoutePolicy = toml::from_str("[rules]\nconsent = [\"co-browse\", \"video-call\"]").unwrap();
    let (plain, careful) = (Router::default(), Router::new(careful, None, false).unwrap());
    let cases = cases();
    assert_eq!(cases.len(), 40);
    let (mut told, mut reasons) = (String::new(), HashSet::new());
    for case in &cases {
        let history = CustomerHistory {
            previous_issues: case.earlier.iter().map(|&issue| issue.to_owned()).collect(),
            preferred_channel: case.preferred,
            successful_channels: case.solved.to_vec(),
        };
        let (sentiment, category) = (case.models.map(sentiment), case.models.map(category));
        let signals = Signals { sentiment: sentiment.as_ref(), category: category.as_ref() };
        let input = RouteInput {
            text: case.text,
            urgency: case.urgency,
            history: Some(&history),
            signals,
            ..RouteInput::default()
        };
        let router = if case.consent { &careful } else { &plain };
        let answer = router.decide(&input, &RouteContext::default()).unwrap();
        let urgency = case.urgency.map_or_else(String::new, |urgency| format!(" [{urgency}]"));
        writeln!(told, "{}{urgency}", case.text).unwrap();
        writeln!(told, "  {} {:.2}: {}", answer.recommended_route, answer.confidence, answer.reasoning)
            .unwrap();
        let first = answer.contributions.iter().take(3).map(|c| format!("{} {:+.2}", c.feature, c.effect));
        writeln!(told, "  because: {}", first.collect::<Vec<_>>().join(", ")).unwrap();
        if let Some(change) = &answer.would_change {
            writeln!(
                told,
                "  {} if {} were {:.2}, not {:.2}",
                change.route, change.feature, change.needed, change.value
            )
            .unwrap();
        }
        assert!(reasons.insert(answer.reasoning.clone()), "input before: {}", answer.reasoning);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(SNAPSHOT);
    if std::env::var_os("UPDATE_SNAPSHOT").is_some() {
        std::fs::write(&file, &told).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    for (number, (kept, told)) in kept.lines().zip(told.lines()).enumerate() {
        assert_eq!(told, kept, "line {}", number + 1);
    }
    assert_eq!(told.lines().count(), kept.lines().count());
}
