//! `score`: a column of texts becomes columns of answers.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::{
    Analysis, AnalyzeOptions, Emotions, Engine, ErrorKind, Pending, Result, SentimentAnalysis, TicketRef,
    Tickets,
};

/// Rows of one step: progress is told, and cancelling heard, between two of them.
const STEP: usize = 256;

/// Steps under way at a time, so that no thread waits for a step's last row.
const UNDER_WAY: usize = 4;

/// How long the caller is left without news, and how long to wait where other callers fill the queue.
const PAUSE: Duration = Duration::from_millis(50);

/// Texts that are read where they are, some of them missing.
pub trait TextColumn: Send + Sync {
    /// How many rows there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text in `row`, which is under [`TextColumn::len`].
    fn get(&self, row: usize) -> Option<&str>;
}

impl TextColumn for Vec<Option<String>> {
    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, row: usize) -> Option<&str> {
        self[row].as_deref()
    }
}

/// What to compute.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ScoreOptions {
    /// The outputs; empty: those that the engine was opened with.
    pub outputs: Vec<String>,
}

/// Columns of equal length, in a fixed order.
///
/// `sentiment`, `sentiment_score`, `joy`, `anger`, `frustration`, `satisfaction`, `urgency_level`; `category`,
/// `category_score`; `route`, `route_confidence`; as far as they were asked for. A task of its own has its name and
/// `<task>_score`. Then `abstain` (`output:reason`, joined by spaces), `tokens` and `truncated`. A row without text has
/// no value in any of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// Name and values.
    pub columns: Vec<(String, Column)>,
}

/// The values of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Labels.
    Text(Vec<Option<String>>),
    /// Scores, 0 to 1.
    Score(Vec<Option<f32>>),
    /// Whole numbers.
    Count(Vec<Option<u32>>),
    /// Yes or no.
    Flag(Vec<Option<bool>>),
}

/// Scores every row of `texts` that has a text, in order. Any number of rows: only some hundred are under way at a time.
/// `progress` is told the rows done some twenty times a second, and may stop the work with an error, which is then the result.
///
/// # Errors
/// As [`Engine::analyze_batch`], naming the row, from 0. Where other callers fill the queue, it waits.
pub fn score(
    engine: &Engine,
    texts: &Arc<dyn TextColumn>,
    options: &ScoreOptions,
    progress: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Scores> {
    let mut call = AnalyzeOptions::default();
    call.outputs.clone_from(&options.outputs);
    let mut table = Table::new(engine, &options.outputs)?;
    // Of no texts nothing is submitted, which would tell of a closed engine.
    engine.analyze_batch(&[], &call)?;
    let mut under_way = VecDeque::new();
    let mut steps = (0..texts.len()).step_by(STEP).map(|start| start..(start + STEP).min(texts.len()));
    loop {
        if under_way.len() < UNDER_WAY
            && let Some(rows) = steps.next()
        {
            let slice = Arc::new(Slice::new(texts, rows.clone()));
            under_way.push_back((rows, slice.clone(), engine.submit_from(slice, &call)));
            continue;
        }
        let Some((rows, slice, pending)) = under_way.pop_front() else {
            return Ok(Scores { columns: table.columns });
        };
        let mut idle = || progress(rows.start);
        let mut analyses = wait(engine, &call, &slice, pending, &mut idle)?.into_iter();
        for row in rows.clone() {
            table.push(texts.get(row).and_then(|_| analyses.next()).as_ref());
        }
        progress(rows.end)?;
    }
}

/// Waits for a step, and for a place in the queue where there was none.
fn wait(
    engine: &Engine,
    call: &AnalyzeOptions,
    slice: &Arc<Slice>,
    mut pending: Pending<Vec<Analysis>>,
    idle: &mut dyn FnMut() -> Result<()>,
) -> Result<Vec<Analysis>> {
    loop {
        match pending.wait_for(PAUSE) {
            None => idle()?,
            Some(Err(error)) if error.kind() == ErrorKind::Overloaded => {
                std::thread::sleep(PAUSE);
                idle()?;
                pending = engine.submit_from(slice.clone(), call);
            }
            Some(result) => return result,
        }
    }
}

/// The rows of one step that have a text.
struct Slice {
    texts: Arc<dyn TextColumn>,
    rows: Vec<usize>,
}

impl Slice {
    fn new(texts: &Arc<dyn TextColumn>, rows: Range<usize>) -> Self {
        Self { texts: Arc::clone(texts), rows: rows.filter(|&row| texts.get(row).is_some()).collect() }
    }
}

impl Tickets for Slice {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn get(&self, index: usize) -> Result<TicketRef<'_>> {
        Ok(TicketRef::new(self.texts.get(self.rows[index]).unwrap_or_default()))
    }

    fn place(&self, index: usize) -> Option<String> {
        Some(format!("row {}", self.rows[index]))
    }
}

/// Columns that are filled row by row.
struct Table {
    outputs: Vec<String>,
    whole: bool,
    columns: Vec<(String, Column)>,
}

/// One value of a row.
enum Cell {
    Text(String),
    Score(f32),
    Count(u32),
    Flag(bool),
}

impl Table {
    fn new(engine: &Engine, outputs: &[String]) -> Result<Self> {
        let (outputs, whole) = engine.shape(outputs)?;
        let text = |name: &str| (name.to_owned(), Column::Text(Vec::new()));
        let score = |name: &str| (name.to_owned(), Column::Score(Vec::new()));
        let count = |name: &str| (name.to_owned(), Column::Count(Vec::new()));
        let mut columns = Vec::new();
        for output in &outputs {
            match (whole, output.as_str()) {
                (true, "sentiment") => {
                    columns.extend([text("sentiment"), score("sentiment_score")]);
                    columns.extend(["joy", "anger", "frustration", "satisfaction"].map(score));
                    columns.push(count("urgency_level"));
                }
                (true, "route") => columns.extend([text("route"), score("route_confidence")]),
                (_, task) => columns.extend([text(task), score(&format!("{task}_score"))]),
            }
        }
        columns.extend([
            text("abstain"),
            count("tokens"),
            ("truncated".to_owned(), Column::Flag(Vec::new())),
        ]);
        Ok(Self { outputs, whole, columns })
    }

    fn push(&mut self, analysis: Option<&Analysis>) {
        let cells = analysis.map(|analysis| self.cells(analysis));
        let mut cells = cells.unwrap_or_default().into_iter();
        for (_, column) in &mut self.columns {
            match (column, cells.next().flatten()) {
                (Column::Text(values), Some(Cell::Text(value))) => values.push(Some(value)),
                (Column::Score(values), Some(Cell::Score(value))) => values.push(Some(value)),
                (Column::Count(values), Some(Cell::Count(value))) => values.push(Some(value)),
                (Column::Flag(values), Some(Cell::Flag(value))) => values.push(Some(value)),
                (Column::Text(values), _) => values.push(None),
                (Column::Score(values), _) => values.push(None),
                (Column::Count(values), _) => values.push(None),
                (Column::Flag(values), _) => values.push(None),
            }
        }
    }

    /// The values in the order of the columns; what the engine does not say of this text is `None`.
    fn cells(&self, analysis: &Analysis) -> Vec<Option<Cell>> {
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
