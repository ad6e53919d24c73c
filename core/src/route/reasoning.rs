//! Why the best route is the best: sentences about the features that weighed most against the runner-up.

use crate::{Exclusion, Facts, Feature, Route, Rule, Topic};

use super::score::Source;

/// The largest length of a reasoning, in characters.
const LONGEST: usize = 240;

/// The largest number of features that are named.
const NAMED: usize = 3;

/// The least weight of a feature that is named, as a share of the heaviest one's.
const WORTH_NAMING: f64 = 0.2;

/// Runner-ups whose share is this close to the best one's are named.
const CLOSE: f64 = 0.08;

/// The input of the sentences.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReasoningInput<'a> {
    pub(super) facts: &'a Facts,
    /// The weight of each source for the route that was chosen, the heaviest first.
    pub(super) weighed: &'a [(Source, f64)],
    pub(super) ranking: &'a [(Route, f64)],
    /// The route that the scores alone would have chosen, where a rule excluded it.
    pub(super) barred: Option<Exclusion>,
    /// The chosen route's place in the ranking.
    pub(super) place: usize,
}

/// One or two sentences, 240 characters at most. Of the customer's own words only keywords of the lexicon are
/// quoted.
pub(super) fn explain(input: &ReasoningInput<'_>) -> String {
    let ReasoningInput { facts, ranking, place, .. } = *input;
    let (best, share) = ranking[place];
    let mut phrases = Vec::new();
    let mut clauses = Vec::new();
    let least = input.weighed.first().map_or(0.0, |(_, heaviest)| heaviest * WORTH_NAMING).max(1e-6);
    for (source, _) in input.weighed.iter().filter(|(_, weight)| *weight >= least) {
        match source {
            Source::Feature(feature) if phrases.len() < NAMED => phrases.push(phrase(*feature, facts)),
            Source::Feature(_) => {}
            Source::Success => clauses.push(success(best, facts)),
            Source::Preference => clauses.push(format!("the customer prefers {}", name(best))),
        }
    }
    if phrases.is_empty() && clauses.is_empty() {
        clauses.push(plain(best, facts.words));
    }
    let next = ranking.get(place + 1);
    match (facts.preferred, next) {
        _ if place > 0 => {
            clauses.push(format!("{} would come first and is left aside to learn", name(ranking[0].0)));
        }
        (Some(preferred), _) if preferred != best && ranking.iter().any(|(route, _)| *route == preferred) => {
            clauses.push(format!("this outweighs the customer's preference for {}", name(preferred)));
        }
        (_, Some((second, next))) if share - next < CLOSE => {
            clauses.push(format!("{} is close behind", name(*second)));
        }
        _ => {}
    }
    let barred = input.barred.map(|exclusion| sentence(&[], &[ruled_out(exclusion)], best));
    loop {
        let mut text = sentence(&phrases, &clauses, best);
        if let Some(barred) = &barred {
            text = format!("{text} {barred}");
        }
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

/// The reason why a route was excluded.
fn ruled_out(Exclusion { route, rule }: Exclusion) -> String {
    let why = match rule {
        Rule::Unavailable => "is not available",
        Rule::Closed => "is closed at this time",
        Rule::NoAgent => "has no free agent",
        Rule::NoConsent => "needs a consent that was not given",
        Rule::Need => "does not suit the customer's needs",
        Rule::Cap => "has its share of the tickets already",
    };
    format!("{} would come first but {why}", name(route))
}

/// Joins the reasons with the route that they speak for, then the clauses.
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

/// The clause for a message without any notable feature.
fn plain(best: Route, words: usize) -> String {
    format!("nothing stands out in a message of {}; {} comes first", count(words, "word"), name(best))
}

/// The predicate of the reasons: the route that they speak for; `one` is for a single reason.
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

fn success(route: Route, facts: &Facts) -> String {
    let means = match route {
        Route::AiChatbot => "the chatbot",
        Route::LiveChat => "live chat",
        Route::CoBrowse => "co-browsing",
        Route::VideoCall => "video calls",
    };
    format!("{means} solved {} of {}", facts.solved.get(route), count(facts.issues, "earlier issue"))
}

/// Returns the phrase about a feature of this ticket that speaks for the best route.
fn phrase(feature: Feature, facts: &Facts) -> String {
    let value = facts.feature(feature);
    let quoted = |what: &str, topic| match facts.keywords.get(&topic) {
        Some(word) => format!("{what} ('{word}')"),
        None => what.to_owned(),
    };
    match feature {
        Feature::HowTo => quoted("a how-to question", Topic::HowTo),
        Feature::Visual => quoted("something to look at", Topic::Visual),
        Feature::Fault => quoted("a technical fault", Topic::Fault),
        Feature::Emergency => quoted("an emergency", Topic::Emergency),
        Feature::Money => quoted("a matter of money or contract", Topic::Money),
        Feature::Emotion => match facts.keywords.get(&Topic::Emotion) {
            Some(word) => format!("a displeased tone ('{word}')"),
            None => "a raised voice".to_owned(),
        },
        Feature::Courtesy => quoted("a friendly tone", Topic::Courtesy),
        Feature::Complexity if value > 0.0 => complex(facts),
        Feature::Complexity if facts.words == 0 => "a message without words".to_owned(),
        Feature::Complexity => format!("a simple message of {}", count(facts.words, "word")),
        Feature::TicketUrgency => {
            facts.urgency.map_or_else(String::new, |urgency| format!("{urgency} urgency"))
        }
        Feature::ModelUrgency => {
            format!("an urgency level of {} in 10", facts.urgency_level.unwrap_or_default())
        }
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

fn complex(facts: &Facts) -> String {
    let words = count(facts.words, "word");
    match (facts.problems, facts.attempts) {
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
