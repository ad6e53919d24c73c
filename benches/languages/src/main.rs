//! How well three libraries tell short texts of other languages from English ones, and how long they take.
//!
//!     cargo run --release --manifest-path benches/languages/Cargo.toml -- datasets/outside/languages-dev.jsonl \
//!         datasets/outside/english-test.jsonl datasets/tickets/batches/*.jsonl
//!
//! Of each kind of row with three words or more (the language, or `ticket` with its length in words), the
//! share that each calls another language than English: lingua where English has a confidence under 0.1 or
//! 0.5, whatlang by any answer, whichlang by itself, whichlang where the two halves of a text agree, and
//! where whatlang agrees.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lingua::{Language, LanguageDetectorBuilder};
use serde_json::Value;
use whichlang::Lang;

const COLUMNS: [&str; 6] =
    ["lingua < 0.1", "lingua < 0.5", "whatlang", "whichlang", "and both halves", "and whatlang"];

fn rows(path: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{path}: {e}"));
        let text = row["text"].as_str().expect("a text").to_owned();
        let words = text.split_whitespace().count();
        let length = ["ticket, 3 to 4 words", "ticket, 5 to 8", "ticket, longer"];
        let length = length[usize::from(words > 4) + usize::from(words > 8)];
        (row["kind"].as_str().unwrap_or(length).to_owned(), text)
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(row).collect()
}

fn foreign_by_ngrams(text: &str) -> bool {
    whichlang::detect_language(text) != Lang::Eng
}

fn main() {
    let lingua = LanguageDetectorBuilder::from_all_languages().build();
    let mut counts = BTreeMap::<String, (usize, [usize; 6])>::new();
    let mut times = [Duration::ZERO; 3];
    for (kind, text) in std::env::args().skip(1).flat_map(|path| rows(&path)) {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() < 3 {
            continue;
        }
        let timed = |slot: &mut Duration, began: Instant| *slot += began.elapsed();
        let began = Instant::now();
        let english = lingua.compute_language_confidence(&text, Language::English);
        timed(&mut times[0], began);
        let began = Instant::now();
        let trigrams = whatlang::detect(&text).is_none_or(|info| info.lang() != whatlang::Lang::Eng);
        timed(&mut times[1], began);
        let began = Instant::now();
        let ngrams = foreign_by_ngrams(&text);
        timed(&mut times[2], began);
        let (first, second) = words.split_at(words.len() / 2);
        let halves = [first, second].iter().all(|half| foreign_by_ngrams(&half.join(" ")));
        let found = [english < 0.1, english < 0.5, trigrams, ngrams, ngrams && halves, ngrams && trigrams];
        let (rows, counts) = counts.entry(kind).or_default();
        *rows += 1;
        counts.iter_mut().zip(found).for_each(|(count, found)| *count += usize::from(found));
    }
    println!("| rows of | | {} |\n|---|---|{}", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len()));
    let mut all = 0;
    for (kind, (rows, counts)) in &counts {
        let shares: Vec<String> =
            counts.iter().map(|count| format!("{:.3}", *count as f64 / *rows as f64)).collect();
        println!("| {kind} | {rows} | {} |", shares.join(" | "));
        all += rows;
    }
    let each =
        times.map(|time| time.as_secs_f64() * 1e6 / f64::from(u32::try_from(all.max(1)).expect("rows")));
    println!("\nµs a text: lingua {:.0}, whatlang {:.1}, whichlang {:.1}", each[0], each[1], each[2]);
}
