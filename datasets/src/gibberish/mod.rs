//! Texts without a meaning, of many kinds, by a seed: what a desk gets from cats, scanners and bots.

mod letters;
mod machine;
mod words;

use crate::rng::Rng;
use crate::tickets::labels;
use std::collections::HashSet;

labels! {
    /// The kinds of gibberish.
    Kind {
        /// Runs along the rows of a keyboard.
        KeyboardRow = "keyboard-row",
        /// Keys hit at random, near each other, and held down.
        KeyboardMash = "keyboard-mash",
        /// Words of random letters, with vowels.
        Letters = "letters",
        /// Words of consonants alone.
        Consonants = "consonants",
        /// One letter or syllable.
        Single = "single",
        /// One character again and again.
        RepeatedCharacter = "repeated-character",
        /// Punctuation.
        Punctuation = "punctuation",
        /// Emoji without words.
        Emoji = "emoji",
        /// Accented words read in the wrong encoding.
        Mojibake = "mojibake",
        /// Real words in no order.
        WordSalad = "word-salad",
        /// One or two words again and again.
        RepeatedWord = "repeated-word",
        /// Sentences of Latin syllables.
        Lorem = "lorem",
        /// A row of digits.
        Digits = "digits",
        /// Numbers in a list.
        Numbers = "numbers",
        /// Bytes in hexadecimal.
        Hex = "hex",
        /// Base64.
        Base64 = "base64",
        /// UUIDs.
        Uuid = "uuid",
        /// URLs of no place.
        Url = "url",
        /// Lines of logs.
        Log = "log",
        /// Fragments of code.
        Code = "code",
        /// Objects and lists in JSON.
        Json = "json",
    }
}

/// The most characters of a text.
pub const MAX_CHARS: usize = 200;
/// Draws of one kind without an acceptable text before the kind counts as used up.
const TRIES: usize = 200;

/// A text and its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gibberish {
    /// The text; never blank, at most [`MAX_CHARS`] characters.
    pub text: String,
    /// Its kind.
    pub kind: Kind,
}

/// Generates `count` different texts, the kinds in turn. The same seed always gives the same.
pub fn generate(seed: u64, count: usize) -> Vec<Gibberish> {
    generate_where(seed, count, |_| true)
}

/// Generates `count` different texts that `accept` accepts; fewer where every kind is used up.
pub(crate) fn generate_where(seed: u64, count: usize, accept: impl Fn(&str) -> bool) -> Vec<Gibberish> {
    let mut rng = Rng::new(seed);
    let mut seen = HashSet::new();
    let mut texts = Vec::with_capacity(count);
    let mut kinds = Kind::ALL.to_vec();
    while texts.len() < count && !kinds.is_empty() {
        kinds.retain(|&kind| {
            if texts.len() == count {
                return true;
            }
            let text = (0..TRIES)
                .map(|_| draw(&mut rng, kind))
                .find(|text| !text.is_empty() && accept(text) && seen.insert(text.clone()));
            texts.extend(text.as_ref().map(|text| Gibberish { text: text.clone(), kind }));
            text.is_some()
        });
    }
    texts
}

fn draw(rng: &mut Rng, kind: Kind) -> String {
    let text = match kind {
        Kind::KeyboardRow => letters::keyboard_row(rng),
        Kind::KeyboardMash => letters::keyboard_mash(rng),
        Kind::Letters => letters::words_of(rng, letters::LETTERS),
        Kind::Consonants => letters::words_of(rng, letters::CONSONANTS),
        Kind::Single => letters::single(rng),
        Kind::RepeatedCharacter => letters::repeated(rng),
        Kind::Punctuation => letters::punctuation(rng),
        Kind::Emoji => letters::emoji(rng),
        Kind::Mojibake => words::mojibake(rng),
        Kind::WordSalad => words::salad(rng),
        Kind::RepeatedWord => words::repeated(rng),
        Kind::Lorem => words::lorem(rng),
        Kind::Digits => machine::digits(rng),
        Kind::Numbers => machine::numbers(rng),
        Kind::Hex => machine::hex(rng),
        Kind::Base64 => machine::base64(rng),
        Kind::Uuid => machine::uuids(rng),
        Kind::Url => machine::url(rng),
        Kind::Log => machine::log(rng),
        Kind::Code => machine::code(rng),
        Kind::Json => machine::json(rng),
    };
    text.chars().take(MAX_CHARS).collect::<String>().trim().to_owned()
}

/// Pieces made one by one, joined.
fn joined(count: usize, between: &str, piece: impl FnMut(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().join(between)
}

/// The text in capitals once in `times`, else as it is.
fn shouted(rng: &mut Rng, times: usize, text: String) -> String {
    if rng.once_in(times) { text.to_uppercase() } else { text }
}
