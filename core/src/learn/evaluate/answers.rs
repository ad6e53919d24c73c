//! A head's predictions for labelled rows, beside the rows' own labels.

use std::borrow::Cow;
use std::collections::HashMap;

use frontdesk_models::heads::{Link, ordinal_level};

use crate::model::bundle::HeadMeaning;
use crate::model::forward::{HeadOutput, Model};
use crate::quote::quoted;
use crate::table::{Labelled, LabelledRows, Place};
use crate::{Error, ErrorKind, LongText, OnProgress, Result};

/// Texts that go through the model between two reports of progress.
const CHUNK: usize = 256;

/// A model's prediction for one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prediction {
    /// The labels that it gave, by index, rising.
    pub(crate) labels: Vec<usize>,
    /// The score of every label.
    pub(crate) scores: Vec<f32>,
}

impl Prediction {
    pub(crate) fn of(head: &HeadMeaning, logits: &[f32]) -> Self {
        let scores = head.scores(logits);
        let labels = match head.link {
            Link::Sigmoid => (0..scores.len()).filter(|&i| scores[i] >= 0.5).collect(),
            Link::Ordinal => vec![ordinal_level(&head.scaled(logits))],
            Link::Softmax | Link::Identity => vec![best(&scores)],
        };
        Self { labels, scores }
    }

    /// Each label that it gave: the label, its score, and whether the row has it.
    pub(super) fn given<'a>(
        &'a self,
        truth: &'a [usize],
    ) -> impl Iterator<Item = (usize, f32, bool)> + use<'a> {
        self.labels.iter().map(|&label| (label, self.scores[label], truth.contains(&label)))
    }

    /// The score that decides on an abstention: of the label that it gave, or the best one of a multi-label
    /// head.
    pub(super) fn confidence(&self, link: Link) -> f32 {
        match self.labels.first() {
            Some(&label) if link != Link::Sigmoid => self.scores[label],
            _ => self.scores[best(&self.scores)],
        }
    }
}

fn best(scores: &[f32]) -> usize {
    (0..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
}

/// Rows with their labels and their predictions, in the same order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answers<'a> {
    pub(super) labels: &'a [String],
    pub(super) link: Link,
    /// The place of each row.
    pub(super) places: &'a [Place],
    pub(super) truth: &'a [Vec<usize>],
    pub(super) predictions: &'a [Prediction],
}

impl<'a> Answers<'a> {
    pub(super) fn of(
        head: &'a HeadMeaning,
        places: &'a [Place],
        truth: &'a [Vec<usize>],
        predictions: &'a [Prediction],
    ) -> Self {
        Self { labels: &head.labels, link: head.link, places, truth, predictions }
    }

    /// Whether a row may have any number of labels.
    pub(super) fn multi(&self) -> bool {
        self.link == Link::Sigmoid
    }

    /// Whether all labels of a row are right.
    pub(super) fn right(&self, row: usize) -> bool {
        self.truth[row] == self.predictions[row].labels
    }

    /// Labels as a file has them, joined by `|`.
    pub(super) fn names(&self, labels: &[usize]) -> String {
        labels.iter().map(|&label| self.labels[label].as_str()).collect::<Vec<_>>().join("|")
    }
}

/// The index of the head to look at.
pub(super) fn head(model: &Model, task: Option<&str>) -> Result<usize> {
    let names = || model.heads.iter().map(|head| head.name.as_str()).collect::<Vec<_>>().join(", ");
    match task {
        Some(task) => model.head(task).ok_or_else(|| {
            Error::invalid("task", format!("the model has no head {}; known: {}", quoted(task), names()))
        }),
        None if model.heads.len() == 1 => Ok(0),
        None => Err(Error::invalid("task", format!("the model has several heads, name one: {}", names()))),
    }
}

/// The labels of each row, by index, and its place.
pub(super) fn truth<R: LabelledRows + ?Sized>(
    head: &HeadMeaning,
    rows: &R,
) -> Result<(Vec<Vec<usize>>, Vec<Place>)> {
    if head.link == Link::Identity {
        let message = format!("`{}` is a regression: its values have no labels to count", head.name);
        return Err(Error::invalid("task", message));
    }
    let label = |row: Result<Cow<'_, Labelled>>| {
        let row = row?;
        Ok((label_indexes(&head.labels, head.link, &row)?, row.place))
    };
    rows.rows()?.map(label).collect()
}

/// The texts of the rows that were chosen by their index, in the order in which they were chosen.
pub(super) fn texts<R: LabelledRows + ?Sized>(rows: &R, chosen: &[usize]) -> Result<Vec<String>> {
    let places: HashMap<usize, usize> = chosen.iter().enumerate().map(|(place, &row)| (row, place)).collect();
    let mut texts = vec![String::new(); chosen.len()];
    for (index, row) in rows.rows()?.enumerate() {
        let row = row?;
        if let Some(&place) = places.get(&index) {
            texts[place] = row.into_owned().text;
        }
    }
    Ok(texts)
}

/// The indexes of a row's labels: one, or any number for a multi-label head, rising and each once.
pub(crate) fn label_indexes(labels: &[String], link: Link, row: &Labelled) -> Result<Vec<usize>> {
    let find = |name: &str| {
        labels.iter().position(|label| label == name).ok_or_else(|| {
            let message = format!(
                "{}: {} is no label of the model; known: {}",
                row.place,
                quoted(name),
                labels.join(", ")
            );
            Error::new(ErrorKind::DataInvalid, message)
        })
    };
    match link {
        Link::Sigmoid => {
            let names = row.label.split('|').filter(|name| !name.is_empty());
            let mut indexes: Vec<usize> = names.map(find).collect::<Result<_>>()?;
            indexes.sort_unstable();
            indexes.dedup();
            Ok(indexes)
        }
        _ => Ok(vec![find(&row.label)?]),
    }
}

/// Returns the prediction of the head at `index` for each row.
pub(super) fn predict<R: LabelledRows + ?Sized>(
    model: &Model,
    index: usize,
    rows: &R,
    progress: OnProgress<'_, usize>,
) -> Result<Vec<Prediction>> {
    let prediction = |output: HeadOutput| Prediction::of(&model.heads[index], &output.logits);
    outputs(model, index, rows, progress, &prediction)
}

/// Returns the output of the head at `index` for each row, converted by `each`.
pub(super) fn outputs<R: LabelledRows + ?Sized, T>(
    model: &Model,
    index: usize,
    rows: &R,
    progress: OnProgress<'_, usize>,
    each: &dyn Fn(HeadOutput) -> T,
) -> Result<Vec<T>> {
    let mut outputs = Vec::with_capacity(rows.count());
    let mut encodings = rows.rows()?.map(|row| {
        let row = row?;
        let encoding = model.tokenizer.encode(&row.text, LongText::HeadAndTail);
        encoding.map_err(|e| e.context(row.place))
    });
    loop {
        let chunk: Vec<_> = encodings.by_ref().take(CHUNK).collect::<Result<_>>()?;
        if chunk.is_empty() {
            break;
        }
        let logits = model.logits(&chunk.iter().collect::<Vec<_>>(), &[index])?;
        outputs.extend(logits.into_iter().flatten().map(each));
        progress(outputs.len())?;
    }
    if outputs.len() == rows.count() {
        return Ok(outputs);
    }
    let (found, expected) = (outputs.len(), rows.count());
    Err(Error::new(
        ErrorKind::DataInvalid,
        format!("the file changed: it has {found} rows, and had {expected}"),
    ))
}
