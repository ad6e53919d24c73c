//! `README.md`: the model card, of the numbers that `report.json` has.

use serde::Serialize;
use serde_json::Value;

use super::record::{HeadRecord, Record};
use crate::{Result, page};

/// Validation rows of a label below which its figures are not reliable.
const FEW: usize = 20;

#[derive(Serialize)]
struct Card<'a> {
    /// The content of `report.json`.
    record: &'a Value,
    few: usize,
    /// For each head, the labels with fewer rows.
    rare: Vec<Vec<&'a str>>,
}

/// The card of a record, of which `value` is the JSON.
pub(super) fn render(value: &Value, record: &Record) -> Result<String> {
    let rare = record.heads.iter().map(rare).collect();
    page::render("card.md", include_str!("card.md"), Card { record: value, few: FEW, rare })
}

fn rare(head: &HeadRecord) -> Vec<&str> {
    let classes = head.evaluation.per_class.iter().filter(|class| class.support < FEW);
    classes.map(|class| class.label.as_str()).collect()
}
