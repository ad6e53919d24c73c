//! The result of a comparison of two models.

use frontdesk::ModelInfo;
use frontdesk::evaluate::{Change, Comparison, Contrast, Flow};

use super::table::{Table, Text};
use super::{interval, pairs};

/// The figures, the flows, and the first `changes` rows that changed.
pub(crate) fn comparison(comparison: &Comparison, changes: usize) -> Text {
    let model = |m: &ModelInfo| format!("{} {}  {}", m.name, m.version, m.digest);
    let test = &comparison.mcnemar;
    let about = pairs(&[
        ("task", comparison.task.clone()),
        ("rows", comparison.rows.to_string()),
        ("A", model(&comparison.a)),
        ("B", model(&comparison.b)),
        (
            "changed",
            format!("{} rows: {} fixed, {} broken", comparison.changes.len(), test.fixed, test.broken),
        ),
        ("McNemar's test", format!("p = {:.4}", test.p_value)),
    ]);
    let mut text = Text::default().table(&about).table(&figures(comparison));
    if !comparison.flows.is_empty() {
        text = text.table(&flows(&comparison.flows));
    }
    let shown = &comparison.changes[..changes.min(comparison.changes.len())];
    if !shown.is_empty() {
        text = text.table(&rows(shown));
    }
    let more = comparison.changes.len() - shown.len();
    if more > 0 {
        text = text.line(format_args!("{more} more rows changed; JSON has them all."));
    }
    text.line(
        "Intervals are 95 % bootstrap intervals; both models are measured on the same samples of the rows.",
    )
}

fn figures(comparison: &Comparison) -> Table {
    let mut table = Table::new();
    table.set_header(["figure", "A", "B", "B - A", "B is better in"]);
    let mut add = |name: &str, contrast: &Contrast| {
        let [a, b, difference] = [&contrast.a, &contrast.b, &contrast.difference].map(|i| interval(i, 4));
        table.add_row([name.to_owned(), a, b, difference, format!("{:.1} %", 100.0 * contrast.b_better)]);
    };
    add("accuracy", &comparison.accuracy);
    add("macro-F1", &comparison.macro_f1);
    add("ECE", &comparison.ece);
    if let Some(contrast) = &comparison.mean_absolute_error {
        add("mean absolute error", contrast);
    }
    table
}

fn flows(flows: &[Flow]) -> Table {
    let mut table = Table::new();
    table.set_header(["A gives", "B gives", "rows", "fixed", "broken"]);
    for flow in flows {
        let counts = [flow.count, flow.fixed, flow.broken].map(|count| count.to_string());
        table.add_row([flow.before.clone(), flow.after.clone()].into_iter().chain(counts));
    }
    table
}

fn rows(changes: &[Change]) -> Table {
    let mut table = Table::new();
    let texts = changes.iter().any(|change| change.text.is_some());
    let header = ["line", "true", "A gives", "B gives", "B is"];
    table.set_header(header.into_iter().chain(texts.then_some("text")));
    for change in changes {
        let row = [
            change.line.to_string(),
            change.truth.clone(),
            change.before.clone(),
            change.after.clone(),
            change.effect.to_string(),
        ];
        table.add_row(row.into_iter().chain(change.text.clone()));
    }
    table
}
