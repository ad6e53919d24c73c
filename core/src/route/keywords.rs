//! Counts of a message's words by topic, on word boundaries, by simple stems.

use crate::Topic;
use std::collections::HashSet;

use super::lexicon::{Entry, Known, LONGEST, NEGATIONS, look_up};
use super::words::{Piece, scan, stem};

/// The keywords of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keywords {
    counts: [usize; Topic::ALL.len()],
    first: [Option<String>; Topic::ALL.len()],
    words: usize,
    problems: usize,
    attempts: usize,
    shouts: usize,
}

impl Keywords {
    /// The number of words and phrases of `topic`.
    pub fn count(&self, topic: Topic) -> usize {
        self.counts[topic as usize]
    }

    /// The strength of `topic`: `1 - 2^-count`, from 0 (no keyword) to below 1.
    pub fn strength(&self, topic: Topic) -> f64 {
        saturate(self.count(topic))
    }

    /// The first keyword of `topic`, lower-cased, at most four words of at most 32 characters; `None` without
    /// one.
    pub fn first(&self, topic: Topic) -> Option<&str> {
        self.first[topic as usize].as_deref()
    }

    /// The number of words in the message.
    pub fn words(&self) -> usize {
        self.words
    }

    /// The number of distinct problems: sentences that name a fault which no earlier sentence named.
    pub fn problems(&self) -> usize {
        self.problems
    }

    /// The number of words and phrases for a step that was already tried.
    pub fn attempts(&self) -> usize {
        self.attempts
    }

    /// The number of signs of a raised voice: two words in capitals count as one, and so does a run of
    /// exclamation marks.
    pub fn shouts(&self) -> usize {
        self.shouts
    }
}

/// `1 - 2^-count`: one sign gives half, each further sign half of the rest.
pub(super) fn saturate(count: usize) -> f64 {
    1.0 - 1.0 / f64::from(1_u32 << count.min(20))
}

/// Reads the keywords of `text`, in one pass.
///
/// A word is a run of letters and digits in any script, lower-cased; apostrophes, combining marks and
/// invisible characters inside it are skipped. A phrase does not reach over the end of a sentence. A negation
/// (`not urgent`, `no error`) takes away a single word's meaning; phrases carry their own.
pub fn extract_keywords(text: &str) -> Keywords {
    let mut keywords = Keywords::default();
    let mut window = Window::default();
    let mut known_faults: HashSet<&str> = HashSet::new();
    let mut sentence_has_fault = false;
    let (mut capitals, mut marks) = (0, 0);
    scan(text, |piece| match piece {
        Piece::End { marks: run } => {
            marks += usize::from(run > 1);
            sentence_has_fault = false;
            window.clear();
        }
        Piece::Word { lower, capital } => {
            keywords.words += 1;
            capitals += usize::from(capital);
            window.push(lower);
            for length in 1..=LONGEST {
                let Some((key, entry)) = window.entry(length) else { continue };
                let Entry::Topic(topic) = entry else {
                    keywords.attempts += 1;
                    continue;
                };
                if length == 1 && window.negated() {
                    continue;
                }
                keywords.counts[topic as usize] += 1;
                keywords.first[topic as usize].get_or_insert_with(|| window.phrase(length));
                if topic == Topic::Fault && known_faults.insert(key) && !sentence_has_fault {
                    sentence_has_fault = true;
                    keywords.problems += 1;
                }
            }
        }
    });
    keywords.shouts = capitals / 2 + marks;
    keywords
}

/// The last words of the sentence, oldest first.
#[derive(Debug, Default)]
struct Window {
    words: [Word; LONGEST],
    filled: usize,
    key: String,
}

#[derive(Debug, Default)]
struct Word {
    lower: String,
    /// Bytes of `lower` that are its stem.
    stem: usize,
    /// The lexicon's key and entry for the stem by itself.
    known: Option<(&'static str, Known)>,
}

impl Word {
    fn stem(&self) -> &str {
        &self.lower[..self.stem]
    }
}

impl Window {
    fn clear(&mut self) {
        self.filled = 0;
    }

    fn push(&mut self, lower: &str) {
        self.words.rotate_left(1);
        self.filled = (self.filled + 1).min(LONGEST);
        let [.., last] = &mut self.words;
        let stem = stem(lower);
        last.lower.clear();
        last.lower.push_str(lower);
        last.stem = stem.len();
        last.known = look_up(stem);
    }

    /// The last `length` words, where the sentence has as many.
    fn last(&self, length: usize) -> &[Word] {
        if length <= self.filled { &self.words[LONGEST - length..] } else { &[] }
    }

    /// The lexicon's key and entry for the last `length` words.
    fn entry(&mut self, length: usize) -> Option<(&'static str, Entry)> {
        let words = if length <= self.filled { &self.words[LONGEST - length..] } else { &[] };
        let (first, others) = words.split_first()?;
        let (key, known) = match others {
            [] => first.known?,
            _ if !first.known?.1.begins => return None,
            _ => {
                self.key.clear();
                self.key.push_str(first.stem());
                for word in others {
                    self.key.push(' ');
                    self.key.push_str(word.stem());
                }
                look_up(&self.key)?
            }
        };
        known.entry.map(|entry| (key, entry))
    }

    /// The last `length` words as they were written, lower-cased.
    fn phrase(&self, length: usize) -> String {
        self.last(length).iter().map(|word| word.lower.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Whether a negation is one or two words before the last word.
    fn negated(&self) -> bool {
        let before = self.last(self.filled.min(3)).split_last().map(|(_, before)| before);
        before.unwrap_or_default().iter().any(|word| NEGATIONS.contains(&word.lower.as_str()))
    }
}
