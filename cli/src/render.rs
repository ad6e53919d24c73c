//! Tables for people.

mod archive;
mod comparison;
mod evaluation;
mod route;
mod table;
mod training;

use comfy_table::Color;
use frontdesk::evaluate::Interval;
use frontdesk::{Abstain, Analysis, Info, LabelScore, Polarity, Ticket};

pub(crate) use archive::{archive_estimate, archive_report, diff};
pub(crate) use comparison::comparison;
pub(crate) use evaluation::{evaluation, out_of_domain};
pub(crate) use route::{learnt, route};
pub(crate) use table::Text;
pub(crate) use training::{diagnoses, estimate, report};

use table::{Cell, Table};

/// Characters of a message in a table of many.
const MESSAGE: usize = 120;

/// A share from 0 to 1 as a bar of `width` characters.
fn bar(share: f32, width: usize) -> String {
    let full = ((share * width as f32).round() as usize).min(width);
    "█".repeat(full) + &"░".repeat(width - full)
}

fn polarity(polarity: Polarity, text: String) -> Cell {
    let color = match polarity {
        Polarity::Positive => Color::Green,
        Polarity::Neutral => Color::Grey,
        Polarity::Negative => Color::Red,
    };
    Cell::new(text).fg(color)
}

fn urgency(level: u8, text: String) -> Cell {
    let cell = Cell::new(text);
    match level {
        8.. => cell.fg(Color::Red),
        5..=7 => cell.fg(Color::Yellow),
        _ => cell,
    }
}

/// A label, with a question mark where the engine abstains.
fn doubt(analysis: &Analysis, output: &str) -> &'static str {
    if analysis.abstain.iter().any(|abstain| abstain.output == output) { " ?" } else { "" }
}

/// Where a ticket without a route goes.
fn queue(abstain: &Abstain) -> String {
    abstain.queue.as_ref().map_or_else(String::new, |queue| format!(", queue {queue}"))
}

