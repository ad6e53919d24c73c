//! The public loaders and `prepare`, on invented files in the layout of the public sets.

mod common;

use common::{tickets, write};
use frontdesk_datasets::prepare::{Options, prepare};
use frontdesk_datasets::public::goemotions::{self, Emotion};
use frontdesk_datasets::public::{CARDS, intents, polarity};
use frontdesk_datasets::split::SplitPlan;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const LABELS: &str = "admiration\namusement\nanger\nannoyance\napproval\ncaring\nconfusion\ncuriosity\ndesire\n\
disappointment\ndisapproval\ndisgust\nembarrassment\nexcitement\nfear\ngratitude\ngrief\njoy\nlove\nnervousness\n\
optimism\npride\nrealization\nrelief\nremorse\nsadness\nsurprise\nneutral";

/// A public root with a few invented rows in every set.
fn public() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let add = |name: &str, content: &str| write(root.path(), name, content);
    add(
        "sst2/train_part1.tsv",
        "sentence\tlabel\na warm and clever little tale \t1\ntoo short \t0\nthe very same words here \t1\nanother dull and endless evening \t0\n",
    );
    add("sst2/train_part2.tsv", "sentence\tlabel\nnobody should sit this out \t1\n");
    add("sst2/glue_dev.tsv", "sentence\tlabel\nthe ending falls flat \t0\n");
    add(
        "sst2/official_test_sentences.tsv",
        "label\tcontent\n1\tThe very same words, here!\n1\tNobody should sit this out.\n0\tA film of two halves\n",
    );
    add("goemotions/labels.txt", LABELS);
    add(
        "goemotions/train.tsv",
        "Ha, that made my day\t1\tx1\nThis makes me furious\t2,11\tx2\nIt is on the shelf\t27\tx3\nSo torn about it\t2,17\tx4\nWhy though\t6\tx5\nA joy and a surprise\t17,26\tx6\nlovely seats, thank you\t15\tx7\n",
    );
    add("goemotions/dev.tsv", "It is on the shelf\t27\tx8\nNot what I hoped for\t9\tx9\n");
    add(
        "goemotions/test.tsv",
        "Well done all of you\t0,15\ty1\nHa, that made my day\t1\ty2\nHa, that made my day\t1\ty3\n",
    );
    add("airline/dev.csv", "text,label\n\"Lovely seats, thank you\",positive\nGate 4 it is,neutral\n");
    add("uci/amazon_cells_labelled.txt", "Review\nBroke on day one.\t0\nCould not be happier.\t1");
    add("banking77/train.csv", "text,category\nWhere is my card,card_arrival\n");
    add("banking77/test.csv", "text,category\n\"Two lines,\nin one\",age_limit\n");
    add(
        "clinc150/data_full.json",
        r#"{"train":[["play a song","music"]],"val":[["wake me","alarm"]],"test":[["tip please","tip"]],"oos_train":[["a","oos"]],"oos_val":[["b","oos"]],"oos_test":[["how old is the moon","oos"]]}"#,
    );
    for domain in ["banking", "hotels"] {
        for fold in 0..20 {
            add(
                &format!("nlupp/{domain}/fold{fold}.json"),
                r#"[{"text":"move it","intents":["change"]},{"text":"six","slots":{}}]"#,
            );
        }
    }
    root
}

fn options(output: &Path, public: Option<PathBuf>) -> Options {
    Options { public, output: output.to_owned(), seed: 17, sst2_cap: 100, goemotions_cap: 100, own_weight: 3 }
}

/// Every file under a folder, by its name from there.
fn tree(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found
}

fn rows(path: &Path) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    assert_eq!(reader.headers().unwrap(), vec!["text", "label"]);
    reader.deserialize().map(Result::unwrap).collect()
}

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
        ("banking77/train.csv", "text,category\na,b\na,b,c\n", "train.csv:3: "),
        ("clinc150/data_full.json", "{}", "data_full.json:1: missing field"),
    ] {
        let before = fs::read(root.path().join(name)).unwrap();
        write(root.path(), name, content);
        let output = tempfile::tempdir().unwrap();
        let tickets = tickets(4, 4);
        let plan = SplitPlan::make(&tickets, 1).unwrap();
        let options = options(output.path(), Some(root.path().to_owned()));
        let message = prepare(&tickets, &plan, &options).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(tree(output.path()).is_empty(), "nothing is written when anything fails");
        write(root.path(), name, before);
    }
}

#[test]
fn without_public_sets_only_our_own_files_are_written() {
    let output = tempfile::tempdir().unwrap();
    let tickets = tickets(10, 10);
    let plan = SplitPlan::make(&tickets, 1).unwrap();
    prepare(&tickets, &plan, &options(output.path(), None)).unwrap();
    let names: Vec<String> = tree(output.path()).into_iter().collect();
    assert_eq!(names.len(), 10, "{names:?}");
    let parts = plan.parts(&tickets).unwrap();
    let at = |name: &str| rows(&output.path().join(name));
    assert_eq!(at("category/test.csv").len(), parts.test.len());
    assert_eq!(at("category/test-hard.csv").len(), parts.test.iter().filter(|ticket| ticket.hard).count());
    assert_eq!(at("sentiment/train.csv").len(), 3 * parts.train.len(), "own weight");
    assert!(at("urgency/dev.csv").iter().all(|(_, label)| (1..=10).contains(&label.parse::<u8>().unwrap())));
}

#[test]
fn public_rows_join_sentiment_and_evaluation_texts_stay_out() {
    let (root, output) = (public(), tempfile::tempdir().unwrap());
    let tickets = tickets(4, 4);
    let plan = SplitPlan::make(&tickets, 1).unwrap();
    let mut options = options(output.path(), Some(root.path().to_owned()));
    options.own_weight = 0;
    let report = prepare(&tickets, &plan, &options).unwrap();
    assert_eq!(tree(output.path()), report.files.iter().map(|(name, _)| name.clone()).collect());
    let mut train = rows(&output.path().join("sentiment/train.csv"));
    train.sort();
    let expected = [
        ("Ha, that made my day", "positive"),
        ("It is on the shelf", "neutral"),
        ("This makes me furious", "negative"),
        ("a warm and clever little tale", "positive"),
        ("another dull and endless evening", "negative"),
        ("the very same words here", "positive"),
    ];
    // "too short" is, "lovely seats" is an airline text, and train_part2 is never used.
    assert_eq!(train, expected.map(|(text, label)| (text.to_owned(), label.to_owned())));
    let emotions = rows(&output.path().join("emotions/train.csv"));
    assert_eq!(emotions[2], ("It is on the shelf".to_owned(), String::new()), "neutral has no emotion");

    let first = fs::read(output.path().join("sentiment/train.csv")).unwrap();
    prepare(&tickets, &plan, &options).unwrap();
    assert_eq!(fs::read(output.path().join("sentiment/train.csv")).unwrap(), first, "same seed, same bytes");
    options.sst2_cap = 1;
    options.goemotions_cap = 0;
    prepare(&tickets, &plan, &options).unwrap();
    assert_eq!(rows(&output.path().join("sentiment/train.csv")).len(), 1, "caps hold");
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
