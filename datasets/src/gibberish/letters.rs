//! Gibberish of single characters: keys, letters, marks and emoji.

use super::{joined, shouted};
use crate::rng::Rng;

pub(super) const LETTERS: &str = "aaabcdeeeefghiiijklmnooopqrstuuvwxyz";
pub(super) const CONSONANTS: &str = "bcdfghjklmnpqrstvwxz";
const VOWELS: &str = "aeiouy";
const ROWS: [&str; 8] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1234567890",
    "asdfghjkl;'",
    "zxcvbnm,./",
];
/// The keys by the fingers that rest near them: a hand that falls on a keyboard hits one of these.
const HANDS: [&str; 6] = ["asdfqwer", "jkluiop;", "sdfgxcvb", "hjklnm,.", "wersdfxc", "dfghjkl"];
const MARKS: &str = "!?.,;:-_~*#+=/\\|()[]{}<>&%$@^'\"`";
const EMOJI: &str = "\
    😀😂🤣😊😍🤔🙃😴🤯👻💀👽🤖🎃🐶🐱🦊🐸🐙🦄🐝🐢🦖🌵🌲🍄🌸🌈🔥⭐🌙🍎🍌🍓🥑🌽🍕🍩🎲🎯🎸🎺\
    🚂🚀⛵🏰🎈🎁🔑🔔💎📎📌🧦🧀🪁🛸🧊👀👍🙏💯➕➖🔺🟦🔁";

fn one_of(rng: &mut Rng, of: &str) -> char {
    rng.pick(&of.chars().collect::<Vec<_>>())
}

fn many_of(rng: &mut Rng, of: &str, count: usize) -> String {
    let of: Vec<char> = of.chars().collect();
    (0..count).map(|_| rng.pick(&of)).collect()
}

pub(super) fn keyboard_row(rng: &mut Rng) -> String {
    let run = |rng: &mut Rng| {
        let mut row: Vec<char> = rng.pick(&ROWS).chars().collect();
        if rng.once_in(3) {
            row.reverse();
        }
        let start = rng.below(row.len() - 3);
        let end = rng.within(start + 3..=row.len());
        row[start..end].iter().collect::<String>()
    };
    let count = rng.within(1..=6);
    let between = rng.pick(&[" ", " ", " ", "", "-"]);
    let text = joined(count, between, |_| run(rng));
    shouted(rng, 8, text)
}

pub(super) fn keyboard_mash(rng: &mut Rng) -> String {
    let mash = |rng: &mut Rng| {
        let hand = rng.pick(&HANDS);
        let mut keys = String::new();
        for _ in 0..rng.within(3..=14) {
            let key = one_of(rng, hand);
            // A key held down repeats.
            let times = if rng.once_in(9) { rng.within(2..=12) } else { 1 };
            keys.extend(std::iter::repeat_n(key, times));
        }
        keys
    };
    let count = rng.within(1..=7);
    let between = rng.pick(&[" ", " ", ""]);
    let text = joined(count, between, |_| mash(rng));
    shouted(rng, 8, text)
}

pub(super) fn words_of(rng: &mut Rng, letters: &str) -> String {
    let longest = rng.within(1..=11);
    let count = rng.within(1..=14);
    let text = joined(count, " ", |_| {
        let length = rng.within(1..=longest);
        many_of(rng, letters, length)
    });
    shouted(rng, 8, text)
}

pub(super) fn syllable(rng: &mut Rng) -> String {
    let mut syllable = String::new();
    if !rng.once_in(5) {
        syllable.push(one_of(rng, CONSONANTS));
    }
    syllable.push(one_of(rng, VOWELS));
    if rng.once_in(3) {
        syllable.push(one_of(rng, CONSONANTS));
    }
    syllable
}

/// A word of syllables, such as no language has.
pub(super) fn invented(rng: &mut Rng) -> String {
    let count = rng.within(1..=3);
    joined(count, "", |_| syllable(rng))
}

pub(super) fn single(rng: &mut Rng) -> String {
    let text = if rng.once_in(4) { one_of(rng, LETTERS).to_string() } else { syllable(rng) };
    let text = shouted(rng, 4, text);
    text + rng.pick(&["", "", "", ".", "?", "!"])
}

pub(super) fn repeated(rng: &mut Rng) -> String {
    let count = rng.within(1..=4);
    let between = rng.pick(&["", " ", " "]);
    joined(count, between, |_| {
        let of = rng.pick(&[LETTERS, LETTERS, "0123456789", MARKS]);
        let character = one_of(rng, of);
        let times = rng.within(4..=45);
        let run = std::iter::repeat_n(character, times).collect();
        shouted(rng, 5, run)
    })
}

pub(super) fn punctuation(rng: &mut Rng) -> String {
    let few = rng.within(1..=6);
    let marks = many_of(rng, MARKS, few);
    let count = rng.within(1..=8);
    joined(count, " ", |_| {
        let length = rng.within(1..=8);
        many_of(rng, &marks, length)
    })
}

pub(super) fn emoji(rng: &mut Rng) -> String {
    let few = rng.within(1..=9);
    let some = many_of(rng, EMOJI, few);
    let count = rng.within(1..=5);
    let between = rng.pick(&["", " "]);
    joined(count, between, |_| {
        let length = rng.within(1..=8);
        many_of(rng, &some, length)
    })
}
