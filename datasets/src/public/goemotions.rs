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
    task: "emotions: training and evaluation; sentiment: training",
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
        "For sentiment, joy and satisfaction count as positive, anger and frustration as negative, neutral as neutral.",
    ],
};

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
    let raw = |name: &str| read_raw(&folder.join(name), &names);
    let (train, dev, test) = (raw("train.tsv")?, raw("dev.tsv")?, raw("test.tsv")?);
    let seen: HashSet<&str> = train.iter().map(|row| row.text.as_str()).collect();
    let unseen = |rows: Vec<RawRow>| {
        let (leaked, kept): (Vec<RawRow>, Vec<RawRow>) =
            rows.into_iter().partition(|row| seen.contains(row.text.as_str()));
        (leaked.into_iter().map(|row| row.text).collect::<HashSet<_>>().len(), mapped(kept))
    };
    let ((dev_leaks, dev), (test_leaks, test)) = (unseen(dev), unseen(test));
    Ok(GoEmotions { train: mapped(train), dev, test, dev_leaks, test_leaks })
}

struct RawRow {
    text: String,
    /// Our name for each of the row's labels; `None` for one outside the map, "" for neutral.
    groups: Vec<Option<&'static str>>,
}

fn read_raw(path: &Path, names: &[&str]) -> Result<Vec<RawRow>> {
    let group = |line: usize, number: &str| {
        let name = number.parse().ok().and_then(|number: usize| names.get(number));
        let name = name.ok_or_else(|| bad_row(path, line, format!("no label has the number `{number}`")))?;
        Ok(CARD.label_map.iter().find(|(theirs, _)| theirs == name).map(|(_, ours)| *ours))
    };
    read_tsv(path, 3, false)?
        .into_iter()
        .map(|(line, mut fields)| {
            let groups = fields[1].split(',').map(|number| group(line, number)).collect::<Result<_>>()?;
            Ok(RawRow { text: std::mem::take(&mut fields[0]), groups })
        })
        .collect()
}

/// Keeps the rows whose labels all lie in one group.
fn mapped(rows: Vec<RawRow>) -> Vec<EmotionRow> {
    rows.into_iter()
        .filter_map(|row| {
            let first = (*row.groups.first()?)?;
            let alone = row.groups.iter().all(|group| *group == Some(first));
            alone.then(|| EmotionRow { text: row.text, emotion: Emotion::parse(first) })
        })
        .collect()
}
