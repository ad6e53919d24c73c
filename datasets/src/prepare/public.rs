//! The public sets: the files that are theirs alone, and the rows that sentiment and domain draw from.

use super::output::Output;
use super::{has_words, texts};
use crate::error::Result;
use crate::near::{Index, Keys};
use crate::public::goemotions::{self, GoEmotions};
use crate::public::intents::{self, Banking77, Clinc150};
use crate::public::tweets::{self, Tweets};
use crate::public::{Row, polarity};
use crate::rng::Rng;
use std::path::Path;

/// Shorter film-review phrases are fragments nobody would send to a desk.
const MIN_PHRASE_WORDS: usize = 4;
/// Sentences of film reviews to choose with: [`DOMAIN_SENTENCES`] of them for the domain.
const SENTENCES_KEPT: usize = 600;
pub(super) const DOMAIN_SENTENCES: usize = 100;
const MIN_SENTENCE_WORDS: usize = 8;
const MIN_REQUEST_WORDS: usize = 3;

pub(super) struct Public {
    pub(super) tweets: Tweets,
    /// SST-2's training phrases, without any that is a part of the sentences kept.
    pub(super) phrases: Vec<Row>,
    /// Whole sentences among SST-2's training phrases, kept to choose with.
    pub(super) sentences: Vec<Row>,
    pub(super) comments: GoEmotions,
    pub(super) clinc: Clinc150,
    pub(super) banking: Banking77,
    /// NLU++'s requests.
    pub(super) requests: Vec<Row>,
    /// Every row of these sets that is reported on.
    pub(super) reported: Vec<Row>,
}

pub(super) fn load(out: &mut Output, root: &Path, seed: u64) -> Result<Public> {
    let (banking, clinc) = intents(out, root)?;
    let comments = emotions(out, root)?;
    let sst2 = polarity::sst2(root)?;
    let airline = polarity::airline(root)?;
    let uci = polarity::uci(root)?;
    out.add("sentiment/sst2-dev.csv", &sst2.dev)?;
    out.add("sentiment/airline-dev.csv", &airline)?;
    out.add("sentiment/uci.csv", &uci)?;
    out.note(format!("sst2: {} test rows dropped: they stand in train", sst2.test_removed));

    let emotion_tests = comments.test.iter().map(|row| Row { text: row.text.clone(), label: String::new() });
    let mut reported: Vec<Row> = [sst2.dev, sst2.test, airline, uci].concat();
    reported.extend([&banking.test, &clinc.test, &clinc.oos_test].into_iter().flatten().cloned());
    reported.extend(emotion_tests);

    let (sentences, phrases) = sentences_kept(sst2.train, &reported, seed);
    let requests = intents::nlupp(root)?
        .into_iter()
        .filter(|row| !row.intents.is_empty() && has_words(&row.text, MIN_REQUEST_WORDS))
        .map(|row| Row { text: row.text, label: row.intents.join("|") });
    Ok(Public {
        tweets: tweets::load(root)?,
        phrases,
        sentences,
        comments,
        clinc,
        banking,
        requests: requests.collect(),
        reported,
    })
}

fn intents(out: &mut Output, root: &Path) -> Result<(Banking77, Clinc150)> {
    let banking = intents::banking77(root)?;
    out.add("banking77/train.csv", &banking.train)?;
    out.add("banking77/test.csv", &banking.test)?;
    let clinc = intents::clinc150(root)?;
    out.add("clinc150/train.csv", &clinc.train)?;
    out.add("clinc150/dev.csv", &clinc.dev)?;
    out.add("clinc150/test.csv", &clinc.test)?;
    out.add("clinc150/oos-test.csv", &clinc.oos_test)?;
    Ok((banking, clinc))
}

fn emotions(out: &mut Output, root: &Path) -> Result<GoEmotions> {
    let comments = goemotions::load(root)?;
    for (name, rows) in [("train", &comments.train), ("dev", &comments.dev), ("test", &comments.test)] {
        // More than one emotion would be joined by `|`; the one-group rule leaves one at most.
        let label = |row: &goemotions::EmotionRow| row.emotion.map(|e| e.to_string()).unwrap_or_default();
        let rows: Vec<Row> =
            rows.iter().map(|row| Row { text: row.text.clone(), label: label(row) }).collect();
        out.add(&format!("emotions/{name}.csv"), &rows)?;
    }
    let (dev, test) = (comments.dev_leaks, comments.test_leaks);
    out.note(format!("goemotions: {dev} dev and {test} test texts dropped: they stand in train"));
    Ok(comments)
}

/// Whether a phrase ends as a sentence does.
pub(super) fn is_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?'])
}

/// Draws whole sentences from the phrases and leaves, of the other phrases that are long enough, those that
/// are no part of them: the set has each sentence and dozens of its parts.
fn sentences_kept(phrases: Vec<Row>, reported: &[Row], seed: u64) -> (Vec<Row>, Vec<Row>) {
    let reported = Keys::new(texts(reported));
    let (mut sentences, mut others): (Vec<Row>, Vec<Row>) = phrases
        .into_iter()
        .filter(|row| has_words(&row.text, MIN_PHRASE_WORDS))
        .partition(|row| is_sentence(&row.text) && has_words(&row.text, MIN_SENTENCE_WORDS));
    Rng::new(seed).shuffle(&mut sentences);
    let (mut kept, mut index) = (Vec::new(), Index::default());
    for row in sentences {
        // A part of a kept sentence that ends as it does is no sentence of its own.
        if kept.len() < SENTENCES_KEPT && !reported.contains(&row.text) && !index.near(&row.text) {
            index.add(&row.text);
            kept.push(row);
        } else {
            others.push(row);
        }
    }
    others.retain(|row| !index.near(&row.text) && !index.has_part(&row.text));
    (kept, others)
}
