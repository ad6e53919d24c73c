//! Patterns of `LIKE`.

use std::collections::HashMap;

use memchr::memmem::Finder;

/// Characters of a pattern, at most.
const CHARACTERS: usize = 4_096;

/// A pattern: `%` stands for any run of characters, `_` for one.
///
/// A text is read once, from its beginning, whatever the pattern is: what stands between two `%` is taken
/// where it comes first.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What stands between the `%`; one part, where there is none.
    parts: Vec<Part>,
    any_case: bool,
}

#[derive(Debug)]
struct Part {
    characters: Vec<char>,
    search: Search,
}

/// How a part is found that may begin anywhere.
#[derive(Debug)]
enum Search {
    Text(Box<Finder<'static>>),
    /// Has a `_`.
    Characters(Places),
}

/// For each character, the places of a part at which it may stand, as the bits of words.
#[derive(Debug)]
struct Places {
    /// Those of `_`.
    any: Vec<u64>,
    of: HashMap<char, Vec<u64>>,
    length: usize,
}

impl Pattern {
    /// # Errors
    /// What is wrong with a pattern that is too long.
    pub(super) fn new(pattern: &str, any_case: bool) -> Result<Self, String> {
        let count = pattern.chars().count();
        if count > CHARACTERS {
            return Err(format!("a pattern of {count} characters; it may have {CHARACTERS}"));
        }
        let pattern = if any_case { pattern.to_lowercase() } else { pattern.to_owned() };
        Ok(Self { parts: pattern.split('%').map(Part::new).collect(), any_case })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        if self.any_case { self.fits(&text.to_lowercase()) } else { self.fits(text) }
    }

    fn fits(&self, text: &str) -> bool {
        match &self.parts[..] {
            [] => text.is_empty(),
            [only] => only.at_beginning(text) == Some(""),
            [first, middle @ .., last] => {
                let ends = first.at_beginning(text).and_then(|rest| last.at_end(rest));
                middle.iter().fold(ends, |rest, part| part.within(rest?)).is_some()
            }
        }
    }
}

impl Part {
    fn new(text: &str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        let search = if characters.contains(&'_') {
            Search::Characters(Places::new(&characters))
        } else {
            Search::Text(Box::new(Finder::new(text).into_owned()))
        };
        Self { characters, search }
    }

    /// What is behind it in a text that begins with it.
    fn at_beginning<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut rest = text.chars();
        let fits = self.characters.iter().all(|one| rest.next().is_some_and(|c| *one == '_' || *one == c));
        fits.then_some(rest.as_str())
    }

    /// What is before it in a text that ends with it.
    fn at_end<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut rest = text.chars();
        let mut backwards = self.characters.iter().rev();
        let fits = backwards.all(|one| rest.next_back().is_some_and(|c| *one == '_' || *one == c));
        fits.then_some(rest.as_str())
    }

    /// What is behind it where it comes first.
    fn within<'a>(&self, text: &'a str) -> Option<&'a str> {
        let end = match &self.search {
            Search::Text(finder) => finder.find(text.as_bytes())? + finder.needle().len(),
            Search::Characters(places) => places.end_in(text)?,
        };
        text.get(end..)
    }
}

impl Places {
    fn new(part: &[char]) -> Self {
        let set = |words: &mut [u64], place: usize| words[place / 64] |= 1 << (place % 64);
        let mut any = vec![0; part.len().div_ceil(64)];
        for (place, _) in part.iter().enumerate().filter(|(_, one)| **one == '_') {
            set(&mut any, place);
        }
        let mut of = HashMap::new();
        for (place, one) in part.iter().enumerate().filter(|(_, one)| **one != '_') {
            set(of.entry(*one).or_insert_with(|| any.clone()), place);
        }
        Self { any, of, length: part.len() }
    }

    /// Where the first part of a text ends that fits. Each bit says whether the text up to here ends with
    /// so much of the part (Baeza-Yates & Gonnet 1992).
    fn end_in(&self, text: &str) -> Option<usize> {
        let mut fits = vec![0_u64; self.any.len()];
        let (word, bit) = ((self.length - 1) / 64, (self.length - 1) % 64);
        for (at, character) in text.char_indices() {
            let mut carry = 1;
            for (fits, may) in fits.iter_mut().zip(self.of.get(&character).unwrap_or(&self.any)) {
                let next = *fits >> 63;
                *fits = ((*fits << 1) | carry) & may;
                carry = next;
            }
            if (fits[word] >> bit) & 1 == 1 {
                return Some(at + character.len_utf8());
            }
        }
        None
    }
}
