//! Facts from a customer's history: the channels that solved earlier issues, and the likeness of this issue
//! to them.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::{CustomerHistory, Route};

use super::words::{Piece, scan, stem};

/// Bytes of the message, and of each earlier issue, that are compared.
pub(crate) const COMPARED_BYTES: usize = 1024;

/// Overlap up to which two texts are not the same issue: desks share a vocabulary.
const UNRELATED: f64 = 0.3;

/// The least overlap from which two texts are surely the same issue.
const SAME: f64 = 0.8;

/// Counts of a customer's earlier issues by the channel that solved them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct HistoricalSuccess {
    solved: [usize; 4],
    issues: usize,
}

impl HistoricalSuccess {
    /// The number of earlier issues that `route` solved.
    pub fn solved(&self, route: Route) -> usize {
        self.solved[route as usize]
    }

    /// The number of earlier issues: of those that are listed, or of those that were solved where these are
    /// more.
    pub fn issues(&self) -> usize {
        self.issues
    }
}

/// Counts the earlier issues of `history` by the channel that solved them.
pub fn historical_success(history: &CustomerHistory) -> HistoricalSuccess {
    let mut solved = [0; 4];
    for route in &history.successful_channels {
        solved[*route as usize] += 1;
    }
    HistoricalSuccess { solved, issues: history.previous_issues.len().max(history.successful_channels.len()) }
}

/// The likeness of `text` to the nearest of the earlier issues, 0 to 1; 0 without any.
///
/// The overlap of two texts is Dice's coefficient of their sets of content words, `2 |A ∩ B| / (|A| + |B|)`;
/// of the largest overlap, 0.3 and less give 0, 0.8 and more give 1, and the value rises in a line between.
/// The first 1,024 bytes of each text are compared.
pub fn repeated_issue(text: &str, history: &CustomerHistory) -> f64 {
    let (mut message, mut issue) = (Vec::new(), Vec::new());
    content(text, &mut message);
    if message.is_empty() {
        return 0.0;
    }
    let mut overlap = 0.0_f64;
    for earlier in &history.previous_issues {
        content(earlier, &mut issue);
        let shared = issue.iter().filter(|word| message.binary_search(word).is_ok()).count();
        overlap = overlap.max(2.0 * shared as f64 / (message.len() + issue.len()) as f64);
    }
    ((overlap - UNRELATED) / (SAME - UNRELATED)).clamp(0.0, 1.0)
}

/// Stop words: they do not depend on the topic of a message.
static EMPTY_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| EMPTY.split_whitespace().collect());

const EMPTY: &str = "a about again all also am an and any are as ask at be been but by can cant check could day did \
    do does doesnt dont for from get good had has have he hello her hey hi his how i if im in is it its ive just me my \
    no not now of on one or our out please she so some still thank thanks that the their them then there they this to \
    up us was we were what when where which who why will with would you your";

/// The stems of `text`'s content words, as sorted numbers without repeats.
fn content(text: &str, into: &mut Vec<u64>) {
    into.clear();
    scan(&text[..text.floor_char_boundary(COMPARED_BYTES)], |piece| {
        if let Piece::Word { lower, .. } = piece
            && !EMPTY_WORDS.contains(lower)
        {
            into.push(number(stem(lower)));
        }
    });
    into.sort_unstable();
    into.dedup();
}

/// FNV-1a: a word's number, the same on every machine.
fn number(word: &str) -> u64 {
    word.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
