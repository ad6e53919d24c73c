//! The near-duplicate guard: texts whose character 5-gram sets overlap by [`THRESHOLD`] or more.
//!
//! Case, punctuation and digits are set aside first, so the same sentence with another order number is
//! caught. Shingles cross word borders, which makes word order count, and short words weigh little.

use std::collections::{HashMap, HashSet};

/// The Jaccard similarity from which two texts count as near duplicates.
///
/// At 0.5 two texts of equal length share two thirds of their shingles: a sentence of a dozen words with one
/// or two of them changed is caught, two people who merely ask the same thing in their own words are not.
pub const THRESHOLD: f64 = 0.5;

/// The share of a text's shingles from which it counts as a part of another text.
const PART: f64 = 0.8;
const WIDTH: usize = 5;
const BITS_PER_CHAR: u32 = 21;

/// Lower-case words with single spaces between; no punctuation, no digits.
///
/// A text that is nothing but those ("???", "42") is kept as it is, else all such texts would be one.
pub fn normalise(text: &str) -> String {
    let kept = words(text, char::is_alphabetic);
    if kept.is_empty() { text.trim().to_lowercase() } else { kept }
}

/// Like [`normalise`] but digits stay: the key by which two public rows are the same text.
pub(crate) fn key(text: &str) -> String {
    let kept = words(text, char::is_alphanumeric);
    if kept.is_empty() { text.trim().to_lowercase() } else { kept }
}

fn words(text: &str, keep: fn(char) -> bool) -> String {
    let lower = text.to_lowercase();
    let mut out = String::with_capacity(lower.len());
    for word in lower.split(|c| !keep(c)).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The set of a text's shingles, sorted. Five characters of 21 bits fit a `u128` exactly: no hash, no
/// collision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shingles(Vec<u128>);

impl Shingles {
    /// Normalises the text and cuts it into shingles.
    pub fn new(text: &str) -> Self {
        // The spaces at both ends make the first and last letters count as word borders, and give a text of
        // one word at least one shingle.
        let padded = format!(" {} ", normalise(text));
        let chars: Vec<u128> = padded.chars().map(|c| u128::from(u32::from(c))).collect();
        let pack = |window: &[u128]| window.iter().fold(0, |bits, c| (bits << BITS_PER_CHAR) | c);
        let mut set: Vec<u128> =
            if chars.len() < WIDTH { vec![pack(&chars)] } else { chars.windows(WIDTH).map(pack).collect() };
        set.sort_unstable();
        set.dedup();
        Self(set)
    }

    /// The size of the intersection over the size of the union, 0 to 1.
    pub fn jaccard(&self, other: &Self) -> f64 {
        let (mut left, mut right, mut shared) = (0, 0, 0_usize);
        while let (Some(a), Some(b)) = (self.0.get(left), other.0.get(right)) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => left += 1,
                std::cmp::Ordering::Greater => right += 1,
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    left += 1;
                    right += 1;
                }
            }
        }
        shared as f64 / (self.0.len() + other.0.len() - shared) as f64
    }
}

/// Two texts that are near duplicates, by their places in the input; `first` is below `second`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The place of the earlier text.
    pub first: usize,
    /// The place of the later text.
    pub second: usize,
    /// Their Jaccard similarity.
    pub similarity: f64,
}

/// Every pair at or over the threshold, in order of place.
pub fn pairs<T: AsRef<str>>(texts: &[T], threshold: f64) -> Vec<Pair> {
    let sets: Vec<Shingles> = texts.iter().map(|text| Shingles::new(text.as_ref())).collect();
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by_key(|&place| sets[place].0.len());
    let mut found = Vec::new();
    for (rank, &small) in order.iter().enumerate() {
        for &large in &order[rank + 1..] {
            // Jaccard is at most |small| / |large|, and the sizes only grow from here.
            if (sets[small].0.len() as f64) < threshold * sets[large].0.len() as f64 {
                break;
            }
            let similarity = sets[small].jaccard(&sets[large]);
            if similarity >= threshold {
                found.push(Pair { first: small.min(large), second: small.max(large), similarity });
            }
        }
    }
    found.sort_by_key(|pair| (pair.first, pair.second));
    found
}

/// The keys of many texts, to ask whether another text is one of them.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashSet<String>);

impl Keys {
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(texts.into_iter().map(key).collect())
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.0.contains(&key(text))
    }

    /// True where the text is new.
    pub(crate) fn insert(&mut self, text: &str) -> bool {
        self.0.insert(key(text))
    }
}

/// The shingles of many texts, to ask whether another text is near one of them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    sizes: Vec<usize>,
    places: HashMap<u128, Vec<u32>>,
}

impl Index {
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut index = Self::default();
        texts.into_iter().for_each(|text| index.add(text));
        index
    }

    pub(crate) fn add(&mut self, text: &str) {
        let set = Shingles::new(text);
        let place = self.sizes.len() as u32;
        self.sizes.push(set.0.len());
        for shingle in set.0 {
            self.places.entry(shingle).or_default().push(place);
        }
    }

    /// Whether one of the texts is a near duplicate of this one.
    pub(crate) fn near(&self, text: &str) -> bool {
        let set = Shingles::new(text);
        let all = |place: usize, shared: u32| set.0.len() + self.sizes[place] - shared as usize;
        let shared = self.shared(&set);
        shared
            .iter()
            .enumerate()
            .any(|(place, &shared)| shared > 0 && f64::from(shared) >= THRESHOLD * all(place, shared) as f64)
    }

    /// Whether this text is, nearly word for word, a part of one of the texts.
    pub(crate) fn has_part(&self, text: &str) -> bool {
        let set = Shingles::new(text);
        let enough = PART * set.0.len() as f64;
        self.shared(&set).iter().any(|&shared| f64::from(shared) >= enough)
    }

    /// How many shingles each text has in common with the set.
    fn shared(&self, set: &Shingles) -> Vec<u32> {
        let mut shared = vec![0; self.sizes.len()];
        for place in set.0.iter().filter_map(|shingle| self.places.get(shingle)).flatten() {
            shared[*place as usize] += 1;
        }
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_and_numbers_do_not_hide_a_copy() {
        let one = Shingles::new("Order 4411: the lid is torn!");
        assert!((one.jaccard(&Shingles::new("order 97 - THE LID IS TORN")) - 1.0).abs() < f64::EPSILON);
        assert!(one.jaccard(&Shingles::new("Where can I park near your hall?")) < 0.1);
    }

    #[test]
    fn an_index_finds_near_texts_and_parts() {
        let index = Index::new(["The lid of the box is torn and the label is missing.", "42"]);
        assert!(index.near("the lid of the box is torn and its label is missing"));
        assert!(index.near("42") && !index.near("43"));
        assert!(index.has_part("lid of the box is torn") && !index.near("lid of the box is torn"));
        assert!(!index.has_part("Where can I park near your hall?"));
        assert!(!Index::default().near("42") && !Index::default().has_part("42"));
    }

    #[test]
    fn texts_without_letters_are_compared_as_they_are() {
        assert_eq!(pairs(&["???", "!", "42", "???"], THRESHOLD).len(), 1);
        assert_eq!(normalise("  ?! "), "?!");
    }
}
