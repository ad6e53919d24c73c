//! The forms of a text by which it is compared with others.

use sha2::{Digest, Sha256};

/// Characters of a text that are looked at for near duplicates and for words; the tail of a longer text is
/// ignored.
const READ: usize = 20_000;

/// Characters that stand for nothing on a page: the soft hyphen, zero-width spaces and joiners, marks of
/// direction, the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// True where there is nothing to read.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// A digest of the text in which all white space is alike: texts of one digest are the same.
pub(super) fn digest(text: &str) -> u128 {
    let mut hash = Sha256::new();
    for word in text.split_whitespace() {
        hash.update(word);
        hash.update(b" ");
    }
    hash.finalize().iter().take(16).fold(0, |bits, &byte| (bits << 8) | u128::from(byte))
}

/// Lower-case words with one space between, without punctuation and digits; of a text that has no letter, the
/// text itself.
pub(super) fn form(text: &str) -> String {
    let mut form = String::with_capacity(text.len().min(READ));
    let mut gap = false;
    for c in text.chars().take(READ) {
        if !c.is_alphabetic() {
            gap = true;
            continue;
        }
        if gap && !form.is_empty() {
            form.push(' ');
        }
        gap = false;
        form.extend(c.to_lowercase());
    }
    if form.is_empty() { text.chars().take(READ).collect::<String>().trim().to_owned() } else { form }
}

/// Lower-case words of letters and digits in their order; a piece without either (`!!!`, an emoji)
/// is a word.
pub(super) fn words(text: &str) -> Vec<String> {
    let end = text.char_indices().nth(READ).map_or(text.len(), |(end, _)| end);
    let lower = text[..end].to_lowercase();
    let mut words = Vec::new();
    for piece in lower.split_whitespace() {
        let before = words.len();
        let parts = piece.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        words.extend(parts.map(str::to_owned));
        if words.len() == before {
            words.push(piece.to_owned());
        }
    }
    words
}
