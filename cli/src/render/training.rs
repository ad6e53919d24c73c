//! The report of a training, and the findings of the doctor.

use std::path::Path;

use frontdesk::doctor::RowCount;
use frontdesk::train::{
    FindingReport, HeadDiagnosis, HeadReport, REPORT_PAGE, Report, Threshold, TrainEstimate,
};

use super::pairs;
use super::table::{Table, Text};

pub(crate) fn report(report: &Report, output: &Path) -> Text {
    let mut rows = vec![
        ("bundle", output.display().to_string()),
        ("report", output.join(REPORT_PAGE).display().to_string()),
        ("method", report.method.to_owned()),
        ("epoch", format!("{} of {}", report.epoch, report.curve.len())),
        ("seconds", format!("{:.1}", report.seconds)),
    ];
    if report.tokens_per_second > 0.0 {
        rows.push(("tokens/s", format!("{:.0}", report.tokens_per_second)));
    }
    for head in &report.heads {
        rows.extend([
            ("task", head.task.clone()),
            ("labels", head.labels.join(", ")),
            ("rows", head.train_rows.to_string()),
            ("validation", format!("{} rows: {}", head.valid_rows, head.validation)),
            (head.metric, format!("{:.4} on validation", head.value)),
            ("calibration", calibration(head)),
        ]);
        let threshold = |t: &Threshold| match t.score {
            Some(score) => format!("{} from {score:.3}", t.label),
            None => format!("{} never", t.label),
        };
        if !head.thresholds.is_empty() {
            let all: Vec<String> = head.thresholds.iter().map(threshold).collect();
            rows.push(("trusted", all.join(", ")));
        }
        let finding = |f: &FindingReport| ("finding", format!("{} ({}): {}", f.kind, f.severity, f.message));
        rows.extend(head.findings.iter().map(finding));
    }
    Text::default().table(&pairs(&rows))
}

/// The estimate of a training.
pub(crate) fn estimate(found: &TrainEstimate) -> Text {
    let mut rows = vec![
        ("steps", found.steps.to_string()),
        ("time", format!("{:.0} s, if it runs through all epochs", found.seconds)),
        ("memory", format!("{:.0} MB", found.bytes as f64 / 1e6)),
    ];
    if found.tokens > 0 {
        rows.push(("tokens", format!("{} at {:.0} a second", found.tokens, found.tokens_per_second)));
    }
    Text::default().table(&pairs(&rows))
}

fn calibration(head: &HeadReport) -> String {
    let how = match head.calibration {
        "temperature" => format!("temperature {:.3}", head.temperature),
        other => other.to_owned(),
    };
    format!("{how}; negative log-likelihood {:.4} before, {:.4} after", head.nll_before, head.nll_after)
}

/// The findings of the doctor, one by one.
pub(crate) fn diagnoses(heads: &[HeadDiagnosis]) -> Text {
    let mut text = Text::default();
    for HeadDiagnosis { task, diagnosis } in heads {
        let RowCount { train, valid } = diagnosis.rows;
        text = text.line(format_args!("{task}: {train} rows to train on, {valid} to validate on"));
        if diagnosis.findings.is_empty() {
            text = text.line("nothing found");
            continue;
        }
        let mut table = Table::new();
        table.set_header(["severity", "finding", "rows", "", "lines"]);
        for finding in &diagnosis.findings {
            let lines = finding.rows.iter().take(5).map(|row| match row.other {
                Some(other) => format!("{}~{}", row.line, other.line),
                None => row.line.to_string(),
            });
            let more = if finding.count > 5 { " …" } else { "" };
            table.add_row([
                finding.severity.to_string(),
                finding.kind.to_string(),
                finding.count.to_string(),
                finding.message.clone(),
                format!("{}{more}", lines.collect::<Vec<_>>().join(" ")),
            ]);
        }
        text = text.table(&table);
    }
    text
}
