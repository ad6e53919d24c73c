//! `report.html`: one page that needs nothing but itself.

use serde::Serialize;
use serde_json::Value;

use super::plots::{self, Colour, Figure};
use super::record::{HeadRecord, Record};
use crate::learn::evaluate::Confusion;
use crate::{Result, page};

/// Labels up to which a confusion matrix is readable.
const HEAT: usize = 30;

/// Pairs of labels that are named where there are more.
const PAIRS: usize = 30;

#[derive(Serialize)]
struct Page<'a> {
    /// The content of `report.json`.
    record: &'a Value,
    style: &'static str,
    palette: Vec<Colour>,
    loss: Figure,
    views: Vec<View>,
}

/// The figures and tables of a head.
#[derive(Serialize)]
struct View {
    metric: Figure,
    reliability: Figure,
    coverage: Figure,
    heat: Option<Vec<HeatRow>>,
    pairs: Vec<Pair>,
}

/// The rows that have a label, by the label that they were given.
#[derive(Serialize)]
struct HeatRow {
    label: String,
    rows: usize,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    rows: usize,
    /// Of the label's rows.
    share: f64,
}

/// A label that is confused with another.
#[derive(Serialize)]
struct Pair {
    truth: String,
    given: String,
    #[serde(flatten)]
    cell: Cell,
}

/// The page of a record, of which `value` is the JSON.
pub(super) fn render(value: &Value, record: &Record) -> Result<String> {
    let training = &record.training;
    let shown = Page {
        record: value,
        style: page::STYLE,
        palette: plots::palette(),
        loss: plots::loss(&training.curve, training.epoch)?,
        views: record
            .heads
            .iter()
            .enumerate()
            .map(|(index, head)| View::of(record, index, head))
            .collect::<Result<_>>()?,
    };
    page::render("page.html", include_str!("page.html"), shown)
}

impl View {
    fn of(record: &Record, index: usize, head: &HeadRecord) -> Result<Self> {
        let (training, evaluation) = (&record.training, &head.evaluation);
        let confusion = evaluation.confusion.as_ref();
        let small = confusion.filter(|confusion| confusion.labels.len() <= HEAT);
        Ok(Self {
            metric: plots::metric(&training.curve, index, training.epoch)?,
            reliability: plots::reliability(&head.calibration.before.bins, &evaluation.reliability)?,
            coverage: plots::coverage(&evaluation.coverage, evaluation.automation.as_ref())?,
            heat: small.map(heat),
            pairs: confusion.map(pairs).unwrap_or_default(),
        })
    }
}

fn cell(rows: usize, of: usize) -> Cell {
    Cell { rows, share: rows as f64 / of.max(1) as f64 }
}

fn heat(confusion: &Confusion) -> Vec<HeatRow> {
    let row = |(label, counts): (&String, &Vec<usize>)| {
        let rows = counts.iter().sum();
        let cells = counts.iter().map(|&count| cell(count, rows)).collect();
        HeatRow { label: label.clone(), rows, cells }
    };
    confusion.labels.iter().zip(&confusion.matrix).map(row).collect()
}

/// The pairs that are confused most often; equal ones in the order of the labels.
fn pairs(confusion: &Confusion) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (truth, counts) in confusion.matrix.iter().enumerate() {
        let rows = counts.iter().sum();
        for (given, &count) in
            counts.iter().enumerate().filter(|&(given, count)| given != truth && *count > 0)
        {
            let name = |label: usize| confusion.labels[label].clone();
            pairs.push(Pair { truth: name(truth), given: name(given), cell: cell(count, rows) });
        }
    }
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.cell.rows));
    pairs.truncate(PAIRS);
    pairs
}
