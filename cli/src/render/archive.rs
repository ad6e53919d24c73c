//! The summary of an archive, and the differences between two scorings of one.

use frontdesk::archive::{ArchiveEstimate, ArchiveReport, Counts, Diff, OutputDiff};

use super::table::{Table, Text};
use super::{bar, pairs};

/// Characters of a text in a table.
const TEXT: usize = 80;
/// Changes of one output that are shown.
const CHANGES: usize = 12;

/// The counts, and the picture that they give.
pub(crate) fn archive_report(report: &ArchiveReport) -> Text {
    let tally = &report.tally;
    let rate = report.scored_now as f64 / report.seconds.max(1e-9);
    let mut about = vec![
        ("rows", tally.rows.to_string()),
        ("chosen", tally.selected.to_string()),
        ("scored", tally.scored.to_string()),
        ("not readable", tally.quarantined.to_string()),
        ("cut to the model's length", tally.truncated.to_string()),
        ("not sure of", counted(&tally.abstained)),
        ("taken away from texts", counted(&tally.removed)),
    ];
    if report.scored_now > 0 {
        let time = format!(
            "{:.1} s: {} rows, {rate:.0} a second, {} of them with a text that came before; {} tokens",
            report.seconds, report.scored_now, report.repeated, report.tokens_now
        );
        about.push(("this run", time));
    }
    let mut text = Text::default().table(&pairs(&about));
    for (output, counts) in &tally.labels {
        text = text.line("").line(output).table(&shares(output, counts));
    }
    if !tally.by_category.is_empty() {
        text = text.line("").line("by category").table(&crossed(report));
    }
    text
}

fn counted(counts: &Counts) -> String {
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
}

fn shares(output: &str, counts: &Counts) -> Table {
    let mut rows: Vec<(&String, &u64)> = counts.iter().collect();
    if output == "urgency_level" {
        rows.sort_by_key(|(level, _)| level.parse::<u8>().unwrap_or(0));
    } else {
        rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    }
    let all: u64 = counts.values().sum();
    let mut table = Table::new();
    for (label, count) in rows {
        let share = *count as f64 / all.max(1) as f64;
        table.add_row([
            label.clone(),
            count.to_string(),
            format!("{:.1} %", 100.0 * share),
            bar(share as f32, 40),
        ]);
    }
    table
}

/// Of each category the sentiments and the routes, in per cent.
fn crossed(report: &ArchiveReport) -> Table {
    let mut columns: Vec<(&str, &str)> = Vec::new();
    for outputs in report.tally.by_category.values() {
        for (output, counts) in outputs {
            for label in counts.keys() {
                if !columns.contains(&(output.as_str(), label.as_str())) {
                    columns.push((output, label));
                }
            }
        }
    }
    columns.sort_by_key(|(output, _)| std::cmp::Reverse(*output));
    let mut table = Table::new();
    table.set_header(["category", "rows"].into_iter().chain(columns.iter().map(|(_, label)| *label)));
    for (category, outputs) in &report.tally.by_category {
        let rows: u64 = outputs.values().map(|counts| counts.values().sum()).max().unwrap_or(0);
        let share = |(output, label): &(&str, &str)| {
            let count = outputs.get(*output).and_then(|counts| counts.get(*label)).copied().unwrap_or(0);
            format!("{:.0} %", 100.0 * count as f64 / rows.max(1) as f64)
        };
        table.add_row([category.clone(), rows.to_string()].into_iter().chain(columns.iter().map(share)));
    }
    table
}

/// The estimate of a run.
pub(crate) fn archive_estimate(estimate: &ArchiveEstimate) -> Text {
    let about = if estimate.rows_known { "" } else { "about " };
    let table = pairs(&[
        ("inputs", format!("{}, {} bytes", estimate.inputs, estimate.bytes)),
        ("rows", format!("{about}{}", estimate.rows)),
        ("chosen", format!("about {}", estimate.selected)),
        (
            "tried",
            format!("{} rows, of which {} could not be read or scored", estimate.tried, estimate.errors),
        ),
        ("tokens a text", format!("{:.1}", estimate.tokens_per_row)),
        ("texts that come again", format!("{:.1} % of those tried", 100.0 * estimate.repeated)),
        ("rate", format!("{:.0} rows a second", estimate.rows_per_second)),
        ("time", format!("{:.0} s, less where texts come again later", estimate.seconds)),
    ]);
    Text::default().table(&table)
}

/// The differences.
pub(crate) fn diff(found: &Diff) -> Text {
    let about = pairs(&[
        ("rows of both", found.rows.to_string()),
        ("only before", found.only_before.to_string()),
        ("only after", found.only_after.to_string()),
    ]);
    let text = Text::default().table(&about);
    found.outputs.iter().fold(text, |text, output| one(text.line(""), output))
}

fn one(text: Text, found: &OutputDiff) -> Text {
    let share = 100.0 * found.share;
    let text = text.line(format_args!("{}: {} changed, {share:.2} %", found.output, found.changed));
    if found.changes.is_empty() {
        return text;
    }
    let mut table = Table::new();
    table.set_header(["before", "after", "rows", "for example"]);
    for change in found.changes.iter().take(CHANGES) {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let examples = change.examples.iter().map(|example| {
            let name = example.id.clone().unwrap_or_else(|| format!("{} row {}", example.input, example.row));
            let score =
                |score: Option<f32>| score.map_or_else(|| "-".to_owned(), |score| format!("{score:.2}"));
            let scores = match (example.score_before, example.score_after) {
                (None, None) => String::new(),
                (before, after) => format!(" ({} to {})", score(before), score(after)),
            };
            let text: String = example.text.iter().flat_map(|text| text.chars()).take(TEXT).collect();
            format!("{name}{scores} {}", text.replace('\n', " ")).trim_end().to_owned()
        });
        let examples = examples.collect::<Vec<_>>().join("\n");
        table.add_row([text(&change.before), text(&change.after), change.count.to_string(), examples]);
    }
    let more = found.changes.len().saturating_sub(CHANGES);
    let text = text.table(&table);
    if more > 0 { text.line(format_args!("{more} more kinds of changes; JSON has them all.")) } else { text }
}
