//! Routes, and what outcomes taught.

use std::path::Path;

use frontdesk::outcomes::{LearnReport, PolicyValue, ValueEstimate};
use frontdesk::{Contribution, RouteAnalysis};

use super::table::{Cell, Table, Text};
use super::{bar, pairs};

/// A route by its parts: the shares with the reasoning, then the numbers behind it.
pub(super) fn rows(route: &RouteAnalysis) -> Vec<(&'static str, String)> {
    let line =
        |route: &dyn std::fmt::Display, share: f32| format!("{route:<12} {} {share:.2}", bar(share, 20));
    let others = route.alternative_routes.iter().map(|other| line(&other.route, other.score));
    let mut shares = vec![line(&route.recommended_route, route.confidence)];
    shares.extend(others);
    shares.push(route.reasoning.clone());
    let mut rows = vec![("route", shares.join("\n"))];
    if !route.contributions.is_empty() {
        let line = |c: &Contribution| format!("{:<14} {:>6.2}  {:>+6.2}", c.feature, c.value, c.effect);
        rows.push(("because", route.contributions.iter().map(line).collect::<Vec<_>>().join("\n")));
    }
    if let Some(change) = &route.would_change {
        let (feature, value, needed) = (&change.feature, change.value, change.needed);
        rows.push((
            "unless",
            format!("{feature} were {needed:.2} and not {value:.2}: then {}", change.route),
        ));
    }
    if !route.excluded.is_empty() {
        let out = route.excluded.iter().map(|out| format!("{}: {}", out.route, out.rule));
        rows.push(("excluded", out.collect::<Vec<_>>().join("\n")));
    }
    if let Some(propensity) = route.propensity {
        let tried = if route.explored { ", tried out" } else { "" };
        rows.push(("propensity", format!("{propensity:.3}{tried}")));
    }
    if let Some(shadow) = &route.shadow {
        let chosen =
            shadow.recommended_route.map_or_else(|| "no route".to_owned(), |route| route.to_string());
        let share = shadow.confidence.map_or_else(String::new, |share| format!(" {share:.2}"));
        rows.push(("shadow", format!("{chosen}{share}")));
    }
    rows
}

/// One decision.
pub(crate) fn route(route: &RouteAnalysis) -> Text {
    Text::default().table(&pairs(&rows(route)))
}

/// The result of fitting a policy to outcomes, and its file.
pub(crate) fn learnt(report: &LearnReport, policy: Option<&Path>) -> Text {
    let mut routes = Table::new();
    routes.set_header(["route", "tickets", "solved", "reward"].map(Cell::bold));
    for (route, of) in report.routes.iter() {
        let solved = format!("{:.1} %", 100.0 * of.solved);
        routes.add_row([route.to_string(), of.rows.to_string(), solved, format!("{:.4}", of.reward)]);
    }
    let mut values = Table::new();
    values.set_header(["reward a ticket", "logged", "old policy", "new policy"].map(Cell::bold));
    let interval = |e: &ValueEstimate| format!("{:.4} ({:.4} to {:.4})", e.value, e.low, e.high);
    let snips = |of: &PolicyValue| match (&of.snips, of.no_snips) {
        (Some(estimate), _) => interval(estimate),
        (None, reason) => format!("none: {}", reason.unwrap_or_default()),
    };
    let none = String::new;
    values.add_row(["as it was".to_owned(), interval(&report.logged), none(), none()]);
    let of_both = |name: &str, told: &dyn Fn(&PolicyValue) -> String| {
        [name.to_owned(), none(), told(&report.old), told(&report.new)]
    };
    values.add_row(of_both("IPS", &|v| interval(&v.ips)));
    values.add_row(of_both("SNIPS", &snips));
    values.add_row(of_both("doubly robust", &|v| interval(&v.doubly_robust)));
    values.add_row(of_both("effective rows", &|v| format!("{:.0}", v.effective_rows)));
    let end = match policy {
        Some(path) => format!("accepted: {}; written to {}", report.reason, path.display()),
        None => format!("kept as it was: {}", report.reason),
    };
    Text::default().table(&routes).table(&values).line(end)
}
