//! Logits to typed answers.

use frontdesk_models::heads::{Link, ordinal_level};

use crate::model::bundle::HeadMeaning;
use crate::model::forward::HeadOutput;
use crate::types::{Named, parse};
use crate::{
    Abstain, AbstainReason, Category, CategoryAnalysis, Emotions, Error, ErrorKind, LabelScore, Polarity,
    Result, SentimentAnalysis, TaskAnalysis, TaskResult,
};

/// The width of the neutral band of a two-label sentiment model: where the calibrated margin |p(positive) -
/// p(negative)|, 0 to 1, is below it, the sentiment is neutral. The better label's probability is then below
/// 0.75.
pub const NEUTRAL_BAND: f32 = 0.5;

/// Labels with their scores, best first; equal scores stay in the order of the labels.
fn ranked<L>(labels: impl IntoIterator<Item = L>, scores: &[f32]) -> Vec<LabelScore<L>> {
    let mut ranked: Vec<_> =
        labels.into_iter().zip(scores).map(|(label, &score)| LabelScore { label, score }).collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked
}

/// The reasons why a head abstains from an answer of this score.
pub(crate) fn abstentions(
    head: &HeadMeaning,
    raw: &HeadOutput,
    output: &str,
    (label, score): (Option<usize>, f32),
) -> impl Iterator<Item = Abstain> + use<> {
    let outside = raw.is_outside(head);
    let unsure = head.unsure(label, score);
    let output = output.to_owned();
    [(outside, AbstainReason::OutOfDomain), (unsure, AbstainReason::LowConfidence)]
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(move |(_, reason)| Abstain { output: output.clone(), reason, queue: None })
}

/// A head whose labels are a closed set of the contract, each exactly once.
#[derive(Debug)]
pub(crate) struct TypedHead<T> {
    labels: Vec<T>,
}

impl<T: Named + PartialEq> TypedHead<T> {
    pub(crate) fn new(head: &HeadMeaning) -> Result<Self> {
        let labels: Result<Vec<T>> = head.labels.iter().map(|label| parse(label)).collect();
        match labels {
            Ok(labels) if labels.len() == T::NAMES.len() && head.link == Link::Softmax => Ok(Self { labels }),
            _ => {
                let known: Vec<_> = T::NAMES.iter().map(|(_, name)| *name).collect();
                let (name, labels) = (&head.name, head.labels.join(", "));
                let message = format!(
                    "head `{name}` has the labels {labels}; expected one each of {}",
                    known.join(", ")
                );
                Err(Error::new(ErrorKind::ModelInvalid, message))
            }
        }
    }

    fn rank(&self, head: &HeadMeaning, logits: &[f32]) -> Vec<LabelScore<T>> {
        ranked(self.labels.iter().copied(), &head.scores(logits))
    }
}

/// The category from its head's logits.
pub(crate) fn category(typed: &TypedHead<Category>, head: &HeadMeaning, logits: &[f32]) -> CategoryAnalysis {
    let labels = typed.rank(head, logits);
    CategoryAnalysis { category: labels[0].label, score: labels[0].score, labels }
}

/// The polarities of a sentiment head's labels.
#[derive(Debug)]
pub(crate) enum SentimentHead {
    /// All three polarities are labels.
    Three(TypedHead<Polarity>),
    /// Two labels with the index of the positive one; between them lies the neutral band.
    Two { positive: usize },
}

impl SentimentHead {
    /// Reads any spelling of positive, negative and neutral; a checkpoint whose labels have no names is
    /// refused, since their meaning is unknown.
    pub(crate) fn new(head: &HeadMeaning) -> Result<Self> {
        let lower: Vec<String> = head.labels.iter().map(|label| label.to_lowercase()).collect();
        let at = |name: &str| lower.iter().position(|label| label == name);
        match (at("positive"), at("negative"), at("neutral"), lower.len(), head.link) {
            (Some(positive), Some(_), None, 2, Link::Softmax) => Ok(Self::Two { positive }),
            (Some(_), Some(_), Some(_), 3, Link::Softmax) => {
                let head = HeadMeaning { labels: lower, ..head.clone() };
                Ok(Self::Three(TypedHead::new(&head)?))
            }
            _ => {
                let labels = head.labels.join(", ");
                let message = format!(
                    "labels {labels}: a sentiment model has positive and negative, or neutral as well"
                );
                Err(Error::new(ErrorKind::ModelInvalid, message))
            }
        }
    }

