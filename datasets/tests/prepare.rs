//! The public loaders and `prepare`, on invented files in the layout of the public sets.

mod common;

use common::public::{Own, options, public, rows, tree};
use common::{sentence, write};
use frontdesk_datasets::public::goemotions::{self, Emotion};
use frontdesk_datasets::public::{CARDS, intents, polarity, tweets};
use std::fs;
use std::path::Path;

#[test]
fn sst2_test_rows_that_stand_in_train_are_removed() {
    let sst2 = polarity::sst2(public().path()).unwrap();
    assert_eq!((sst2.train.len(), sst2.dev.len(), sst2.test_removed), (4, 1, 2));
    assert_eq!(sst2.test[0].text, "A film of two halves");
    assert_eq!(sst2.test[0].label, "negative");
}

#[test]
fn goemotions_keeps_rows_of_one_group() {
    let set = goemotions::load(public().path()).unwrap();
    let train: Vec<_> = set.train.iter().map(|row| row.emotion).collect();
    assert_eq!(train, [Some(Emotion::Joy), Some(Emotion::Anger), None, Some(Emotion::Satisfaction)]);
    assert_eq!((set.dev_leaks, set.test_leaks), (1, 1), "different texts, not rows");
    assert_eq!(set.dev.len(), 1);
    assert_eq!(set.dev[0].emotion, Some(Emotion::Frustration));
    assert_eq!(set.test.len(), 1, "admiration and gratitude are one group");
}

#[test]
fn intent_sets_keep_their_labels() {
    let root = public();
    assert_eq!(intents::banking77(root.path()).unwrap().test[0].text, "Two lines,\nin one");
    assert_eq!(intents::clinc150(root.path()).unwrap().oos_test[0].label, "oos");
    let nlupp = intents::nlupp(root.path()).unwrap();
    assert_eq!((nlupp.len(), nlupp[1].intents.len(), nlupp[79].domain), (80, 0, "hotels"));
}

#[test]
fn malformed_public_rows_name_file_and_line() {
    let root = public();
    for (name, content, expected) in [
        (
            "uci/amazon_cells_labelled.txt",
            "Review\nfine\t1\nodd\t2\n",
            "amazon_cells_labelled.txt:3: unknown label `2`",
        ),
        (
            "sst2/glue_dev.tsv",
            "sentence\tlabel\nno label\n",
            "glue_dev.tsv:2: expected 2 tab-separated fields",
        ),
        ("goemotions/dev.tsv", "text\t28\tid\n", "dev.tsv:1: no label has the number `28`"),
        ("airline/dev.csv", "text,label\nx,glad\n", "dev.csv:2: unknown label `glad`"),
        (
            "tweeteval/sentiment_dev.csv",
            "text,label\nx,neutral\ny,mixed\n",
            "sentiment_dev.csv:3: unknown label `mixed`",
        ),
        ("nlupp/hotels/fold7.json", "[]", "fold7.json:1: the fold is empty"),
        ("banking77/train.csv", "text,category\na,b\na,b,c\n", "train.csv:3: "),
        ("clinc150/data_full.json", "{}", "data_full.json:1: missing field"),
    ] {
        let before = fs::read(root.path().join(name)).unwrap();
        write(root.path(), name, content);
        let output = tempfile::tempdir().unwrap();
        let options = options(output.path(), Some(root.path().to_owned()));
        let message = Own::new(4, 4).prepare(&options).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(tree(output.path()).is_empty(), "nothing is written when anything fails");
        write(root.path(), name, before);
    }
}

#[test]
fn tweets_are_cleaned() {
    let set = tweets::load(public().path()).unwrap();
    let train: Vec<&str> = set.train.iter().map(|row| row.text.as_str()).collect();
    assert_eq!(
        train,
        ["the new timetable & the old one", "Lovely seats, thank you"],
        "a bare handle is no text"
    );
    assert_eq!(
        (set.dev[0].text.as_str(), set.dev[0].label.as_str()),
        ("it’s raining on the parade", "negative")
    );
}

#[test]
fn without_public_sets_only_our_own_files_are_written() {
    let output = tempfile::tempdir().unwrap();
    let own = Own::new(10, 10);
    own.prepare(&options(output.path(), None)).unwrap();
    let names: Vec<String> = tree(output.path()).into_iter().collect();
    assert_eq!(names.iter().filter(|name| !name.starts_with("domain/")).count(), 15, "{names:?}");
    assert_eq!(names.len(), 15 + 13, "{names:?}");
    let parts = own.plan.parts(&own.tickets).unwrap();
    let at = |name: &str| rows(&output.path().join(name));
    assert_eq!(at("category/test.csv").len(), parts.test.len());
    assert_eq!(at("category/test-hard.csv").len(), parts.test.iter().filter(|ticket| ticket.hard).count());
    assert_eq!(at("sentiment/train.csv").len(), 3 * parts.train.len(), "own weight");
    assert_eq!(at("sentiment/mixed-dev.csv"), at("sentiment/dev.csv"));
    assert!(at("urgency/dev.csv").iter().all(|(_, label)| (1..=10).contains(&label.parse::<u8>().unwrap())));
}

