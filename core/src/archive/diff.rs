//! Differences between two scorings of one archive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::folder::{read_json, whole_parts};
use crate::table::{Input, LocalFile, MANIFEST, Reading, Records, Wanted};
use crate::{Error, ErrorKind, Result};

/// Options of a comparison.
#[derive(Debug, Clone)]
pub struct DiffOptions {
    /// The largest number of examples of each change; by default 3.
    pub examples: usize,
}

impl Default for DiffOptions {
    fn default() -> Self {
        Self { examples: 3 }
    }
}

/// The differences between two outputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// The number of rows that both have.
    pub rows: u64,
    /// The number of rows that only the first has: the other did not choose them, or could not score them.
    pub only_before: u64,
    /// The number of rows that only the second has.
    pub only_after: u64,
    /// The differences of each output that both have; scores are not compared by themselves.
    pub outputs: Vec<OutputDiff>,
}

/// The differences of one output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutputDiff {
    /// The name of the output's column.
    pub output: String,
    /// The number of rows with another value.
    pub changed: u64,
    /// Their share of the rows that both have, 0 to 1.
    pub share: f64,
    /// The changes, the most frequent first.
    pub changes: Vec<AnswerChange>,
}

/// A value that changed to another one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswerChange {
    /// The value before; `None` where there was none.
    pub before: Option<String>,
    /// The value after; `None` where there is none.
    pub after: Option<String>,
    /// The number of rows with this change.
    pub count: u64,
    /// The first rows with this change.
    pub examples: Vec<Example>,
}

/// A row that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// The name of the input.
    pub input: String,
    /// Its row, from 1.
    pub row: u64,
    /// The ticket's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The score before, 0 to 1; `None` where the output has no score.
    pub score_before: Option<f32>,
    /// The score after; as before.
    pub score_after: Option<f32>,
    /// The text; `None` unless it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A run's output, row by row.
struct Scored {
    path: PathBuf,
    inputs: Vec<String>,
    manifest: Value,
    parts: Vec<String>,
    columns: Vec<String>,
}

/// Compares two outputs of [`super::Archive::score`] of the same inputs, row by row, in bounded memory.
///
/// # Errors
/// `invalid-input` where one is no complete output, or is of other inputs; `data-invalid` where one is
/// damaged, or was changed since it was written; `io`.
pub fn diff(before: &Path, after: &Path, options: &DiffOptions) -> Result<Diff> {
    let (before, after) = (Scored::open(before)?, Scored::open(after)?);
    if before.manifest.get("inputs") != after.manifest.get("inputs") {
        let message =
            format!("{} and {} are of different inputs", before.path.display(), after.path.display());
        return Err(Error::invalid("output", message));
    }
    let outputs = shared(&before, &after);
    let (mut left, mut right) = (before.rows(&outputs), after.rows(&outputs));
    let mut found = Found { examples: options.examples, outputs: vec![BTreeMap::new(); outputs.len()] };
    let (mut rows, mut only_before, mut only_after) = (0, 0, 0);
    let (mut a, mut b) = (left.next()?, right.next()?);
    loop {
        let order = match (&a, &b) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.place.cmp(&b.place),
        };
        if order.is_eq()
            && let (Some(a), Some(b)) = (&a, &b)
        {
            rows += 1;
            found.compare(a, b, &before.inputs);
        }
        only_before += u64::from(order.is_lt());
        only_after += u64::from(order.is_gt());
        if order.is_le() {
            a = left.next()?;
        }
        if order.is_ge() {
            b = right.next()?;
        }
    }
    let outputs = outputs.into_iter().zip(found.outputs).map(|(output, changes)| of(output, changes, rows));
    Ok(Diff { rows, only_before, only_after, outputs: outputs.collect() })
}

type Changes = BTreeMap<(Option<String>, Option<String>), (u64, Vec<Example>)>;

fn of(output: String, changes: Changes, rows: u64) -> OutputDiff {
    let mut changes: Vec<AnswerChange> = changes
        .into_iter()
        .map(|((before, after), (count, examples))| AnswerChange { before, after, count, examples })
        .collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.count));
    let changed = changes.iter().map(|change| change.count).sum();
    OutputDiff { output, changed, share: changed as f64 / rows.max(1) as f64, changes }
}

/// The columns with labels and levels that both have; scores go with their labels.
fn shared(before: &Scored, after: &Scored) -> Vec<String> {
    let compared = |name: &String| {
        let not_compared = ["tokens", "truncated", "joy", "anger", "frustration", "satisfaction"];
        !not_compared.contains(&name.as_str()) && !name.ends_with("_score") && name != "route_confidence"
    };
    before.columns.iter().filter(|name| after.columns.contains(name) && compared(name)).cloned().collect()
}

struct Found {
    examples: usize,
    outputs: Vec<Changes>,
}

impl Found {
    fn compare(&mut self, a: &ComparedRow, b: &ComparedRow, inputs: &[String]) {
        for (place, changes) in self.outputs.iter_mut().enumerate() {
            let (before, after) = (&a.values[place], &b.values[place]);
            if before == after {
                continue;
            }
            let (count, examples) = changes.entry((before.clone(), after.clone())).or_default();
            *count += 1;
            if examples.len() < self.examples {
                examples.push(Example {
                    input: inputs.get(a.place.0).cloned().unwrap_or_default(),
                    row: a.place.1,
                    id: a.id.clone().or_else(|| b.id.clone()),
                    score_before: a.scores[place],
                    score_after: b.scores[place],
                    text: a.text.clone().or_else(|| b.text.clone()),
                });
            }
        }
    }
}

