//! Detection of a repeated issue against another one: texts of one intent against texts of two.
//!
//!     repeats FILE.csv [PAIRS]
//!
//! The columns are `text` and `label`. Prints the area under the ROC curve by meaning and by words, and how
//! often each says 0.
//!
//! Texts of one intent are not always the same issue, so that no measure reaches 1.

use std::path::Path;

use frontdesk::evaluate::auroc;
use frontdesk::route::{RouteOptions, repeated_issue};
use frontdesk::table::{Reading, read_labelled};
use frontdesk::{AnalyzeOptions, CustomerHistory, Engine, EngineOptions, Feature, Ticket};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().ok_or("usage: repeats FILE.csv [PAIRS]")?;
    let count: usize = arguments.get(1).map_or(Ok(1000), |text| text.parse())?;
    let rows = read_labelled(Path::new(path), "text", "label", &Reading::default())?.rows;
    let mut random = StdRng::seed_from_u64(17);
    let mut tickets: [Vec<Ticket>; 2] = Default::default();
    while tickets.iter().any(|of| of.len() < count) {
        let (a, b) = (&rows[random.random_range(0..rows.len())], rows.choose(&mut random).ok_or("no row")?);
        // Chance seldom draws two of one intent.
        let same = random.random_bool(0.5);
        let of_intent: Vec<_> =
            rows.iter().filter(|row| row.label == a.label && row.place != a.place).collect();
        let b = if same { of_intent.choose(&mut random).copied().unwrap_or(b) } else { b };
        let place = usize::from(a.label == b.label);
        if a.place == b.place || tickets[place].len() >= count {
            continue;
        }
        let history = CustomerHistory { previous_issues: vec![b.text.clone()], ..CustomerHistory::default() };
        tickets[place].push(Ticket { customer_history: Some(history), ..Ticket::new(&a.text) });
    }
    let options = EngineOptions {
        route: RouteOptions { records: true, ..RouteOptions::default() },
        ..EngineOptions::default()
    };
    let engine = Engine::open(options)?;
    let call = AnalyzeOptions { outputs: vec!["route".to_owned()], ..AnalyzeOptions::default() };
    let (mut by_both, mut by_words) = (Vec::new(), Vec::new());
    for tickets in &tickets {
        let analyses = engine.analyze_batch(tickets, &call)?;
        let records = analyses.into_iter().filter_map(|analysis| analysis.route?.record);
        by_both.push(records.map(|record| record.facts.feature(Feature::Repeat)).collect::<Vec<_>>());
        let words = |ticket: &Ticket| {
            Some(repeated_issue(&ticket.message().ok()?, ticket.customer_history.as_ref()?))
        };
        by_words.push(tickets.iter().filter_map(words).collect::<Vec<_>>());
    }
    for (name, scores) in [("meaning and words", by_both), ("words", by_words)] {
        let said =
            |scores: &[f64]| scores.iter().filter(|score| **score > 0.0).count() as f64 / scores.len() as f64;
        let area = auroc(&scores[0], &scores[1]).ok_or("no pairs")?;
        println!(
            "{name}: AUROC {area:.3}; above 0 for {:.3} of one intent, {:.3} of two",
            said(&scores[1]),
            said(&scores[0])
        );
    }
    Ok(())
}
