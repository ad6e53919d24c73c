//! GoEmotions, reduced to our four emotions.

use super::{Card, bad_row, read_tsv};
use crate::error::Result;
use crate::files;
use crate::tickets::{Sentiment, labels};
use std::collections::HashSet;
use std::path::Path;

labels! {
    /// The emotions an analysis reports.
    Emotion {
        /// Joy, amusement, excitement, love.
        Joy = "joy",
        /// Anger, disgust.
        Anger = "anger",
        /// Annoyance, disappointment, disapproval.
        Frustration = "frustration",
        /// Gratitude, admiration, approval, relief, pride.
        Satisfaction = "satisfaction",
    }
}

impl Emotion {
    /// The sentiment an emotion speaks of.
    pub fn sentiment(self) -> Sentiment {
        match self {
            Self::Joy | Self::Satisfaction => Sentiment::Positive,
            Self::Anger | Self::Frustration => Sentiment::Negative,
        }
    }
}

/// The set's card; its label map is the one the loader applies.
pub const CARD: Card = Card {
    folder: "goemotions",
    hub_name: "google-research-datasets/go_emotions",
    licence: "Apache-2.0 (hub card); the paper's data are also cited as CC BY 4.0",
    licence_source: "the hub card for Apache-2.0; CC BY 4.0 from memory",
    task: "emotions: training and evaluation; sentiment: training; texts outside of a desk's domain: training",
    label_map: &[
        ("joy", "joy"),
        ("amusement", "joy"),
        ("excitement", "joy"),
        ("love", "joy"),
        ("anger", "anger"),
        ("disgust", "anger"),
        ("annoyance", "frustration"),
        ("disappointment", "frustration"),
        ("disapproval", "frustration"),
        ("gratitude", "satisfaction"),
        ("admiration", "satisfaction"),
        ("approval", "satisfaction"),
        ("relief", "satisfaction"),
        ("pride", "satisfaction"),
        ("neutral", ""),
    ],
    notes: &[
        "Reddit comments: short, informal, often about something other than a service.",
        "Only rows whose labels all lie in one group are used; a row that is neutral alone has no emotion. A row with any label outside the map is left out.",
        "41 different texts of dev (43 rows) and 32 of test (37 rows) also stand in train, letter for letter; the loader drops them from dev and test.",
        "As texts outside of a desk's domain, comments of eight words or more serve that have none of the labels gratitude, approval, caring, annoyance, disappointment, disapproval, anger, confusion and curiosity: with those they read like messages to a desk.",
        "For sentiment, joy and satisfaction count as positive, anger and frustration as negative, neutral as neutral.",
    ],
};

/// A comment with its labels as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The comment.
    pub text: String,
    /// The authors' labels, by name.
    pub labels: Vec<String>,
}

/// A comment with our emotion, or none where it is neutral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmotionRow {
    /// The comment.
    pub text: String,
    /// Its emotion.
    pub emotion: Option<Emotion>,
}

impl EmotionRow {
    /// The row's sentiment.
    pub fn sentiment(&self) -> Sentiment {
        self.emotion.map_or(Sentiment::Neutral, Emotion::sentiment)
    }
}

/// The three splits after mapping, and counts of the rows that were dropped before it.
#[derive(Debug)]
pub struct GoEmotions {
    /// To train on.
    pub train: Vec<EmotionRow>,
    /// To choose with.
    pub dev: Vec<EmotionRow>,
    /// To report.
    pub test: Vec<EmotionRow>,
    /// All comments of the train file, before mapping.
    pub train_comments: Vec<Comment>,
    /// The comments of the dev file that do not stand in the train file, before mapping.
    pub dev_comments: Vec<Comment>,
    /// Different dev texts that stand in train.
    pub dev_leaks: usize,
    /// Different test texts that stand in train.
    pub test_leaks: usize,
}

/// Loads GoEmotions from `goemotions/` under the root.
pub fn load(root: &Path) -> Result<GoEmotions> {
    let folder = root.join(CARD.folder);
    let names_path = folder.join("labels.txt");
    let names = files::read_text(&names_path)?;
    let names: Vec<&str> = names.lines().map(str::trim).collect();
    if let Some((theirs, _)) = CARD.label_map.iter().find(|(theirs, _)| !names.contains(theirs)) {
        return Err(bad_row(&names_path, names.len(), format!("the label `{theirs}` is missing")));
    }
    let comments = |name: &str| read_comments(&folder.join(name), &names);
    let (train, dev, test) = (comments("train.tsv")?, comments("dev.tsv")?, comments("test.tsv")?);
    let seen: HashSet<&str> = train.iter().map(|row| row.text.as_str()).collect();
    let unseen = |rows: Vec<Comment>| {
        let (leaked, kept): (Vec<Comment>, Vec<Comment>) =
            rows.into_iter().partition(|row| seen.contains(row.text.as_str()));
        (leaked.into_iter().map(|row| row.text).collect::<HashSet<_>>().len(), kept)
    };
    let ((dev_leaks, dev), (test_leaks, test)) = (unseen(dev), unseen(test));
    Ok(GoEmotions {
        train: mapped(&train),
        dev: mapped(&dev),
        test: mapped(&test),
        train_comments: train,
        dev_comments: dev,
        dev_leaks,
        test_leaks,
    })
}

fn read_comments(path: &Path, names: &[&str]) -> Result<Vec<Comment>> {
    let label = |line: usize, number: &str| {
        let name = number.parse().ok().and_then(|number: usize| names.get(number));
        name.map(|name| (*name).to_owned())
            .ok_or_else(|| bad_row(path, line, format!("no label has the number `{number}`")))
    };
    read_tsv(path, 3, false)?
        .into_iter()
        .map(|(line, mut fields)| {
            let labels = fields[1].split(',').map(|number| label(line, number)).collect::<Result<_>>()?;
            Ok(Comment { text: std::mem::take(&mut fields[0]), labels })
        })
        .collect()
}

/// Our name for one of the set's labels; "" for neutral, `None` for one outside of the map.
fn group(label: &str) -> Option<&'static str> {
    CARD.label_map.iter().find(|(theirs, _)| *theirs == label).map(|(_, ours)| *ours)
}

/// Keeps the rows whose labels all lie in one group.
fn mapped(rows: &[Comment]) -> Vec<EmotionRow> {
    rows.iter()
        .filter_map(|row| {
            let first = group(row.labels.first()?)?;
            let alone = row.labels.iter().all(|label| group(label) == Some(first));
            alone.then(|| EmotionRow { text: row.text.clone(), emotion: Emotion::parse(first) })
        })
        .collect()
}
