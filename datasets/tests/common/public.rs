//! Invented files in the layout of the public sets, and what `prepare` makes of them.

use super::{sentence, tickets, write};
use frontdesk_datasets::outside::{Family, Outside, OutsideRow};
use frontdesk_datasets::prepare::{Options, Report, Sources, prepare};
use frontdesk_datasets::split::SplitPlan;
use frontdesk_datasets::tickets::LabelledTicket;
use frontdesk_datasets::{DataError, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const LABELS: &str = "admiration\namusement\nanger\nannoyance\napproval\ncaring\nconfusion\ncuriosity\ndesire\n\
disappointment\ndisapproval\ndisgust\nembarrassment\nexcitement\nfear\ngratitude\ngrief\njoy\nlove\nnervousness\n\
optimism\npride\nrealization\nrelief\nremorse\nsadness\nsurprise\nneutral";

/// A public root with a few invented rows in every set.
pub(crate) fn public() -> tempfile::TempDir {
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
    add(
        "tweeteval/sentiment_train.csv",
        "text,label\n@user the new timetable &amp; the old one,neutral\n@user,neutral\n\"Lovely seats, thank you\",positive\n",
    );
    add("tweeteval/sentiment_dev.csv", "text,label\nit\\u2019s raining on the parade,negative\n");
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

pub(crate) fn options(output: &Path, public: Option<PathBuf>) -> Options {
    Options { public, output: output.to_owned(), seed: 17, sst2_cap: 100, goemotions_cap: 100, own_weight: 3 }
}

/// Every file under a folder, by its name from there.
pub(crate) fn tree(root: &Path) -> BTreeSet<String> {
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

pub(crate) fn rows(path: &Path) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    assert_eq!(reader.headers().unwrap(), vec!["text", "label"]);
    reader.deserialize().map(Result::unwrap).collect()
}

/// Our own texts: batches and their split, held-out messages, texts outside.
pub(crate) struct Own {
    pub(crate) tickets: Vec<LabelledTicket>,
    pub(crate) held_out: Vec<LabelledTicket>,
    pub(crate) plan: SplitPlan,
    pub(crate) outside: Outside,
}

impl Own {
    pub(crate) fn new(batches: usize, each: usize) -> Self {
        let mut tickets = tickets(batches + 1, each);
        let held_out = tickets.split_off(batches * each);
        let plan = SplitPlan::make(&tickets, &held_out, 1).unwrap();
        let rows = |from: u64| -> Vec<OutsideRow> {
            let row = |seed| OutsideRow { text: sentence(seed), kind: "x".into() };
            (from..from + 3).map(row).collect()
        };
        let family = |from: u64| Family { train: rows(from), dev: rows(from + 10), test: rows(from + 20) };
        let outside = Outside {
            domains: family(5000),
            languages: family(6000),
            gibberish: rows(7000),
            english: family(8000),
        };
        Self { tickets, held_out, plan, outside }
    }

    pub(crate) fn prepare(&self, options: &Options) -> Result<Report, DataError> {
        let Self { tickets, held_out, plan, outside } = self;
        prepare(&Sources { tickets, held_out, plan, outside }, options)
    }
}