fn labels<L: std::fmt::Display>(labels: &[LabelScore<L>]) -> String {
    let line = |l: &LabelScore<L>| format!("{:<12} {} {:.2}", l.label, bar(l.score, 20), l.score);
    labels.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Everything about one ticket.
pub(crate) fn one(analysis: &Analysis) -> Text {
    let mut table = Table::new();
    let name = |text: &str| Cell::bold(text);
    if let Some(s) = &analysis.sentiment {
        let text =
            format!("{}{}  {} {:.2}", s.sentiment, doubt(analysis, "sentiment"), bar(s.score, 20), s.score);
        table.add_row(vec![name("sentiment"), polarity(s.sentiment, text)]);
        let e = &s.emotions;
        let emotions = [
            ("joy", e.joy),
            ("anger", e.anger),
            ("frustration", e.frustration),
            ("satisfaction", e.satisfaction),
        ];
        let emotions: Vec<_> =
            emotions.iter().map(|(n, p)| format!("{n:<12} {} {p:.2}", bar(*p, 20))).collect();
        table.add_row(vec![name("emotions"), Cell::new(emotions.join("\n"))]);
        let text = format!("{}  {}", bar(f32::from(s.urgency_level) / 10.0, 10), s.urgency_level);
        table.add_row(vec![name("urgency"), urgency(s.urgency_level, text)]);
    }
    if let Some(c) = &analysis.category {
        let doubt = doubt(analysis, "category");
        table.add_row(vec![
            name("category"),
            Cell::new(format!("{}{doubt}\n{}", c.category, labels(&c.labels))),
        ]);
    }
    for task in &analysis.tasks {
        let (result, doubt) = (&task.result, doubt(analysis, &task.task));
        table.add_row(vec![
            name(&task.task),
            Cell::new(format!("{}{doubt}\n{}", result.label, labels(&result.labels))),
        ]);
    }
    if let Some(r) = &analysis.route {
        for (title, text) in route::rows(r) {
            table.add_row(vec![name(title), Cell::new(text)]);
        }
    }
    for abstain in &analysis.abstain {
        table.add_row(vec![
            name("not sure"),
            Cell::new(format!("{}: {}{}", abstain.output, abstain.reason, queue(abstain))),
        ]);
    }
    let cut = if analysis.usage.truncated { ", the text was cut" } else { "" };
    let (tokens, model) = (analysis.usage.tokens, &analysis.model);
    Text::default().table(&table).line(format_args!("{tokens} tokens{cut}; {} {}", model.name, model.version))
}

/// One ticket in a table of many.
#[derive(Debug)]
pub(crate) struct Line {
    /// The beginning of the message.
    pub(crate) begins: String,
    pub(crate) analysis: Analysis,
}

/// The beginning of a message, on one line.
pub(crate) fn beginning(ticket: &Ticket) -> String {
    let message = ticket.message().unwrap_or_default();
    let mut words = message.split_whitespace();
    let mut short = String::new();
    // The rest of a long message is of no use here.
    while short.chars().count() < MESSAGE
        && let Some(word) = words.next()
    {
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    if short.chars().count() >= MESSAGE {
        short = short.chars().take(MESSAGE).chain("…".chars()).collect();
    }
    short
}

/// One line a ticket.
pub(crate) fn many(lines: &[Line]) -> Text {
    let mut table = Table::new();
    let analyses = || lines.iter().map(|line| &line.analysis);
    let first = analyses().next();
    let mut header = vec!["message".to_owned()];
    // An empty message has a route alone, or nothing.
    let has = |part: fn(&Analysis) -> bool| analyses().any(part);
    let (sentiment, category) = (has(|a| a.sentiment.is_some()), has(|a| a.category.is_some()));
    let fullest = analyses().max_by_key(|a| a.tasks.len());
    let tasks: Vec<_> = fullest.into_iter().flat_map(|a| a.tasks.iter().map(|t| t.task.clone())).collect();
    let route = has(|a| a.route.is_some());
    header.extend(["sentiment", "urgency"].into_iter().filter(|_| sentiment).map(str::to_owned));
    header.extend(category.then(|| "category".to_owned()));
    header.extend(tasks.iter().cloned());
    header.extend(route.then(|| "route".to_owned()));
    table.set_header(header.into_iter().map(Cell::bold));
    let scored = |label: &dyn std::fmt::Display, doubt: &str, score: f32| {
        format!("{label}{doubt}\n{} {score:.2}", bar(score, 6))
    };
    for Line { begins, analysis } in lines {
        let mut row = vec![Cell::new(begins)];
        let empty = || Cell::new("empty");
        if let Some(s) = &analysis.sentiment {
            row.push(polarity(s.sentiment, scored(&s.sentiment, doubt(analysis, "sentiment"), s.score)));
            row.push(urgency(
                s.urgency_level,
                format!("{}\n{}", s.urgency_level, bar(f32::from(s.urgency_level) / 10.0, 10)),
            ));
        } else if sentiment {
            row.extend([empty(), empty()]);
        }
        if let Some(c) = &analysis.category {
            row.push(Cell::new(scored(&c.category, doubt(analysis, "category"), c.score)));
        } else if category {
            row.push(empty());
        }
        for name in &tasks {
            let task = analysis.tasks.iter().find(|task| task.task == *name);
            row.push(task.map_or_else(empty, |task| {
                Cell::new(scored(&task.result.label, doubt(analysis, name), task.result.score))
            }));
        }
        if let Some(r) = &analysis.route {
            row.push(Cell::new(scored(&r.recommended_route, doubt(analysis, "route"), r.confidence)));
        }
        table.add_row(row);
    }
    let model = first.map(|a| format!("{} {}", a.model.name, a.model.version)).unwrap_or_default();
    let tokens: usize = analyses().map(|a| a.usage.tokens).sum();
    let count = lines.len();
    Text::default().table(&table).line(format_args!(
        "{count} messages, {tokens} tokens; {model}; ? marks where the engine is not sure"
    ))
}

/// A figure with its interval, to so many digits.
fn interval(i: &Interval, digits: usize) -> String {
    format!("{:.digits$}  ({:.digits$} to {:.digits$})", i.value, i.low, i.high)
}

/// A two-column table of names and values.
fn pairs(rows: &[(&str, String)]) -> Table {
    let mut table = Table::new();
    for (name, value) in rows {
        table.add_row([Cell::bold(name), Cell::new(value)]);
    }
    table
}

/// The description of an engine.
pub(crate) fn info(info: &Info) -> Text {
    let heads: Vec<_> =
        info.heads.iter().map(|head| format!("{}: {}", head.name, head.labels.join(", "))).collect();
    let sentiment = info.sentiment_model.as_ref().map(|m| format!("{} {}", m.name, m.digest));
    let mut rows = vec![
        ("model", format!("{} {}", info.model.name, info.model.version)),
        ("digest", info.model.digest.clone()),
        ("outputs", info.outputs.join(", ")),
        ("heads", heads.join("\n")),
        ("max tokens", info.max_tokens.to_string()),
        ("device", info.device.clone()),
        ("precision", info.precision.to_owned()),
        ("threads", info.threads.to_string()),
        ("CPU features", info.cpu_features.join(", ")),
        ("version", info.version.to_owned()),
    ];
    rows.extend(sentiment.map(|text| ("sentiment model", text)));
    Text::default().table(&pairs(&rows))
}
