//! What sentiment learns from, and the mixed file that chooses the epoch and calibrates.

use super::output::{Evaluated, Output};
use super::public::{DOMAIN_SENTENCES, Public, is_sentence};
use super::{Options, has_words, labelled, messages, texts};
use crate::error::Result;
use crate::near::{Index, Keys};
use crate::public::Row;
use crate::public::goemotions::EmotionRow;
use crate::rng::Rng;
use crate::split::Parts;
use crate::tickets::{LabelledTicket, Sentiment};

const DEV_TWEETS: usize = 700;
const DEV_COMMENTS: usize = 400;
const LONG_PHRASE_WORDS: usize = 8;

pub(super) fn write(
    out: &mut Output,
    parts: &Parts<'_>,
    held_out: &[&LabelledTicket],
    public: Option<&Public>,
    options: &Options,
) -> Result<()> {
    let label = |ticket: &LabelledTicket| ticket.sentiment.to_string();
    let own = labelled(&parts.train, label);
    let mut train: Vec<Row> = std::iter::repeat_n(own, options.own_weight).flatten().collect();
    let mut dev = labelled(&parts.dev, label);
    let mut evaluated = Evaluated::default();
    if let Some(public) = public {
        let mut rng = Rng::new(options.seed);
        let own: Vec<&LabelledTicket> = [&parts.dev, &parts.test, held_out].concat();
        let reported = || Keys::new(messages(&own).chain(texts(&public.reported)));
        dev.extend(mixed(out, &mut rng, public, parts, reported()));
        evaluated = Evaluated { near: Index::new(messages(&own).chain(texts(&dev))), same: reported() };
        train.extend(rows(out, &mut rng, public, &evaluated, options));
    }
    // Mixed here, because not every trainer shuffles.
    Rng::new(options.seed).shuffle(&mut train);
    evaluated.clear(out, &mut train, "sentiment");
    out.add("sentiment/mixed-dev.csv", &dev)?;
    out.add("sentiment/train.csv", &train)
}

/// The rows of the public sets to choose with. What is near one of our training tickets stays out, so that
/// no ticket has to leave for it.
fn mixed(out: &mut Output, rng: &mut Rng, public: &Public, parts: &Parts<'_>, same: Keys) -> Vec<Row> {
    let used = Evaluated { near: Index::new(messages(&parts.train)), same };
    let sentences = public.sentences.len().saturating_sub(DOMAIN_SENTENCES);
    let sentences = public.sentences[..sentences].to_vec();
    let comments = public.comments.dev.iter().map(sentiment_row).collect();
    let mut rows = used.draw(out, rng, public.tweets.dev.clone(), DEV_TWEETS, "tweeteval dev");
    rows.extend(used.draw(out, rng, sentences, usize::MAX, "sst2 sentence"));
    rows.extend(used.draw(out, rng, comments, DEV_COMMENTS, "goemotions dev"));
    rows
}

fn sentiment_row(row: &EmotionRow) -> Row {
    Row { text: row.text.clone(), label: row.sentiment().to_string() }
}

/// The rows of the public sets to learn from.
fn rows(
    out: &mut Output,
    rng: &mut Rng,
    public: &Public,
    evaluated: &Evaluated,
    options: &Options,
) -> Vec<Row> {
    let mut rows = evaluated.draw(out, rng, public.tweets.train.clone(), usize::MAX, "tweeteval");
    let mut phrases = evaluated.draw(out, rng, public.phrases.clone(), usize::MAX, "sst2");
    phrases.sort_by_key(|row| (!is_sentence(&row.text), !has_words(&row.text, LONG_PHRASE_WORDS)));
    // A sentence without its full stop is the sentence again.
    let mut seen = Keys::default();
    phrases.retain(|row| seen.insert(&row.text));
    phrases.truncate(options.sst2_cap);
    rows.extend(phrases);
    for &sentiment in Sentiment::ALL {
        let of = public.comments.train.iter().filter(|row| row.sentiment() == sentiment).map(sentiment_row);
        let name = format!("goemotions {sentiment}");
        rows.extend(evaluated.draw(out, rng, of.collect(), options.goemotions_cap, &name));
    }
    rows
}