#[test]
fn one_of_our_tickets_that_stands_in_a_public_evaluation_file_leaves_training() {
    let (root, output) = (public(), tempfile::tempdir().unwrap());
    let mut own = Own::new(6, 6);
    let of = own.plan.parts(&own.tickets).unwrap().train[2].id.clone();
    let place = own.tickets.iter().position(|ticket| ticket.id == of).unwrap();
    let at = |name: &str| rows(&output.path().join(name));
    let options = options(output.path(), Some(root.path().to_owned()));
    own.prepare(&options).unwrap();
    let before = at("sentiment/train.csv").len();
    own.tickets[place].text = "broke on DAY one".into();
    own.prepare(&options).unwrap();
    assert_eq!(at("sentiment/train.csv").len(), before - 3, "all its copies");
    for name in ["sentiment/train.csv", "domain/train.csv"] {
        assert!(at(name).iter().all(|(text, _)| text != "broke on DAY one"), "{name}");
    }
}

#[test]
fn held_out_messages_have_files_of_their_own_alone() {
    let (root, output) = (public(), tempfile::tempdir().unwrap());
    let own = Own::new(10, 10);
    own.prepare(&options(output.path(), Some(root.path().to_owned()))).unwrap();
    let files = ["category/held-out", "urgency/held-out", "sentiment/held-out", "domain/tickets-held-out"];
    for name in files {
        let texts = rows(&output.path().join(format!("{name}.csv")));
        let expected = own.held_out.iter().map(|ticket| &ticket.text);
        assert!(texts.iter().map(|(text, _)| text).eq(expected), "{name}");
    }
    let hard = rows(&output.path().join("category/held-out-hard.csv"));
    assert_eq!(hard.len(), own.held_out.iter().filter(|ticket| ticket.hard).count());
    for name in tree(output.path()).iter().filter(|name| !name.contains("held-out")) {
        let texts = rows(&output.path().join(name));
        let of = |text: &str| own.held_out.iter().any(|ticket| ticket.text == text);
        assert!(texts.iter().all(|(text, _)| !of(text)), "{name}");
    }
}

#[test]
fn public_rows_join_sentiment_and_evaluation_texts_stay_out() {
    let (root, output) = (public(), tempfile::tempdir().unwrap());
    let own = Own::new(4, 4);
    let mut options = options(output.path(), Some(root.path().to_owned()));
    options.own_weight = 0;
    let report = own.prepare(&options).unwrap();
    assert_eq!(tree(output.path()), report.files.iter().map(|(name, _)| name.clone()).collect());
    let mut train = rows(&output.path().join("sentiment/train.csv"));
    train.sort();
    let expected = [
        ("Ha, that made my day", "positive"),
        ("It is on the shelf", "neutral"),
        ("This makes me furious", "negative"),
        ("a warm and clever little tale", "positive"),
        ("another dull and endless evening", "negative"),
        ("the new timetable & the old one", "neutral"),
        ("the very same words here", "positive"),
    ];
    // "too short" is, "lovely seats" is an airline text, and train_part2 is never used.
    assert_eq!(train, expected.map(|(text, label)| (text.to_owned(), label.to_owned())));
    let emotions = rows(&output.path().join("emotions/train.csv"));
    assert_eq!(emotions[2], ("It is on the shelf".to_owned(), String::new()), "neutral has no emotion");

    let first = fs::read(output.path().join("sentiment/train.csv")).unwrap();
    own.prepare(&options).unwrap();
    assert_eq!(fs::read(output.path().join("sentiment/train.csv")).unwrap(), first, "same seed, same bytes");
    options.sst2_cap = 1;
    options.goemotions_cap = 0;
    own.prepare(&options).unwrap();
    let capped = rows(&output.path().join("sentiment/train.csv"));
    assert_eq!(capped.len(), 2, "caps hold, and the tweets have none: {capped:?}");
}

#[test]
fn the_mixed_dev_file_has_every_source_and_train_nothing_near_it() {
    let (root, output) = (public(), tempfile::tempdir().unwrap());
    // Whole sentences beyond those kept to choose with, each with a part of it.
    let mut phrases = String::from("sentence\tlabel\n");
    for seed in 0..650 {
        let words = format!("{} {}", sentence(9000 + seed), sentence(20_000 + seed));
        phrases.push_str(&format!("{words} .\t1\n{}\t1\n", words.rsplit_once(' ').unwrap().0));
    }
    write(root.path(), "sst2/train_part1.tsv", phrases);
    let near = "IT'S RAINING ON THE PARADE, 2";
    write(root.path(), "tweeteval/sentiment_train.csv", format!("text,label\n\"{near}\",negative\n"));
    let own = Own::new(4, 4);
    own.prepare(&options(output.path(), Some(root.path().to_owned()))).unwrap();
    let at = |name: &str| rows(&output.path().join(name));
    let (dev, train) = (at("sentiment/mixed-dev.csv"), at("sentiment/train.csv"));
    let tickets = at("sentiment/dev.csv").len();
    assert_eq!(at("sentiment/mixed-dev.csv")[..tickets], at("sentiment/dev.csv"));
    assert_eq!(dev.len(), tickets + 1 + 500 + 1, "a tweet, the sentences, a comment");
    assert!(train.iter().all(|(text, _)| text != near), "near a tweet to choose with");
    let phrases: Vec<&str> =
        train.iter().map(|(text, _)| text.as_str()).filter(|text| text.split(' ').count() > 10).collect();
    assert_eq!(phrases.len(), 100, "of 650 sentences 600 are kept, and their parts with them");
    for (text, _) in &dev[tickets..] {
        assert!(train.iter().all(|(other, _)| !text.starts_with(other.as_str())), "{text}");
    }
}

#[test]
fn committed_cards_are_what_the_code_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cards");
    for card in CARDS {
        let committed = fs::read_to_string(folder.join(format!("{}.md", card.folder))).unwrap();
        assert_eq!(
            committed,
            card.markdown(),
            "run `cargo run -p frontdesk-datasets -- cards --output datasets/cards`"
        );
    }
}
