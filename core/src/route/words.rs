//! Text into words: in any script, without apostrophes and invisible characters, stemmed where they are
//! English.

/// Characters of a word that are kept; what follows is skipped, so that no text costs memory.
const LONGEST_WORD: usize = 32;

/// A piece of the text that [`scan`] hands over, in the order of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A word.
    Word {
        /// Lower-cased, at most 32 characters of it.
        lower: &'a str,
        /// Whether it is written in capitals and has four letters or more.
        capital: bool,
    },
    /// The end of a sentence, a line or a clause.
    End {
        /// Exclamation marks in a row.
        marks: usize,
    },
}

/// Hands each word and each end of a sentence to `each`; one pass, no allocation per word.
pub(super) fn scan(text: &str, mut each: impl FnMut(Piece<'_>)) {
    let mut word = String::new();
    let (mut length, mut letters, mut capitals) = (0, 0, 0);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if is_silent(c) {
            continue;
        }
        if c.is_alphanumeric() {
            letters += usize::from(c.is_alphabetic());
            capitals += usize::from(c.is_uppercase());
            length += 1;
            if length <= LONGEST_WORD {
                if c.is_ascii() {
                    word.push(c.to_ascii_lowercase());
                } else {
                    word.extend(c.to_lowercase());
                }
            }
            continue;
        }
        if length > 0 {
            each(Piece::Word { lower: &word, capital: letters >= 4 && capitals == letters });
            word.clear();
            (length, letters, capitals) = (0, 0, 0);
        }
        match c {
            '!' | '！' => {
                let mut marks = 1;
                while chars.next_if(|c| matches!(c, '!' | '！' | '?' | '？')).is_some() {
                    marks += 1;
                }
                each(Piece::End { marks });
            }
            '?' | '？' | ';' | '\n' | '。' => each(Piece::End { marks: 0 }),
            '.' if chars.peek().is_none_or(|next| next.is_whitespace()) => each(Piece::End { marks: 0 }),
            _ => {}
        }
    }
    if length > 0 {
        each(Piece::Word { lower: &word, capital: letters >= 4 && capitals == letters });
    }
}

/// Apostrophes, combining marks and invisible characters: no border between words.
fn is_silent(c: char) -> bool {
    if c.is_ascii() {
        return c == '\'';
    }
    matches!(c,
        '\u{2019}' | '\u{02BC}' | '\u{00AD}' | '\u{0300}'..='\u{036F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}')
}

/// The simple stem of an English word: without plural, `-ed`, `-ing` and a last `e`; other words as they are.
///
/// It is one rule for the lexicon and for the message, not a linguist's stem: `frozen` and `freeze` stay two
/// words.
pub(super) fn stem(word: &str) -> &str {
    if !word.is_ascii() {
        return word;
    }
    let mut stem = word;
    if stem.len() > 3 && stem.ends_with('s') && !["ss", "us", "is"].iter().any(|end| stem.ends_with(end)) {
        stem = &stem[..stem.len() - 1];
    }
    let bare = match stem {
        _ if stem.len() > 5 && stem.ends_with("ing") => stem.strip_suffix("ing"),
        _ if stem.len() > 4 && stem.ends_with("ed") && !stem.ends_with("eed") => stem.strip_suffix("ed"),
        _ => None,
    };
    if let Some(bare) = bare {
        stem = single(bare);
    }
    match stem.strip_suffix('e') {
        Some(short) if short.len() > 2 => short,
        _ => stem,
    }
}

/// Without the doubled consonant of `stopped`; `calling` and `passing` keep theirs.
fn single(bare: &str) -> &str {
    match bare.as_bytes() {
        [.., a, b] if a == b && !b"aeiouslz".contains(b) => &bare[..bare.len() - 1],
        _ => bare,
    }
}
