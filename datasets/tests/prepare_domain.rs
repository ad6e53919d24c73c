//! The files of the detector of texts outside of a desk's domain.

mod common;

use common::public::{Own, options, public, rows};
use common::{sentence, write};
use frontdesk_datasets::near::{Shingles, THRESHOLD};
use std::collections::BTreeMap;
use std::path::Path;

const MEASURED: [&str; 11] = [
    "gibberish-dev",
    "gibberish-test",
    "languages-dev",
    "languages-test",
    "domains-dev",
    "domains-test",
    "english-dev",
    "english-test",
    "tickets-dev",
    "tickets-test",
    "tickets-held-out",
];

/// Every file under `domain/` by its name.
fn files(output: &Path) -> BTreeMap<String, Vec<(String, String)>> {
    let name = |name: &&str| ((*name).to_owned(), rows(&output.join(format!("domain/{name}.csv"))));
    MEASURED.iter().chain(&["dev", "train"]).map(name).collect()
}

fn count(rows: &[(String, String)], text: &str) -> usize {
    rows.iter().filter(|(other, _)| other == text).count()
}

#[test]
fn the_label_is_outside_or_none() {
    let output = tempfile::tempdir().unwrap();
    let own = Own::new(6, 6);
    own.prepare(&options(output.path(), None)).unwrap();
    let files = files(output.path());
    for name in MEASURED {
        let label = if name.starts_with("tickets") || name.starts_with("english") { "" } else { "outside" };
        assert!(!files[name].is_empty() && files[name].iter().all(|(_, given)| given == label), "{name}");
    }
    let parts = own.plan.parts(&own.tickets).unwrap();
    assert_eq!(files["gibberish-dev"].len(), 500);
    assert_eq!(files["dev"].len(), parts.dev.len() + 3 * 3 + 150);
    let train = &files["train"];
    assert_eq!(train.len(), parts.train.len() + 3 * 3 + 4 * 3 + 6 * 3 + 3500);
    let inside = train.iter().filter(|(_, label)| label.is_empty()).map(|(text, _)| text.as_str());
    let mut inside: Vec<&str> = inside.collect();
    let tickets: Vec<&str> = parts.train.iter().map(|ticket| ticket.text.as_str()).collect();
    inside.sort_unstable();
    let english = own.outside.english.train.iter().map(|row| row.text.as_str());
    let mut expected: Vec<&str> = tickets.iter().copied().chain(english.flat_map(|text| [text; 6])).collect();
    expected.sort_unstable();
    assert_eq!(inside, expected, "each train ticket once, short English four times, nothing else of ours");
    assert_eq!(count(train, &own.outside.domains.train[0].text), 3);
    assert_eq!(count(train, &own.outside.languages.train[0].text), 4);
    let runs = train.chunk_by(|(_, one), (_, other)| one == other).count();
    assert!(runs > parts.train.len(), "mixed: {runs} runs of one label");
}

#[test]
fn public_rows_join_by_their_rules() {
    let (root, output) = (public(), tempfile::tempdir().unwrap());
    let long = |seed| format!("{} {}", sentence(seed), sentence(seed + 500));
    let comments = [
        (long(31_000), "10"),
        (long(32_000), "2,17"),
        (long(33_000), "18"),
        (long(34_000), "4,27"),
        (long(35_000), "27"),
    ];
    let lines = comments.iter().map(|(text, labels)| format!("{text}\t{labels}\tx\n"));
    write(root.path(), "goemotions/train.tsv", lines.collect::<String>() + "short and merry\t17\tx\n");
    let phrases = format!("sentence\tlabel\n{}\t1\nonly five words of it\t0\n", sentence(36_000));
    write(root.path(), "sst2/train_part1.tsv", phrases);
    let change = "\"intents\":[\"change\"]";
    let requests = [
        format!("{{\"text\":\"{}\",{change}}}", sentence(37_000)),
        "{\"text\":\"make it six\"}".to_owned(),
        format!("{{\"text\":\"six\",{change}}}"),
    ];
    let requests = format!("[{}]", requests.join(","));
    write(root.path(), "nlupp/banking/fold3.json", requests);
    Own::new(6, 6).prepare(&options(output.path(), Some(root.path().to_owned()))).unwrap();
    let train = &files(output.path())["train"];
    let label = |text: &str| train.iter().find(|(other, _)| other == text).map(|(_, label)| label.as_str());
    let found: Vec<_> = comments.iter().map(|(text, _)| label(text)).collect();
    let outside = Some("outside");
    assert_eq!(found, [None, None, outside, None, outside], "none that reads like a message to a desk");
    assert_eq!(label("short and merry"), None);
    assert_eq!((label(&sentence(36_000)), label("only five words of it")), (outside, None));
    assert_eq!(label("play a song"), Some(""));
    assert_eq!((label(&sentence(37_000)), label("make it six"), label("six")), (Some(""), None, None));
    let dev = &files(output.path())["dev"];
    assert_eq!((count(dev, "wake me"), count(dev, "Where is my card")), (1, 1));
    assert_eq!(label("Where is my card"), None, "chosen with, not learnt from");
}

#[test]
fn nothing_to_learn_from_is_near_anything_measured() {
    let output = tempfile::tempdir().unwrap();
    let mut own = Own::new(6, 6);
    let planted = [
        own.outside.domains.test[1].text.clone(),
        own.outside.languages.dev[2].text.clone(),
        own.outside.english.test[0].text.clone(),
    ];
    own.outside.domains.train[0].text = format!("{}!", planted[0].to_uppercase());
    own.outside.languages.train[1].text = format!("{} 4", planted[1]);
    let parts = own.plan.parts(&own.tickets).unwrap();
    let (moved, kept) = (parts.train[0].id.clone(), parts.train[1].text.clone());
    own.tickets.iter_mut().find(|ticket| ticket.id == moved).unwrap().text = planted[2].clone() + "?";
    // Outside by its file, but what a desk may receive stays inside.
    own.outside.domains.train[2].text = kept.clone();
    own.prepare(&options(output.path(), None)).unwrap();
    let files = files(output.path());
    let train: Vec<(&str, Shingles)> =
        files["train"].iter().map(|(text, _)| (text.as_str(), Shingles::new(text))).collect();
    for name in MEASURED.iter().chain(&["dev"]) {
        for (text, _) in &files[*name] {
            let set = Shingles::new(text);
            let near = train.iter().find(|(_, other)| set.jaccard(other) >= THRESHOLD);
            assert!(near.is_none(), "{name}: {text} and {:?}", near.map(|(text, _)| text));
        }
    }
    assert_eq!(count(&files["train"], &kept), 1);
    assert_eq!(files["train"].len(), 3500 + 3 + 8 + 18 + parts_len(&own) - 1);
}

fn parts_len(own: &Own) -> usize {
    own.plan.parts(&own.tickets).unwrap().train.len()
}

#[test]
fn the_seed_decides_everything_drawn() {
    let output = tempfile::tempdir().unwrap();
    let own = Own::new(6, 6);
    let mut options = options(output.path(), None);
    let mut written = |seed: u64| {
        options.seed = seed;
        own.prepare(&options).unwrap();
        files(output.path())
    };
    let first = written(17);
    assert_eq!(written(17), first);
    let other = written(18);
    for name in ["gibberish-dev", "dev", "train"] {
        assert_ne!(other[name], first[name], "{name}");
    }
    assert_eq!(other["languages-test"], first["languages-test"]);
}
