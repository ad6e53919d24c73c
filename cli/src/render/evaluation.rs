//! The result of an evaluation.

use comfy_table::Table;
use frontdesk::evaluate::{Abstention, Automation, Confusion, Evaluation, Mistake, OutOfDomain, PerClass};

use super::{interval, pairs, table};

pub(crate) fn evaluation(evaluation: &Evaluation) -> String {
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
    let mut text = format!("{}\n{}\n", pairs(&rows), classes(&evaluation.per_class));
    text.extend(evaluation.confusion.as_ref().map(confusion));
    text.extend(evaluation.automation.as_ref().map(automation));
    text.push_str(&errors(&evaluation.errors));
    text + "Intervals are 95 % bootstrap intervals over the rows. JSON has reliability bins and the precision-coverage curve, too.\n"
}

/// The detection of texts outside of the domain.
pub(crate) fn out_of_domain(found: &OutOfDomain) -> String {
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
    format!("{}\n", pairs(&rows))
}

fn abstention(abstention: &Abstention) -> [(&'static str, String); 2] {
    let below = abstention.below;
    [
        ("not sure", format!("{}  of the rows: scores under {below}", interval(&abstention.share, 4))),
        ("accuracy of the others", interval(&abstention.accuracy, 4)),
    ]
}

fn classes(classes: &[PerClass]) -> Table {
    let mut table = table();
    table.set_header(["label", "precision", "recall", "F1", "rows"]);
    for c in classes {
        let [precision, recall, f1] = [&c.precision, &c.recall, &c.f1].map(|i| interval(i, 3));
        table.add_row([c.label.clone(), precision, recall, f1, c.support.to_string()]);
    }
    table
}

fn confusion(confusion: &Confusion) -> String {
    let mut matrix = table();
    let header = confusion.labels.iter().map(String::as_str);
    matrix.set_header(std::iter::once("true \\ given").chain(header));
    for (label, row) in confusion.labels.iter().zip(&confusion.matrix) {
        matrix.add_row(std::iter::once(label.clone()).chain(row.iter().map(usize::to_string)));
    }
    format!("{matrix}\n")
}

/// The score from which on each label reaches the wanted precision.
fn automation(automation: &Automation) -> String {
    let mut table = table();
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
    format!(
        "{table}\nA precision of {wanted} or more, for each label with a confidence of 95 %, on messages like these; {all:.1} % are kept.\n"
    )
}

fn errors(errors: &[Mistake]) -> String {
    if errors.is_empty() {
        return String::new();
    }
    let mut table = table();
    let texts = errors.iter().any(|error| error.text.is_some());
    table.set_header(["line", "true", "given", "score"].into_iter().chain(texts.then_some("text")));
    for error in errors {
        let row =
            [error.line.to_string(), error.truth.clone(), error.given.clone(), format!("{:.4}", error.score)];
        table.add_row(row.into_iter().chain(error.text.clone()));
    }
    format!("The wrong rows of the highest scores:\n{table}\n")
}
