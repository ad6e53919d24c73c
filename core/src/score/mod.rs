//! `score`: a column of texts becomes columns of answers.

use std::ops::Range;
use std::sync::Arc;

use crate::engine::stream::{STREAM_STEP, Steps};
use crate::{Analysis, AnalyzeOptions, Engine, OnProgress, Result, TicketRef, Tickets};

mod layout;

pub(crate) use layout::{Cell, Kind, Layout};

/// A column of texts that are read in place, some of them missing.
pub trait TextColumn: Send + Sync {
    /// The number of rows.
    fn len(&self) -> usize;

    /// True where there is no row.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text in `row`, from 0 to below [`TextColumn::len`]; `None` where it is missing.
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

/// Options of [`score`].
#[derive(Debug, Clone, Default)]
pub struct ScoreOptions {
    /// The outputs to compute, by the names of [`crate::Info::outputs`]; empty: those of
    /// [`crate::EngineOptions::outputs`].
    pub outputs: Vec<String>,
}

/// Columns of equal length, in a fixed order.
///
/// `sentiment`, `sentiment_score`, `joy`, `anger`, `frustration`, `satisfaction`, `urgency_level`;
/// `category`, `category_score`; `route`, `route_confidence`; as far as they are requested. A task of its own
/// has its name and `<task>_score`. Then `abstain` (`output:reason`, joined by spaces), `tokens` and
/// `truncated`. A row without text has no value in any of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// The name and the values of each column; as many values as rows.
    pub columns: Vec<(String, Column)>,
}

/// The values of one column; `None` where the row has none.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Labels.
    Text(Vec<Option<String>>),
    /// Scores, 0 to 1 (of a regression its values).
    Score(Vec<Option<f32>>),
    /// Whole numbers: tokens, or an urgency level from 1 to 10.
    Count(Vec<Option<u32>>),
    /// True or false.
    Flag(Vec<Option<bool>>),
}

/// Scores every row of `texts` that has a text, in order. Any number of rows: only some hundred are under way
/// at a time. `progress` is called with the rows done some twenty times a second; an error that it returns
/// stops the work and is the result.
///
/// # Errors
/// As [`Engine::analyze_batch`], naming the row, from 0; never `overloaded`: where other callers fill the
/// queue, it waits.
pub fn score(
    engine: &Engine,
    texts: &Arc<dyn TextColumn>,
    options: &ScoreOptions,
    progress: OnProgress<'_, usize>,
) -> Result<Scores> {
    let mut call = AnalyzeOptions::default();
    call.outputs.clone_from(&options.outputs);
    let mut table = Table::new(engine, &options.outputs)?;
    // Without texts nothing is submitted, and a closed engine would go unnoticed.
    engine.analyze_batch(&[], &call)?;
    let mut under_way = Steps::new(engine, call);
    let mut steps =
        (0..texts.len()).step_by(STREAM_STEP).map(|start| start..(start + STREAM_STEP).min(texts.len()));
    let mut done = 0;
    loop {
        if under_way.takes_more()
            && let Some(rows) = steps.next()
        {
            let slice = Slice::new(texts, rows.clone());
            under_way.push(rows, Arc::new(slice));
            continue;
        }
        let Some((rows, analyses)) = under_way.next(&mut || progress(done))? else {
            return Ok(Scores { columns: table.columns });
        };
        let mut analyses = analyses.into_iter();
        for row in rows.clone() {
            let analysis = texts.get(row).and_then(|_| analyses.next()).transpose()?;
            table.push(analysis.as_ref());
        }
        done = rows.end;
        progress(done)?;
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
    layout: Layout,
    columns: Vec<(String, Column)>,
}

impl Table {
    fn new(engine: &Engine, outputs: &[String]) -> Result<Self> {
        let layout = Layout::new(engine, outputs)?;
        let empty = |kind: &Kind| match kind {
            Kind::Text => Column::Text(Vec::new()),
            Kind::Score => Column::Score(Vec::new()),
            Kind::Count => Column::Count(Vec::new()),
            Kind::Flag => Column::Flag(Vec::new()),
        };
        let columns = layout.columns().iter().map(|(name, kind)| (name.clone(), empty(kind))).collect();
        Ok(Self { layout, columns })
    }

    fn push(&mut self, analysis: Option<&Analysis>) {
        let cells = analysis.map(|analysis| self.layout.cells(analysis));
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
}
