//! What the detector of texts outside of a desk's domain learns from, and the files that measure it. The
//! label is `outside`, or none for a text inside.

use super::output::{Evaluated, Output};
use super::public::{DOMAIN_SENTENCES, Public};
use super::{has_words, labelled, messages, texts};
use crate::error::Result;
use crate::gibberish::generate_where;
use crate::near::{Index, Keys};
use crate::outside::{Outside, OutsideRow};
use crate::public::Row;
use crate::public::goemotions::Comment;
use crate::rng::Rng;
use crate::split::Parts;
use crate::tickets::LabelledTicket;

const OUTSIDE: &str = "outside";
/// Comments with one of these read like messages to a desk.
const DESK_LIKE: [&str; 9] = [
    "gratitude",
    "approval",
    "caring",
    "annoyance",
    "disappointment",
    "disapproval",
    "anger",
    "confusion",
    "curiosity",
];
const MIN_COMMENT_WORDS: usize = 8;
const MIN_PHRASE_WORDS: usize = 6;

/// How often the texts of other genres, of other languages, and the English ones that are inside stand in
/// the training file.
const DOMAINS_WEIGHT: usize = 3;
const LANGUAGES_WEIGHT: usize = 4;
const ENGLISH_WEIGHT: usize = 6;
/// The rows of each source in the training file.
const CLINC: usize = 3000;
const BANKING: usize = 2500;
const REQUESTS: usize = 1500;
const GIBBERISH: usize = 3500;
const PHRASES: usize = 2500;
const COMMENTS: usize = 2500;
/// The rows of each source to choose with.
const DEV_CLINC: usize = 300;
const DEV_BANKING: usize = 200;
const DEV_GIBBERISH: usize = 150;
const DEV_COMMENTS: usize = 100;
/// The generated texts of gibberish-dev.csv.
const MEASURED_GIBBERISH: usize = 500;

pub(super) fn write(
    out: &mut Output,
    parts: &Parts<'_>,
    held_out: &[&LabelledTicket],
    outside: &Outside,
    public: Option<&Public>,
    seed: u64,
) -> Result<()> {
    let tickets = |tickets: &[&LabelledTicket]| labelled(tickets, |_| String::new());
    let gibberish = outside_rows(&outside.gibberish);
    let by_hand = Index::new(texts(&gibberish));
    let measured_gibberish = generated(seed.wrapping_add(1), MEASURED_GIBBERISH, &[&by_hand]);
    let measured = [
        ("gibberish-dev", measured_gibberish),
        ("gibberish-test", gibberish),
        ("languages-dev", outside_rows(&outside.languages.dev)),
        ("languages-test", outside_rows(&outside.languages.test)),
        ("domains-dev", outside_rows(&outside.domains.dev)),
        ("domains-test", outside_rows(&outside.domains.test)),
        ("english-dev", rows_of(&outside.english.dev, "")),
        ("english-test", rows_of(&outside.english.test, "")),
        ("tickets-dev", tickets(&parts.dev)),
        ("tickets-test", tickets(&parts.test)),
        ("tickets-held-out", tickets(held_out)),
    ];
    for (name, rows) in &measured {
        out.add(&format!("domain/{name}.csv"), rows)?;
    }

    let mut rng = Rng::new(seed);
    let mut index = Index::new(measured.iter().flat_map(|(_, rows)| texts(rows)));
    let dev = dev_rows(out, &mut rng, parts, outside, public, &index, seed);
    texts(&dev).for_each(|text| index.add(text));
    let mut same: Vec<&str> = Vec::new();
    if let Some(public) = public {
        same.extend(texts(&public.reported).chain(texts(&public.clinc.dev)));
        same.extend(public.comments.dev_comments.iter().map(|row| row.text.as_str()));
    }
    let evaluated = Evaluated { same: Keys::new(same), near: index };
    let mut train = train_rows(out, &mut rng, parts, outside, public, &evaluated, seed);
    rng.shuffle(&mut train);
    evaluated.clear(out, &mut train, "domain");
    out.add("domain/dev.csv", &dev)?;
    out.add("domain/train.csv", &train)
}

fn row_of(text: &str, label: &str) -> Row {
    Row { text: text.to_owned(), label: label.to_owned() }
}

fn rows_of(rows: &[OutsideRow], label: &str) -> Vec<Row> {
    rows.iter().map(|row| row_of(&row.text, label)).collect()
}

fn outside_rows(rows: &[OutsideRow]) -> Vec<Row> {
    rows_of(rows, OUTSIDE)
}

