//! The result of an evaluation.

use frontdesk::evaluate::{Abstention, Automation, Confusion, Evaluation, Mistake, OutOfDomain, PerClass};

use super::table::{Table, Text};
use super::{interval, pairs};

pub(crate) fn evaluation(evaluation: &Evaluation) -> Text {
    let figure = |i| interval(i, 4);
    let mut rows = vec![
        ("task", evaluation.task.clone()),
        ("rows", evaluation.rows.to_string()),
        ("accuracy", figure(&evaluation.accuracy)),
        ("macro-F1", figure(&evaluation.macro_f1)),
        ("ECE", figure(&evaluation.ece)),
        ("Brier score", figure(&evaluation.brier)),
        ("negative log-likelihood", figure(&evaluation.nll)),
    ];
    rows.extend(evaluation.mean_absolute_error.as_ref().map(|i| ("mean absolute error", figure(i))));
    rows.extend(evaluation.spearman.as_ref().map(|i| ("Spearman", figure(i))));
    rows.extend(evaluation.abstention.iter().flat_map(abstention));
    let text = Text::default().table(&pairs(&rows)).table(&classes(&evaluation.per_class));
    let text = evaluation.confusion.iter().fold(text, |text, of| text.table(&confusion(of)));
    let text = evaluation.automation.iter().fold(text, automation);
    errors(text, &evaluation.errors).line(
        "Intervals are 95 % bootstrap intervals over the rows. JSON has reliability bins and the precision-coverage curve, too.",
    )
}

/// The detection of texts outside of the domain.
pub(crate) fn out_of_domain(found: &OutOfDomain) -> Text {
    let share = |value: f64| format!("{value:.4}");
    let mut rows = vec![
        ("task", found.task.clone()),
        ("texts inside", found.inside.to_string()),
        ("texts outside", found.outside.to_string()),
        ("AUROC of the score", share(found.auroc_of_score)),
    ];
    rows.extend(found.auroc.map(|value| ("AUROC of the distance", share(value))));
    rows.extend(found.inside_refused.map(|value| ("refused inside", share(value))));
    rows.extend(found.outside_refused.map(|value| ("refused outside", share(value))));
    Text::default().table(&pairs(&rows))
}

fn abstention(abstention: &Abstention) -> [(&'static str, String); 2] {
    let below = abstention.below;
    [
        ("not sure", format!("{}  of the rows: scores under {below}", interval(&abstention.share, 4))),
        ("accuracy of the others", interval(&abstention.accuracy, 4)),
    ]
}

fn classes(classes: &[PerClass]) -> Table {
    let mut table = Table::new();
    table.set_header(["label", "precision", "recall", "F1", "rows"]);
    for c in classes {
        let [precision, recall, f1] = [&c.precision, &c.recall, &c.f1].map(|i| interval(i, 3));
        table.add_row([c.label.clone(), precision, recall, f1, c.support.to_string()]);
    }
    table
}

fn confusion(confusion: &Confusion) -> Table {
    let mut matrix = Table::new();
    let header = confusion.labels.iter().map(String::as_str);
    matrix.set_header(std::iter::once("true \\ given").chain(header));
    for (label, row) in confusion.labels.iter().zip(&confusion.matrix) {
        matrix.add_row(std::iter::once(label.clone()).chain(row.iter().map(usize::to_string)));
    }
    matrix
}

/// The score from which on each label reaches the wanted precision.
fn automation(text: Text, automation: &Automation) -> Text {
    let mut table = Table::new();
    table.set_header(["label", "score from", "kept", "of given", "coverage", "precision", "at least"]);
    let share = |value: f64| format!("{value:.3}");
    for label in &automation.labels {
        let (kept, given) = (label.kept.to_string(), label.given.to_string());
        let absent = || "-".to_owned();
        table.add_row([
            label.label.clone(),
            label.threshold.map_or_else(|| "none reaches it".to_owned(), |score| format!("{score:.4}")),
            kept,
            given,
            share(label.coverage),
            label.precision.map_or_else(absent, share),
            label.low.map_or_else(absent, share),
        ]);
    }
    let (wanted, all) = (automation.wanted, 100.0 * automation.coverage);
    text.table(&table).line(format_args!(
        "A precision of {wanted} or more, for each label with a confidence of 95 %, on messages like these; {all:.1} % are kept."
    ))
}

fn errors(text: Text, errors: &[Mistake]) -> Text {
    if errors.is_empty() {
        return text;
    }
    let mut table = Table::new();
    let texts = errors.iter().any(|error| error.text.is_some());
    table.set_header(["line", "true", "given", "score"].into_iter().chain(texts.then_some("text")));
    for error in errors {
        let row =
            [error.line.to_string(), error.truth.clone(), error.given.clone(), format!("{:.4}", error.score)];
        table.add_row(row.into_iter().chain(error.text.clone()));
    }
    text.line("The wrong rows of the highest scores:").table(&table)
}