/// The values of one row that are compared.
struct ComparedRow {
    /// The input's place among the inputs, and the row in it.
    place: (usize, u64),
    id: Option<String>,
    text: Option<String>,
    values: Vec<Option<String>>,
    scores: Vec<Option<f32>>,
}

impl Scored {
    fn open(path: &Path) -> Result<Self> {
        let no_output = |what: &str| Error::invalid("output", format!("{}: {what}", path.display()));
        if !path.join(MANIFEST).is_file() {
            return Err(no_output("no output of `frontdesk score`"));
        }
        if !path.join("summary.json").is_file() {
            return Err(no_output("the run did not end yet; start it again"));
        }
        let manifest = read_json(&path.join(MANIFEST))?;
        let list = |name: &str| manifest.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let name = |input: &Value| input.get("name").and_then(Value::as_str).map(str::to_owned);
        let inputs = list("inputs").iter().filter_map(name).collect();
        let columns = list("outputs").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let parts = whole_parts(path)?;
        Ok(Self { path: path.to_owned(), inputs, manifest, parts, columns })
    }

    fn rows<'a>(&'a self, outputs: &'a [String]) -> Rows<'a> {
        let keeps = |name: &str| {
            let kept = self.manifest.get("keep").and_then(Value::as_array);
            kept.is_some_and(|kept| kept.iter().any(|kept| kept == name))
        };
        let fields = self.manifest.get("columns").and_then(Value::as_array);
        let column = |field: &str| {
            let taken = fields?.iter().find(|taken| taken.get("field").is_some_and(|f| f == field))?;
            taken.get("column").and_then(Value::as_str)
        };
        let mut columns = vec!["input".to_owned(), "row".to_owned()];
        let has_id = column("id").is_some();
        columns.extend(has_id.then(|| "id".to_owned()));
        let text = column("text").or_else(|| column("body")).filter(|column| keeps(column));
        let taken = |name: &str| {
            ["input", "row", "id", "removed"].contains(&name)
                || self.columns.iter().any(|column| column == name)
        };
        columns.extend(text.map(|name| if taken(name) { format!("input_{name}") } else { name.to_owned() }));
        columns.extend(outputs.iter().cloned());
        let score = |output: &String| {
            let name =
                if output == "route" { "route_confidence".to_owned() } else { format!("{output}_score") };
            self.columns.contains(&name).then_some(name)
        };
        let scores: Vec<Option<String>> = outputs.iter().map(score).collect();
        columns.extend(scores.iter().flatten().cloned());
        let scores = scores.iter().map(Option::is_some).collect();
        Rows {
            of: self,
            columns: columns.iter().map(|name| Wanted::nested(name)).collect(),
            has_id,
            has_text: text.is_some(),
            scores,
            part: 0,
            input: None,
            queue: Vec::new(),
        }
    }
}

/// The rows of all parts.
struct Rows<'a> {
    of: &'a Scored,
    columns: Vec<Wanted>,
    has_id: bool,
    has_text: bool,
    /// Whether an output has a score.
    scores: Vec<bool>,
    part: usize,
    input: Option<usize>,
    /// The rows of the part that is open, the last first.
    queue: Vec<ComparedRow>,
}

impl Rows<'_> {
    fn next(&mut self) -> Result<Option<ComparedRow>> {
        loop {
            if let Some(row) = self.queue.pop() {
                return Ok(Some(row));
            }
            let Some(name) = self.of.parts.get(self.part) else { return Ok(None) };
            self.part += 1;
            let path = self.of.path.join(name);
            let blob = LocalFile::open(&path)?;
            let reading = Reading { delimiter: Some(','), ..Reading::default() };
            let input = Input::new(&path.display().to_string(), Arc::new(blob), &reading)?;
            let mut records = input.records(&self.columns)?;
            while let Some(record) = Records::next(records.as_mut())? {
                let cells = record.cells.map_err(|fault| Error::new(fault.kind, fault.message))?;
                let row = self.row(cells)?;
                self.queue.push(row);
            }
            self.queue.reverse();
        }
    }

    fn row(&mut self, cells: Vec<Option<String>>) -> Result<ComparedRow> {
        let mut cells = cells.into_iter();
        let mut next = || cells.next().flatten();
        let damaged = || Error::new(ErrorKind::DataInvalid, format!("{} is damaged", self.of.path.display()));
        let name = next().ok_or_else(damaged)?;
        let row = next().and_then(|row| row.parse().ok()).ok_or_else(damaged)?;
        // Inputs come in their order, so the next one is at the same place or later.
        let from = self.input.unwrap_or(0);
        let input =
            self.of.inputs[from..].iter().position(|input| *input == name).ok_or_else(damaged)? + from;
        let id = if self.has_id { next() } else { None };
        let text = if self.has_text { next() } else { None };
        let values = (0..self.scores.len()).map(|_| next()).collect();
        let scores = self
            .scores
            .iter()
            .map(|has| if *has { next().and_then(|s| s.parse().ok()) } else { None })
            .collect();
        self.input = Some(input);
        Ok(ComparedRow { place: (input, row), id, text, values, scores })
    }
}