fn relabelled(rows: &[Row], label: &str) -> Vec<Row> {
    texts(rows).map(|text| row_of(text, label)).collect()
}

/// Gibberish that is near none of the texts.
fn generated(seed: u64, count: usize, others: &[&Index]) -> Vec<Row> {
    let new = |text: &str| others.iter().all(|index| !index.near(text));
    generate_where(seed, count, new).into_iter().map(|one| row_of(&one.text, OUTSIDE)).collect()
}

fn comments(of: &[Comment]) -> Vec<Row> {
    let far = |row: &&Comment| {
        has_words(&row.text, MIN_COMMENT_WORDS)
            && !row.labels.iter().any(|label| DESK_LIKE.contains(&label.as_str()))
    };
    of.iter().filter(far).map(|row| row_of(&row.text, OUTSIDE)).collect()
}

/// The rows to choose with. Of the generated and public ones, none is near a measured text or one of our
/// training tickets.
fn dev_rows(
    out: &mut Output,
    rng: &mut Rng,
    parts: &Parts<'_>,
    outside: &Outside,
    public: Option<&Public>,
    measured: &Index,
    seed: u64,
) -> Vec<Row> {
    let mut dev = labelled(&parts.dev, |_| String::new());
    dev.extend(rows_of(&outside.english.dev, ""));
    dev.extend(outside_rows(&outside.domains.dev));
    dev.extend(outside_rows(&outside.languages.dev));
    let own = Index::new(messages(&parts.train));
    dev.extend(generated(seed.wrapping_add(2), DEV_GIBBERISH, &[measured, &own]));
    if let Some(public) = public {
        let used = Evaluated { same: Keys::new(texts(&public.reported)), near: own };
        let kept = public.sentences.len().saturating_sub(DOMAIN_SENTENCES);
        let sentences = relabelled(&public.sentences[kept..], OUTSIDE);
        let mut add = |rows, count, name| dev.extend(used.draw(out, rng, rows, count, name));
        add(relabelled(&public.clinc.dev, ""), DEV_CLINC, "clinc150 dev, domain");
        add(relabelled(&public.banking.train, ""), DEV_BANKING, "banking77 to choose with, domain");
        add(sentences, DOMAIN_SENTENCES, "sst2 sentence, domain");
        add(comments(&public.comments.dev_comments), DEV_COMMENTS, "goemotions dev, domain");
    }
    dev
}

fn train_rows(
    out: &mut Output,
    rng: &mut Rng,
    parts: &Parts<'_>,
    outside: &Outside,
    public: Option<&Public>,
    evaluated: &Evaluated,
    seed: u64,
) -> Vec<Row> {
    let mut add = |rows, count, name| evaluated.draw(out, rng, rows, count, name);
    let mut train = add(labelled(&parts.train, |_| String::new()), usize::MAX, "ticket, domain");
    if let Some(public) = public {
        train.extend(add(relabelled(&public.clinc.train, ""), CLINC, "clinc150, domain"));
        train.extend(add(relabelled(&public.banking.train, ""), BANKING, "banking77, domain"));
        train.extend(add(relabelled(&public.requests, ""), REQUESTS, "nlupp, domain"));
    }
    let english = add(rows_of(&outside.english.train, ""), usize::MAX, "short English and posts, domain");
    train.extend(std::iter::repeat_n(english, ENGLISH_WEIGHT).flatten());
    let inside = Index::new(texts(&train));
    let domains = add(outside_rows(&outside.domains.train), usize::MAX, "other genres, domain");
    let languages = add(outside_rows(&outside.languages.train), usize::MAX, "other languages, domain");
    let mut far = Vec::new();
    if let Some(public) = public {
        let phrases = public.phrases.iter().filter(|row| has_words(&row.text, MIN_PHRASE_WORDS));
        let phrases = phrases.map(|row| row_of(&row.text, OUTSIDE)).collect();
        far.extend(add(phrases, PHRASES, "sst2, domain"));
        far.extend(add(comments(&public.comments.train_comments), COMMENTS, "goemotions, domain"));
    }
    far.extend(std::iter::repeat_n(domains, DOMAINS_WEIGHT).flatten());
    far.extend(std::iter::repeat_n(languages, LANGUAGES_WEIGHT).flatten());
    // A text cannot be both: what a desk may receive stays inside.
    far.retain(|row| !inside.near(&row.text));
    far.extend(generated(seed, GIBBERISH, &[&evaluated.near, &inside]));
    train.extend(far);
    train
}
