//! Texts from files, models and callers, as a person can read them.

use std::borrow::Cow;

/// A text with its hidden characters written out, as `\u{1b}`: those that command a terminal (C0 but the line
/// feed, DEL, C1), that break lines unseen (U+2028, U+2029), and that turn the order of letters around
/// (U+202A to U+202E, U+2066 to U+2069). Line feeds stay. The messages of [`crate::Error`] are such texts.
pub fn readable(text: &str) -> Cow<'_, str> {
    let is_shown = |letter: char| letter == '\n' || !is_hidden(letter);
    // Nearly every text is one already.
    if text.chars().all(is_shown) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_shown(letter) {
            shown.push(letter);
        } else {
            shown.extend(letter.escape_default());
        }
    }
    Cow::Owned(shown)
}

/// True of a character that no letter is seen of, and that changes how others are seen.
pub(crate) fn is_hidden(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
