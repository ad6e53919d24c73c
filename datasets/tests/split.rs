//! The split's promises, on invented messages and on the committed batches.

mod common;

use common::{sentence, tickets};
use frontdesk_datasets::DataError;
use frontdesk_datasets::near::{Shingles, THRESHOLD, pairs};
use frontdesk_datasets::split::{Evaluated, Split, SplitPlan};
use frontdesk_datasets::tickets::{LabelledTicket, read_batches, read_held_out};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

fn no_near_duplicate_across(tickets: &[LabelledTicket], plan: &SplitPlan) {
    let parts = plan.parts(tickets).unwrap();
    let all: Vec<(Split, &LabelledTicket)> = Split::ALL
        .iter()
        .flat_map(|&split| parts.of(split).iter().map(move |&ticket| (split, ticket)))
        .collect();
    let texts: Vec<&str> = all.iter().map(|(_, ticket)| ticket.text.as_str()).collect();
    for pair in pairs(&texts, THRESHOLD) {
        let ((one, first), (other, second)) = (all[pair.first], all[pair.second]);
        assert_eq!(one, other, "{} and {}", first.id, second.id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_split_is_a_partition_of_whole_batches(batches in 3_usize..12, each in 1_usize..8, seed: u64) {
        let tickets = tickets(batches, each);
        let plan = SplitPlan::make(&tickets, &[], seed).unwrap();
        prop_assert_eq!(&plan, &SplitPlan::make(&tickets, &[], seed).unwrap(), "deterministic");
        let parts = plan.parts(&tickets).unwrap();
        let mut ids: Vec<&str> = plan.dropped.iter().map(|drop| drop.id.as_str()).collect();
        let mut authors = 0;
        for &split in Split::ALL {
            prop_assert!(plan.batches.values().any(|&one| one == split));
            ids.extend(parts.of(split).iter().map(|ticket| ticket.id.as_str()));
            authors += plan.batches.values().filter(|&&one| one == split).count();
        }
        prop_assert_eq!(authors, batches);
        prop_assert_eq!(ids.len(), tickets.len());
        prop_assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), tickets.len());
    }

    #[test]
    fn planted_copies_never_stand_on_both_sides(copies in prop::collection::vec((0_usize..40, 0_usize..40), 1..10), seed: u64) {
        let mut tickets = tickets(8, 5);
        for (from, to) in copies {
            tickets[to].text = format!("{} No. {to}!", tickets[from].text.to_uppercase());
        }
        no_near_duplicate_across(&tickets, &SplitPlan::make(&tickets, &[], seed).unwrap());
    }

    #[test]
    fn similarity_is_symmetric_and_whole_for_itself(one in "\\PC{0,60}", other in "\\PC{0,60}") {
        let (one, other) = (Shingles::new(&one), Shingles::new(&other));
        let similarity = one.jaccard(&other);
        prop_assert!((0.0..=1.0).contains(&similarity));
        prop_assert!(similarity.to_bits() == other.jaccard(&one).to_bits());
        prop_assert!((one.jaccard(&one) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn pruning_finds_what_comparing_all_finds(seeds in prop::collection::vec(0_u64..12, 0..24), cut in 1_usize..30) {
        let texts: Vec<String> =
            seeds.iter().enumerate().map(|(place, &seed)| sentence(seed)[..30 + (place * cut) % 9].to_owned()).collect();
        let sets: Vec<Shingles> = texts.iter().map(|text| Shingles::new(text)).collect();
        let mut expected = Vec::new();
        for first in 0..sets.len() {
            expected.extend((first + 1..sets.len()).filter(|&second| sets[first].jaccard(&sets[second]) >= THRESHOLD).map(|second| (first, second)));
        }
        let found: Vec<_> = pairs(&texts, THRESHOLD).iter().map(|pair| (pair.first, pair.second)).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn the_best_of_many_draws_is_balanced() {
    let tickets = tickets(32, 53);
    let parts_plan = SplitPlan::make(&tickets, &[], 1).unwrap();
    let parts = parts_plan.parts(&tickets).unwrap();
    for &split in Split::ALL {
        assert!(parts.imbalance(split) < 0.05, "{split}: {}", parts.imbalance(split));
    }
    assert_eq!([parts.train.len(), parts.dev.len(), parts.test.len()], [22 * 53, 4 * 53, 6 * 53]);
}

#[test]
fn a_split_that_grows_moves_nothing() {
    let (before, after) = (tickets(20, 5), tickets(40, 5));
    let plan = SplitPlan::make(&before, &[], 3).unwrap();
    assert_eq!(plan.grow(&before, &[]).unwrap(), plan);
    let grown = plan.grow(&after, &[]).unwrap();
    for (batch, split) in &plan.batches {
        assert_eq!(grown.batches[batch], *split);
    }
    let count = |plan: &SplitPlan, split| plan.batches.values().filter(|&&one| one == split).count();
    assert_eq!(count(&grown, Split::Test), count(&plan, Split::Test));
    assert_eq!(count(&grown, Split::Dev), count(&plan, Split::Dev));
    assert_eq!(count(&grown, Split::Train), count(&plan, Split::Train) + 20, "new batches join train");
    assert_eq!(grown.batches.len(), 40);
}

#[test]
fn the_message_in_train_goes_and_the_one_in_test_stays() {
    let mut tickets = tickets(10, 3);
    let plan = SplitPlan::make(&tickets, &[], 5).unwrap();
    let first_of = |split: Split| {
        let (batch, _) = plan.batches.iter().find(|(_, one)| **one == split).unwrap();
        tickets.iter().position(|ticket| ticket.batch() == batch).unwrap()
    };
    let (train, test) = (first_of(Split::Train), first_of(Split::Test));
    tickets[train].text = tickets[test].text.clone();
    let again = SplitPlan::make(&tickets, &[], 5).unwrap();
    assert_eq!(again.batches, plan.batches, "texts do not move batches");
    assert_eq!(again.dropped.len(), 1);
    assert_eq!((&again.dropped[0].id, &again.dropped[0].near), (&tickets[train].id, &tickets[test].id));
}

#[test]
fn a_split_of_other_batches_is_stale() {
    let plan = SplitPlan::make(&tickets(4, 2), &[], 1).unwrap();
    for count in [3, 5] {
        let error = plan.parts(&tickets(count, 2)).unwrap_err();
        assert!(matches!(error, DataError::StaleSplit { .. }), "{error}");
    }
    let error = SplitPlan::make(&tickets(2, 2), &[], 1).unwrap_err();
    assert!(matches!(error, DataError::TooFewBatches { found: 2 }), "{error}");
}

#[test]
fn the_committed_split_is_what_the_code_makes() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tickets");
    let tickets = read_batches(&home.join("batches")).unwrap();
    let held_out = read_held_out(&home.join("held-out")).unwrap();
    let committed = SplitPlan::read(&home.join("split.json")).unwrap();
    let plan = committed.grow(&tickets, &held_out).unwrap();
    assert_eq!(committed, plan, "run `cargo run -p frontdesk-datasets -- split`");
    no_near_duplicate_across(&tickets, &plan);
    let parts = plan.parts(&tickets).unwrap();
    // Dev and test stay what they were, and the later batches in train have more hard messages.
    for (split, most) in [(Split::Train, 0.05), (Split::Dev, 0.07)] {
        assert!(parts.imbalance(split) < most, "{split}: {}", parts.imbalance(split));
    }
}

#[test]
fn held_out_messages_are_apart_from_all_batches() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tickets");
    let tickets = read_batches(&home.join("batches")).unwrap();
    let held_out = read_held_out(&home.join("held-out")).unwrap();
    let personas: BTreeSet<&str> = held_out.iter().map(LabelledTicket::batch).collect();
    assert_eq!((held_out.len(), personas.len()), (300, 12));
    assert!(tickets.iter().all(|ticket| !personas.contains(ticket.batch())));
    let count = |of: &dyn Fn(&LabelledTicket) -> bool| held_out.iter().filter(|ticket| of(ticket)).count();
    assert_eq!(count(&|ticket| ticket.domain != "print"), 100, "a third");
    assert_eq!(count(&|ticket| ticket.hard), 60, "a fifth");
    let all: Vec<(&str, Shingles)> = held_out
        .iter()
        .chain(&tickets)
        .map(|ticket| (ticket.id.as_str(), Shingles::new(&ticket.text)))
        .collect();
    for (place, (id, set)) in all[..held_out.len()].iter().enumerate() {
        let near = all[place + 1..].iter().find(|(_, other)| set.jaccard(other) >= THRESHOLD);
        assert!(near.is_none(), "{id} and {:?}", near.map(|(id, _)| id));
    }
}

#[test]
fn what_is_near_a_held_out_message_leaves_train_and_dev_but_not_test() {
    let mut tickets = tickets(10, 3);
    let plan = SplitPlan::make(&tickets, &[], 5).unwrap();
    let place =
        |split: Split| tickets.iter().position(|ticket| plan.batches[ticket.batch()] == split).unwrap();
    let places = [Split::Train, Split::Dev, Split::Test].map(place);
    let mut held_out = vec![tickets[places[0]].clone()];
    held_out[0].id = "h01-01".into();
    for place in places {
        tickets[place].text = format!("{}!", held_out[0].text.to_uppercase());
    }
    let made = SplitPlan::make(&tickets, &held_out, 5).unwrap();
    assert_eq!(made, plan.grow(&tickets, &held_out).unwrap());
    let dropped: BTreeSet<&str> = made.dropped.iter().map(|drop| drop.id.as_str()).collect();
    assert_eq!(dropped, [places[0], places[1]].map(|place| tickets[place].id.as_str()).into());
    assert!(
        made.dropped.iter().all(|drop| drop.near_split != Evaluated::Dev),
        "what is gone itself drops nothing"
    );

    let apart = SplitPlan::make(&tickets[..1], &held_out, 5);
    assert!(apart.is_err(), "held-out messages count as no batch");
    tickets[places[2]].text = "Something else altogether is asked here".into();
    let made = SplitPlan::make(&tickets, &held_out, 5).unwrap();
    assert!(
        made.dropped
            .iter()
            .all(|drop| (drop.near.as_str(), drop.near_split) == ("h01-01", Evaluated::HeldOut))
    );
    assert_eq!(made.dropped.len(), 2);
}
