//! The rules of the whole set, and the command.

mod common;

use common::{line, tickets, write};
use frontdesk_datasets::check::{Finding, check};
use frontdesk_datasets::split::SplitPlan;
use frontdesk_datasets::stats::Stats;
use frontdesk_datasets::tickets::{Category, read_batches, read_held_out};
use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frontdesk-datasets")).args(arguments).output().unwrap()
}

#[test]
fn a_good_set_has_no_findings() {
    assert_eq!(check(&tickets(30, 50), &[]), []);
}

#[test]
fn every_rule_is_checked() {
    let mut few = tickets(3, 10);
    few.retain(|ticket| ticket.category != Category::Urgent && ticket.urgency != 4);
    for ticket in &mut few {
        ticket.domain = "print".into();
    }
    few[1].text = few[0].text.clone();
    let findings = check(&few, &[]);
    let (found, of) = (0, few.len());
    assert!(findings.contains(&Finding::TooFew { found: of }));
    assert!(findings.contains(&Finding::TooFewOtherIndustries { found, of }));
    assert!(findings.contains(&Finding::MissingCategory(Category::Urgent)));
    assert!(findings.contains(&Finding::MissingUrgency(4)));
    let pair =
        |finding: &Finding| matches!(finding, Finding::NearDuplicate { first, .. } if *first == few[0].id);
    assert!(findings.iter().any(pair));
}

#[test]
fn a_held_out_message_near_another_is_found() {
    let all = tickets(31, 50);
    let (batches, held_out) = all.split_at(1500);
    assert_eq!(check(batches, held_out), []);
    let mut held_out = held_out.to_vec();
    held_out[3].text = batches[8].text.to_uppercase();
    let of = held_out[3].id.clone();
    let near = |finding: &Finding| matches!(finding, Finding::NearDuplicate { second, .. } if *second == of);
    let findings = check(batches, &held_out);
    assert!(findings.len() == 1 && near(&findings[0]), "{findings:?}");
}

#[test]
fn counts_add_up() {
    let tickets = tickets(8, 20);
    let stats = Stats::new(&tickets, &SplitPlan::make(&tickets, &[], 3).unwrap(), &tickets[..7]).unwrap();
    assert_eq!((stats.batches, stats.messages.all, stats.messages.held_out), (8, 160, 7));
    for labels in stats.families.values() {
        assert_eq!(labels.values().map(|count| count.all).sum::<usize>(), 160);
        assert_eq!(labels.values().map(|count| count.train).sum::<usize>(), stats.messages.train);
        assert_eq!(labels.values().map(|count| count.held_out).sum::<usize>(), 7);
    }
    assert!(stats.to_string().contains("| messages "));
}

#[test]
fn the_command_splits_counts_and_reports() {
    let home = tempfile::tempdir().unwrap();
    for batch in ["b01", "b02", "b03"] {
        let text =
            format!("Where do I leave the keys of hall {batch} {}?", batch.replace('b', "x").repeat(4));
        write(home.path(), &format!("batches/{batch}.jsonl"), line(&format!("{batch}-01"), &text));
    }
    let folder = home.path().to_str().unwrap();
    assert!(run(&["--tickets", folder, "split"]).status.success());
    let stats = run(&["--tickets", folder, "stats", "--format", "json"]);
    let stats: serde_json::Value = serde_json::from_slice(&stats.stdout).unwrap();
    assert_eq!(stats["messages"]["all"], 3);

    let check = run(&["--tickets", folder, "check"]);
    assert_eq!(check.status.code(), Some(1), "findings");
    assert!(String::from_utf8_lossy(&check.stdout).contains("3 messages, at least 1500 wanted"));
    assert!(String::from_utf8_lossy(&check.stdout).contains("3 messages, 0 held out"));

    write(home.path(), "batches/b02.jsonl", line("b02-01", "x") + "\n{\n");
    let broken = run(&["--tickets", folder, "stats"]);
    assert_eq!(broken.status.code(), Some(2), "errors");
    assert!(String::from_utf8_lossy(&broken.stderr).contains("b02.jsonl:2: "));
}

#[test]
fn the_data_card_holds_what_stats_prints() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tickets");
    let tickets = read_batches(&home.join("batches")).unwrap();
    let held_out = read_held_out(&home.join("held-out")).unwrap();
    let plan = SplitPlan::read(&home.join("split.json")).unwrap();
    let stats = Stats::new(&tickets, &plan, &held_out).unwrap();
    let card = std::fs::read_to_string(home.join("README.md")).unwrap();
    let advice = "run `cargo run -p frontdesk-datasets -- stats --update datasets/tickets/README.md`";
    assert!(stats.replace_in(&card).as_deref() == Some(card.as_str()), "{advice}");
    assert_eq!(stats.replace_in("no markers"), None);
}
