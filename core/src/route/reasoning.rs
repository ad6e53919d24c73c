//! Why the best route is the best: sentences made of what weighed most against the runner-up.

use crate::{Route, Urgency};

use super::features::{Feature, Features};
use super::history::HistoricalSuccess;
use super::keywords::Keywords;
use super::lexicon::Topic;
use super::score::{PerRoute, Scores, Source};

/// Characters of a reasoning, at most.
const LONGEST: usize = 240;

/// Features that are named, at most.
const NAMED: usize = 3;

/// What a feature must weigh beside the heaviest to be named.
const WORTH_NAMING: f64 = 0.2;

/// Runner-ups whose share is this close to the best one's are named.
const CLOSE: f64 = 0.08;

/// What the sentences are made from.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) keywords: &'a Keywords,
    pub(super) features: &'a Features,
    pub(super) urgency: Option<Urgency>,
    pub(super) level: Option<u8>,
    pub(super) success: HistoricalSuccess,
    pub(super) preferred: Option<Route>,
}

/// One or two sentences, 240 characters at most. Of the customer's own words only keywords of the lexicon are quoted.
pub(super) fn explain(facts: &Facts<'_>, scores: &Scores) -> String {
    let [(best, share), (second, next), ..] = scores.ranking;
    let mut phrases = Vec::new();
    let mut clauses = Vec::new();
    for source in heaviest(scores) {
        match source {
            Source::Feature(feature) if phrases.len() < NAMED => phrases.push(phrase(feature, facts)),
            Source::Feature(_) => {}
            Source::Success => clauses.push(success(best, &facts.success)),
            Source::Preference => clauses.push(format!("the customer prefers {}", name(best))),
        }
    }
    if phrases.is_empty() && clauses.is_empty() {
        clauses.push(plain(best, facts.keywords.words()));
    }
    match facts.preferred {
        Some(preferred) if preferred != best => {
            clauses.push(format!("this outweighs the customer's preference for {}", name(preferred)));
        }
        _ if share - next < CLOSE => clauses.push(format!("{} is close behind", name(second))),
        _ => {}
    }
    loop {
        let text = sentence(&phrases, &clauses, best);
        if text.chars().count() <= LONGEST || phrases.len() + clauses.len() < 2 {
            return text;
        }
        if phrases.len() > 1 {
            phrases.pop();
        } else {
            clauses.pop();
        }
    }
}

/// What spoke for the best route, heaviest first, as far as it is worth naming.
///
/// A part weighs what it gives the best route above what it gives the others: half of it against each by its share, so
/// that the runner-up counts most, and half against all alike, so that what rules the rest out is named too.
fn heaviest(scores: &Scores) -> Vec<Source> {
    let [(best, share), others @ ..] = scores.ranking;
    let rest = (1.0 - share).max(f64::MIN_POSITIVE);
    let weight = |part: &PerRoute| -> f64 {
        let own = part[best as usize];
        others
            .iter()
            .map(|(route, share)| (own - part[*route as usize]) * (share / rest + 1.0 / 3.0) / 2.0)
            .sum()
    };
    let mut parts: Vec<(Source, f64)> =
        scores.parts.iter().map(|(source, part)| (*source, weight(part))).collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let least = parts.first().map_or(0.0, |(_, heaviest)| heaviest * WORTH_NAMING).max(1e-6);
    parts.into_iter().filter(|(_, weight)| *weight >= least).map(|(source, _)| source).collect()
}

/// The reasons with what they ask for, then the clauses.
fn sentence(phrases: &[String], clauses: &[String], best: Route) -> String {
    let reasons = match phrases {
        [] => None,
        [one] => Some(format!("{one} {}", call(best, true))),
        many => Some(format!("{} {}", list(many), call(best, false))),
    };
    let mut text = reasons.into_iter().chain(clauses.iter().cloned()).collect::<Vec<_>>().join("; ");
    if let Some(first) = text.get(..1) {
        let first = first.to_ascii_uppercase();
        text.replace_range(..1, &first);
    }
    text.push('.');
    text
}

