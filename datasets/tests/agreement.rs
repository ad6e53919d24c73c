//! Agreement of two readers, by hand and on the committed readings.

mod common;

use common::{line, write};
use frontdesk_datasets::agreement::{Agreement, Agreements, read_readings};
use frontdesk_datasets::split::SplitPlan;
use frontdesk_datasets::tickets::{read_batch, read_batches, read_held_out};
use std::path::Path;

/// Categories (approval, approval), (approval, revision), (revision, revision), (question, question): 3 of 4
/// agree, by chance 2/4 · 1/4 + 1/4 · 2/4 + 1/4 · 1/4 would, so that kappa is (0.75 - 0.3125) / 0.6875.
#[test]
fn agreement_is_as_counted_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let first = ["approval", "approval", "revision", "question"];
    let second = ["approval", "revision", "revision", "question"];
    let (mut tickets, mut readings) = (String::new(), String::new());
    for (index, (first, second)) in first.iter().zip(second).enumerate() {
        let id = format!("b01-0{}", index + 1);
        let mut ticket: serde_json::Value =
            serde_json::from_str(&line(&id, &format!("message number {index}"))).unwrap();
        (ticket["category"], ticket["sentiment"], ticket["urgency"]) =
            ((*first).into(), "neutral".into(), 4.into());
        tickets.push_str(&format!("{ticket}\n"));
        let sentiment = if index == 0 { "negative" } else { "neutral" };
        let urgency = 4 + index;
        readings.push_str(&format!(
            "{{\"id\": \"{id}\", \"category\": \"{second}\", \"sentiment\": \"{sentiment}\", \"urgency\": {urgency}, \"hard\": false}}\n"
        ));
    }
    let tickets = read_batch(&write(folder.path(), "b01.jsonl", tickets)).unwrap();
    let readings = read_readings(&write(folder.path(), "second.jsonl", readings)).unwrap();
    let pairs: Vec<_> = tickets.iter().zip(&readings).collect();
    let found = Agreement::of(&pairs).unwrap();
    assert_eq!((found.messages, found.category, found.sentiment, found.urgency), (4, 0.75, 0.75, 1.5));
    assert!((found.kappa - 0.4375 / 0.6875).abs() < 1e-12, "{found:?}");
    assert!(Agreement::of(&[]).is_none());
    let broken = write(folder.path(), "broken.jsonl", "{\"id\": \"b01-01\"}\n");
    assert!(read_readings(&broken).unwrap_err().to_string().contains("broken.jsonl:1"));
}

#[test]
fn the_data_card_holds_the_agreement_of_the_committed_readings() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tickets");
    let tickets = read_batches(&home.join("batches")).unwrap();
    let held_out = read_held_out(&home.join("held-out")).unwrap();
    let mut readings = read_readings(&home.join("second-reading.jsonl")).unwrap();
    readings.extend(read_readings(&home.join("held-out-second-reading.jsonl")).unwrap());
    let plan = SplitPlan::read(&home.join("split.json")).unwrap();
    let table = Agreements::new(&tickets, &plan, &held_out, &readings).unwrap();
    assert_eq!(table.0["held-out"].messages, held_out.len(), "every held-out message was read twice");
    let table = table.to_string();
    let card = std::fs::read_to_string(home.join("README.md")).unwrap();
    assert!(card.contains(table.trim_end()), "run `cargo run -p frontdesk-datasets -- agreement`:\n{table}");
}