    /// The polarity with its score. Of a neutral that comes from the band the score is 1 - margin.
    pub(crate) fn decode(&self, head: &HeadMeaning, logits: &[f32]) -> (Polarity, f32) {
        match self {
            Self::Three(typed) => {
                let best = &typed.rank(head, logits)[0];
                (best.label, best.score)
            }
            Self::Two { positive } => {
                let positive = head.scores(logits)[*positive];
                let margin = (2.0 * positive - 1.0).abs();
                match positive {
                    _ if margin < NEUTRAL_BAND => (Polarity::Neutral, 1.0 - margin),
                    p if p > 0.5 => (Polarity::Positive, p),
                    p => (Polarity::Negative, 1.0 - p),
                }
            }
        }
    }
}

/// The places of the four emotions among a head's labels.
#[derive(Debug)]
pub(crate) struct EmotionsHead([usize; 4]);

impl EmotionsHead {
    pub(crate) fn new(head: &HeadMeaning) -> Result<Self> {
        let at = |name: &str| head.labels.iter().position(|label| label == name);
        if let (Some(joy), Some(anger), Some(frustration), Some(satisfaction), Link::Sigmoid) =
            (at("joy"), at("anger"), at("frustration"), at("satisfaction"), head.link)
        {
            return Ok(Self([joy, anger, frustration, satisfaction]));
        }
        let message = format!(
            "head `{}` has the labels {}; expected joy, anger, frustration, satisfaction, each by itself",
            head.name,
            head.labels.join(", ")
        );
        Err(Error::new(ErrorKind::ModelInvalid, message))
    }

    pub(crate) fn decode(&self, head: &HeadMeaning, logits: &[f32]) -> Emotions {
        let scores = head.scores(logits);
        let [joy, anger, frustration, satisfaction] = self.0.map(|index| scores[index]);
        Emotions { joy, anger, frustration, satisfaction }
    }
}

/// Checks that a head has the ten levels of urgency.
pub(crate) fn check_urgency(head: &HeadMeaning) -> Result<()> {
    if head.link == Link::Ordinal
        && head.labels.iter().enumerate().all(|(i, l)| *l == (i + 1).to_string())
        && head.labels.len() == 10
    {
        return Ok(());
    }
    let message = format!(
        "head `{}` has the labels {}; expected the ordered levels 1 to 10",
        head.name,
        head.labels.join(", ")
    );
    Err(Error::new(ErrorKind::ModelInvalid, message))
}

/// The median level, 1 to 10.
pub(crate) fn urgency_level(head: &HeadMeaning, logits: &[f32]) -> u8 {
    ordinal_level(&head.scaled(logits)) as u8 + 1
}

/// The sentiment from its three parts.
pub(crate) fn sentiment(
    polarity: (Polarity, f32),
    emotions: Emotions,
    urgency_level: u8,
) -> SentimentAnalysis {
    SentimentAnalysis { sentiment: polarity.0, score: polarity.1, emotions, urgency_level }
}

/// The answer of a head under its own name. The best label of an ordinal head is its median level.
pub(crate) fn task(head: &HeadMeaning, logits: &[f32]) -> TaskAnalysis {
    let scores = head.scores(logits);
    let labels = ranked(head.labels.iter().cloned(), &scores);
    let best = match head.link {
        Link::Ordinal => {
            let level = ordinal_level(&head.scaled(logits));
            LabelScore { label: head.labels[level].clone(), score: scores[level] }
        }
        _ => labels[0].clone(),
    };
    TaskAnalysis {
        task: head.name.clone(),
        result: TaskResult { label: best.label, score: best.score, labels },
    }
}