/// Where nothing stands out.
fn plain(best: Route, words: usize) -> String {
    format!("nothing stands out in a message of {}; {} comes first", count(words, "word"), name(best))
}

/// What the reasons ask for.
fn call(route: Route, one: bool) -> String {
    let (verb, what) = match route {
        Route::AiChatbot => ("suit", "the chatbot"),
        Route::LiveChat => ("call", "for a person in live chat"),
        Route::CoBrowse => ("call", "for a look at the customer's screen together"),
        Route::VideoCall => ("call", "for a person on video at once"),
    };
    format!("{verb}{} {what}", if one { "s" } else { "" })
}

fn name(route: Route) -> &'static str {
    match route {
        Route::AiChatbot => "the chatbot",
        Route::LiveChat => "live chat",
        Route::CoBrowse => "co-browsing",
        Route::VideoCall => "a video call",
    }
}

fn success(route: Route, success: &HistoricalSuccess) -> String {
    let means = match route {
        Route::AiChatbot => "the chatbot",
        Route::LiveChat => "live chat",
        Route::CoBrowse => "co-browsing",
        Route::VideoCall => "video calls",
    };
    format!("{means} solved {} of {}", success.solved(route), count(success.issues(), "earlier issue"))
}

/// What a feature says of this ticket, as it speaks for the best route.
fn phrase(feature: Feature, facts: &Facts<'_>) -> String {
    let value = facts.features.get(feature);
    let quoted = |what: &str, topic| match facts.keywords.first(topic) {
        Some(word) => format!("{what} ('{word}')"),
        None => what.to_owned(),
    };
    match feature {
        Feature::HowTo => quoted("a how-to question", Topic::HowTo),
        Feature::Visual => quoted("something to look at", Topic::Visual),
        Feature::Fault => quoted("a technical fault", Topic::Fault),
        Feature::Emergency => quoted("an emergency", Topic::Emergency),
        Feature::Money => quoted("a matter of money or contract", Topic::Money),
        Feature::Emotion => match facts.keywords.first(Topic::Emotion) {
            Some(word) => format!("a displeased tone ('{word}')"),
            None => "a raised voice".to_owned(),
        },
        Feature::Courtesy => quoted("a friendly tone", Topic::Courtesy),
        Feature::Complexity if value > 0.0 => complex(facts.keywords),
        Feature::Complexity if facts.keywords.words() == 0 => "a message without words".to_owned(),
        Feature::Complexity => format!("a simple message of {}", count(facts.keywords.words(), "word")),
        Feature::TicketUrgency => {
            facts.urgency.map_or_else(String::new, |urgency| format!("{urgency} urgency"))
        }
        Feature::ModelUrgency => format!("an urgency level of {} in 10", facts.level.unwrap_or_default()),
        Feature::Anger => format!("{} anger", degree(value)),
        Feature::Frustration => format!("{} frustration", degree(value)),
        Feature::Mood => format!("a {} mood", if value > 0.0 { "positive" } else { "negative" }),
        Feature::Approval => read("approval", value),
        Feature::Revision => read("revision", value),
        Feature::Question => read("question", value),
        Feature::Urgent => read("urgent", value),
        Feature::Technical => read("technical", value),
        Feature::General => read("general", value),
        Feature::Repeat => "an issue that came up before".to_owned(),
    }
}

fn complex(keywords: &Keywords) -> String {
    let words = count(keywords.words(), "word");
    match (keywords.problems(), keywords.attempts()) {
        (problems, _) if problems > 1 => format!("{problems} separate problems in {words}"),
        (_, attempts) if attempts > 0 => {
            format!("a case of {words} with {} already taken", count(attempts, "step"))
        }
        _ => format!("a detailed case of {words}"),
    }
}

fn read(category: &str, probability: f64) -> String {
    format!("the category {category} ({:.0} %)", probability * 100.0)
}

fn degree(probability: f64) -> &'static str {
    if probability >= 0.7 {
        "strong"
    } else if probability >= 0.4 {
        "clear"
    } else {
        "slight"
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(phrases: &[String]) -> String {
    match phrases {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => phrases.concat(),
    }
}

/// `1 word`, `3 words`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
