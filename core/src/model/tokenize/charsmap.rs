//! A table of texts to be replaced as SentencePiece compiles it: the length of a double-array trie in bytes,
//! the trie, then the replacements, each up to a NUL. Its reader believes every number in it, so that each
//! one that it can come to is checked first.

use std::collections::HashSet;

/// The largest table, in characters of base64: those in use have some 400,000.
const MAX_BYTES: usize = 4 << 20;

/// The longest text that is looked up, in bytes.
const LONGEST_KEY: usize = 5;

/// The bytes of the longest replacement of a text of `key` bytes. Unicode's compatibility forms make three
/// bytes 33, and shorter texts at most three times as long.
fn longest(key: usize) -> usize {
    key * if key < 3 { 4 } else { 12 }
}

/// # Errors
/// What is wrong with it.
pub(super) fn check(encoded: &str) -> Result<(), String> {
    if encoded.len() > MAX_BYTES {
        return Err(format!("the charsmap has {} bytes; at most {MAX_BYTES}", encoded.len()));
    }
    let bytes = base64::decode(encoded).map_err(|e| format!("the charsmap is no base64: {e}"))?;
    let (length, rest) = bytes.split_first_chunk().ok_or("the charsmap is cut short")?;
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 || !length.is_multiple_of(4) || length > rest.len() {
        return Err(format!("the charsmap claims a trie of {length} bytes in {}", rest.len()));
    }
    let (trie, texts) = rest.split_at(length);
    let texts = std::str::from_utf8(texts).map_err(|_| "the charsmap's replacements are not UTF-8")?;
    let units = trie.as_chunks().0.iter().map(|bytes| Unit(u32::from_le_bytes(*bytes)));
    walk(&units.collect::<Vec<_>>(), texts)
}

/// One element of the trie.
#[derive(Clone, Copy)]
struct Unit(u32);

impl Unit {
    fn has_leaf(self) -> bool {
        self.0 >> 8 & 1 == 1
    }

    fn value(self) -> usize {
        (self.0 & 0x7fff_ffff) as usize
    }

    /// Whether it is the element of this byte.
    fn is_of(self, byte: usize) -> bool {
        (self.0 & 0x8000_00ff) as usize == byte
    }

    fn offset(self) -> usize {
        ((self.0 >> 10) as usize) << ((self.0 & 1 << 9) >> 6)
    }
}

/// Visits every element that a key leads to, the shortest keys first.
fn walk(units: &[Unit], texts: &str) -> Result<(), String> {
    let outside = |place: usize| format!("the charsmap points to element {place} of {}", units.len());
    let mut layer = vec![units[0].offset()];
    let mut seen: HashSet<usize> = layer.iter().copied().collect();
    for key in 1..=LONGEST_KEY {
        let mut next = Vec::new();
        for base in layer {
            for byte in 1..=255 {
                let place = base ^ byte;
                let unit = units.get(place).ok_or_else(|| outside(place))?;
                if !unit.is_of(byte) {
                    continue;
                }
                let child = place ^ unit.offset();
                if unit.has_leaf() {
                    let leaf = units.get(child).ok_or_else(|| outside(child))?;
                    check_replacement(texts, leaf.value(), key)?;
                }
                if seen.insert(child) {
                    next.push(child);
                }
            }
        }
        layer = next;
    }
    Ok(())
}

fn check_replacement(texts: &str, start: usize, key: usize) -> Result<(), String> {
    let text = texts
        .get(start..)
        .ok_or_else(|| format!("the charsmap has no replacement at {start} of {} bytes", texts.len()))?;
    let most = longest(key);
    let end = text.bytes().take(most + 1).position(|byte| byte == 0);
    if end.unwrap_or(text.len()) > most {
        return Err(format!("the charsmap replaces {key} bytes by more than {most}"));
    }
    Ok(())
}
