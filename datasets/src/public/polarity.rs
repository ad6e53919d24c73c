//! The sets with a sentiment label: SST-2, airline tweets and UCI product sentences.

use super::{Card, Row, bad_row, read_csv, read_tsv};
use crate::error::Result;
use crate::near::Keys;
use crate::tickets::Sentiment;
use std::path::Path;

const BINARY: &[(&str, &str)] = &[("1", "positive"), ("0", "negative")];

/// SST-2's card.
pub const SST2: Card = Card {
    folder: "sst2",
    hub_name: "stanfordnlp/sst2",
    licence: "none clear",
    licence_source: "from memory; the hub card states none. Look before you redistribute anything made from it",
    task: "sentiment: training (`train_part1`) and a familiar yardstick (the GLUE dev set); texts outside of a desk's domain: training",
    label_map: BINARY,
    notes: &[
        "Film reviews, lower-cased and tokenised, mostly fragments of sentences: far from support messages.",
        "`train_part2` is cut from the training phrases; it is never evaluated on, and not used here at all.",
        "6 rows of the test file also stand in the training phrases once case, spacing and punctuation are set aside; the loader removes them.",
        "Each sentence is there with dozens of its parts: 600 sentences of the training phrases are kept to choose with, and no phrase that is a part of one is trained on.",
        "It has no neutral label: a three-way model is measured here on positive and negative alone.",
    ],
};

/// The airline tweets' card.
pub const AIRLINE: Card = Card {
    folder: "airline",
    hub_name: "osanseviero/twitter-airline-sentiment",
    licence: "CC BY-NC-SA 4.0",
    licence_source: "from memory; not verified",
    task: "sentiment: evaluation only, never training (the licence forbids commercial use)",
    label_map: &[("positive", "positive"), ("neutral", "neutral"), ("negative", "negative")],
    notes: &[
        "2,000 tweets to airlines; handles and links were removed and duplicates dropped beforehand.",
        "About two thirds are negative: report macro F1, not accuracy alone.",
    ],
};

/// The UCI sentences' card.
pub const UCI: Card = Card {
    folder: "uci",
    hub_name: "UCI Machine Learning Repository, Sentiment Labelled Sentences (the Amazon file)",
    licence: "CC BY 4.0",
    licence_source: "from memory; not verified",
    task: "sentiment: evaluation",
    label_map: BINARY,
    notes: &[
        "1,000 sentences from product reviews, half of each label.",
        "The first line is a header. Chosen by its authors to be clearly one or the other: easier than real mail.",
    ],
};

/// SST-2, as it may be used.
#[derive(Debug)]
pub struct Sst2 {
    /// Phrases to train on.
    pub train: Vec<Row>,
    /// GLUE's dev set.
    pub dev: Vec<Row>,
    /// The official test sentences that do not stand in any training file.
    pub test: Vec<Row>,
    /// How many test rows were removed because they do.
    pub test_removed: usize,
}

/// Loads SST-2 from `sst2/` under the root.
pub fn sst2(root: &Path) -> Result<Sst2> {
    let folder = root.join(SST2.folder);
    let part = |name: &str| binary(&folder.join(name), true, (0, 1));
    let train = part("train_part1.tsv")?;
    let part2 = part("train_part2.tsv")?;
    let mut test = binary(&folder.join("official_test_sentences.tsv"), true, (1, 0))?;
    let seen = Keys::new(train.iter().chain(&part2).map(|row| row.text.as_str()));
    let all = test.len();
    test.retain(|row| !seen.contains(&row.text));
    Ok(Sst2 { train, dev: part("glue_dev.tsv")?, test_removed: all - test.len(), test })
}

/// Loads the UCI sentences from `uci/` under the root.
pub fn uci(root: &Path) -> Result<Vec<Row>> {
    binary(&root.join(UCI.folder).join("amazon_cells_labelled.txt"), true, (0, 1))
}

/// Loads the airline tweets from `airline/` under the root.
pub fn airline(root: &Path) -> Result<Vec<Row>> {
    let path = root.join(AIRLINE.folder).join("dev.csv");
    read_csv(&path)?
        .into_iter()
        .map(|(line, row)| match Sentiment::parse(&row.label) {
            Some(_) => Ok(row),
            None => Err(bad_row(&path, line, format!("unknown label `{}`", row.label))),
        })
        .collect()
}

fn binary(path: &Path, header: bool, (text, label): (usize, usize)) -> Result<Vec<Row>> {
    read_tsv(path, 2, header)?
        .into_iter()
        .map(|(line, mut fields)| {
            let ours = match fields[label].as_str() {
                "0" => Sentiment::Negative,
                "1" => Sentiment::Positive,
                other => return Err(bad_row(path, line, format!("unknown label `{other}`"))),
            };
            Ok(Row { text: std::mem::take(&mut fields[text]), label: ours.to_string() })
        })
        .collect()
}
