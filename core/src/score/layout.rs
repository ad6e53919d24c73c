//! The columns of answers, and the values of one answer in their order.

use crate::{Analysis, Emotions, Engine, Result, SentimentAnalysis};

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Score,
    Count,
    Flag,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Score(f32),
    Count(u32),
    Flag(bool),
}

/// The columns of some outputs, in a fixed order.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    outputs: Vec<String>,
    whole: bool,
    columns: Vec<(String, Kind)>,
}

impl Layout {
    pub(crate) fn new(engine: &Engine, outputs: &[String]) -> Result<Self> {
        let (outputs, whole) = engine.shape(outputs)?;
        let mut columns = Vec::new();
        let mut add = |name: &str, kind| columns.push((name.to_owned(), kind));
        for output in &outputs {
            match (whole, output.as_str()) {
                (true, "sentiment") => {
                    add("sentiment", Kind::Text);
                    for score in ["sentiment_score", "joy", "anger", "frustration", "satisfaction"] {
                        add(score, Kind::Score);
                    }
                    add("urgency_level", Kind::Count);
                }
                (true, "route") => {
                    add("route", Kind::Text);
                    add("route_confidence", Kind::Score);
                }
                (_, task) => {
                    add(task, Kind::Text);
                    add(&format!("{task}_score"), Kind::Score);
                }
            }
        }
        add("abstain", Kind::Text);
        add("tokens", Kind::Count);
        add("truncated", Kind::Flag);
        Ok(Self { outputs, whole, columns })
    }

    /// Each column's name and kind.
    pub(crate) fn columns(&self) -> &[(String, Kind)] {
        &self.columns
    }

    /// The values in the order of the columns; outputs that the engine does not give for this text are
    /// `None`.
    pub(crate) fn cells(&self, analysis: &Analysis) -> Vec<Option<Cell>> {
        let Analysis { id: _, sentiment, category, route, tasks, abstain, usage, model: _ } = analysis;
        let mut cells = Vec::with_capacity(self.columns.len());
        for output in &self.outputs {
            match (self.whole, output.as_str()) {
                (true, "sentiment") => cells.extend(sentiment_cells(sentiment.as_ref())),
                (true, "category") => cells.extend(pair(category.as_ref().map(|c| (c.category, c.score)))),
                (true, "route") => {
                    cells.extend(pair(route.as_ref().map(|r| (r.recommended_route, r.confidence))));
                }
                (_, name) => {
                    let task = tasks.iter().find(|task| task.task == name);
                    cells.extend(pair(task.map(|task| (&task.result.label, task.result.score))));
                }
            }
        }
        let reasons: Vec<_> = abstain.iter().map(|a| format!("{}:{}", a.output, a.reason)).collect();
        cells.push((!reasons.is_empty()).then(|| Cell::Text(reasons.join(" "))));
        cells.push(Some(Cell::Count(usage.tokens as u32)));
        cells.push(Some(Cell::Flag(usage.truncated)));
        cells
    }
}

fn pair(labelled: Option<(impl ToString, f32)>) -> [Option<Cell>; 2] {
    match labelled {
        Some((label, score)) => [Some(Cell::Text(label.to_string())), Some(Cell::Score(score))],
        None => [None, None],
    }
}

fn sentiment_cells(sentiment: Option<&SentimentAnalysis>) -> [Option<Cell>; 7] {
    let Some(SentimentAnalysis { sentiment, score, emotions, urgency_level }) = sentiment else {
        return [const { None }; 7];
    };
    let Emotions { joy, anger, frustration, satisfaction } = *emotions;
    let [label, score] = pair(Some((sentiment, *score)));
    let [joy, anger, frustration, satisfaction] =
        [joy, anger, frustration, satisfaction].map(|value| Some(Cell::Score(value)));
    [label, score, joy, anger, frustration, satisfaction, Some(Cell::Count(u32::from(*urgency_level)))]
}
